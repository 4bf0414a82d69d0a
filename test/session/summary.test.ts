import { test } from "uvu";
import * as assert from "uvu/assert";

import { summarise } from "../../src/session/summary.ts";

const CODE = "a = 1\r\n  b = a / 0  \rc\n\nd";

const CASES: readonly (readonly [
  what: string,
  failure: Partial<Parameters<typeof summarise>[0]>,
  text: string,
])[] = [
  [
    "an exception quotes its line",
    { line: 2 },
    "Code execution failed at line 'b = a / 0' due to: ValueError: bad",
  ],
  ["the first line", { line: 1 }, "Code execution failed at line 'a = 1' due to: ValueError: bad"],
  ["the last line", { line: 5 }, "Code execution failed at line 'd' due to: ValueError: bad"],
  ["an error without a line", { line: null }, "Code execution failed due to: ValueError: bad"],
  ["a line that is empty", { line: 4 }, "Code execution failed due to: ValueError: bad"],
  ["a line that the source does not have", { line: 99 }, "Code execution failed due to: ValueError: bad"],
  [
    "an error without a message",
    { line: 5, message: "" },
    "Code execution failed at line 'd' due to: ValueError",
  ],
  [
    "source that is none",
    { kind: "syntax", name: "SyntaxError", message: "invalid syntax", line: 3 },
    "Code parsing failed on line 3 due to: SyntaxError: invalid syntax",
  ],
  [
    "source that is too long",
    { kind: "syntax", name: "SyntaxError", message: "too long", line: null },
    "Code parsing failed due to: SyntaxError: too long",
  ],
];

for (const [what, failure, text] of CASES) {
  test(`${what}: ${text}`, () => {
    const given = { kind: "exception", name: "ValueError", message: "bad", line: null, ...failure };
    assert.is(summarise(given, CODE), text);
  });
}

test("a summary is bounded, however long message and line are", () => {
  const failure = { kind: "exception", name: "E", message: "m".repeat(65_536), line: 1 };
  const text = summarise(failure, `${"x".repeat(100_000)}\n`);
  assert.is(text.length, 2000);
  assert.match(text, /^Code execution failed at line 'x{200}' due to: E: m+\.\.\.$/);
});

test.run();
