import { test } from "uvu";
import * as assert from "uvu/assert";

import { PythonExecutor, type Session } from "../../src/index.ts";
import { timed } from "../support/timed.ts";
import { FORGE } from "./forge.ts";

/**
 * Threads that go on when their cell is over. The worker refuses what they ask for between cells, and where they write to
 * the channel themselves, the keeper does: no function of the host is run, and nothing is shown of them.
 */
const executor = await PythonExecutor.create({
  policy: "open",
  overlay: { limits: { graceMs: 500, resultBytes: "1MiB" } },
});
let calls = 0;
const tools = {
  touch: {
    execute: () => {
      calls++;
      return calls;
    },
  },
} as const;

/** `late(work)` runs something when the cell is over; `happened()` waits for what came of it. */
const LATE = `${FORGE}
import threading, builtins
host = find("Runner")._host
outcomes = []

def late(work):
    def body():
        while host.cell: time.sleep(0.001)
        try:
            outcomes.append(repr(work()))
        except BaseException as error:
            outcomes.append(f"{type(error).__name__}: {error}")
        done.set()
    done = threading.Event()
    threading.Thread(target=body, daemon=True).start()
    return done
`;

const inSession = (name: string, body: (session: Session) => Promise<void>): void => {
  test(name, () =>
    timed(60_000, name, async () => {
      calls = 0;
      await using session = await executor.createSession({ tools, onInput: () => "a line" });
      await session.runCode(LATE);
      await body(session);
      // What a thread that goes on says may end one more cell, and itself with it.
      const answer = () => session.runCode("20 + 22", { timeoutMs: 5_000 });
      const first = await answer();
      assert.is((first.error?.kind === "crash" ? await answer() : first).output, 42);
    }),
  );
};

/** What a thread does too late, and what it is told. */
const LATE_WORK: Readonly<Record<string, readonly [code: string, told: RegExp]>> = {
  "calls a tool": ["touch()", /ToolError: .*the cell is over/],
  "asks for input": ["input('? ')", /the cell is over|EOFError/],
  "gives a final answer": ["final_answer(666)", /RuntimeError: final_answer\(\): the cell is over/],
  "displays something": ["display(666)", /^None$/],
  "runs an event loop with a tool in it": [
    "__import__('asyncio').run(__import__('asyncio').wait_for(touch.start(), 1))",
    /the cell is over|Error/,
  ],
};

for (const [what, [code, told]] of Object.entries(LATE_WORK)) {
  inSession(`a thread that ${what} after its cell is refused, without harm`, async (session) => {
    const first = await session.runCode(`done = late(lambda: ${code})`);
    assert.ok(first.ok, first.error?.traceback);
    await new Promise((resolve) => setTimeout(resolve, 200));
    const { output, results, isFinalAnswer, toolCalls } = await session.runCode("done.wait(5)\noutcomes[0]");
    assert.match(String(output), told);
    assert.equal([results.length, isFinalAnswer, toolCalls.length, calls], [0, false, 0, 0]);
  });
}

/** What a thread writes to the channel between two cells; `ID` is the number of the cell that is over. */
const LATE_LINES: Readonly<Record<string, string>> = {
  "a call": '{"type":"call","id":ID,"call":5,"tool":"touch","arguments":[]}',
  "a final answer": '{"type":"final","id":ID,"output":666,"text":"666","aside":true}',
  "a rich result": '{"type":"display","id":ID,"bundle":[{"mime":"text/plain","data":"666"}]}',
  "a denial":
    '{"type":"denial","id":ID,"denial":{"permission":"net","target":"x","message":"m","flag":"-A","line":null}}',
  "a question": '{"type":"input","id":ID,"call":6,"prompt":"? "}',
};

for (const [what, line] of Object.entries(LATE_LINES)) {
  inSession(`a thread that forges ${what} after its cell is not heard`, async (session) => {
    const forged = await session.runCode(
      `sent = b'''${line}\\n'''.replace(b"ID", b"%d" % running())\ndone = late(lambda: forge(sent))`,
    );
    assert.ok(forged.ok, forged.error?.traceback);
    await new Promise((resolve) => setTimeout(resolve, 200));
    const { ok, output, results, isFinalAnswer, toolCalls, denials } =
      await session.runCode("done.wait(5)\noutcomes[0]");
    assert.equal([ok, output], [true, "None"]);
    assert.equal(
      [results.length, isFinalAnswer, toolCalls.length, denials.length, calls],
      [0, false, 0, 0, 0],
    );
  });
}

inSession(
  "a thread that forges a result between two cells ends its worker, which is said",
  async (session) => {
    await session.runCode(
      `done = late(lambda: forge(b'{"type":"result","id":1,"interrupted":false,"output":666}\\n'))`,
    );
    await new Promise((resolve) => setTimeout(resolve, 200));
    const { output, state } = await session.runCode("'mine'");
    assert.is(output, "mine");
    // The copy after the first cell may have been under way when the worker was ended.
    assert.ok(["lost", "rolledBack"].includes(state), state);
  },
);

inSession("what a thread prints after its cell is the next one's, or nobody's", async (session) => {
  const first = await session.runCode("done = late(lambda: print('late', flush=True))\nprint('in time')");
  assert.is(first.logs.stdout, "in time\n");
  await new Promise((resolve) => setTimeout(resolve, 200));
  const next = await session.runCode("done.wait(5)\nprint('next')");
  assert.match(next.logs.stdout, /^(late\n)?next\n$/);
});

inSession("a thread that floods the channel between two cells keeps nobody waiting", async (session) => {
  await session.runCode(
    `line = b'{"type":"display","id":1,"bundle":[]}\\n' * 1000\ndef flood():\n    while True: forge(line)\nthreading.Thread(target=flood, daemon=True).start()`,
  );
  await new Promise((resolve) => setTimeout(resolve, 500));
  const started = performance.now();
  const next = await session.runCode("1", { timeoutMs: 2_000 });
  // Two threads that write at a time cut each other's lines.
  assert.ok(next.ok || /protocol/.test(next.error?.message ?? ""), next.error?.message);
  assert.ok(performance.now() - started < 5_000);
});

test.after(() => executor.close());

test.run();
