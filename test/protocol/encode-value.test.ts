import { runInNewContext } from "node:vm";
import { test } from "uvu";
import * as assert from "uvu/assert";

import { UsageError } from "../../src/errors.ts";
import { decodeValue } from "../../src/protocol/decode-value.ts";
import { encodeValue } from "../../src/protocol/encode-value.ts";
import { NDArray, PythonScalar, table } from "../../src/protocol/twins.ts";

const refused = (value: unknown, message: string, limit?: number): UsageError => {
  try {
    encodeValue(value, "value", limit);
  } catch (error) {
    assert.instance(error, UsageError);
    assert.is((error as Error).message, message);
    return error as UsageError;
  }
  assert.unreachable("the value was let through");
  throw new Error();
};

class Secret {
  readonly word = "x";
}

const cycle: { list: unknown[] } = { list: [1] };
cycle.list.push({ again: cycle });

const nested = (depth: number): unknown => {
  let value: unknown = 1;
  for (let level = 0; level < depth; level++) value = [value];
  return value;
};

const revoked = Proxy.revocable({}, {});
revoked.revoke();

const sparse = [1];
sparse[3] = 4;

const REFUSED: readonly (readonly [name: string, value: unknown, message: string])[] = [
  ["a function", () => 1, "value: a function has no twin in Python"],
  ["a symbol", [Symbol("x")], "value[0]: a symbol has no twin in Python"],
  ["a class", { a: Secret }, "value.a: a function has no twin in Python"],
  ["a class instance", { rows: [{ s: new Secret() }] }, "value.rows[0].s: a Secret has no twin in Python"],
  ["an error", new Error("x"), "value: an Error has no twin in Python"],
  ["a promise", Promise.resolve(1), "value: a Promise has no twin in Python"],
  ["a weak map", new WeakMap(), "value: a WeakMap has no twin in Python"],
  ["a regular expression", /x/, "value: a RegExp has no twin in Python"],
  ["a boxed number", Object(1), "value: a Number has no twin in Python"],
  ["a DataView", new DataView(new ArrayBuffer(1)), "value: a DataView has no twin in Python"],
  ["an instance of no name", new (class {})(), "value: a class instance has no twin in Python"],
  ["what only looks like a Map", Object.create(Map.prototype), "value: a Map has no twin in Python"],
  ["a proxy", [new Proxy({}, {})], "value[0]: a Proxy has no twin in Python"],
  ["a revoked proxy", revoked.proxy, "value: a Proxy has no twin in Python"],
  ["a cycle", cycle, "value.list[1].again: contains itself"],
  ["a Map in itself", ((map) => map.set("a", [map]))(new Map()), "value.a[0]: contains itself"],
  ["a hole", sparse, "value[1]: a hole in a list has no twin in Python"],
  ["a list of holes", new Array(2 ** 32 - 1), "value: takes more than 268435456 bytes as JSON"],
  ["a shorter one", new Array(100), "value[0]: a hole in a list has no twin in Python"],
  ["a deep list", nested(101), `value${"[0]".repeat(6)}...${"[0]".repeat(6)}: is nested deeper than 100`],
  [
    "a very deep list",
    nested(1e5),
    `value${"[0]".repeat(6)}...${"[0]".repeat(6)}: is nested deeper than 100`,
  ],
  ["an invalid Date", { on: new Date(Number.NaN) }, "value.on: an invalid Date has no twin in Python"],
  ["an early Date", new Date(-8e15), "value: a Date outside the years 1 to 9999 has no twin in Python"],
  ["a late Date", new Date(8e15), "value: a Date outside the years 1 to 9999 has no twin in Python"],
  [
    "an object as a key",
    new Map([[{}, 1]]),
    "value{key}: an object can be no key in Python, and no member of a set",
  ],
  [
    "an object in a Set",
    [new Set([[{}]])],
    "value[0]{member}[0]: an object can be no key in Python, and no member of a set",
  ],
  [
    "a Map in a Set",
    new Set([new Map()]),
    "value{member}: a Map can be no key in Python, and no member of a set",
  ],
  [
    "an array of numbers in a Set",
    new Set([new Float64Array(1)]),
    "value{member}: an array can be no key in Python, and no member of a set",
  ],
  [
    "a value of a Map",
    new Map<unknown, unknown>([
      ["a b", 1],
      [2, () => 1],
    ]),
    "value[2]: a function has no twin in Python",
  ],
  [
    "what lies behind strange keys",
    { "a b": { "": { $x: { ["y".repeat(60)]: () => 1 } } } },
    `value["a b"][""].$x["${"y".repeat(40)}..."]: a function has no twin in Python`,
  ],
  ["a value in a table", table([{ a: 1 }, { a: () => 1 }]), "value.a[1]: a function has no twin in Python"],
];

for (const [name, value, message] of REFUSED) {
  test(`${name} is refused`, () => void refused(value, message));
}

test("what a getter throws is the cause of a refusal that names the place", () => {
  const broken = new Error("no");
  const getter = {
    get: (): never => {
      throw broken;
    },
    enumerable: true,
  };
  for (const [value, path] of [
    [{ a: [Object.defineProperty({}, "b", getter)] }, "value.a[0].b"],
    [Object.defineProperty([1, 2], 1, getter), "value[1]"],
  ] as const) {
    assert.is(refused(value, `${path}: reading it failed`).cause, broken);
  }
});

