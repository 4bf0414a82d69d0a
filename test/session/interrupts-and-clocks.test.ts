import { test } from "uvu";
import * as assert from "uvu/assert";

import { type Execution, PythonExecutor, type Session, type Tool } from "../../src/index.ts";
import { pythons } from "../support/pythons.ts";
import { timed } from "../support/timed.ts";
import { answers, ok, withSessions } from "./fixture.ts";

/* What ends a cell from outside and in time, with tools under way; and what stands when it has ended. */

const { inSession } = withSessions({
  policy: "open",
  overlay: { limits: { wallMs: 1_000, totalMs: 3_000, graceMs: 300, memoryBytes: "256MiB", toolCalls: 5 } },
});

/** A tool that answers when the test says so. */
const held = () => {
  let begin = (_: AbortSignal): void => {};
  let answer = (_: unknown): void => {};
  const begun = new Promise<AbortSignal>((resolve) => {
    begin = resolve;
  });
  const execute = (_: unknown, { signal }: { signal: AbortSignal }): Promise<unknown> =>
    new Promise((resolve) => {
      answer = resolve;
      begin(signal);
    });
  return { tools: { slow: { execute } as Tool }, begun, answer: (value: unknown) => answer(value) };
};

const later = (ms: number, act: () => void): void => void setTimeout(act, ms);

const waiting = async (session: Session, code: string, ms: number): Promise<Execution> => {
  const { tools, begun, answer } = held();
  await session.setTools(tools);
  const run = session.runCode(code, { timeoutMs: 300 });
  void begun.then(() => later(ms, () => answer("late")));
  return run;
};

const LONG = 900;

inSession("the time that a tool takes is not the cell's", async (session) => {
  const { output, usage } = await waiting(session, "slow()", LONG);
  assert.is(output, "late");
  assert.ok(usage.wallMs >= LONG - 1, `${usage.wallMs} ms`);
});

for (const code of ["await slow()", "import asyncio\n(await asyncio.gather(slow(), asyncio.sleep(0)))[0]"]) {
  inSession(`nor is it when it is awaited: ${code.split("\n").at(-1)}`, async (session) => {
    assert.is((await waiting(session, code, LONG)).output, "late");
  });
}

inSession("what the cell computes while a tool has not answered is its own time", async (session) => {
  const code =
    "import asyncio\ntask = asyncio.ensure_future(slow())\nawait asyncio.sleep(0)\nwhile True: str(1)";
  const { error } = await waiting(session, code, 10_000);
  assert.is(error?.kind, "timeout");
  await answers(session);
});

inSession("what the cell computes before and after a tool is its own time", async (session) => {
  const spin = "import time\nend = time.time() + 0.2\nwhile time.time() < end: pass\n";
  const { error, state, toolCalls } = await waiting(session, `${spin}slow()\n${spin}`, LONG);
  assert.equal([error?.kind, state, toolCalls[0]?.status], ["timeout", "kept", "ok"]);
  assert.is((await waiting(session, `slow()\n${spin}`, LONG)).ok, true);
});

inSession("a thread that goes on meanwhile uses the cell's time", async (session) => {
  const spin =
    "import threading\ndef spin():\n  while not stop: pass\nstop = False\nthreading.Thread(target=spin).start()\n";
  const { error, toolCalls } = await waiting(session, `${spin}try: slow()\nfinally: stop = True`, 10_000);
  assert.equal([error?.kind, toolCalls[0]?.status], ["timeout", "aborted"]);
  await answers(session);
});

inSession("a wait in another thread than the main one does not stop the clock", async (session) => {
  const code = "import threading\nt = threading.Thread(target=slow)\nt.start()\nt.join()";
  const { error } = await waiting(session, code, 10_000);
  assert.is(error?.kind, "timeout");
  await answers(session);
});

inSession("the total ends a cell that waits for a tool for ever", async (session) => {
  const { tools, begun } = held();
  await session.setTools(tools);
  const run = session.runCode("try:\n  slow()\nfinally:\n  x = 'left'");
  const signal = await begun;
  const { error, state, toolCalls, usage } = await run;
  assert.equal([error?.kind, state, toolCalls[0]?.status], ["timeout", "kept", "aborted"]);
  assert.match(error?.message ?? "", /^the cell ran longer than 3000 ms, the waiting for tools included/);
  assert.ok(usage.wallMs >= 3_000 && usage.wallMs < 4_500, `${usage.wallMs} ms`);
  assert.ok(signal.aborted);
  await answers(session, "x", "left");
});

