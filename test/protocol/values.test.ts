import { fileURLToPath } from "node:url";
import { test } from "uvu";
import * as assert from "uvu/assert";

import { GuestError } from "../../src/errors.ts";
import { decodeValue } from "../../src/protocol/values.ts";
import { repo } from "../support/imports.ts";
import { runProgram } from "../support/program.ts";
import { pythons } from "../support/pythons.ts";

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
  [{ $: "datetime", v: 0 }, '"datetime"'],
  [[1, { a: { $: "nonsense" } }], '"nonsense"'],
];

for (const [wire, kind] of BAD) {
  test(`${JSON.stringify(wire).slice(0, 60)} is refused`, () => {
    refused(wire, `value refused: not a value of kind ${kind}`);
  });
}

/** What each expression of Python comes back as. */
const TRIPS: readonly (readonly [expression: string, value: unknown])[] = [
  ["None", null],
  ["True", true],
  ["0", 0],
  ["-1", -1],
  ["2**53 - 1", 2 ** 53 - 1],
  ["-(2**53 - 1)", -(2 ** 53 - 1)],
  ["2**53", 2n ** 53n],
  ["-2**53", -(2n ** 53n)],
  ["10**400", 10n ** 400n],
  ["10**5000 - 1", 10n ** 5000n - 1n],
  ["1.5", 1.5],
  ["-0.0", -0],
  ["1e308", 1e308],
  ["5e-324", 5e-324],
  ["0.1 + 0.2", 0.1 + 0.2],
  ["float('nan')", Number.NaN],
  ["float('inf')", Infinity],
  ["-float('inf')", -Infinity],
  ["''", ""],
  ["'\\u00e4\\u20ac\\U0001f600\\0\\n\\\"'", 'ä€😀\0\n"'],
  ["'\\u2028\\u2029'", "\u2028\u2029"],
  ["'\\ud800'", "\ud800"],
  ["b''", new Uint8Array()],
  ["bytes(range(256))", new Uint8Array(256).map((_, index) => index)],
  ["bytearray(b'ab')", new Uint8Array([97, 98])],
  ["[]", []],
  ["[1, [2, None]]", [1, [2, null]]],
  ["(1, (), 'a')", [1, [], "a"]],
  ["{1}", new Set([1])],
  ["frozenset()", new Set()],
  ["{(1, 2)}", new Set([[1, 2]])],
  ["{}", {}],
  ["{'a': {'b': (1,)}}", { a: { b: [1] } }],
  [
    "{1: 'a', 'b': None}",
    new Map<unknown, unknown>([
      [1, "a"],
      ["b", null],
    ]),
  ],
  [
    "{None: 1, (1,): 2}",
    new Map<unknown, unknown>([
      [null, 1],
      [[1], 2],
    ]),
  ],
  ["{'$': 'int', 'v': '0x1'}", { $: "int", v: "0x1" }],
  ["{'a': {'$': 1}}", { a: { $: 1 } }],
  [
    "{'$': 1, 2: 3}",
    new Map<unknown, unknown>([
      ["$", 1],
      [2, 3],
    ]),
  ],
  [
    "datetime.datetime(2026, 1, 2, 3, 4, 5, 678000, datetime.timezone.utc)",
    new Date("2026-01-02T03:04:05.678Z"),
  ],
  ["datetime.datetime(1, 1, 1, tzinfo=datetime.timezone.utc)", new Date("0001-01-01T00:00:00Z")],
  [
    "datetime.datetime(2026, 1, 2, tzinfo=datetime.timezone(datetime.timedelta(hours=5, minutes=30)))",
    new Date("2026-01-01T18:30:00Z"),
  ],
];

/** What the encoder refuses, and how it says so. */
const NO_TRIPS: readonly (readonly [expression: string, refusal: string])[] = [
  ["object()", "NoTwin: builtins.object"],
  ["1j", "NoTwin: builtins.complex"],
  ["type('Sneaky', (dict,), {})()", "NoTwin: "],
  ["[1, {2: object}]", "NoTwin: builtins.type"],
  ["(lambda a: a.append(a) or a)([])", "NoTwin: a value that contains itself"],
  ["functools.reduce(lambda inner, _: [inner], range(101), 1)", "NoTwin: a value nested deeper than 100"],
  ["'a' * 100_000", "TooLarge: "],
  ["['a' * 1000] * 100", "TooLarge: "],
  ["b'a' * 100_000", "TooLarge: "],
  ["2 ** 1_000_000", "TooLarge: "],
];

const encode = async (file: string): Promise<unknown[]> => {
  const input = JSON.stringify([...TRIPS, ...NO_TRIPS].map(([expression]) => expression));
  const script = fileURLToPath(new URL("./encode_values.py", import.meta.url));
  const { status, stdout, stderr } = await runProgram(file, ["-I", "-B", script, `${repo}/runtime`], {
    input,
  });
  assert.equal([status, stderr], [0, ""]);
  return stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
};

for (const { file, version } of pythons()) {
  test(`what Python ${version} encodes is what comes out here`, async () => {
    const lines = await encode(file);
    assert.is(lines.length, TRIPS.length + NO_TRIPS.length);
    for (const [index, [expression, value]] of TRIPS.entries()) {
      const { encoded } = lines[index] as { encoded: unknown };
      same(decodeValue(encoded), value, expression);
    }
    for (const [index, [expression, refusal]] of NO_TRIPS.entries()) {
      const line = lines[TRIPS.length + index] as { refused?: string };
      assert.ok(line.refused?.startsWith(refusal), `${expression}: ${JSON.stringify(line)}`);
    }
  });
}

test.run();
