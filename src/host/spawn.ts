import type { Readable, Writable } from "node:stream";

import { execa } from "execa";

/** A started program with three pipes. `exited` never rejects: it tells how the program ended. */
export type Spawned = {
  readonly pid: number | undefined;
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  readonly exited: Promise<Exit>;
  kill(): void;
};

export type Exit = {
  readonly code: number | undefined;
  readonly signal: string | undefined;
  /** Why it did not start at all, such as `ENOENT`. */
  readonly failure: string | undefined;
};

/** Starts a program with exactly the given environment; it is killed when this process exits. */
export function spawn(
  file: string,
  args: readonly string[],
  options: { cwd: string; env?: Record<string, string> },
): Spawned {
  const child = execa(file, args, {
    cwd: options.cwd,
    env: options.env ?? {},
    extendEnv: false,
    stdin: "pipe",
    stdout: "pipe",
    stderr: "pipe",
    buffer: false,
    reject: false,
    // SIGKILL, because a child that is told to go may take its time.
    killSignal: "SIGKILL",
    cleanup: true,
  });
  // A child that has gone makes writing to it fail; its exit says so better.
  child.stdin.on("error", () => {});
  const exited = child.then(
    (result): Exit => ({ code: result.exitCode, signal: result.signal, failure: result.code }),
  );
  return {
    pid: child.pid,
    stdin: child.stdin,
    stdout: child.stdout,
    stderr: child.stderr,
    exited,
    kill: () => void child.kill("SIGKILL"),
  };
}
