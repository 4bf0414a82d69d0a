import { test } from "uvu";
import * as assert from "uvu/assert";

import { GuestError } from "../../src/errors.ts";
import { decodeValue } from "../../src/protocol/decode-value.ts";
import { NDArray, PythonScalar } from "../../src/protocol/twins.ts";

const nested = (depth: number, wrap: (inner: unknown) => unknown): unknown => {
  let value: unknown = 1;
  for (let level = 0; level < depth; level++) value = wrap(value);
  return value;
};

const refused = (wire: unknown, message: string): void => {
  try {
    decodeValue(wire);
  } catch (error) {
    assert.instance(error, GuestError);
    assert.is((error as Error).message, message);
    return;
  }
  assert.unreachable("the value was let through");
};

const base64 = (view: ArrayBufferView): string =>
  Buffer.from(view.buffer, view.byteOffset, view.byteLength).toString("base64");

/** Like `assert.equal`, which takes -0 for 0 and does not look at prototypes. */
const same = (actual: unknown, expected: unknown, message?: string): void => {
  assert.equal(actual, expected, message);
  if (typeof expected === "number" || typeof expected === "bigint")
    assert.ok(Object.is(actual, expected), message);
};

const KINDS: readonly (readonly [name: string, wire: unknown, value: unknown])[] = [
  ["null", null, null],
  ["a boolean", true, true],
  ["an integer", 42, 42],
  ["a string", "ä€😀\0", "ä€😀\0"],
  ["a list", [1, [2], []], [1, [2], []]],
  ["an object", { a: { b: [null] } }, { a: { b: [null] } }],
  ["a large int", { $: "int", v: "0x20000000000000" }, 2n ** 53n],
  ["a large negative int", { $: "int", v: "-0xffffffffffffffffffff" }, -(2n ** 80n - 1n)],
  ["nan", { $: "float", v: "nan" }, Number.NaN],
  ["infinity", { $: "float", v: "inf" }, Infinity],
  ["minus infinity", { $: "float", v: "-inf" }, -Infinity],
  ["bytes", { $: "bytes", v: "AAH/" }, new Uint8Array([0, 1, 255])],
  ["no bytes", { $: "bytes", v: "" }, new Uint8Array()],
  ["a tuple", { $: "tuple", v: [1, { $: "tuple", v: [] }] }, [1, []]],
  ["a set", { $: "set", v: [1, "a"] }, new Set([1, "a"])],
  [
    "a map",
    {
      $: "map",
      v: [
        [1, "a"],
        [{ $: "tuple", v: [2] }, "b"],
      ],
    },
    new Map<unknown, unknown>([
      [1, "a"],
      [[2], "b"],
    ]),
  ],
  [
    "a record",
    {
      $: "record",
      v: [
        ["$", 1],
        ["a", 2],
      ],
    },
    { $: 1, a: 2 },
  ],
  ["a frozen set", { $: "frozenset", v: [1] }, new Set([1])],
  ["minus zero", { $: "float", v: "-0" }, -0],
  ["a large whole number that is a float", { $: "float", v: "9007199254740992" }, 2 ** 53],
  ["packed floats", { $: "floats", v: base64(new Float64Array([1, 0.5, Number.NaN])) }, [1, 0.5, Number.NaN]],
  ["packed bytes of ints", { $: "ints", t: "i1", v: base64(new Int8Array([-128, 127])) }, [-128, 127]],
  [
    "packed large ints",
    {
      $: "ints",
      t: "i8",
      v: base64(new BigInt64Array([-1n, 2n ** 53n - 1n, 2n ** 53n, -(2n ** 63n), -(2n ** 40n)])),
    },
    [-1, 2 ** 53 - 1, 2n ** 53n, -(2n ** 63n), -(2 ** 40)],
  ],
  [
    "packed unsigned ints",
    { $: "ints", t: "u8", v: base64(new BigUint64Array([2n ** 64n - 1n, 5n])) },
    [2n ** 64n - 1n, 5],
  ],
  ["a set of packed ints", { $: "set", v: { $: "ints", t: "u1", v: "AQI=" } }, new Set([1, 2])],
  ["a typed array", { $: "array", t: "f4", v: base64(new Float32Array([1, 2])) }, new Float32Array([1, 2])],
  [
    "an array of two dimensions",
    { $: "array", t: "u1", shape: [1, 2], v: "AQI=" },
    new NDArray([1, 2], new Uint8Array([1, 2])),
  ],
  ["an array of none", { $: "array", t: "i2", shape: [], v: "AQA=" }, new NDArray([], new Int16Array([1]))],
  [
    "an array of booleans",
    { $: "array", t: "b1", shape: [2, 1], v: "AAE=" },
    new NDArray([2, 1], new Uint8Array([0, 1]), "bool"),
  ],
  ["dates", { $: "dates", v: base64(new Float64Array([0, Number.NaN])) }, [new Date(0), null]],
  ["a scalar", { $: "scalar", t: "decimal", v: "1.10" }, new PythonScalar("decimal", "1.10")],
  [
    "a table",
    { $: "table", columns: ["a", "b"], v: [["x", null], { $: "ints", t: "u1", v: "AQI=" }] },
    [
      { a: "x", b: 1 },
      { a: null, b: 2 },
    ],
  ],
  ["a table without columns", { $: "table", columns: [], v: [] }, []],
  ["a time", { $: "datetime", v: "2026-01-02T03:04:05.678+01:00" }, new Date("2026-01-02T02:04:05.678Z")],
];

