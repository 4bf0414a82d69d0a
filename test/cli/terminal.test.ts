import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";

import { cliCommand } from "../support/cli.ts";
import { timed } from "../support/timed.ts";

// It takes a while to stop, in which nothing else may die of the same signal.
const PROGRAM = `
import time
print("busy", flush=True)
try:
    while True:
        str(1)
finally:
    time.sleep(0.3)
    print("cleaned up")
`;

test("a Ctrl-C at the terminal, which goes to the whole process group, interrupts the cell and nothing else", async () => {
  const folder = mkdtempSync(join(tmpdir(), "terminal-"));
  try {
    const file = join(folder, "busy.py");
    writeFileSync(file, PROGRAM);
    const [program, ...args] = cliCommand();
    const child = spawn(program, [...args, "run", "--policy", "open", file], { detached: true });
    const output: Buffer[] = [];
    child.stderr.on("data", (chunk: Buffer) => output.push(chunk));
    child.stdout.on("data", (chunk: Buffer) => output.push(chunk));
    await timed(30_000, "the cell", once(child.stdout, "data"));
    process.kill(-(child.pid as number), "SIGINT");
    const [status] = await timed(30_000, "the end", once(child, "close"));
    assert.is(status, 130);
    assert.match(Buffer.concat(output).toString(), /cleaned up/);
    assert.match(Buffer.concat(output).toString(), /the cell was interrupted; its state is kept/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test.run();
