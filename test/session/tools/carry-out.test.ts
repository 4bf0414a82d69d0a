import { test } from "uvu";
import * as assert from "uvu/assert";

import { type Tool, tool } from "../../../src/tool.ts";
import { cellWith, errorOf, resultOf } from "./fixture.ts";

const returning = (value: unknown, rest: Partial<Tool> = {}): Readonly<Record<string, Tool>> => ({
  f: { ...rest, execute: () => value },
});

async function* several(): AsyncGenerator<string> {
  yield "loading";
  yield "done";
}

const RESULTS: readonly (readonly [name: string, result: () => unknown, wire: unknown])[] = [
  ["nothing", () => undefined, null],
  ["a value", () => [1, "a", null], [1, "a", null]],
  ["a promise", () => Promise.resolve("later"), "later"],
  // biome-ignore lint/suspicious/noThenProperty: a thenable is what is tested
  ["a thenable", () => ({ then: (resolve: (value: number) => void) => resolve(5) }), 5],
  ["values one after another", several, "done"],
  ["a promise of such values", async () => several(), "done"],
  ["no values one after another", async function* nothing() {}, null],
  ["a date", () => new Date(0), { $: "datetime", v: "1970-01-01T00:00:00.000Z" }],
];

for (const [name, result, wire] of RESULTS) {
  test(`a tool may give ${name}`, async () => {
    assert.equal(resultOf(await cellWith({ f: { execute: result } }).call("f")), wire);
  });
}

test("a result without a twin in Python is an error that names its place", async () => {
  const answer = await cellWith(returning({ rows: [{}, { callback: () => 1 }] })).call("f");
  assert.is(
    errorOf(answer),
    "InvalidResult: result of f refused: result.rows[1].callback: a function has no twin in Python",
  );
  const looped: Record<string, unknown> = {};
  looped.self = looped;
  assert.match(
    errorOf(await cellWith(returning(looped)).call("f")),
    /^InvalidResult: .*result\.self: contains itself$/,
  );
});

test("a result over the policy's size is an error with both sizes", async () => {
  const cell = cellWith(returning("ä".repeat(50)), { limits: { resultBytes: 101 } });
  assert.is(
    errorOf(await cell.call("f")),
    "ResultTooLarge: result of f refused: it is 102 bytes; the policy's resultBytes is 101",
  );
  assert.is(
    resultOf(await cellWith(returning("ä".repeat(50)), { limits: { resultBytes: 102 } }).call("f")),
    "ä".repeat(50),
  );
});

test("a result that is not as its outputSchema says is refused", async () => {
  const outputSchema = { type: "array", items: { type: "object", properties: { url: { type: "string" } } } };
  assert.equal(resultOf(await cellWith(returning([{ url: "a" }], { outputSchema })).call("f")), [
    { url: "a" },
  ]);
  assert.is(
    errorOf(await cellWith(returning([{ url: "a" }, { url: 1 }], { outputSchema })).call("f")),
    'InvalidResult: result of f refused: it is not as its outputSchema says: result[1]["url"]: must be str',
  );
});

test("a tool's method sees its own object as this", async () => {
  const counter = {
    count: 0,
    execute() {
      this.count += 1;
      return this.count;
    },
  };
  const cell = cellWith({ counter });
  await cell.call("counter");
  assert.is(resultOf(await cell.call("counter")), 2);
});

test("a tool that streams is asked for no more when the cell is over", async () => {
  let closed = false;
  const f = tool({
    async *execute(_, { signal }) {
      try {
        yield 1;
        await new Promise((resolve) => signal.addEventListener("abort", resolve));
        yield 2;
        yield 3;
      } finally {
        closed = true;
      }
    },
  });
  const cell = cellWith({ f });
  void cell.call("f").catch(() => {});
  await new Promise((resolve) => setImmediate(resolve));
  cell.calls.end();
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal([closed, cell.answers], [true, []]);
});

test("the context has the AI SDK's names too, and every call has an id of its own", async () => {
  const seen: unknown[] = [];
  const f = tool({
    execute: (_, { callId, toolCallId, signal, abortSignal, messages }) => {
      seen.push(callId);
      return [callId === toolCallId, signal === abortSignal, messages.length];
    },
  });
  const cell = cellWith({ f });
  assert.equal(resultOf(await cell.call("f")), [true, true, 0]);
  await cell.call("f");
  assert.is(new Set(seen).size, 2);
});

const searching = tool({
  inputSchema: {
    type: "object",
    properties: {
      query: { type: "string" },
      from: { type: ["integer", "null"] },
      limit: { type: "integer" },
      filters: {
        type: "object",
        properties: { tags: { type: "array", items: { type: "string" } } },
        additionalProperties: false,
      },
    },
    required: ["query"],
  },
  execute: (input) => input,
});

test("several wrong arguments are told at once, by their Python names, with what they are", async () => {
  const cell = cellWith({ searching });
  const answer = await cell.call("searching", {
    query: null,
    from: "x",
    filters: { tags: ["a", 5], more: { a: 1 } },
  });
  assert.is(
    errorOf(answer),
    `InvalidArguments: arguments of searching refused: query: must be str; it is None
  from_: must be int | None; it is 'x' (str)
  filters["tags"][1]: must be str; it is 5 (int)
  filters["more"]: is no key that is known; there are "tags"; it is {'a': 1} (dict)
signature: searching(query: str, from_: int | None = None, limit: int | None = None, filters: dict | None = None) -> Any`,
  );
});

test("None stands for an argument that was left out, unless the schema has a null", async () => {
  const cell = cellWith({ searching });
  const answer = await cell.call("searching", { query: "x", from: null, limit: null });
  assert.equal(resultOf(answer), { query: "x", from: null });
  assert.match(errorOf(await cell.call("searching", { query: null })), /query: must be str; it is None/);
});

test("what is wrong is shown in a bounded way, however large it is", async () => {
  const cell = cellWith({ searching });
  const large = {
    query: { a: "x".repeat(1e6), list: Array.from({ length: 1e5 }, (_, n) => n) },
    limit: 10n ** 5000n,
    filters: Object.fromEntries(Array.from({ length: 1000 }, (_, n) => [`key ${n}`, "y".repeat(1000)])),
  };
  const text = errorOf(await cell.call("searching", large));
  assert.ok(text.length < 2000, text);
  assert.match(text, /limit: must be between -2\*\*53 and 2\*\*53; it is a large int \(int\)/);
});

test("a tool that takes nothing refuses an argument", async () => {
  const cell = cellWith({ now: tool({ execute: () => 1 }) });
  assert.is(
    errorOf(await cell.call("now", { zone: "UTC" })),
    "InvalidArguments: arguments of now refused: zone: is not taken: there are no arguments\nsignature: now() -> Any",
  );
});

test.run();
