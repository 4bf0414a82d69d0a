import { test } from "uvu";
import * as assert from "uvu/assert";

import { GuestError } from "../../src/errors.ts";
import { LineReader } from "../../src/protocol/lines.ts";

const LIMIT = 64;

// Characters of one to four bytes, empty lines, a carriage return, a NUL, and half a line at the end.
const STREAM = Buffer.from('{"a":1}\n\nä€😀\n\r\n\0\n\n{"half":', "utf8");
const LINES = ['{"a":1}', "", "ä€😀", "\r", "\0", ""];

const feedAll = (reader: LineReader, chunks: readonly Buffer[]): string[] =>
  chunks.flatMap((chunk) => reader.feed(chunk));

const refused = (reader: LineReader, chunk: Buffer | string): void => {
  try {
    reader.feed(Buffer.from(chunk));
  } catch (error) {
    assert.instance(error, GuestError);
    assert.is((error as Error).message, `message refused: a line is longer than ${LIMIT} bytes`);
    return;
  }
  assert.unreachable("an overlong line was let through");
};

test("lines come out of one chunk, and half a line waits for its rest", () => {
  const reader = new LineReader(LIMIT);
  assert.equal(reader.feed(STREAM), LINES);
  assert.equal(reader.feed(Buffer.from("2}\n")), ['{"half":2}']);
});

test("lines come out of single bytes", () => {
  const bytes = [...STREAM].map((byte) => Buffer.of(byte));
  assert.equal(feedAll(new LineReader(LIMIT), bytes), LINES);
});

test("lines are the same wherever the stream is cut in two, or in three", () => {
  for (let first = 0; first <= STREAM.length; first++) {
    for (let second = first; second <= STREAM.length; second++) {
      const chunks = [STREAM.subarray(0, first), STREAM.subarray(first, second), STREAM.subarray(second)];
      assert.equal(feedAll(new LineReader(LIMIT), chunks), LINES, `cut at ${first} and ${second}`);
    }
  }
});

test("an empty chunk changes nothing", () => {
  const reader = new LineReader(LIMIT);
  assert.equal(reader.feed(Buffer.alloc(0)), []);
  assert.equal(reader.feed(Buffer.from("a")), []);
  assert.equal(reader.feed(Buffer.alloc(0)), []);
  assert.equal(reader.feed(Buffer.from("\n")), ["a"]);
});

test("the limit counts bytes, and its own length is within it", () => {
  const exact = "ä".repeat(LIMIT / 2);
  assert.equal(new LineReader(LIMIT).feed(Buffer.from(`${exact}\n`)), [exact]);
  refused(new LineReader(LIMIT), `${exact}a\n`);
});

test("an overlong line is refused before its end has come", () => {
  refused(new LineReader(LIMIT), "a".repeat(LIMIT + 1));
});

test("an overlong line is refused in single bytes too, at its first byte too many", () => {
  const reader = new LineReader(LIMIT);
  for (let count = 0; count < LIMIT; count++) assert.equal(reader.feed(Buffer.from("a")), []);
  refused(reader, "a");
});

test("every line has the limit for itself", () => {
  const line = "a".repeat(LIMIT);
  const reader = new LineReader(LIMIT);
  assert.equal(reader.feed(Buffer.from(`${line}\n${line}\n${line}`)), [line, line]);
  assert.equal(reader.feed(Buffer.from("\n")), [line]);
});

test("an overlong line behind a good one is refused", () => {
  refused(new LineReader(LIMIT), `good\n${"a".repeat(LIMIT + 1)}\n`);
});

test("bytes that are no UTF-8 come out as replacement characters, never as an exception", () => {
  assert.equal(new LineReader(LIMIT).feed(Buffer.from([0x61, 0xff, 0xed, 0xa0, 0x80, 0x0a])), [
    "a\ufffd\ufffd\ufffd\ufffd",
  ]);
});

test.run();