const SWALLOW = "while True:\n  try: time.sleep(100)\n  except BaseException: pass";
/** How a cell may end while a tool is under way in a thread of its own, and the state that it leaves. */
const ENDINGS = {
  "by itself": ["started.wait()", "kept", undefined],
  "with an exception": ["started.wait()\n1 / 0", "kept", "exception"],
  "by sys.exit": ["started.wait()\nsys.exit(0)", "kept", "exit"],
  "by a final answer": ["started.wait()\nfinal_answer(1)", "kept", undefined],
  "by a soft timeout": ["time.sleep(100)", "kept", "timeout"],
  "by a hard timeout": [SWALLOW, "rolledBack", "timeout"],
  "by os._exit": ["started.wait()\nos._exit(1)", "rolledBack", "exit"],
  "by a segmentation fault": ["started.wait()\nctypes.string_at(0)", "rolledBack", "crash"],
} as const;

for (const [how, [end, state, kind]] of Object.entries(ENDINGS)) {
  inSession(`a tool is told when its cell ends ${how}, and its call is listed`, async (session) => {
    const { tools, begun, answer } = held();
    await ok(session, "import asyncio, ctypes, os, sys, threading, time\nkept = [1]");
    await session.setTools({ ...tools, note: { execute: (input) => started(input) } });
    let note = (): void => {};
    const started = (_: unknown): Promise<null> =>
      new Promise((resolve) => {
        note = () => resolve(null);
      });
    const code = `started = threading.Event()\nkept.append(2)
threading.Thread(target=lambda: (note(), started.set())).start()
threading.Thread(target=slow, daemon=True).start()\n${end}`;
    const run = session.runCode(code, { timeoutMs: 500 });
    const signal = await begun;
    note();
    const execution = await run;
    assert.ok(signal.aborted, "the tool is told");
    assert.equal([execution.error?.kind, execution.state], [kind, state], execution.error?.traceback);
    const statuses = Object.fromEntries(execution.toolCalls.map(({ tool, status }) => [tool, status]));
    assert.is(statuses.slow, "aborted");
    answer("too late");
    await answers(session, "kept", state === "kept" ? [1, 2] : [1]);
  });
}

inSession(
  "a cell makes as many calls as it may, also when it catches the refusals; the next one has as many again",
  async (session) => {
    let calls = 0;
    await session.setTools({ one: { execute: () => ++calls } });
    const code =
      "refused = []\nfor _ in range(10):\n  try: one()\n  except ToolError as e: refused.append(str(e))\nlen(refused), refused[0]";
    const { output } = await ok(session, code);
    assert.equal(output, [
      5,
      "BudgetExceeded: call of one refused: the cell has made its 5 tool calls, the most that the policy's toolCalls allows",
    ]);
    assert.is(calls, 5);
    await answers(session, "one()", 6);
  },
);

inSession("an execution that was rolled back lists the calls that were made", async (session) => {
  await session.setTools({
    pay: {
      execute: ({ n }: { n: number }) => n * 2,
      inputSchema: { type: "object", properties: { n: { type: "integer" } } },
    },
  });
  const { state, toolCalls } = await session.runCode("pay(1)\npay(2)\nimport os\nos._exit(1)");
  assert.is(state, "rolledBack");
  assert.equal(
    toolCalls.map(({ tool, arguments: given, status }) => [tool, given, status]),
    [
      ["pay", { n: 1 }, "ok"],
      ["pay", { n: 2 }, "ok"],
    ],
  );
});

/** Ways to go on after a final answer, and what becomes of the state. */
const SWALLOWED: Readonly<Record<string, readonly [code: string, state: string]>> = {
  "a bare except": ["try: final_answer(7)\nexcept: pass\nwhile True: pass", "kept"],
  "a finally that returns": [
    "def f():\n  try: final_answer(7)\n  finally: return 1\nf()\nwhile True: pass",
    "kept",
  ],
  "a thread": [
    "import threading\nthreading.Thread(target=lambda: final_answer(7)).start()\nwhile True: pass",
    "kept",
  ],
  "a task": [
    "import asyncio\nasync def f(): final_answer(7)\nasync def g():\n  await asyncio.gather(f(), return_exceptions=True)\n  while True: await asyncio.sleep(0)\nawait g()",
    "kept",
  ],
  "a loop that swallows everything": [
    `import time\ntry: final_answer(7)\nexcept: pass\n${SWALLOW}`,
    "rolledBack",
  ],
  "an end of the process": ["import os\ntry: final_answer(7)\nfinally: os._exit(3)", "rolledBack"],
};

