import { test } from "uvu";
import * as assert from "uvu/assert";

import { parseJson } from "../../src/policy/json.ts";

test("what is JSON is parsed as JSON.parse does", () => {
  for (const text of [
    "{}",
    "[]",
    ' {"a": [1, -2.5e+3, true, false, null, "x\\u00e9\\n\\"", {"b": {}}]}\n',
    '"text"',
    "0",
    '{"__proto__": 1}',
    '["é😀"]',
  ]) {
    assert.equal(parseJson(text), { value: JSON.parse(text) }, text);
  }
});

test("a byte order mark is skipped", () => {
  assert.equal(parseJson("\uFEFF{}"), { value: {} });
});

const BAD: readonly (readonly [text: string, line: number, column: number, problem: string])[] = [
  ["", 1, 1, "expected a value, found the end of the file"],
  ["{", 1, 2, "expected a key in double quotes, found the end of the file"],
  ['{"a": 1,}', 1, 9, "expected a key in double quotes"],
  ['{\n  "a": 1\n  "b": 2\n}', 3, 3, 'expected "," or "}"'],
  ['{"a" 1}', 1, 6, 'expected ":"'],
  ["{a: 1}", 1, 2, "expected a key in double quotes"],
  ["[1 2]", 1, 4, 'expected "," or "]"'],
  ["[1,]", 1, 4, "expected a value"],
  ["[01]", 1, 2, "expected a value"],
  ["[1.]", 1, 2, "expected a value"],
  ["nul", 1, 1, "expected a value"],
  ["// no\n{}", 1, 1, "expected a value"],
  ["{} {}", 1, 4, "expected the end of the file"],
  ['["a', 1, 2, "this string does not end, or holds a bad character"],
  ['["a\u0000"]', 1, 2, "this string does not end, or holds a bad character"],
  ['["\\x"]', 1, 2, "this string does not end, or holds a bad character"],
  ["\u0000", 1, 1, "expected a value"],
  ['{"a": 1,\r\n "b": 2, "\\u0061": 3}', 2, 10, 'the key "a" is written twice'],
];

for (const [text, line, column, problem] of BAD) {
  test(`${JSON.stringify(text)} is refused at line ${line}, column ${column}`, () => {
    assert.equal(parseJson(text), { line, column, problem });
    if (!problem.includes("twice"))
      assert.throws(() => JSON.parse(text), undefined, "JSON.parse must refuse it too");
  });
}

test("nesting has a bound, so that a hostile file cannot exhaust the stack", () => {
  assert.equal(parseJson("[".repeat(500_000)), { line: 1, column: 66, problem: "nested more than 64 deep" });
});

test("a megabyte of one string is read", () => {
  assert.ok("value" in parseJson(`["${"x".repeat(2 ** 20)}"]`));
});

test.run();