test("the same value twice is no cycle", () => {
  const shared = { a: 1 };
  assert.equal(encodeValue([shared, { shared }]), [{ a: 1 }, { shared: { a: 1 } }]);
});

test("a small value that unfolds without end is stopped by its size", () => {
  let value: unknown = "x";
  for (let level = 0; level < 60; level++) value = [value, value];
  refused(value, "value: takes more than 1000000 bytes as JSON", 1e6);
});

test("a limit in bytes holds for every kind", () => {
  const large = [
    "x".repeat(2000),
    "é".repeat(600),
    "\0".repeat(1001),
    new Uint8Array(1000),
    2n ** 8000n,
    new Float64Array(200),
  ];
  const wide = [
    Array(300).fill(null),
    Array(300).fill(0.5),
    { ["k".repeat(1100)]: 1 },
    new Set<unknown>(Array(90).keys()).add(new Uint8Array(700)),
  ];
  for (const value of [...large, ...wide]) refused(value, "value: takes more than 1000 bytes as JSON", 1000);
});

test("the path begins with the name that the caller gave", () => {
  assert.throws(
    () => encodeValue([() => 1], "rows"),
    (error: Error) => error.message.startsWith("rows[0]: a function"),
  );
});

test("undefined is itself at the top and null further in", () => {
  assert.is(encodeValue(undefined), undefined);
  assert.equal(encodeValue([undefined, { a: undefined }]), [null, { a: null }]);
});

test("objects of other realms are objects", () => {
  const value = runInNewContext(
    "({ a: [1, new Map([[1, new Set([2])]])], d: new Date(0), b: new Uint8Array([1]) })",
  );
  assert.equal(
    JSON.stringify(encodeValue(value)),
    '{"a":[1,{"$":"map","v":[[1,{"$":"set","v":[2]}]]}],"d":{"$":"datetime","v":"1970-01-01T00:00:00.000Z"},"b":{"$":"bytes","v":"AQ=="}}',
  );
});

test("overridden methods are not asked", () => {
  class Sly extends Map<string, number> {
    override entries(): never {
      throw new Error("asked");
    }
    override [Symbol.iterator](): never {
      throw new Error("asked");
    }
  }
  assert.equal(encodeValue(new Sly().set("a", 1)), { $: "map", v: [["a", 1]] });
});

/** What goes out as one thing and comes in as another is not here: it is in the tests with Python. */
const WIRES: readonly (readonly [value: unknown, wire: string])[] = [
  [-0, '{"$":"float","v":"-0"}'],
  [2 ** 53, '{"$":"float","v":"9007199254740992"}'],
  [1e21, "1e+21"],
  [1.5, "1.5"],
  [5n, '{"$":"int","v":"0x5"}'],
  [-255n, '{"$":"int","v":"-0xff"}'],
  ["\ud800", '"\\ud800"'],
  [new Set([[1], new Set([2])]), '{"$":"set","v":[{"$":"tuple","v":[1]},{"$":"frozenset","v":[2]}]}'],
  [new Map([[[1, [2]], [3]]]), '{"$":"map","v":[[{"$":"tuple","v":[1,{"$":"tuple","v":[2]}]},[3]]]}'],
  [{ $: 1 }, '{"$":"record","v":[["$",1]]}'],
  [JSON.parse('{"__proto__":{"a":1}}'), '{"__proto__":{"a":1}}'],
  [Object.assign(Object.create(null), { a: 1 }), '{"a":1}'],
  [new Uint8Array([0, 1, 2]).subarray(1), '{"$":"bytes","v":"AQI="}'],
  [Buffer.from("a"), '{"$":"bytes","v":"YQ=="}'],
  [new Uint8Array([1]).buffer, '{"$":"bytes","v":"AQ=="}'],
  [new Uint8ClampedArray([1]), '{"$":"array","t":"u1","v":"AQ=="}'],
  [new Int16Array([1, 2]).subarray(1), '{"$":"array","t":"i2","v":"AgA="}'],
  [new NDArray([1, 1], new Uint8Array([1]), "bool"), '{"$":"array","t":"b1","shape":[1,1],"v":"AQ=="}'],
  [new PythonScalar("uuid", "x"), '{"$":"scalar","t":"uuid","v":"x"}'],
  [table({ a: ["x"], b: new Int8Array([2]) }), '{"$":"table","columns":["a","b"],"v":[["x"],[2]]}'],
];

for (const [value, wire] of WIRES) {
  test(`${wire.slice(0, 70)} is what goes out`, () => {
    assert.is(JSON.stringify(encodeValue(value)), wire);
  });
}

test("long lists of numbers go packed and come back the same", () => {
  const lists: readonly (readonly number[])[] = [
    [0, 127, -128],
    [128],
    [-32768, 32767],
    [32768],
    [2 ** 31 - 1, -(2 ** 31)],
    [2 ** 31],
    [-(2 ** 31) - 1],
    [Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, -1],
    [0.5],
    [0.5, 1, -0, 2 ** 53, Number.NaN, Infinity, 3],
  ];
  for (const list of lists) {
    const long = Array.from({ length: 130 }, (_, index) => list[index % list.length]);
    const wire = encodeValue(long) as { $: string; v: string };
    assert.ok(["ints", "floats"].includes(wire.$));
    const back = decodeValue(wire) as number[];
    assert.ok(
      back.every((item, index) => Object.is(item, long[index])),
      String(list),
    );
  }
});

test.run();
