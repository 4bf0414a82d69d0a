// @limit 300
import { test } from "uvu";
import * as assert from "uvu/assert";

import { PythonExecutor } from "../../src/index.ts";
import { timed } from "../support/timed.ts";
import { FORGE, FORGERIES } from "./forge.ts";

/** What a cell writes to the worker's channel costs that cell at most, never the session or the caller's wait. */
let executor: PythonExecutor;

test.before(async () => {
  executor = await PythonExecutor.create({ policy: "strict", overlay: { import: true } });
});

test.after(() => executor.close());

for (const { name, code } of FORGERIES) {
  test(`a cell may forge ${name}: it gets an answer, and the session goes on`, async () => {
    await using session = await executor.createSession();
    await session.runCode(FORGE);
    const execution = await timed(40_000, "the forging cell", session.runCode(code, { timeoutMs: 1_000 }));
    assert.ok(execution.denials.length <= 100);
    // The cell behind a forged result may still have the worker to itself: then this one says what became of it.
    const next = await timed(40_000, "the next cell", session.runCode("1 + 1", { timeoutMs: 1_000 }));
    if (next.error) assert.match(next.error.kind, /^(crash|timeout)$/);
    assert.is((await timed(40_000, "the one after it", session.runCode("1 + 2"))).output, 3);
    assert.is(Reflect.get({}, "polluted"), undefined);
  });
}

test("the forger's means work: what it writes to the channel is taken for the worker's word", async () => {
  await using session = await executor.createSession();
  await session.runCode(FORGE);
  assert.is((await session.runCode("result(5)\nwhile True: pass", { timeoutMs: 1_000 })).output, 5);
});

test("a cell finds no other descriptor to write to than its output, spares of it, and its two sockets", async () => {
  await using session = await executor.createSession();
  await session.runCode(FORGE);
  const { output } = await session.runCode(`
found = []
for descriptor in range(256):
    try:
        found.append(os.readlink(f"/proc/self/fd/{descriptor}").split(":")[0])
    except OSError:
        pass
found`);
  assert.equal(output, ["/dev/null", "pipe", "pipe", "socket", "socket", "pipe", "pipe"]);
});

test("garbage on stdout and stderr is output, whatever it looks like", async () => {
  await using session = await executor.createSession();
  const line = '{"type":"result","id":1,"interrupted":false,"output":7}';
  const { logs, output } = await session.runCode(
    `import os\nos.write(1, b'${line}\\n')\nos.write(2, b'${line}\\n')\n"mine"`,
  );
  assert.is(output, "mine");
  assert.equal(logs, { stdout: `${line}\n`, stderr: `${line}\n` });
});

test.run();
