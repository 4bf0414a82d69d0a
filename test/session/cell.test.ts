import { test } from "uvu";
import * as assert from "uvu/assert";

import { GuestError, type RunOptions, type ToolContext } from "../../src/index.ts";
import { rejects } from "../support/rejects.ts";
import { timed } from "../support/timed.ts";
import { connected, error, result, running } from "./wire.ts";

/* One cell against a scripted keeper: what its events come to, and what is answered. */

const within = (name: string, body: () => Promise<void>): void => {
  test(name, () => timed(10_000, name, body));
};

within("a cell goes out with its source, its time and the name that tracebacks have for it", async () => {
  const { command, wire, run, session } = await running({}, { limits: { wallMs: 5000 } });
  assert.equal(command, { type: "run", code: "code", wallMs: 5000, filename: "<cell 1>" });
  await wire.answer("run");
  await run;
  const set = session.setVariables({ a: 1 });
  await wire.answer("assign");
  await set;
  void session.runCode("next", { timeoutMs: 10.2, filename: "next.py" });
  const next = await wire.command("run", 2);
  assert.equal([next.wallMs, next.filename], [11, "next.py"]);
  void session.runCode("third");
  await wire.answer("run", {}, 2);
  assert.is((await wire.command("run", 3)).filename, "<cell 3>", "only cells count");
});

const display = { type: "display", bundle: [{ mime: "text/html", data: "<b>" }] };

within("displays are events, and results in their order", async () => {
  const heard: unknown[] = [];
  const { wire, run, say } = await running({ onDisplay: (bundle) => heard.push(bundle) });
  say(display, { type: "display", bundle: [{ mime: "image/png", data: "aGk=" }] });
  await wire.answer("run", { truncated: { stdout: 0, stderr: 0, output: false, displays: 3 } });
  const { results, truncated } = await run;
  assert.equal(results, [{ "text/html": "<b>" }, { "image/png": "aGk=" }]);
  assert.equal(heard, results);
  assert.is(truncated.displays, 3);
});

within("the first final answer is the output, as soon as it is given", async () => {
  const { wire, run, say } = await running();
  say(
    { type: "final", output: { $: "int", v: "0x10" }, text: "16" },
    { type: "final", output: 2, text: "2" },
  );
  for await (const event of run) {
    assert.equal(event, { type: "finalAnswer", output: 16n, text: "16" });
    break;
  }
  await wire.answer("run", { output: 3, text: "3" });
  const { ok, output, text, isFinalAnswer } = await run;
  assert.equal([ok, output, text, isFinalAnswer], [true, 16n, "16", true]);
});

within("a final answer stands beside an error that came after it", async () => {
  const { wire, run, say } = await running();
  say({ type: "final", output: "yes", text: "'yes'" });
  await wire.answer("run", { ...error("TimeoutError", "too long", "timeout"), state: "rolledBack" });
  const execution = await run;
  assert.equal(
    [execution.ok, execution.isFinalAnswer, execution.output, execution.error?.kind, execution.state],
    [false, true, "yes", "timeout", "rolledBack"],
  );
});

for (const [what, fields] of [
  ["without a twin", {}],
  ["that is none", { output: { $: "nonsense", v: 1 } }],
] as const) {
  within(`a final answer ${what} is there as its text`, async () => {
    const { wire, run, say } = await running();
    say({ type: "final", text: "<object>", ...fields });
    await wire.answer("run");
    const { ok, output, text, isFinalAnswer } = await run;
    assert.equal([ok, output, text, isFinalAnswer], [true, undefined, "<object>", true]);
  });
}

within("a call of a tool is answered under the cell's id, and is a record and two events", async () => {
  const heard: string[] = [];
  const { wire, run, say, id } = await running(
    { onToolCall: ({ call }) => heard.push(call.status) },
    { tools: { double: { inputSchema: { properties: { n: { type: "integer" } } }, execute: double } } },
  );
  say({ type: "call", call: 7, tool: "double", arguments: [{ name: "n", value: 21 }] });
  assert.equal(await wire.command("answer"), { type: "answer", id, call: 7, value: 42 });
  await wire.answer("run");
  const { toolCalls } = await run;
  assert.equal(
    toolCalls.map(({ tool, status, arguments: given }) => [tool, status, given]),
    [["double", "ok", { n: 21 }]],
  );
  assert.equal(heard, ["pending", "ok"]);
});