for (const [name, wire, value] of KINDS) {
  test(`${name} is decoded`, () => same(decodeValue(wire), value));
}

test("a key __proto__ is a key like any other", () => {
  const wires = [
    JSON.parse('{"__proto__":{"polluted":1},"constructor":2}'),
    { $: "record", v: [["__proto__", { polluted: 1 }]] },
  ];
  for (const wire of wires) {
    const value = decodeValue(wire) as object;
    assert.is(Object.getPrototypeOf(value), Object.prototype);
    assert.ok(Object.hasOwn(value, "__proto__"));
    assert.is((value as { polluted?: unknown }).polluted, undefined);
    assert.is(({} as { polluted?: unknown }).polluted, undefined);
  }
});

test("nesting is bounded, in every kind that nests", () => {
  const wraps: readonly ((inner: unknown) => unknown)[] = [
    (inner) => [inner],
    (inner) => ({ a: inner }),
    (inner) => ({ $: "tuple", v: [inner] }),
    (inner) => ({ $: "set", v: [inner] }),
    (inner) => ({ $: "frozenset", v: [inner] }),
    (inner) => ({ $: "table", columns: ["a"], v: [[inner]] }),
    (inner) => ({ $: "map", v: [[inner, 1]] }),
    (inner) => ({ $: "map", v: [[1, inner]] }),
    (inner) => ({ $: "record", v: [["a", inner]] }),
  ];
  for (const wrap of wraps) {
    decodeValue(nested(256, wrap));
    refused(nested(257, wrap), "value refused: it is nested deeper than 256");
    refused(nested(100_000, wrap), "value refused: it is nested deeper than 256");
  }
});

