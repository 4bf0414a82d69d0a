import { test } from "uvu";
import * as assert from "uvu/assert";

import { PythonScalar } from "../../src/protocol/twins.ts";
import { decodeValue } from "../../src/protocol/values.ts";
import { pythons } from "../support/pythons.ts";
import { mirror, wireOf } from "./mirror.ts";

/** Like `assert.equal`, which takes -0 for 0. */
const same = (actual: unknown, expected: unknown, message?: string): void => {
  assert.equal(actual, expected, message);
  if (typeof expected === "number" || typeof expected === "bigint")
    assert.ok(Object.is(actual, expected), message);
};

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
  ["2**63 - 2", 2n ** 63n - 2n],
  ["datetime.date(2026, 1, 2)", new PythonScalar("date", "2026-01-02")],
  ["datetime.time(3, 4, 5, 6)", new PythonScalar("time", "03:04:05.000006")],
  ["datetime.timedelta(days=-1, microseconds=1)", new PythonScalar("timedelta", "-PT86399.999999S")],
  ["datetime.timedelta(days=1, seconds=2)", new PythonScalar("timedelta", "PT86402S")],
  ["decimal.Decimal('1.10')", new PythonScalar("decimal", "1.10")],
  ["fractions.Fraction(2, 6)", new PythonScalar("fraction", "1/3")],
  ["complex(-0.0, 1)", new PythonScalar("complex", "-0.0,1.0")],
  ["uuid.UUID(int=5)", new PythonScalar("uuid", "00000000-0000-0000-0000-000000000005")],
  ["pathlib.Path('/tmp/a')", new PythonScalar("path", "/tmp/a")],
  ["Color.RED", "red"],
  ["[Color.BLUE, Level.LOW]", [2, 1]],
  ["Point(1, [2])", { x: 1, y: [2] }],
  ["Person('Ada', [Person('Bob')])", { name: "Ada", friends: [{ name: "Bob", friends: [] }] }],
  ["Slotted(3)", { a: 3 }],
  ["collections.OrderedDict(b=1, a=2)", { b: 1, a: 2 }],
  ["collections.Counter('aab')", { a: 2, b: 1 }],
  ["collections.defaultdict(list, {1: [2]})", new Map([[1, [2]]])],
  ["collections.deque([1, 'a'])", [1, "a"]],
  ["{'a': 1}.keys()", ["a"]],
  ["{'a': 1}.items()", [["a", 1]]],
  ["array.array('d', [1, 2])", new Float64Array([1, 2])],
  ["array.array('q', [1, -2])", new BigInt64Array([1n, -2n])],
  ["array.array('B', [1, 2])", new Uint8Array([1, 2])],
  ["memoryview(b'ab')", new Uint8Array([97, 98])],
  ["memoryview(array.array('i', [1, -2]))", new Int32Array([1, -2])],
  ["list(range(100))", Array.from({ length: 100 }, (_, index) => index)],
  ["[0.5] * 99 + [float('nan')]", [...new Array(99).fill(0.5), Number.NaN]],
  ["[True] * 100", new Array(100).fill(true)],
  ["[1] * 99 + [1.5]", [...new Array(99).fill(1), 1.5]],
  ["[2**60] * 100", new Array(100).fill(2n ** 60n)],
  ["[2**70] * 100", new Array(100).fill(2n ** 70n)],
  ["[-2**31] * 99 + [2**31 - 1]", [...new Array(99).fill(-(2 ** 31)), 2 ** 31 - 1]],
  ["tuple(range(70))", Array.from({ length: 70 }, (_, index) => index)],
  ["set(range(70))", new Set(Array.from({ length: 70 }, (_, index) => index))],
  ["'\\0\"\\\\é' * 300", '\0"\\é'.repeat(300)],
];

const CYCLE = "(lambda a: a.append({'b': a}) or a)([])";
const DEEP = "functools.reduce(lambda inner, _: [inner], range(101), 1)";

/** What the encoder refuses, and in which words. */
const NO_TRIPS: readonly (readonly [expression: string, refusal: string])[] = [
  ["object()", "value: an object has no twin in JavaScript"],
  ["Point", "value: a class has no twin in JavaScript"],
  ["len", "value: a function has no twin in JavaScript"],
  ["json", "value: a module has no twin in JavaScript"],
  ["(x for x in ())", "value: a generator has no twin in JavaScript"],
  ["type('Sneaky', (dict,), {})()", "value: a Sneaky has no twin in JavaScript"],
  [
    "{'rows': [1, 2, 3, Person('Ada', [len])]}",
    'value["rows"][3].friends[0]: a function has no twin in JavaScript',
  ],
  ["Point(1, {2: object})", "value.y[2]: a class has no twin in JavaScript"],
  ["[{1, len}]", "value[0]{member}: a function has no twin in JavaScript"],
  ["{(1, len): 2}", "value{key}[1]: a function has no twin in JavaScript"],
  ["{(1,): len}", "value[...]: a function has no twin in JavaScript"],
  ["{'a' * 50: {'\"': len}}", `value["${"a".repeat(40)}..."]["\\""]: a function has no twin in JavaScript`],
  [CYCLE, 'value[0]["b"]: contains itself'],
  [DEEP, `value${"[0]".repeat(6)}...${"[0]".repeat(6)}: is nested deeper than 100`],
  [
    "datetime.time(1, tzinfo=type('Z', (datetime.tzinfo,), {})())",
    "value: a datetime.time has no twin in JavaScript",
  ],
  [
    "datetime.datetime(1, 1, 1, tzinfo=datetime.timezone(datetime.timedelta(hours=1)))",
    "value: a datetime outside the years that UTC has has no twin in JavaScript",
  ],
];

const TOO_LARGE = [
  "'a' * 100_000",
  "'\\0' * 9_000",
  "'é' * 9_000",
  "['a' * 1000] * 100",
  "b'a' * 100_000",
  "2 ** 1_000_000",
  "[0.5] * 10_000",
  "list(range(10**6, 10**6 + 20_000))",
  "[[]] * 5_000",
  "{str(i): None for i in range(10_000)}",
  "{i: i for i in range(10_000)}",
  "functools.reduce(lambda inner, _: [inner, inner], range(40), 1)",
  "[decimal.Decimal(1)] * 10_000",
  "array.array('d', [1] * 10_000)",
];

for (const { file, version } of pythons()) {
  test(`what Python ${version} encodes is what comes out here`, async () => {
    const made = TRIPS.map(([make]) => ({ make }));
    const reflections = await mirror(file, made, { budget: 50_000 });
    for (const [index, [expression, value]] of TRIPS.entries()) {
      same(decodeValue(wireOf(reflections[index])), value, expression);
    }
  });

  test(`Python ${version} says of a value without a twin where it is`, async () => {
    const made = [...NO_TRIPS.map(([make]) => ({ make })), ...TOO_LARGE.map((make) => ({ make }))];
    const reflections = await mirror(file, made, { budget: 50_000 });
    const refusals = reflections.map(({ refused }) => refused);
    assert.equal(refusals, [
      ...NO_TRIPS.map(([, words]) => `NoTwin: ${words}`),
      ...TOO_LARGE.map(() => "TooLarge: "),
    ]);
  });
}

test.run();
