import { test } from "uvu";
import * as assert from "uvu/assert";

import { GuestError, UsageError } from "../../src/index.ts";
import { readCompletions, readVariables, toCodePoints } from "../../src/session/namespace.ts";
import { rejects } from "../support/rejects.ts";
import { connected, error } from "./wire.ts";

const matches = [{ text: "print", kind: "function" }];

for (const [source, cursor, points] of [
  ["pri", 3, 3],
  ["", 0, 0],
  ["'😀'.up", 7, 6],
  ["a\ud800b", 3, 3],
  ["😀😀x", 4, 2],
] as const) {
  test(`place ${cursor} of ${JSON.stringify(source)} is place ${points} for Python, and back`, () => {
    assert.is(toCodePoints(source, cursor), points);
    const { start, end } = readCompletions({ start: points, end: points, matches }, source);
    assert.equal([start, end], [cursor, cursor]);
  });
}

test("a place beyond the source is its end", () => {
  assert.is(readCompletions({ start: 0, end: 99, matches }, "pri").end, 3);
});

for (const cursor of [-1, 4, 1.5, Number.NaN]) {
  test(`a cursor at ${cursor} of three characters is the caller's error`, () => {
    assert.throws(
      () => toCodePoints("pri", cursor),
      (thrown: Error) =>
        thrown instanceof UsageError &&
        thrown.message === `complete: cursor is ${cursor}, not a place in the source`,
    );
  });
}

const NO_ANSWERS: readonly unknown[] = [undefined, null, 5, "a", [], {}, { start: 0 }];

for (const answer of NO_ANSWERS) {
  test(`${JSON.stringify(answer)} is no list of completions`, () => {
    assert.throws(
      () => readCompletions(answer, ""),
      (thrown: Error) =>
        thrown instanceof GuestError && thrown.message === "complete: the worker's answer is none",
    );
  });
}

for (const answer of [
  undefined,
  null,
  5,
  "a",
  {},
  [null],
  [{ name: "a", type: "int" }],
  [{ name: 1, type: "", text: "" }],
]) {
  test(`${JSON.stringify(answer)} is no list of names`, () => {
    assert.throws(
      () => readVariables(answer),
      (thrown: Error) =>
        thrown instanceof GuestError && thrown.message === "variables: the worker's answer is none",
    );
  });
}

test("what a worker says besides of a name is left out", () => {
  const answer = [{ name: "a", type: "int", text: "1", more: 5 }];
  assert.equal(readVariables(answer), [{ name: "a", type: "int", text: "1" }]);
});

test("a listing that is none rejects and the session goes on", async () => {
  const { wire, session } = await connected();
  const listing = session.variables();
  await wire.answer("inspect", { output: 5 });
  await rejects(listing, GuestError, "variables: the worker's answer is none");
  const run = session.runCode("1");
  await wire.answer("run");
  assert.ok((await run).ok);
});

const REFUSALS: readonly (readonly [
  kind: string,
  state: "kept" | "lost",
  type: typeof GuestError,
  words: string,
])[] = [
  ["exception", "kept", UsageError, 'getVariable: no variable named "a"'],
  ["memory", "kept", UsageError, 'getVariable: no variable named "a"'],
  ["crash", "lost", GuestError, 'getVariable: Name: no variable named "a"'],
  ["interrupted", "kept", GuestError, 'getVariable: Name: no variable named "a"'],
];

for (const [kind, state, type, words] of REFUSALS) {
  test(`a variable refused with the kind ${kind} is a ${type.name}`, async () => {
    const { wire, session } = await connected();
    const value = session.getVariable("a");
    await wire.answer("fetch", { ...error("Name", 'no variable named "a"', kind), state });
    await rejects(value, type, words);
  });
}

test("variables that Python could not take are the session's fault, and a loss before is said", async () => {
  const { wire, session } = await connected();
  const set = session.setVariables({ a: 1 });
  await wire.answer("assign", { ...error("RuntimeError", "no"), state: "lost" });
  await rejects(set, GuestError, "setVariables: RuntimeError: no; the namespace was lost before");
});

test("a value that is none rejects and the session goes on", async () => {
  const { wire, session } = await connected();
  const value = session.getVariable("a");
  await wire.answer("fetch", { output: { $: "nonsense", v: 1 } });
  await rejects(value, GuestError, /^value refused: /);
  const run = session.runCode("1");
  await wire.answer("run");
  assert.ok((await run).ok);
});

const BAD_NAMES = ["", "a b", "1a", "class", "a\0", "x".repeat(101), "ﬁ", "a.b"];

for (const name of BAD_NAMES) {
  test(`${JSON.stringify(name.slice(0, 20))} is no name for a variable`, async () => {
    const { wire, session } = await connected();
    await rejects(
      session.setVariables({ [name]: 1 }),
      UsageError,
      /^setVariables: .* is no name that a Python variable can have$/,
    );
    assert.equal(wire.types, []);
  });
}

test("a value that Python has no twin of is named by its path, and nothing is sent", async () => {
  const { wire, session } = await connected();
  await rejects(
    session.setVariables({ ok: 1, a: { b: [1, () => 1] } }),
    UsageError,
    /^setVariables: a\.b\[1\]: .*function/,
  );
  assert.equal(wire.types, []);
});

test.run();
