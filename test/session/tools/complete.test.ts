import Type from "typebox";
import { test } from "uvu";
import * as assert from "uvu/assert";

import { complete } from "../../../src/session/tools/complete.ts";
import { asSchema } from "../../../src/session/tools/json-schema.ts";

const completed = (schema: object, value: unknown, defaults = true): unknown =>
  complete(value, asSchema(schema), { root: asSchema(schema), defaults });

test("defaults are filled in, at every depth", () => {
  const schema = Type.Object({
    a: Type.Optional(Type.Integer({ default: 1 })),
    list: Type.Array(Type.Object({ b: Type.Optional(Type.String({ default: "x" })) })),
    inner: Type.Optional(
      Type.Object({ c: Type.Optional(Type.Boolean({ default: false })) }, { default: {} }),
    ),
  });
  assert.equal(completed(schema, { list: [{}, { b: "y" }] }), {
    list: [{ b: "x" }, { b: "y" }],
    a: 1,
    inner: { c: false },
  });
  assert.equal(completed(schema, { list: [] }, false), { list: [] });
});

test("what was given is not changed, and defaults are copies", () => {
  const schema = { type: "object", properties: { list: { type: "array", default: [1] } } };
  const given = {};
  const first = completed(schema, given) as { list: unknown[] };
  first.list.push(2);
  assert.equal([given, completed(schema, {})], [{}, { list: [1] }]);
});

test("a default behind a reference counts, and one inside of itself ends", () => {
  const schema = {
    type: "object",
    properties: { next: { $ref: "#/$defs/n" } },
    $defs: { n: { type: "integer", default: 7 } },
  };
  assert.equal(completed(schema, {}), { next: 7 });
  const endless = { type: "object", properties: { next: { $ref: "#" } }, default: {} };
  const value = JSON.stringify(completed(endless, {}));
  assert.ok(value.length < 2000, value);
});

test("an integer becomes a bigint only where nothing else will do", () => {
  const schema = {
    type: "object",
    properties: {
      a: { type: "bigint" },
      b: { anyOf: [{ type: "bigint" }, { type: "number" }] },
      c: { type: "integer" },
    },
    additionalProperties: { anyOf: [{ type: "bigint" }, { type: "null" }] },
  };
  assert.equal(completed(schema, { a: 1, b: 1, c: 1, d: 1, e: null }), { a: 1n, b: 1, c: 1, d: 1n, e: null });
  assert.equal(completed(schema, { a: 1.5 }), { a: 1.5 });
});

test("a key __proto__ stays a key", () => {
  const schema = { type: "object", properties: { a: { default: 1 } } };
  const value = completed(schema, JSON.parse('{"__proto__": {"x": 1}}')) as object;
  assert.equal(
    [Object.keys(value), Object.getPrototypeOf(value) === Object.prototype],
    [["__proto__", "a"], true],
  );
});

test.run();
