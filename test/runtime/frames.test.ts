import { fileURLToPath } from "node:url";
import { test } from "uvu";
import * as assert from "uvu/assert";

import { NDArray, table } from "../../src/protocol/twins.ts";
import { decodeValue, encodeValue } from "../../src/protocol/values.ts";
import { repo } from "../support/imports.ts";
import { runProgram } from "../support/program.ts";
import { requires } from "../support/requires.ts";

const SYSTEM = "/usr/bin/python3";
const { status: found } = await runProgram(SYSTEM, ["-I", "-c", "import numpy, pandas"]).catch(() => ({
  status: 1,
}));
const whereThere = requires(found === 0 ? undefined : `numpy and pandas for ${SYSTEM}`) ? test : test.skip;

type Case = { readonly make: string } | { readonly wire: unknown };
type Told = { readonly wire?: unknown; readonly told?: unknown; readonly refused?: string };

const ask = async (python: string, cases: readonly Case[]): Promise<Told[]> => {
  const script = fileURLToPath(new URL("./frames.py", import.meta.url));
  const input = JSON.stringify(cases);
  const { status, stdout, stderr } = await runProgram(python, ["-I", "-B", script, `${repo}/runtime`], {
    input,
  });
  assert.equal([status, stderr], [0, ""]);
  return stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Told);
};

const DAY = new Date("2026-01-02T00:00:00Z");

/** What each expression is in JavaScript; docs/values.md has the plain ones. */
const TRIPS: readonly (readonly [expression: string, value: unknown])[] = [
  ["numpy.array(5)", new NDArray([], new BigInt64Array([5n]))],
  ["numpy.array([], dtype='f4')", new Float32Array()],
  ["numpy.zeros((0, 3))", new NDArray([0, 3], new Float64Array())],
  ["numpy.arange(6, dtype='i2').reshape(2, 3).T", new NDArray([3, 2], new Int16Array([0, 3, 1, 4, 2, 5]))],
  ["numpy.arange(6, dtype='i1')[::-2]", new Int8Array([5, 3, 1])],
  ["numpy.array([1, 2], dtype='>i4')", new Int32Array([1, 2])],
  ["numpy.array([0.5], dtype='f2')", new Float32Array([0.5])],
  ["numpy.array([2**63], dtype='u8')", new BigUint64Array([2n ** 63n])],
  ["numpy.array([1, 'a', None], dtype=object)", [1, "a", null]],
  ["numpy.array([['a'], ['b']])", [["a"], ["b"]]],
  ["numpy.array([b'a'])", [new Uint8Array([97])]],
  ["numpy.array(['2026-01-02', 'NaT'], dtype='M8[D]')", [DAY, null]],
  ["numpy.datetime64('NaT')", null],
  [
    "[numpy.bool_(True), numpy.str_('a'), numpy.int8(-1), numpy.float32(0.5), numpy.uint64(2**64 - 1)]",
    [true, "a", -1, 0.5, 2n ** 64n - 1n],
  ],
  ["{numpy.int64(1): numpy.float64('nan')}", new Map([[1, Number.NaN]])],
  ["pandas.DataFrame()", []],
  [
    "pandas.DataFrame({'a': [1, None], 'b': ['x', None], 'c': [True, False]})",
    [
      { a: 1, b: "x", c: true },
      { a: Number.NaN, b: null, c: false },
    ],
  ],
  ["pandas.DataFrame({'t': pandas.to_datetime(['2026-01-02', None])})", [{ t: DAY }, { t: null }]],
  [
    "pandas.DataFrame({'t': pandas.to_datetime(['2026-01-02']).tz_localize('Asia/Tokyo')})",
    [{ t: new Date("2026-01-01T15:00:00Z") }],
  ],
  [
    "pandas.DataFrame({'i': pandas.array([1, None], dtype='Int64'), 's': pandas.array(['a', None], dtype='string')})",
    [
      { i: 1, s: "a" },
      { i: null, s: null },
    ],
  ],
  ["pandas.DataFrame({'c': pandas.Categorical(['x', 'y', 'x'])})", [{ c: "x" }, { c: "y" }, { c: "x" }]],
  ["pandas.DataFrame([[1, 2]])", [{ 0: 1, 1: 2 }]],
  ["pandas.DataFrame({'n': [2**60, 1]})", [{ n: 2n ** 60n }, { n: 1 }]],
  ["pandas.DataFrame({'l': [[1, {'a': 2}]]})", [{ l: [1, { a: 2 }] }]],
  [
    "pandas.DataFrame({'n': [1, 2, 3]})[1:]",
    [
      { index: 1, n: 2 },
      { index: 2, n: 3 },
    ],
  ],
  ["pandas.DataFrame({'n': [1]}, index=pandas.Index(['a'], name='key'))", [{ key: "a", n: 1 }]],
  [
    "pandas.DataFrame({'n': [1]}, index=pandas.MultiIndex.from_tuples([('a', 1)], names=['k', None]))",
    [{ k: "a", level_1: 1, n: 1 }],
  ],
  [
    "pandas.DataFrame({'g': ['a', 'a'], 'n': [1, 2]}).groupby('g').agg({'n': ['sum', 'max']})",
    [{ g: "a", "n, sum": 3, "n, max": 2 }],
  ],
  ["pandas.Series([0.5, None])", [0.5, Number.NaN]],
  ["pandas.Series(['a', 'b', 'a']).value_counts()", { a: 2, b: 1 }],
  [
    "pandas.Series([1, 2, 3])[1:]",
    new Map([
      [1, 2],
      [2, 3],
    ]),
  ],
  ["pandas.Series(pandas.to_datetime(['2026-01-02']))", [DAY]],
  ["pandas.DataFrame({'a': [1], 'b': [2]}).columns", ["a", "b"]],
  ["pandas.date_range('2026-01-02', periods=1)", [DAY]],
  ["pandas.Timedelta(seconds=1)", undefined],
  ["{'frame': pandas.DataFrame({'a': [1]})}", { frame: [{ a: 1 }] }],
];

