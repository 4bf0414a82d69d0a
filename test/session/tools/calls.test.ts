import { test } from "uvu";
import * as assert from "uvu/assert";

import { tool } from "../../../src/tool.ts";
import { timed } from "../../support/timed.ts";
import { cellWith, errorOf, resultOf } from "./fixture.ts";

/** A tool that answers when it is told to, and says who began and whose signal fired. */
const held = () => {
  const begun: number[] = [];
  const aborted: unknown[] = [];
  const finish: ((value: unknown) => void)[] = [];
  const wait = tool({
    inputSchema: { type: "object", properties: { n: { type: "integer" } }, required: ["n"] },
    execute: ({ n }, { signal }) => {
      begun.push(n);
      signal.addEventListener("abort", () => aborted.push((signal.reason as Error).message));
      return new Promise<unknown>((resolve) => finish.push(resolve));
    },
  });
  return { begun, aborted, finish, wait };
};

/** Everything that is ready to happen has happened: no timer, no wait. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("calls run at the same time, and each is answered when it is ready", async () => {
  const { begun, finish, wait } = held();
  const cell = cellWith({ wait });
  const [one, two] = [cell.call("wait", { n: 1 }), cell.call("wait", { n: 2 })];
  await settled();
  assert.equal(begun, [1, 2]);
  finish[1]?.("second");
  assert.is(resultOf(await two), "second");
  finish[0]?.("first");
  assert.is(resultOf(await one), "first");
  assert.equal(
    cell.answers.map(({ call }) => call),
    [2, 1],
  );
});

test("calls beyond those that may be in flight wait their turn, in order", async () => {
  const { begun, finish, wait } = held();
  const cell = cellWith({ wait }, { limits: { inFlight: 2 } });
  const all = [1, 2, 3, 4].map((n) => cell.call("wait", { n }));
  await settled();
  assert.equal(begun, [1, 2]);
  finish[1]?.("b");
  await all[1];
  await settled();
  assert.equal(begun, [1, 2, 3]);
  finish[0]?.("a");
  finish[2]?.("c");
  await all[2];
  await settled();
  assert.equal(begun, [1, 2, 3, 4]);
  finish[3]?.("d");
  assert.equal((await Promise.all(all)).map(resultOf), ["a", "b", "c", "d"]);
});

test("a cell cannot fill the host with calls that wait", async () => {
  const { begun, wait } = held();
  const cell = cellWith({ wait }, { limits: { inFlight: 1, toolCalls: 5000 } });
  for (let n = 1; n <= 1001; n++) void cell.call("wait", { n }).catch(() => {});
  assert.equal(cell.answers, []);
  assert.is(
    errorOf(await cell.call("wait", { n: 1002 })),
    "BudgetExceeded: call of wait refused: too many calls are waiting; await some of them first",
  );
  cell.calls.end();
  await settled();
  assert.equal(begun, [1]);
});

test("the end of the cell fires the signal of what runs, and drops what comes later", async () => {
  const { aborted, begun, finish, wait } = held();
  const cell = cellWith({ wait }, { limits: { inFlight: 2 } });
  for (const n of [1, 2, 3]) void cell.call("wait", { n }).catch(() => {});
  await settled();
  cell.calls.end("the cell was interrupted");
  assert.equal(aborted, ["the cell was interrupted", "the cell was interrupted"]);
  for (const resolve of finish) resolve("late");
  await settled();
  assert.equal([cell.answers, begun], [[], [1, 2]]);
  assert.equal(
    cell.calls.records.map(({ status }) => status),
    ["aborted", "aborted", "aborted"],
  );
  const seen = cell.events.length;
  cell.calls.end();
  cell.calls.receive({ type: "call", id: 1, call: 9, tool: "wait", arguments: [{ name: "n", value: 9 }] });
  await settled();
  assert.equal([cell.answers, begun, cell.events.length], [[], [1, 2], seen]);
});

test("what a tool throws after the end is nobody's unhandled rejection", async () => {
  const rejected: unknown[] = [];
  const listen = (reason: unknown): number => rejected.push(reason);
  process.on("unhandledRejection", listen);
  try {
    const fails = tool({
      execute: (_, { signal }) =>
        new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
    });
    const cell = cellWith({ fails });
    void cell.call("fails").catch(() => {});
    await settled();
    cell.calls.end();
    await settled();
    assert.equal([rejected, cell.answers], [[], []]);
  } finally {
    process.off("unhandledRejection", listen);
  }
});

test("the signal of a call that was answered does not fire", async () => {
  const signals: AbortSignal[] = [];
  const cell = cellWith({ f: tool({ execute: (_, { signal }) => signals.push(signal) }) });
  await cell.call("f");
  cell.calls.end();
  assert.equal(
    signals.map(({ aborted }) => aborted),
    [false],
  );
});

test("no more calls than the budget are made, and one record says so", async () => {
  let ran = 0;
  const cell = cellWith({ f: tool({ execute: () => ++ran }) }, { limits: { toolCalls: 2 } });
  const answers = [];
  for (let n = 0; n < 5; n++) answers.push(await cell.call("f"));
  assert.equal(answers.slice(0, 2).map(resultOf), [1, 2]);
  const words =
    "BudgetExceeded: call of f refused: the cell has made its 2 tool calls, the most that the policy's toolCalls allows";
  assert.equal(answers.slice(2).map(errorOf), [words, words, words]);
  assert.is(ran, 2);
  assert.equal(
    cell.calls.records.map(({ status }) => status),
    ["ok", "ok", "refused"],
  );
  assert.is(cell.calls.omitted, 2);
});

test("a budget of zero lets no call through", async () => {
  const cell = cellWith({ f: tool({ execute: () => 1 }) }, { limits: { toolCalls: 0 } });
  assert.match(errorOf(await cell.call("f")), /^BudgetExceeded/);
});

test("an id that comes twice runs its tool once", async () => {
  const { begun, finish, wait } = held();
  const cell = cellWith({ wait });
  const sent = [{ name: "n", value: 1 }];
  void cell.send("wait", sent, 7).catch(() => {});
  const answer = cell.send("wait", sent, 7);
  await settled();
  assert.equal(begun, [1]);
  finish[0]?.("once");
  assert.is(resultOf(await answer), "once");
  assert.is(
    errorOf(await cell.send("wait", sent, 7)),
    "CallRefused: call of wait refused: its id was used before",
  );
  await settled();
  assert.equal([begun, cell.answers.length], [[1], 2]);
});

test("a tool that there is not is refused, with the one that was meant", async () => {
  const cell = cellWith({ search: tool({ execute: () => 1 }) });
  assert.is(
    errorOf(await cell.call("serach")),
    "UnknownTool: call refused: there is no tool serach; search is one",
  );
  for (const name of ["__proto__", "constructor", "toString", "hasOwnProperty"])
    assert.is(errorOf(await cell.call(name)), `UnknownTool: call refused: there is no tool ${name}`);
});

test("events say when a call begins and how it ended, and records are the last of them", async () => {
  const add = tool({
    inputSchema: {
      type: "object",
      properties: { a: { type: "number" }, b: { type: "number", default: 1 } },
      required: ["a"],
    },
    execute: ({ a, b = 0 }) => {
      if (a < 0) throw new RangeError("too small");
      return a + b;
    },
  });
  const cell = cellWith({ add });
  await cell.call("add", { a: 1 });
  await cell.call("add", { a: -1 });
  await cell.call("add", { a: "x" });
  assert.equal(
    cell.events.map(({ tool, status, arguments: values, error }) => [tool, status, values, error]),
    [
      ["add", "pending", { a: 1, b: 1 }, undefined],
      ["add", "ok", { a: 1, b: 1 }, undefined],
      ["add", "pending", { a: -1, b: 1 }, undefined],
      ["add", "failed", { a: -1, b: 1 }, { name: "RangeError", message: "too small" }],
      [
        "add",
        "refused",
        undefined,
        {
          name: "InvalidArguments",
          message:
            "arguments of add refused: a: must be float; it is 'x' (str)\nsignature: add(a: float, b: float = 1) -> Any",
        },
      ],
    ],
  );
  const last = [cell.events[1], cell.events[3], cell.events[4]];
  assert.equal(cell.calls.records, last);
  assert.is(new Set(cell.calls.records.map(({ id }) => id)).size, 3);
  assert.ok(cell.calls.records.every(({ durationMs }) => durationMs >= 0));
});

test("records are bounded: how many there are, and the size of their arguments", async () => {
  const f = { inputSchema: { type: "object", additionalProperties: true, properties: {} }, execute: () => 1 };
  const cell = cellWith({ f }, { limits: { toolCalls: 2000 } });
  await cell.call("f", { text: "x".repeat(100_000) });
  for (let n = 0; n < 30; n++) await cell.call("f", { text: "x".repeat(60_000) });
  const kept = cell.calls.records.filter((record) => "arguments" in record).length;
  assert.is(kept, 17);
  for (let n = 0; n < 1000; n++) await cell.call("f");
  assert.equal([cell.calls.records.length, cell.calls.omitted], [1000, 31]);
});

test("what a tool does with its input changes no record", async () => {
  const f = {
    inputSchema: { type: "object", properties: { list: { type: "array" } } },
    execute: ({ list }: { list: unknown[] }) => list.push("more"),
  };
  const cell = cellWith({ f });
  await cell.call("f", { list: [1] });
  assert.equal(cell.calls.records[0]?.arguments, { list: [1] });
});

test("a cell with a thousand calls at once gets a thousand answers", async () => {
  const double = tool({
    inputSchema: { type: "object", properties: { n: { type: "integer" } }, required: ["n"] },
    execute: async ({ n }) => {
      await settled();
      return n * 2;
    },
  });
  const cell = cellWith({ double });
  const answers = await timed(20_000, "a thousand answers", () =>
    Promise.all(Array.from({ length: 1000 }, (_, n) => cell.call("double", { n }))),
  );
  assert.equal(
    answers.map(resultOf),
    Array.from({ length: 1000 }, (_, n) => n * 2),
  );
});

test.run();
