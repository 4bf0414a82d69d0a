import { test } from "uvu";
import * as assert from "uvu/assert";

import { packBytes, packNumbers, toNumbers, unpackArray, unpackBytes } from "../../src/protocol/packed.ts";

test("bytes come back, from a part of their memory and with memory of their own", () => {
  const bytes = new Uint8Array([9, 1, 2, 3, 9]).subarray(1, 4);
  const back = unpackBytes(`${packBytes(bytes)}`);
  assert.equal([...back], [1, 2, 3]);
  assert.is(back.buffer.byteLength, 3);
  const long = new Uint8Array(100_000).map((_, index) => index);
  assert.equal(unpackBytes(`${packBytes(long)}`), long);
});

test("numbers are packed in the narrowest way that holds them", () => {
  const kindOf = (...list: number[]): unknown => {
    const packed = packNumbers(list);
    return packed?.$ === "ints" ? packed.t : packed?.$;
  };
  assert.equal([kindOf(127), kindOf(-128), kindOf(128), kindOf(-129)], ["i1", "i1", "i2", "i2"]);
  assert.equal([kindOf(2 ** 15), kindOf(2 ** 31), kindOf(-(2 ** 31))], ["i4", "i8", "i4"]);
  assert.equal(
    [kindOf(0.5), kindOf(1, 0.5), kindOf(-0), kindOf(2 ** 53)],
    ["floats", "floats", "floats", "floats"],
  );
});

test("what is not numbers alone is not packed", () => {
  for (const list of [["1"], [1, 1n], [0.5, null], new Array(2), [true]]) {
    assert.is(packNumbers(list), undefined);
  }
});

test("only whole items of a known kind are unpacked", () => {
  assert.equal(unpackArray("i2", "AQA="), new Int16Array([1]));
  for (const [kind, text] of [
    ["i2", "AQ=="],
    ["i3", "AQ=="],
    ["toString", ""],
    [1, ""],
    ["i1", 1],
  ]) {
    assert.is(unpackArray(kind, text), undefined);
  }
});

test("numbers that are too large for one are bigints", () => {
  const edge = 2n ** 53n;
  assert.equal(toNumbers(new BigInt64Array([edge, edge - 1n, -edge, 1n - edge, -1n])), [
    edge,
    2 ** 53 - 1,
    -edge,
    1 - 2 ** 53,
    -1,
  ]);
  assert.equal(toNumbers(new BigUint64Array([2n ** 64n - 1n, 2n ** 32n])), [2n ** 64n - 1n, 2 ** 32]);
});

test.run();