const REFUSED: readonly (readonly [expression: string, words: string])[] = [
  ["numpy.array([1j])", "NoTwin: value: a numpy array of complex128 has no twin in JavaScript"],
  ["numpy.longdouble(1)", "NoTwin: value: a numpy.float128 has no twin in JavaScript"],
  ["numpy.zeros(1, dtype='f16')", "NoTwin: value: a numpy array of float128 has no twin in JavaScript"],
  [
    "numpy.zeros(1, dtype=[('a', 'i4')])",
    "NoTwin: value: a numpy array of [('a', '<i4')] has no twin in JavaScript",
  ],
  ["numpy.zeros(3).view(Sly)", "NoTwin: value: a Sly has no twin in JavaScript"],
  [
    "numpy.ma.masked_array([1], [True])",
    "NoTwin: value: a numpy.ma.core.MaskedArray has no twin in JavaScript",
  ],
  ["numpy.array([len], dtype=object)", "NoTwin: value[0]: a function has no twin in JavaScript"],
  [
    "numpy.array(['300000-01-01'], dtype='M8[D]')",
    "NoTwin: value: a datetime64 outside the years that a Date has has no twin in JavaScript",
  ],
  [
    "numpy.datetime64('20000-01-01')",
    "NoTwin: value: a datetime64[D] outside the years 1 to 9999 has no twin in JavaScript",
  ],
  ["[pandas.DataFrame({'a': [1, len]})]", 'NoTwin: value[0]["a"][1]: a function has no twin in JavaScript'],
  [
    "pandas.DataFrame([[1, 2]], columns=['a', 'a'])",
    'NoTwin: value: a DataFrame with two columns called "a" has no twin in JavaScript',
  ],
  [
    "pandas.DataFrame({'index': [1]}, index=['x'])",
    'NoTwin: value: a DataFrame with two columns called "index" has no twin in JavaScript',
  ],
  [
    "pandas.Series([1, 2], index=['a', 'a'])",
    "NoTwin: value: a Series whose labels repeat has no twin in JavaScript",
  ],
  [
    "pandas.Series(pandas.period_range('2026', periods=1, freq='D'))",
    "NoTwin: value[0]: a pandas._libs.tslibs.period.Period has no twin in JavaScript",
  ],
  ["type('Frame', (pandas.DataFrame,), {})()", "NoTwin: value: a Frame has no twin in JavaScript"],
  ["(lambda a: a.__setitem__(0, a) or a)(numpy.zeros(1, dtype=object))", "NoTwin: "],
  ["numpy.zeros(200_000)", "TooLarge: "],
  ["numpy.broadcast_to(numpy.float64(1), (10**13,))", "TooLarge: "],
  ["numpy.broadcast_to(numpy.array('a', dtype=object), (10**13,))", "TooLarge: "],
  ["pandas.DataFrame({'a': numpy.zeros(200_000)})", "TooLarge: "],
];

