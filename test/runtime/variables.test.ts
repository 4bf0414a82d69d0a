import { fileURLToPath } from "node:url";
import { test } from "uvu";
import * as assert from "uvu/assert";

import { encodeValue } from "../../src/protocol/values.ts";
import { repo } from "../support/imports.ts";
import { runProgram } from "../support/program.ts";
import { pythons } from "../support/pythons.ts";

type Step = readonly [kind: "exec" | "assign" | "fetch" | "list", ...rest: unknown[]];
type Said = { readonly value?: unknown; readonly error?: string };
type Listed = { readonly name: string; readonly type: string; readonly text: string };

const BUDGET = 10_000;

const take = async (python: string, steps: readonly Step[]): Promise<Said[]> => {
  const script = fileURLToPath(new URL("./variables.py", import.meta.url));
  const args = ["-I", "-B", script, `${repo}/runtime`];
  const { status, stdout, stderr } = await runProgram(python, args, { input: JSON.stringify(steps) });
  assert.equal([status, stderr], [0, ""]);
  return stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Said);
};

const assign = (variables: Readonly<Record<string, unknown>>): Step => [
  "assign",
  Object.entries(variables).map(([name, value]) => ({ name, value: encodeValue(value) })),
];

const fetched = async (python: string, steps: readonly Step[]): Promise<Said | undefined> =>
  (await take(python, steps)).pop();

/** What is in a namespace, as text by name. */
const listed = async (python: string, source: string, ...rest: unknown[]): Promise<Listed[]> => {
  const [, { value } = {}] = await take(python, [
    ["exec", source],
    ["list", ...rest],
  ]);
  return value as Listed[];
};

const BAD_NAMES: readonly (readonly [name: string, words: string])[] = [
  ["a b", "BadName: 'a b' is no name that Python has for a variable"],
  ["1a", "BadName: '1a' is no name that Python has for a variable"],
  ["a.b", "BadName: 'a.b' is no name that Python has for a variable"],
  ["class", "BadName: 'class' is no name that Python has for a variable"],
  ["None", "BadName: 'None' is no name that Python has for a variable"],
  ["__builtins__", "BadName: '__builtins__' is one of Python's own names"],
];

/** Short texts of values, made without asking them. */
const TEXTS: readonly (readonly [expression: string, text: string])[] = [
  ["None", "None"],
  ["-1.5", "-1.5"],
  ["10**30", `1${"0".repeat(30)}`],
  ["2**5000", "<int of 5001 bits>"],
  ["'it\\'s'", `"it's"`],
  ["'a' * 10**7", `'${"a".repeat(196)}...`],
  ["b'a' * 300", `b'${"a".repeat(195)}...`],
  ["[1, (2,), {3}, {'a': [None]}]", "[1, (2,), {3}, {'a': [None]}]"],
  ["[[], (), set(), {}, frozenset([1])]", "[[], (), set(), {}, frozenset({1})]"],
  ["[[[[[1]]]]]", "[[[[[...]]]]]"],
  [
    "list(range(10**6))",
    `[${Array.from({ length: 60 }, (_, index) => index).join(", ")}`.slice(0, 197).concat("..."),
  ],
  ["range(3)", "range(0, 3, 1)"],
  ["datetime.datetime(2026, 1, 2)", "2026-01-02 00:00:00"],
  ["decimal.Decimal('1.10')", "Decimal('1.10')"],
  ["lambda: 1", "function <lambda>"],
  ["len", "function len"],
  ["ValueError", "class ValueError"],
  ["object()", "<object object>"],
  ["(i for i in ())", "<generator object>"],
  ["[len, object()]", "[function len, <object object>]"],
  ["datetime", "(not listed)"],
];

/** A class each of whose methods says that it was called. */
const EVIL = `
def called(*a, **k):
    raise SystemExit("called")
Evil = type("Evil", (), {name: called for name in (
    "__repr__", "__str__", "__eq__", "__len__", "__iter__", "__bool__", "__getattribute__", "__getattr__", "__format__",
    "__reduce__", "__reduce_ex__", "__index__", "__int__", "__float__", "__dir__", "__sizeof__", "__class_getitem__")})
class Meta(type):
    __getattribute__ = called
    __repr__ = called
    __instancecheck__ = called
    __subclasscheck__ = called
    __eq__ = called
    __hash__ = called
class EvilKind(metaclass=Meta): pass
class EvilDict(dict):
    items = keys = __iter__ = __len__ = __repr__ = called
class EvilList(list):
    __iter__ = __len__ = __repr__ = __getitem__ = called
class EvilStr(str):
    __len__ = __repr__ = __str__ = __eq__ = isascii = called
    __hash__ = str.__hash__
class EvilInt(int):
    __repr__ = __index__ = bit_length = called
class EvilTuple(tuple):
    _fields = property(called)
    __iter__ = __len__ = called
class FakeData:
    __dataclass_fields__ = {"a": 1}
    __dict__ = property(called)
    a = property(called)
class Key:
    __hash__ = lambda self: 1
    __eq__ = called
    __repr__ = called
values = [Evil(), EvilKind(), EvilDict(a=1), EvilList([1]), EvilStr("a"), EvilInt(5), EvilTuple((1,)), FakeData(), Key()]
one, two, three, four, five, six, seven, eight, nine = values
ten, eleven = EvilKind, {Key(): 1}
`;
const EVIL_NAMES = [
  "one",
  "two",
  "three",
  "four",
  "five",
  "six",
  "seven",
  "eight",
  "nine",
  "ten",
  "eleven",
  "values",
];