for (const [what, [code, state]] of Object.entries(SWALLOWED)) {
  inSession(`a final answer stands after ${what}`, async (session) => {
    await ok(session, "kept = 1");
    const execution = await session.runCode(code);
    assert.equal(
      [execution.isFinalAnswer, execution.output, execution.state],
      [true, 7, state],
      execution.error?.traceback,
    );
    assert.ok(execution.usage.wallMs < 900, `${execution.usage.wallMs} ms`);
    await answers(session, "kept", 1);
  });
}

inSession(
  "interrupt() from another task ends what runs, and nothing that waits behind it",
  async (session) => {
    const first = session.runCode("print('go', flush=True)\nwhile True: pass", {
      onStdout: () => session.interrupt(),
    });
    const second = session.runCode("x = 5");
    const { error, state } = await first;
    assert.equal([error?.kind, error?.name, state], ["interrupted", "KeyboardInterrupt", "kept"]);
    assert.ok((await second).ok);
    session.interrupt();
    await answers(session, "x", 5);
  },
);

inSession("a hundred interrupts at any moment leave a session that works", async (session) => {
  for (let round = 0; round < 100; round++) {
    const run = session.runCode("for i in range(200): pass\nx = i");
    if (round % 3) await new Promise(setImmediate);
    session.interrupt();
    const { error, state } = await run;
    assert.ok(!error || error.kind === "interrupted", error?.traceback);
    assert.is(state, "kept");
  }
  await answers(session, "6 * 7", 42);
});

inSession(
  "cells behind one that is killed run, in order, and those that are aborted do not",
  async (session) => {
    await ok(session, "import os, time\nx = []");
    const aborts = new AbortController();
    const killed = session.runCode(`print('go', flush=True)\n${SWALLOW}`, {
      timeoutMs: 300,
      onStdout: () => aborts.abort(),
    });
    const runs = [1, 2, 3, 4].map((n) =>
      session.runCode(`x.append(${n})`, n % 2 ? {} : { signal: aborts.signal }),
    );
    assert.is((await killed).state, "rolledBack");
    const kinds = (await Promise.all(runs)).map(({ error }) => error?.kind);
    assert.equal(kinds, [undefined, "interrupted", undefined, "interrupted"]);
    await answers(session, "x", [1, 3]);
  },
);

inSession("an abort while input() waits ends the cell and tells who was to answer", async (session) => {
  const aborts = new AbortController();
  let told: AbortSignal | undefined;
  const onInput = (_: string, { signal }: { signal: AbortSignal }): Promise<never> => {
    told = signal;
    aborts.abort();
    return new Promise(() => {});
  };
  const { error, state } = await session.runCode("input('? ')", { onInput, signal: aborts.signal });
  assert.equal([error?.kind, state, told?.aborted], ["interrupted", "kept", true]);
  await answers(session);
});

inSession("the time that input() waits is not the cell's", async (session) => {
  const onInput = () => new Promise<string>((resolve) => later(LONG, () => resolve("Ada")));
  assert.is((await ok(session, "input()", { onInput, timeoutMs: 300 })).output, "Ada");
});

for (const { file, version } of pythons().filter(({ version }) => /^3\.(9|13)\./.test(version))) {
  test(`clocks, answers and interrupts are the same under Python ${version}`, () =>
    timed(60_000, version, async () => {
      const limits = { wallMs: 1_000, totalMs: 3_000, graceMs: 300 };
      await using executor = await PythonExecutor.create({
        policy: "open",
        python: file,
        overlay: { limits },
      });
      await using session = await executor.createSession();
      assert.is((await waiting(session, "slow()", LONG)).output, "late");
      for (const [code, state] of Object.values(SWALLOWED)) {
        const execution = await session.runCode(code);
        assert.equal(
          [execution.output, execution.state],
          [7, state],
          `${code}\n${execution.error?.traceback}`,
        );
      }
      const run = session.runCode("print('go', flush=True)\nwhile True: pass", {
        onStdout: () => session.interrupt(),
      });
      assert.equal([(await run).error?.kind, (await run).state], ["interrupted", "kept"]);
    }));
}

test.run();
