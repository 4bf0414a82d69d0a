import Type from "typebox";
import { test } from "uvu";
import * as assert from "uvu/assert";

import { Annotations } from "../../../src/session/tools/annotations.ts";
import { asSchema, type JsonSchema } from "../../../src/session/tools/json-schema.ts";

const of = (schema: JsonSchema): string => new Annotations(schema).of(schema);

const TABLE: readonly (readonly [annotation: string, schema: JsonSchema])[] = [
  ["str", { type: "string", format: "email" }],
  ["int", { type: "integer" }],
  ["float", { type: "number" }],
  ["bool", { type: "boolean" }],
  ["None", { type: "null" }],
  ["datetime", { type: "Date" }],
  ["bytes", { type: "Uint8Array" }],
  ["int", { type: "bigint" }],
  ["Any", { type: "constructor" }],
  ["Any", true],
  ["Any", {}],
  ["Never", false],
  ["str | None", { type: ["null", "string"] }],
  ["str | None", { type: "string", nullable: true }],
  ["list", { type: "array" }],
  ["list[str]", { type: "array", items: { type: "string" } }],
  ["list[list[int]]", { type: "array", items: { type: "array", items: { type: "integer" } } }],
  [
    "list[str | int]",
    { type: "array", prefixItems: [{ type: "string" }, { type: "integer" }], items: false },
  ],
  ["dict", { type: "object" }],
  ["dict[str, int]", { type: "object", additionalProperties: { type: "integer" } }],
  ["dict[str, float]", { type: "object", patternProperties: { "^.*$": { type: "number" } } }],
  ["dict", { type: "object", properties: { a: { type: "string" } } }],
  ["dict", { properties: { a: { type: "string" } } }],
  ['Literal["a", "b"]', { enum: ["a", "b"] }],
  ['Literal["a", 1, True] | None', { enum: ["a", null, 1, true] }],
  ['Literal["a]|[\\"\\\\"]', { const: 'a]|["\\' }],
  ["float", { const: 1.5 }],
  [
    'Literal["x", "y"] | int | None',
    { anyOf: [{ const: "x" }, { type: "null" }, { type: "integer" }, { const: "y" }] },
  ],
  ["int | str", { oneOf: [{ type: "integer" }, { anyOf: [{ type: "string" }, { type: "integer" }] }] }],
  ["Any", { anyOf: [{ type: "string" }, {}] }],
  ["str", { allOf: [{}, { type: "string" }] }],
  ["str", { enum: Array.from({ length: 100 }, (_, index) => `choice ${index}`) }],
  ["Any", { $ref: "#/nowhere" }],
  ["int", { $ref: "#/$defs/n", $defs: { n: { type: "integer" } } }],
  ["Any", { $ref: "#" }],
];

for (const [annotation, schema] of TABLE) {
  test(`${annotation} is what ${JSON.stringify(schema).slice(0, 60)} is in Python`, () => {
    assert.is(of(schema), annotation);
  });
}

test("an object with a name of its own is that name, and its shape is told once", () => {
  const shapes = new Map<string, string>();
  const hit: JsonSchema = {
    title: "Hit",
    type: "object",
    properties: { title: { type: "string" }, "page-url": { type: "string" } },
    required: ["title"],
  };
  const schema: JsonSchema = { type: "array", items: hit };
  const annotations = new Annotations(schema, shapes);
  assert.is(annotations.of(schema), "list[Hit]");
  assert.is(annotations.of({ anyOf: [hit, { type: "null" }] }), "Hit | None");
  assert.equal([...shapes], [["Hit", '{"title": str, "page-url": NotRequired[str]}']]);
});

test("two different objects of one name are not taken for one another", () => {
  const shapes = new Map<string, string>();
  const object = (key: string): JsonSchema => ({
    title: "Item",
    type: "object",
    properties: { [key]: true },
  });
  const annotations = new Annotations(true, shapes);
  assert.equal(
    [annotations.of(object("a")), annotations.of(object("b")), annotations.of(object("a"))],
    ["Item", "dict", "Item"],
  );
});

test("a title that would read as a type of Python's, or is no name, is none", () => {
  const titled = (title: string): JsonSchema => ({ title, type: "object", properties: { a: true } });
  assert.equal(
    ["Any", "None", "str", "My Type", 'X"""', "Literal"].map((title) => of(titled(title))),
    ["dict", "dict", "dict", "dict", "dict", "dict"],
  );
});

test("recursion ends: by name where there is one, as dict where there is none", () => {
  const named: object = Type.Cyclic(
    { Node: Type.Object({ value: Type.Number(), next: Type.Array(Type.Ref("Node")) }) },
    "Node",
  );
  const shapes = new Map<string, string>();
  assert.is(new Annotations(asSchema(named), shapes).of(asSchema(named)), "Node");
  assert.equal([...shapes], [["Node", '{"value": float, "next": list[Node]}']]);
  const unnamed: JsonSchema = {
    type: "object",
    properties: { next: { $ref: "#" } },
  };
  assert.is(new Annotations(unnamed).inline(unnamed), '{"next": NotRequired[dict]}');
});

test("a very large or deep type is cut to something short", () => {
  let deep: JsonSchema = { type: "string" };
  for (let level = 0; level < 500; level++) deep = { type: "array", items: deep };
  assert.is(of(deep), "list[list[list[list[list[list[list]]]]]]");
  const wide = {
    anyOf: Array.from({ length: 200 }, (_, index) => ({
      type: "object",
      title: `Alternative${index}`,
      properties: { [`key${index}`]: true },
    })),
  };
  assert.ok(of(wide).length <= 240);
});

test.run();
