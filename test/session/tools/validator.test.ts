import { Type as Old } from "@sinclair/typebox";
import Type from "typebox";
import { test } from "uvu";
import * as assert from "uvu/assert";

import { asSchema } from "../../../src/session/tools/json-schema.ts";
import { pathText } from "../../../src/session/tools/problem.ts";
import { compileJsonSchema } from "../../../src/session/tools/validator.ts";

const fail = (what: string): never => {
  throw new Error(what);
};

/** What is wrong with the value, a line for each; empty for a value that passes. */
const wrong = (schema: object, value: unknown): string => {
  const parsed = compileJsonSchema(asSchema(schema), fail)(value);
  if ("value" in parsed) return "";
  return parsed.problems.map(({ path, message }) => `${pathText(path)}: ${message}`).join("\n");
};

const shape = Type.Union([
  Type.Object({ kind: Type.Literal("circle"), r: Type.Number() }),
  Type.Object({ kind: Type.Literal("square"), side: Type.Number() }),
]);

const TABLE: readonly (readonly [name: string, schema: object, value: unknown, wrong: string])[] = [
  ["a branch by its constant", shape, { kind: "circle", r: "1" }, "r: must be float"],
  [
    "no branch of a union",
    shape,
    { kind: "line" },
    ': must be {"kind": Literal["circle"], "r": float} | {"kind": Literal["square"], "side": float}',
  ],
  [
    "a value that is there twice",
    { type: "array", uniqueItems: true },
    [1, 1],
    ": must not have duplicate items",
  ],
  ["a constant", { const: "a" }, "b", ': must be "a"'],
  ["an enum", { enum: ["a", "b"] }, "c", ': must be Literal["a", "b"]'],
  ["a pattern", { type: "string", pattern: "^a" }, "b", ': must match pattern "^a"'],
  ["a format", { type: "string", format: "email" }, "b", ': must match format "email"'],
  ["not a number", { type: "number" }, Number.NaN, ": must be a finite number"],
  ["a fraction", { type: "integer" }, 1.5, ": must be int"],
  ["a reference", { $ref: "#/$defs/a", $defs: { a: { type: "string" } } }, 1, ": must be str"],
  [
    "something inside of itself",
    { type: "object", properties: { next: { $ref: "#" }, value: { type: "string" } }, required: ["value"] },
    { value: "a", next: { value: "b", next: { value: 3 } } },
    'next["next"]["value"]: must be str',
  ],
  [
    "something inside of itself, as TypeBox 0.34 has it",
    Old.Recursive((This) => Old.Object({ value: Old.String(), items: Old.Array(This) })),
    { value: "a", items: [{ value: "b", items: [{ value: 1, items: [] }] }] },
    'items[0]["items"][0]["value"]: must be str',
  ],
  ["the items of a tuple", Type.Tuple([Type.String(), Type.Integer()]), ["a", "b"], "[1]: must be int"],
  [
    "nested keys",
    { type: "object", additionalProperties: { type: "integer" } },
    { a: 1, b: "c" },
    "b: must be int",
  ],
  ["a key that must be there", { type: "object", required: ["a"] }, {}, "a: is missing"],
  [
    "all of several",
    { allOf: [{ type: "object", required: ["a"] }, { required: ["b"] }] },
    { a: 1 },
    "b: is missing",
  ],
  ["a keyword that is not looked at", { not: { type: "string" } }, "a", ": must not be valid"],
  [
    "a refinement",
    Type.Refine(
      Type.String(),
      (text) => text !== "no",
      () => "must not be no",
    ),
    "no",
    ": must not be no",
  ],
  ["a date", Old.Date({ minimumTimestamp: 5 }), new Date(4), ": must be datetime"],
  ["an invalid date", Old.Date(), new Date(Number.NaN), ": must be datetime"],
  ["bytes", Old.Uint8Array({ maxByteLength: 1 }), new Uint8Array(2), ": must be bytes"],
];

for (const [name, schema, value, text] of TABLE) {
  test(`what is said of ${name}`, () => {
    assert.is(wrong(schema, value), text);
  });
}

const PASSES: readonly (readonly [name: string, schema: object, value: unknown])[] = [
  ["null where OpenAPI says nullable", { type: "string", nullable: true }, null],
  ["null where an enum is nullable", { type: "string", nullable: true, enum: ["a"] }, null],
  ["a key that is not described", { type: "object", properties: {} }, { more: 1 }],
  ["the last branch", shape, { kind: "square", side: 1 }],
  ["a date", Old.Date({ minimumTimestamp: 5 }), new Date(5)],
  ["any value", Type.Any(), new Map()],
  ["an object without a prototype", { type: "object" }, Object.create(null)],
];

for (const [name, schema, value] of PASSES) {
  test(`${name} passes`, () => {
    assert.is(wrong(schema, value), "");
  });
}

test("only a plain object is an object: a map, a set, a date and bytes are none", () => {
  for (const value of [new Map(), new Set(), new Date(0), new Uint8Array(1), [], null, new Float64Array(1)])
    assert.is.not(wrong({ type: "object" }, value), "", String(value));
  assert.is(
    wrong({ type: "object", properties: { a: true } }, new Map([[1, 2]])),
    ": must be a dict whose keys are strings",
  );
});

const BROKEN: readonly (readonly [schema: object, text: string | RegExp])[] = [
  [{ type: "strnig" }, '/: "strnig" is no type that can be checked'],
  [
    { type: "object", properties: { a: { items: { type: "RegExp" } } } },
    '/properties/a/items: "RegExp" is no type that can be checked',
  ],
  [{ properties: { a: { $ref: "#/$defs/Gone" } } }, '/properties/a: $ref "#/$defs/Gone" leads nowhere'],
  [{ $ref: "#" }, '/: $ref "#" leads nowhere'],
  [{ type: "constructor" }, '/: "constructor" is no type that can be checked'],
  [{ type: "string", pattern: "(" }, /Invalid regular expression/],
];

for (const [schema, text] of BROKEN) {
  test(`a schema that cannot be checked is known at once: ${JSON.stringify(schema)}`, () => {
    assert.throws(
      () => wrong(schema, {}),
      ({ message }: Error) => (typeof text === "string" ? message === text : text.test(message)),
    );
  });
}

test("a schema that holds itself as an object is refused, and does not overflow", () => {
  const looped: Record<string, unknown> = { type: "object" };
  looped.properties = { self: looped };
  assert.throws(() => wrong(looped, {}), /is nested deeper than 64/);
});

test("a list of a million items that are wrong is told in a few words", () => {
  const list = Array.from({ length: 1e6 }, () => "x");
  assert.is(wrong({ type: "array", items: { type: "integer" } }, list).split("\n").length, 5);
});

test("checking changes neither the schema nor what TypeBox keeps in it", () => {
  const schema = Type.Object({ a: Type.Optional(Type.String()) });
  const before = JSON.stringify(Object.getOwnPropertyDescriptors(schema));
  wrong(schema, {});
  assert.is(JSON.stringify(Object.getOwnPropertyDescriptors(schema)), before);
});

test.run();
