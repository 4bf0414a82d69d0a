import { spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable } from "node:stream";

import { test } from "uvu";
import * as assert from "uvu/assert";

import { cliCommand } from "../support/cli.ts";
import { processes } from "../support/processes.ts";
import { runProgram } from "../support/program.ts";
import { withProgram } from "./place.ts";

/* What Ctrl-C, SIGTERM and a reader that has seen enough do to `vivarium run`. */

withProgram(
  "output passes through while the program runs, and Ctrl-C interrupts it",
  "print('started', flush=True)\nwhile True: pass",
  async ({ folder, env }) => {
    const child = start(["program.py"], { cwd: folder, env });
    await heard(child.stdout, "started\n");
    child.kill("SIGINT");
    const [status, signal] = await once(child, "close");
    assert.equal([status, signal], [130, null]);
    assert.equal(left(child.pid), []);
  },
);

// It takes a while to stop, in which nothing else may die of the same signal.
const CLEANS_UP = `
import time
print("started", flush=True)
try:
    while True:
        str(1)
finally:
    time.sleep(0.3)
    print("cleaned up")
`;

withProgram(
  "Ctrl-C at a terminal, which goes to the whole process group, interrupts the cell and nothing else",
  CLEANS_UP,
  async ({ folder, env }) => {
    const child = start(["--policy=open", "program.py"], { cwd: folder, env });
    const written: Buffer[] = [];
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (chunk: Buffer) => written.push(chunk));
    await heard(child.stdout, "started\n");
    process.kill(-(child.pid as number), "SIGINT");
    const [status, signal] = await once(child, "close");
    const text = Buffer.concat(written).toString();
    assert.equal([status, signal], [130, null], text);
    assert.match(text, /cleaned up\n/);
    assert.match(text, /KeyboardInterrupt: the cell was interrupted; its state is kept\n/);
  },
);

withProgram(
  "Ctrl-C before the program has started ends it too",
  "while True: pass",
  async ({ folder, env }) => {
    const child = start(["program.py"], { cwd: folder, env });
    while (!processes().some(({ parent, command }) => parent === child.pid && command.includes("zygote.py")))
      await new Promise((resolve) => setImmediate(resolve));
    process.kill(-(child.pid as number), "SIGINT");
    const [status, signal] = await once(child, "close");
    assert.ok(status === 130 || signal === "SIGINT", `${status} ${signal}`);
  },
);

withProgram(
  "a second Ctrl-C ends a program that ignores the first",
  "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nprint('started', flush=True)\nwhile True: pass",
  async ({ folder, env }) => {
    const child = start(["--policy=open", "program.py"], { cwd: folder, env });
    await heard(child.stdout, "started\n");
    child.kill("SIGINT");
    child.kill("SIGINT");
    const [status] = await once(child, "close");
    assert.is(status, 130);
  },
);

withProgram(
  "SIGTERM ends it and leaves nothing",
  "print('started', flush=True)\nwhile True: pass",
  async ({ folder, env }) => {
    const child = start(["program.py"], { cwd: folder, env });
    await heard(child.stdout, "started\n");
    child.kill("SIGTERM");
    const [status, signal] = await once(child, "close");
    assert.ok(status === 143 || signal === "SIGTERM", `${status} ${signal}`);
  },
);

withProgram(
  "a reader that has seen enough is no error",
  "for i in range(100_000): print(i)\nwhile True: print('x' * 1000)",
  async ({ folder, env }) => {
    const command = [...cliCommand(), "run", "--timeout=20s", "--max-output=16MiB", "program.py"];
    const { status, stdout, stderr } = await runProgram(
      "/bin/bash",
      ["-o", "pipefail", "-c", '"$@" | head -1', "bash", ...command],
      { cwd: folder, env },
    );
    assert.is(stdout, "0\n");
    assert.is(stderr, "");
    assert.ok([0, 141].includes(status ?? -1), `status ${status}`);
  },
);

const start = (args: readonly string[], options: { cwd: string; env: NodeJS.ProcessEnv }) => {
  const [file, ...rest] = cliCommand();
  return spawn(file, [...rest, "run", ...args], {
    ...options,
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
};

const heard = async (stream: Readable, text: string): Promise<void> => {
  let all = "";
  for await (const chunk of stream.iterator({ destroyOnReturn: false })) {
    all += chunk;
    if (all.includes(text)) return;
  }
  throw new Error(`it ended without saying ${text}`);
};

/** What is left of the group that the command was started in. */
const left = (group: number | undefined) => processes().filter((found) => found.group === group);

test.run();
