import { test } from "uvu";
import * as assert from "uvu/assert";

import { type CellRun, type ExecutionEvent, UsageError } from "../../src/index.ts";
import { rejects } from "../support/rejects.ts";
import { timed } from "../support/timed.ts";
import { answers, withSessions } from "./fixture.ts";

const { executor, inSession } = withSessions({
  overlay: { import: ["sys"], limits: { graceMs: 400 } },
});

const CODE = "import sys\nprint('one', flush=True)\nprint('two', file=sys.stderr)\n3";

const collect = async (run: CellRun): Promise<ExecutionEvent[]> => {
  const events: ExecutionEvent[] = [];
  for await (const event of run) events.push(event);
  return events;
};

inSession("events come in order and the result is last", async (session) => {
  const run = session.runCode(CODE);
  const events = await collect(run);
  assert.equal(events.map(({ type }) => type).sort(), ["result", "stderr", "stdout"]);
  assert.equal(events.at(-1), { type: "result", execution: await run });
});

inSession("a run can be iterated over twice, at once and after its end, and awaited", async (session) => {
  const run = session.runCode(CODE);
  const [first, second, execution] = await Promise.all([collect(run), collect(run), run]);
  assert.equal(first, second);
  assert.equal(await collect(run), first);
  assert.is(await run, execution);
});

inSession("what is streamed is what the execution holds, cut marks included", async (session) => {
  const run = session.runCode("for i in range(100_000): print(i)");
  const streamed = (await collect(run)).map((event) => (event.type === "stdout" ? event.text : "")).join("");
  const { logs, truncated } = await run;
  assert.is(streamed, logs.stdout);
  assert.ok(truncated.stdout > 0);
});

inSession("leaving the loop early does not stop the cell", async (session) => {
  const run = session.runCode("print('a', flush=True)\nx = 0\nfor _ in range(1000): x += 1\nx");
  for await (const event of run) {
    assert.is(event.type, "stdout");
    break;
  }
  assert.is((await run).output, 1000);
});

inSession("callbacks hear the same as the events", async (session) => {
  const heard: string[] = [];
  const { logs } = await session.runCode(CODE, {
    onStdout: (text) => heard.push(`out ${text}`),
    onStderr: (text) => heard.push(`err ${text}`),
  });
  assert.equal(heard.sort(), [`err ${logs.stderr}`, `out ${logs.stdout}`]);
});

inSession("a denial is an event before the result", async (session) => {
  const events = await collect(session.runCode("__import__('o' + 's')"));
  assert.equal(
    events.map(({ type }) => type),
    ["denial", "result"],
  );
});

inSession("then, catch and finally are those of a promise", async (session) => {
  let ended = false;
  const output = await session
    .runCode("5")
    .finally(() => {
      ended = true;
    })
    .then((execution) => execution.output);
  assert.equal([output, ended], [5, true]);
  assert.is((await session.runCode("1/0").catch(() => "never"))?.constructor, Object);
});

test("iterating over a run whose session is closed rejects, and a run that nobody looks at harms nobody", () =>
  timed(20_000, "closed", async () => {
    const session = await (await executor()).createSession();
    const run = session.runCode("print('go', flush=True)\nwhile True: pass");
    void session.runCode("nobody looks at this one");
    for await (const _ of run) break;
    await session.close();
    await rejects(() => collect(run), UsageError, /clos/);
    await using next = await (await executor()).createSession();
    await answers(next);
  }));

test.run();
