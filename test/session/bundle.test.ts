import { test } from "uvu";
import * as assert from "uvu/assert";

import { decodeBundle } from "../../src/session/bundle.ts";

/** Lists in lists, as deep as that. */
const nested = (depth: number): unknown => {
  let data: unknown = [];
  for (let level = 0; level < depth; level++) data = [data];
  return data;
};

const CASES: readonly (readonly [what: string, mime: string, data: unknown, kept: boolean])[] = [
  ["text", "text/plain", "hello", true],
  ["a picture", "image/png", "aGk=", true],
  ["SVG, which is text", "image/svg+xml", "<svg/>", true],
  ["JSON", "application/json", { a: [1, null, "x"] }, true],
  ["JSON of another kind", "application/vnd.vega.v5+json", { a: 1 }, true],
  ["JSON that is a bare number", "application/json", 5, true],
  ["a type with parameters", "text/html; charset=utf-8", "<b>", true],
  ["text that is a number", "text/plain", 5, false],
  ["a picture that is an object", "image/png", { a: 1 }, false],
  ["text that is not there", "text/plain", undefined, false],
  ["a type that is none", "html", "<b>", false],
  ["a type with a line break", "text/plain\nx: y", "a", false],
  ["an empty type", "", "a", false],
  ["a prototype for a type", "__proto__", "a", false],
  ["JSON nested 100 deep", "application/json", nested(100), true],
  ["JSON nested deeper than anybody walks", "application/json", nested(1000), false],
];

for (const [what, mime, data, kept] of CASES) {
  test(`${what} is ${kept ? "kept" : "left out"}`, () => {
    assert.equal(
      decodeBundle([
        { mime, data },
        { mime: "text/latex", data: "$" },
      ]),
      kept ? { [mime]: data, "text/latex": "$" } : { "text/latex": "$" },
    );
  });
}

test("a prototype inside JSON is data like any other", () => {
  const data: unknown = JSON.parse('{"__proto__": {"polluted": true}}');
  const bundle = decodeBundle([{ mime: "application/json", data }]);
  assert.is(bundle["application/json"], data);
  assert.is(({} as { polluted?: boolean }).polluted, undefined);
});

test.run();