for (const { file, version } of pythons()) {
  test(`Python ${version}: what is assigned is there, for code and for fetching`, async () => {
    const big = Array.from({ length: 100 }, (_, index) => index / 2);
    const [, , first, second] = await take(file, [
      assign({ a: { rows: [1, new Map([[[1], 2n]])] }, big, ﬁn: 1 }),
      ["exec", "b = [a['rows'][1][(1,)], sum(big), fin]"],
      ["fetch", "b", BUDGET],
      ["fetch", "a", BUDGET],
    ]);
    assert.equal(first, { value: [2, 2475, 1] });
    assert.equal(second, { value: { rows: [1, { $: "map", v: [[{ $: "tuple", v: [1] }, 2]] }] } });
  });

  test(`Python ${version}: a name that no cell could use is refused, and nothing is assigned`, async () => {
    for (const [name, words] of BAD_NAMES) {
      const [refused, missing] = await take(file, [assign({ a: 1, [name]: 2 }), ["fetch", "a", BUDGET]]);
      assert.equal(refused, { error: words });
      assert.equal(missing, { error: "NameError: name 'a' is not defined" });
    }
  });

  test(`Python ${version}: a value that is none is refused by the variable's name, and nothing is assigned`, async () => {
    const wires: readonly (readonly [wire: unknown, words: RegExp])[] = [
      [{ $: "nonsense" }, /^WireError: b: is of an unknown kind$/],
      [
        encodeValue(
          new Map<unknown, unknown>([
            [1, 1],
            [true, 2],
          ]),
        ),
        /^WireError: b: two keys of a Map are equal in Python$/,
      ],
      [encodeValue([new Set([1, 1n])]), /^WireError: b: two members of a Set are equal in Python$/],
      [{ $: "map", v: [[[], 1]] }, /^WireError: b: is no value of kind map: /],
      [
        { $: "scalar", t: "decimal", v: "one" },
        /^WireError: b: is no value of kind scalar: 'one' is no decimal$/,
      ],
      [{ $: "bytes", v: "x" }, /^WireError: b: is no value of kind bytes: /],
      [
        { $: "table", columns: ["a"], v: [[1]], t: 1 },
        version.startsWith("3.11") ? /./ : /^WireError: b: a table needs pandas here: /,
      ],
    ];
    for (const [value, words] of wires) {
      const [refused, missing] = await take(file, [
        [
          "assign",
          [
            { name: "a", value: 1 },
            { name: "b", value },
          ],
        ],
        ["fetch", "a", BUDGET],
      ]);
      if (refused?.error === undefined) continue;
      assert.match(refused.error, words);
      assert.equal(missing, { error: "NameError: name 'a' is not defined" });
    }
  });

  test(`Python ${version}: what cannot be fetched says why`, async () => {
    const steps = ["exec", "x = {'rows': [len]}\ny = 'a' * 20_000"] as const;
    assert.equal(await fetched(file, [steps, ["fetch", "z", BUDGET]]), {
      error: "NameError: name 'z' is not defined",
    });
    assert.equal(await fetched(file, [steps, ["fetch", "y", BUDGET]]), { error: "TooLarge: " });
    assert.equal(await fetched(file, [steps, ["fetch", "x", BUDGET]]), {
      error: 'NoTwin: x["rows"][0]: a function has no twin in JavaScript',
    });
  });

  test(`Python ${version}: a listing is short, and says what each is`, async () => {
    const lines = TEXTS.map(([expression], index) => `x${index} = ${expression}`);
    const found = await listed(file, ["import collections, datetime, decimal", ...lines].join("\n"));
    for (const [index, [expression, text]] of TEXTS.entries()) {
      const listing = found.find(({ name }) => name === `x${index}`);
      assert.is(listing?.text ?? "(not listed)", text, expression);
    }
  });

  test(`Python ${version}: no method of a value is called to list it or to encode it`, async () => {
    const said = await take(file, [
      ["exec", EVIL],
      ["list"],
      ...EVIL_NAMES.map((name) => ["fetch", name, BUDGET] as const),
    ]);
    const texts = (said[1]?.value as Listed[]).map(({ name, text }) => `${name}: ${text}`);
    for (const text of [
      "one: <Evil object>",
      "two: <EvilKind object>",
      "three: <EvilDict object>",
      "ten: class EvilKind",
      "eleven: {<Key object>: 1}",
    ])
      assert.ok(texts.includes(text), texts.join("\n"));
    for (const [index, name] of EVIL_NAMES.entries()) {
      assert.match(said[index + 2]?.error ?? "", /^NoTwin: .* has no twin in JavaScript$/, name);
    }
  });
}

const [{ file: python } = { file: "python3" }] = pythons();

test("modules, Python's own names, hidden ones and what is no name are not listed", async () => {
  const source =
    "import sys\n__all__ = 1\na = 1\nhidden = 2\nglobals()['<value>'] = 3\nglobals()[5] = 4\n_b = 'x'\n";
  assert.equal(await listed(python, source, ["hidden"]), [
    { name: "a", type: "int", text: "1" },
    { name: "_b", type: "str", text: "'x'" },
  ]);
});

test("a long listing says how many more there are", async () => {
  const names = await listed(python, "for i in range(700): globals()[f'n{i}'] = i\n");
  assert.is(names.length, 501);
  assert.equal(names[500], { name: "...", type: "", text: "201 more names" });
});

test("names, types and texts are bounded, however long they were made", async () => {
  const source = "globals()['n' * 9000] = type('T' * 9000, (), {})()\nx = {('k' * 9000,) * 50: 'v' * 9000}\n";
  for (const { name, type, text } of await listed(python, source)) {
    assert.ok(
      name.length <= 300 && type.length <= 200 && text.length <= 200,
      `${name.length} ${type.length} ${text.length}`,
    );
  }
});

test.run();
