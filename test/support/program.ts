import { spawn } from "node:child_process";

/** How a program ended and what it wrote. `status` is null when a signal ended it. */
export type Ran = {
  readonly status: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
};

export type ProgramOptions = {
  readonly cwd?: string;
  /** The whole environment. Default: this process's. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** What it reads on standard input. Default: nothing. */
  readonly input?: string | Buffer;
  /** When it is killed and the run rejects. Default: 60 seconds. */
  readonly timeoutMs?: number;
};

/** Runs a program to its end. Rejects when it does not start, or does not end in time; its process group goes too. */
export function runProgram(
  file: string,
  args: readonly string[],
  { cwd, env = process.env, input = "", timeoutMs = 60_000 }: ProgramOptions = {},
): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { cwd, env, stdio: "pipe", detached: true });
    const written: { stdout: Buffer[]; stderr: Buffer[] } = { stdout: [], stderr: [] };
    child.stdout.on("data", (chunk: Buffer) => written.stdout.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => written.stderr.push(chunk));
    // A program that ends without reading its input is no error.
    child.stdin.on("error", () => {});
    child.stdin.end(input);
    const text = (name: "stdout" | "stderr"): string => Buffer.concat(written[name]).toString("utf8");
    const command = [file, ...args].join(" ");
    const timer = setTimeout(() => {
      killGroup(child.pid);
      reject(
        new Error(
          `not done within ${timeoutMs} ms: ${command}\nstdout: ${text("stdout")}\nstderr: ${text("stderr")}`,
        ),
      );
    }, timeoutMs);
    child.on("error", (cause) => {
      clearTimeout(timer);
      reject(new Error(`cannot start ${command}: ${cause.message}`, { cause }));
    });
    child.on("close", (status, signal) => {
      clearTimeout(timer);
      resolve({ status, signal, stdout: text("stdout"), stderr: text("stderr") });
    });
  });
}

/** Kills a detached child with everything that stayed in its process group; one that has gone is fine. */
export function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It has gone already.
  }
}
