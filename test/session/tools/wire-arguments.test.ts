import { test } from "uvu";
import * as assert from "uvu/assert";

import { weigh } from "../../../src/session/tools/wire-arguments.ts";
import { cellWith, errorOf, resultOf } from "./fixture.ts";

const take = {
  inputSchema: { type: "object", properties: { options: true }, additionalProperties: true },
  execute: (input: object) => Object.keys(input),
};

const REFUSED: readonly (readonly [name: string, sent: { name: string; value: unknown }[], text: string])[] =
  [
    ["the name __proto__", [{ name: "__proto__", value: { a: 1 } }], "__proto__: is not taken"],
    [
      "a name twice",
      [
        { name: "options", value: 1 },
        { name: "options", value: 2 },
      ],
      "options: is given twice",
    ],
    [
      "a key __proto__ inside",
      [{ name: "options", value: JSON.parse('{"a": [{"__proto__": {"polluted": true}}]}') }],
      "options: has a key that would change the prototype of an object",
    ],
    [
      "such a key in a record",
      [{ name: "options", value: { $: "record", v: [["__proto__", { polluted: true }]] } }],
      "options: has a key that would change the prototype of an object",
    ],
    [
      "such a key inside of a map",
      [{ name: "options", value: { $: "map", v: [[1, { $: "record", v: [["__proto__", {}]] }]] } }],
      "options: has a key that would change the prototype of an object",
    ],
    [
      "a prototype of a constructor",
      [{ name: "options", value: { constructor: { prototype: { polluted: true } } } }],
      "options: has a key that would change the prototype of an object",
    ],
    [
      "what is no value",
      [{ name: "options", value: { $: "nonsense", v: 1 } }],
      'options: value refused: not a value of kind "nonsense"',
    ],
  ];

for (const [name, sent, text] of REFUSED) {
  test(`${name} is refused without harm`, async () => {
    const cell = cellWith({ take });
    const error = errorOf(await cell.send("take", sent));
    assert.ok(error.startsWith(`InvalidArguments: arguments of take refused: ${text}`), error);
    assert.is(Reflect.get({}, "polluted"), undefined);
    assert.equal(resultOf(await cell.send("take", [{ name: "options", value: 1 }])), ["options"]);
  });
}

test("a key constructor that is only a word comes through", async () => {
  const cell = cellWith({ take });
  const sent = [
    { name: "options", value: { constructor: "Ferrari" } },
    { name: "constructor", value: "Lotus" },
  ];
  assert.equal(resultOf(await cell.send("take", sent)), ["options", "constructor"]);
});

test("a merge of what came through pollutes nothing", async () => {
  const merge = (
    target: Record<string, unknown>,
    source: Record<string, unknown>,
  ): Record<string, unknown> => {
    for (const [key, value] of Object.entries(source)) {
      const inner = target[key];
      if (typeof value === "object" && value !== null && typeof inner === "object" && inner !== null)
        merge(inner as Record<string, unknown>, value as Record<string, unknown>);
      else target[key] = value;
    }
    return target;
  };
  const merging = { ...take, execute: (input: Record<string, unknown>) => Object.keys(merge({}, input)) };
  const values = ['{"__proto__": {"polluted": 1}}', '{"constructor": {"prototype": {"polluted": 1}}}'];
  for (const value of values) {
    const sent = Object.entries(JSON.parse(value) as object).map(([name, item]) => ({ name, value: item }));
    await cellWith({ merging }).send("merging", sent);
    await cellWith({ merging }).send("merging", [{ name: "options", value: JSON.parse(value) }]);
    assert.is(Reflect.get({}, "polluted"), undefined, value);
  }
});

test("a value as deep as a line can hold costs its call only", async () => {
  let deep: unknown = 1;
  for (let level = 0; level < 5000; level++) deep = [deep];
  const cell = cellWith({ take });
  assert.match(errorOf(await cell.send("take", [{ name: "options", value: deep }])), /nested deeper than/);
  assert.equal(resultOf(await cell.send("take", [])), []);
});

test("the weight of a value is about its size, and counting stops at the bound", () => {
  assert.is(weigh("x".repeat(1000), 1e6), 1008);
  assert.ok(weigh({ a: [1, 2, 3], b: { c: null } }, 1e6) < 100);
  assert.is(
    weigh(
      Array.from({ length: 1e6 }, () => 1),
      1000,
    ),
    8_000_008,
  );
});

test.run();