const BAD: readonly (readonly [wire: unknown, kind: string])[] = [
  [{ $: "nonsense", v: 1 }, '"nonsense"'],
  [{ $: "constructor" }, '"constructor"'],
  [{ $: null }, "null"],
  [{ $: { a: 1 } }, '{"a":1}'],
  [{ $: "x".repeat(100) }, `"${"x".repeat(39)}`],
  [{ $: "int" }, '"int"'],
  [{ $: "int", v: 5 }, '"int"'],
  [{ $: "int", v: "5" }, '"int"'],
  [{ $: "int", v: "0x" }, '"int"'],
  [{ $: "int", v: "0x1\n" }, '"int"'],
  [{ $: "int", v: "--0x1" }, '"int"'],
  [{ $: "int", v: "0X1F" }, '"int"'],
  [{ $: "float", v: 1 }, '"float"'],
  [{ $: "float", v: "1e400" }, '"float"'],
  [{ $: "bytes", v: [1] }, '"bytes"'],
  [{ $: "tuple", v: "ab" }, '"tuple"'],
  [{ $: "set", v: { length: 1 } }, '"set"'],
  [{ $: "map", v: [[1]] }, '"map"'],
  [{ $: "map", v: [[1, 2, 3]] }, '"map"'],
  [{ $: "map", v: ["ab"] }, '"map"'],
  [{ $: "record", v: [1] }, '"record"'],
  [{ $: "datetime", v: "yesterday" }, '"datetime"'],
  [{ $: "float", v: "1e3" }, '"float"'],
  [{ $: "record", v: [[1, 2]] }, '"record"'],
  [{ $: "floats", v: "AAAA" }, '"floats"'],
  [{ $: "floats", v: [1.5] }, '"floats"'],
  [{ $: "ints", v: "AAAA" }, '"ints"'],
  [{ $: "ints", t: "f8", v: "" }, '"ints"'],
  [{ $: "ints", t: "__proto__", v: "" }, '"ints"'],
  [{ $: "ints", t: ["i1"], v: "" }, '"ints"'],
  [{ $: "array", t: "c16", v: "" }, '"array"'],
  [{ $: "array", t: "b1", v: "AAE=" }, '"array"'],
  [{ $: "array", t: "u1", shape: 3, v: "AAAA" }, '"array"'],
  [{ $: "array", t: "u1", shape: Array(65).fill(1), v: "AA==" }, '"array"'],
  [{ $: "dates", v: base64(new Float64Array([1e300])) }, '"datetime"'],
  [{ $: "scalar", t: "eval", v: "1" }, '"scalar"'],
  [{ $: "scalar", t: "toString", v: "1" }, '"scalar"'],
  [{ $: "scalar", t: "decimal", v: 1 }, '"scalar"'],
  [{ $: "table", columns: ["a"], v: [] }, '"table"'],
  [{ $: "table", columns: ["a", "b"], v: [[1], []] }, '"table"'],
  [{ $: "table", columns: [1], v: [[1]] }, '"table"'],
  [{ $: "table", columns: ["a"], v: [1] }, '"table"'],
  [{ $: "table", columns: 5, v: [] }, '"table"'],
  [{ $: "datetime", v: 0 }, '"datetime"'],
  [[1, { a: { $: "nonsense" } }], '"nonsense"'],
];

for (const [wire, kind] of BAD) {
  test(`${JSON.stringify(wire).slice(0, 60)} is refused`, () => {
    refused(wire, `value refused: not a value of kind ${kind}`);
  });
}

test("a shape that does not fit its data is refused", () => {
  for (const shape of [[3], [2, 2], [-1], [1.5], ["2"], [2 ** 52, 2 ** 52]]) {
    assert.throws(
      () => decodeValue({ $: "array", t: "u1", shape, v: "AAE=" }),
      (error: Error) => error instanceof GuestError && error.message.startsWith("value refused: NDArray: "),
    );
  }
});

test("a column __proto__ is a column like any other", () => {
  const [row] = decodeValue({ $: "table", columns: ["__proto__"], v: [[{ polluted: 1 }]] }) as object[];
  assert.equal(Object.keys(row ?? {}), ["__proto__"]);
  assert.is(Object.getPrototypeOf(row), Object.prototype);
});

test("bytes have memory of their own", () => {
  const small = decodeValue({ $: "bytes", v: "AAE=" }) as Uint8Array;
  assert.equal([small.constructor, small.buffer.byteLength], [Uint8Array, 2]);
});

test.run();
