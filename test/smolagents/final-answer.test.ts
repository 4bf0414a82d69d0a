import { test } from "uvu";
import * as assert from "uvu/assert";

import { type Execution, type RunOptions, type Session, tool } from "../../src/index.ts";
import { answers, ok } from "../session/fixture.ts";
import { rowsOf } from "./rows.ts";

const { row, whole } = rowsOf("Final answer", { policy: "strict", overlay: { limits: { graceMs: 400 } } });

/** Runs a cell that is meant to answer, and holds it to the answer. */
const answering = async (
  session: Session,
  code: string,
  answer: unknown,
  options?: RunOptions,
): Promise<Execution> => {
  const execution = await session.runCode(code, options);
  assert.equal([execution.isFinalAnswer, execution.output], [true, answer], code);
  return execution;
};

row("final-answer", async (session) => {
  const { isFinalAnswer } = await ok(session, "before = 1");
  assert.not(isFinalAnswer);
  const { ok: well, logs } = await answering(session, "print('a')\nfinal_answer(3)\nprint('b')", 3);
  assert.equal([well, logs.stdout], [true, "a\n"]);
  await answering(session, "final_answer(answer={'n': [4]})", { n: [4] });
  await answering(
    session,
    "text = 'final_answer(5)'\nif before == 1:\n  final_answer(text)",
    "final_answer(5)",
  );
  await answers(session, "before", 1);
});

row("final-answer-except-exception", async (session) => {
  const { logs } = await answering(
    session,
    "try:\n  final_answer(5)\nexcept Exception:\n  print('caught')",
    5,
  );
  assert.is(logs.stdout, "");
});

row("final-answer-bare-except", async (session) => {
  await ok(session, "import time");
  const { ok: well } = await answering(session, "try:\n  final_answer(5)\nexcept:\n  pass\nx = 1", 5);
  assert.ok(well);
  const { usage } = await answering(
    session,
    "try:\n  final_answer(6)\nexcept BaseException:\n  time.sleep(20)",
    6,
  );
  assert.ok(usage.wallMs < 10_000, String(usage.wallMs));
  await answers(session, "x", 1);
});

row("final-answer-finally", async (session) => {
  const { logs } = await answering(session, "try:\n  final_answer(7)\nfinally:\n  print('left')", 7);
  assert.is(logs.stdout, "left\n");
});

row("final-answer-finally-return", async (session) => {
  await answering(session, "def f():\n  try:\n    final_answer(1)\n  finally:\n    return 2\nf()", 1);
});

row("final-answer-first", async (session) => {
  await answering(session, "try:\n  final_answer(1)\nfinally:\n  final_answer(2)", 1);
});

row("final-answer-from-a-thread", async (session) => {
  await answering(
    session,
    "import threading\nt = threading.Thread(target=lambda: final_answer('from a thread'))\nt.start()\nt.join()",
    "from a thread",
  );
  await answering(
    session,
    "import asyncio\nasync def f():\n  final_answer('from a task')\nawait asyncio.gather(f(), asyncio.sleep(0))",
    "from a task",
  );
});

row("final-answer-any-value", async (session) => {
  const { text } = await answering(
    session,
    "class A:\n  def __repr__(self): return 'an A'\nfinal_answer(A())",
    undefined,
  );
  assert.is(text, "an A");
  await answering(session, "final_answer(None)", null);
  await answering(session, "final_answer({1: {2, 3}})", new Map([[1, new Set([2, 3])]]));
});

row("final-answer-assigned", async (session) => {
  await answering(session, "final_answer = 6 * 7\nfinal_answer(final_answer)", 42);
  await answering(session, "final_answer('again')", "again");
  const code = "def f(final_answer): return final_answer\nfinal_answer(f(final_answer='final_answer = 1'))";
  await answering(session, code, "final_answer = 1");
});

row("final-answer-redefined", async (session) => {
  const { isFinalAnswer, output } = await ok(session, "def final_answer(n): return n + 1\nfinal_answer(1)");
  assert.equal([isFinalAnswer, output], [false, 2]);
  await answering(session, "del final_answer\nfinal_answer(3)", 3);
});

/** A host's own way to answer, with inputs of its own. */
const joining = tool({
  description: "Joins two halves of an answer.",
  inputSchema: {
    type: "object",
    properties: { first: { type: "string" }, second: { type: "string" } },
    required: ["first", "second"],
  },
  execute: (input) => Object.values(input as Record<string, string>).join(" and "),
});

row(
  "final-answer-of-the-host",
  async (session) => {
    await answering(session, "final_answer('a', second='b')\nprint('after')", "a and b");
    const { error, isFinalAnswer } = await session.runCode("final_answer('a')");
    assert.equal([error?.name, isFinalAnswer], ["TypeError", false]);
  },
  { session: { tools: { final_answer: joining } } },
);

row("final-answer-then-timeout", async (session) => {
  await ok(session, "import time\nkept = 1");
  const code =
    "try:\n  final_answer('in time')\nfinally:\n  while True:\n    try:\n      time.sleep(20)\n    except BaseException:\n      pass";
  const { state } = await answering(session, code, "in time", { timeoutMs: 2000 });
  assert.is(state, "rolledBack");
  await answers(session, "kept", 1);
});

whole();

test.run();