const double = ({ n }: { n: number }): number => 2 * n;

within("a call whose cell was rolled back is listed, and what it gives then goes nowhere", async () => {
  const begun = deferred<AbortSignal>();
  const work = deferred<number>();
  const slow = {
    execute: (_: never, { signal }: ToolContext) => {
      begun.resolve(signal);
      return work.promise;
    },
  };
  const { wire, run, say } = await running({}, { tools: { slow } });
  say({ type: "call", call: 1, tool: "slow", arguments: [] });
  const signal = await begun.promise;
  await wire.answer("run", { ...error("Crash", "killed", "crash"), state: "rolledBack" });
  const { toolCalls, state } = await run;
  const statuses = toolCalls.map(({ status }) => status);
  assert.equal([state, statuses, signal.aborted], ["rolledBack", ["aborted"], true]);
  work.resolve(1);
  await new Promise(setImmediate);
  assert.not(wire.types.includes("answer"));
});

const deferred = <T>(): { promise: Promise<T>; resolve(value: T): void } => {
  let resolve = (_: T): void => {};
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve: (value) => resolve(value) };
};

for (const name of ["onDisplay", "onToolCall", "onResult"] as const) {
  within(`an ${name} that throws fails its own run, not the session`, async () => {
    const { wire, run, say, session } = await running({
      [name]: () => {
        throw new RangeError("in the callback");
      },
    });
    say(display, { type: "call", call: 1, tool: "none", arguments: [] });
    await wire.answer("run");
    await rejects(run, RangeError, "in the callback");
    const next = session.runCode("1");
    await wire.answer("run", {}, 2);
    assert.ok((await next).ok);
  });
}

within("onResult hears of the execution, also of one that was never run", async () => {
  const heard: unknown[] = [];
  const onResult: RunOptions["onResult"] = (execution) => heard.push(execution);
  const { wire, run, session } = await running({ onResult });
  await wire.answer("run");
  const unrun = await session.runCode("1", { signal: AbortSignal.abort(), onResult });
  assert.equal(heard, [await run, unrun]);
});

within("what was lost, and why nothing protects the state, is said", async () => {
  const { wire, run, session } = await running();
  await wire.answer("run", { ...error("Crash", "killed", "crash"), state: "lost", lost: ["a", "b"] });
  const { state, lost, unprotected } = await run;
  assert.equal([state, lost, unprotected], ["lost", ["a", "b"], undefined]);
  const next = session.runCode("2");
  await wire.answer("run", { unprotected: "2 native threads were running" }, 2);
  assert.is((await next).unprotected, "2 native threads were running");
});

within("a loss that another command was told of is said by the next cell, once", async () => {
  const { wire, session } = await connected();
  const listing = session.variables();
  await wire.answer("inspect", { output: [], state: "lost", lost: ["a"] });
  assert.equal(await listing, []);
  const states: unknown[] = [];
  for (const nth of [1, 2]) {
    const run = session.runCode("1");
    await wire.answer("run", {}, nth);
    const { state, lost } = await run;
    states.push([state, lost]);
  }
  assert.equal(states, [
    ["lost", ["a"]],
    ["kept", undefined],
  ]);
});

within("a value that is none costs its cell", async () => {
  const { wire, run } = await running();
  await wire.answer("run", { output: { $: "nonsense", v: 1 }, text: "?" });
  const { error: failure, state } = await run;
  assert.equal([failure?.kind, failure?.name, state], ["crash", "ProtocolError", "kept"]);
});

within("logs are two texts, and one where a string is wanted", async () => {
  const { wire, run, say } = await running();
  say({ type: "stdout", text: "out" }, { type: "stderr", text: "err" });
  await wire.answer("run");
  const { logs } = await run;
  assert.equal([`${logs}`, { ...logs }], ["outerr", { stdout: "out", stderr: "err" }]);
});

within("a cell that is given up while it runs hears what ended the session", async () => {
  const { wire, run } = await running();
  wire.say({ type: "fatal", reason: "out of everything" });
  await rejects(run, GuestError, "session ended: out of everything");
  wire.say(result({ id: 1 }));
});

test.run();
