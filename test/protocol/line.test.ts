import { test } from "uvu";
import * as assert from "uvu/assert";

import { Ascii, bytesOfLine, toLine } from "../../src/protocol/line.ts";

test("a message without long texts is one piece of JSON", () => {
  assert.equal(toLine({ type: "run", code: "é" }), ['{"type":"run","code":"é"}']);
});

test("long texts stand between pieces of JSON, in order", () => {
  const line = toLine({ a: new Ascii("AAAA"), b: [new Ascii("BB"), "c"] });
  assert.equal(line.slice(0, 5), ['{"a":"', "AAAA", '","b":["', "BB", '","c"]}']);
  assert.equal(JSON.parse(line.join("")), { a: "AAAA", b: ["BB", "c"] });
});

test("outside a line they are strings like any other", () => {
  assert.is(JSON.stringify({ a: new Ascii("AAAA") }), '{"a":"AAAA"}');
});

test("bytes are counted as UTF-8", () => {
  assert.is(bytesOfLine(toLine({ a: new Ascii("AAAA"), b: "é" })), Buffer.byteLength('{"a":"AAAA","b":"é"}'));
});

test("a message that throws leaves nothing behind", () => {
  const cyclic: Record<string, unknown> = { a: new Ascii("AAAA") };
  cyclic.b = cyclic;
  assert.throws(() => toLine(cyclic));
  assert.is(JSON.stringify(new Ascii("A")), '"A"');
});

test.run();