whereThere("numpy's and pandas' values come to JavaScript", async () => {
  const lines = await ask(
    SYSTEM,
    TRIPS.map(([make]) => ({ make })),
  );
  for (const [index, [expression, value]] of TRIPS.entries()) {
    const { wire, refused } = lines[index] ?? {};
    assert.is(refused, undefined, expression);
    if (value !== undefined) assert.equal(decodeValue(wire), value, expression);
    else assert.equal(wire, { $: "scalar", t: "timedelta", v: "PT1S" });
  }
});

whereThere("those that have no twin are refused by name, and large ones before they are copied", async () => {
  const lines = await ask(
    SYSTEM,
    REFUSED.map(([make]) => ({ make })),
  );
  for (const [index, [expression, words]] of REFUSED.entries()) {
    const refused = lines[index]?.refused ?? "";
    assert.is(words === "NoTwin: " ? refused.slice(0, 8) : refused, words, expression);
  }
});

const FRAMES: readonly (readonly [name: string, value: unknown, told: unknown])[] = [
  [
    "rows",
    table([
      { a: 1, b: "x" },
      { a: 2, c: true },
    ]),
    {
      columns: ["a", "b", "c"],
      types: ["int64", "object", "object"],
      rows: { a: [1, 2], b: ["x", null], c: [null, true] },
    },
  ],
  [
    "columns",
    table({ n: [0.5, 1], i: new Int32Array([1, 2]), d: [DAY, null] }),
    {
      columns: ["n", "i", "d"],
      types: ["float64", "int64", "datetime64[ns, UTC]"],
      rows: { n: [0.5, 1], i: [1, 2], d: ["2026-01-02 00:00:00+00:00", "NaT"] },
    },
  ],
  ["nothing", table([]), { columns: [], types: [], rows: {} }],
  [
    "long columns",
    table({ n: Array.from({ length: 70 }, (_, index) => index) }),
    { columns: ["n"], types: ["int64"], rows: { n: Array.from({ length: 70 }, (_, index) => index) } },
  ],
  ["an array", new Float64Array([0.5]), "array([0.5])"],
];

whereThere("tables and arrays come to Python", async () => {
  const lines = await ask(
    SYSTEM,
    FRAMES.map(([, value]) => ({ wire: encodeValue(value) })),
  );
  for (const [index, [name, , told]] of FRAMES.entries()) assert.equal(lines[index]?.told, told, name);
});

whereThere("what is no table or array is refused", async () => {
  const lines = await ask(SYSTEM, [
    { wire: { $: "table", columns: ["a"], v: [] } },
    { wire: { $: "table", columns: ["a", "b"], v: [[1], [1, 2]] } },
    { wire: { $: "array", t: "u1", shape: [5], v: "AAE=" } },
    { wire: { $: "array", t: "O", v: "AAE=" } },
  ]);
  for (const { refused } of lines)
    assert.match(refused ?? "", /^WireError: value: is no value of kind (table|array): /);
});

test.run();
