import { test } from "uvu";
import * as assert from "uvu/assert";

import { PythonScalar } from "../../src/protocol/twins.ts";
import { answers, failure, ok, outputOf, withSessions } from "../session/fixture.ts";

const { inSession } = withSessions({ overlay: { limits: { graceMs: 500 } } });

const VALUES: readonly (readonly [code: string, output: unknown])[] = [
  ["True", true],
  ["-0.0", -0],
  ["1e300", 1e300],
  ["5e-324", 5e-324],
  ["float('nan')", Number.NaN],
  ["float('-inf')", Number.NEGATIVE_INFINITY],
  ["2**53 - 1", 9007199254740991],
  ["2**53", 9007199254740992n],
  ["-2**64", -18446744073709551616n],
  ["10**40", 10n ** 40n],
  ["'h\\u00e9 \\U0001f40d \\x00 \\u2028'", "hé 🐍 \0 \u2028"],
  ["'\\ud800'", "\ud800"],
  ["b'\\x00\\xff'", new Uint8Array([0, 255])],
  ["bytearray(b'a')", new Uint8Array([97])],
  ["[1, [2, []]]", [1, [2, []]]],
  ["(1, 'a')", [1, "a"]],
  ["{'a': {'b': None}}", { a: { b: null } }],
  [
    "{1: 2, (3,): 4}",
    new Map<unknown, unknown>([
      [1, 2],
      [[3], 4],
    ]),
  ],
  ["{'$': 'int', 'v': 'x'}", { $: "int", v: "x" }],
  ["{1, 2}", new Set([1, 2])],
  ["frozenset('a')", new Set(["a"])],
  ["set()", new Set()],
  ["import decimal\ndecimal.Decimal('1.10')", new PythonScalar("decimal", "1.10")],
  ["import dataclasses\n@dataclasses.dataclass\nclass P:\n  x: int\nP(1)", { x: 1 }],
  ["list(range(100))", Array.from({ length: 100 }, (_, index) => index)],
  ["'\\0' * 100_000", "\0".repeat(100_000)],
  [
    "import datetime\ndatetime.datetime(2020, 1, 2, 3, 4, 5, 6000, datetime.timezone.utc)",
    new Date("2020-01-02T03:04:05.006Z"),
  ],
];

for (const [code, output] of VALUES) {
  inSession(`a value crosses to JavaScript: ${code}`, async (session) => {
    const value = await outputOf(session, code);
    assert.equal(value, output);
    assert.is(Object.is(value, -0), Object.is(output, -0));
  });
}

inSession("a key __proto__ is a key like any other", async (session) => {
  const value = (await outputOf(session, "{'__proto__': {'polluted': 1}, 'constructor': 2}")) as object;
  assert.equal(Object.keys(value), ["__proto__", "constructor"]);
  assert.is(({} as { polluted?: number }).polluted, undefined);
});

const TEXT_ONLY: readonly (readonly [code: string, text: RegExp])[] = [
  ["object()", /^<object object at 0x/],
  ["range(3)", /^range\(0, 3\)$/],
  ["[1, object()]", /^\[1, <object object/],
  ["a = []; a.append(a); a", /^\[\[\.\.\.\]\]$/],
  ["class L(list): pass\nL([1])", /^\[1\]$/],
  ["len", /^<built-in function len>$/],
  ["x = []\nfor _ in range(200): x = [x]\nx", /^\[{201}\]{201}$/],
];

for (const [code, text] of TEXT_ONLY) {
  inSession(`a value without a twin has its text alone: ${JSON.stringify(code)}`, async (session) => {
    const execution = await ok(session, code);
    assert.is(execution.output, undefined);
    assert.match(execution.text ?? "", text);
  });
}

inSession(
  "a date with an offset of seconds, which JavaScript cannot read, crosses in UTC",
  async (session) => {
    const zone = "datetime.timezone(datetime.timedelta(seconds=30))";
    const execution = await ok(session, `import datetime\ndatetime.datetime(2020, 1, 1, tzinfo=${zone})`);
    assert.equal(execution.output, new Date("2019-12-31T23:59:30Z"));
    assert.match(execution.text ?? "", /^datetime\.datetime\(2020/);
    await answers(session);
  },
  10_000,
);

inSession("a time zone of the cell's own does not keep a date from being shown", async (session) => {
  const code =
    "import datetime\nclass Z(datetime.tzinfo):\n  def utcoffset(self, when): raise RuntimeError('no')\n  def __repr__(self): return 'Z'\n";
  const execution = await ok(session, `${code}datetime.datetime(2020, 1, 1, tzinfo=Z())`);
  assert.is(execution.output, undefined);
  assert.match(execution.text ?? "", /tzinfo=Z\)$/);
});

inSession("a huge value is cut to a bounded text", async (session) => {
  const execution = await ok(session, "'a' * 5_000_000");
  assert.is(execution.output, undefined);
  assert.is(execution.truncated.output, true);
  assert.match(execution.text ?? "", /^'a{49974}\n\.\.\. \[4900052 characters cut\] \.\.\.\na{49974}'$/);
});

inSession("a value within the limit crosses whole although its text is cut", async (session) => {
  const execution = await ok(session, "'a' * 500_000");
  assert.is((execution.output as string).length, 500_000);
  assert.is(execution.truncated.output, true);
});

inSession("a long list and a deep one are bounded", async (session) => {
  const long = await ok(session, "list(range(1_000_000))");
  assert.is(long.output, undefined);
  assert.ok((long.text ?? "").length < 101_000);
  const astral = await ok(session, "'\\U0001f40d' * 300_000");
  assert.is(astral.truncated.output, true);
  await answers(session);
});

inSession("an integer of a million digits does not stop the session", async (session) => {
  const execution = await session.runCode("1 << 3_400_000");
  assert.ok(execution.ok, execution.error?.traceback);
  assert.is(execution.state, "kept");
  await answers(session);
});

const EVIL: readonly (readonly [what: string, method: string, name: string])[] = [
  ["raises", "raise ValueError('no repr')", "ValueError"],
  ["exits", "raise SystemExit(3)", "SystemExit"],
  ["returns no string", "return 5", "TypeError"],
  ["recurses for ever", "return repr(self)", "RecursionError"],
];

for (const [what, method, name] of EVIL) {
  inSession(`a repr that ${what} costs only itself`, async (session) => {
    await ok(session, `kept = 1\nclass E:\n  def __repr__(self):\n    ${method}`);
    const { text, output, state } = await ok(session, "E()");
    assert.equal([text, output, state], [`<E object: its repr raised ${name}>`, undefined, "kept"]);
    await answers(session, "kept", 1);
  });
}

inSession("a repr that hangs is interrupted and the state is kept", async (session) => {
  await ok(session, "kept = 1\nclass E:\n  def __repr__(self):\n    while True: pass");
  const error = await failure(session, "E()", { timeoutMs: 200 });
  assert.equal([error.kind, error.state], ["timeout", "kept"]);
  await answers(session, "kept", 1);
});

inSession("a repr that prints is heard", async (session) => {
  const code = "class E:\n  def __repr__(self):\n    print('asked')\n    return 'E!'\nE()";
  const execution = await ok(session, code);
  assert.equal([execution.text, execution.logs.stdout], ["E!", "asked\n"]);
});

inSession("a string of a class of its own does not fool the bounds", async (session) => {
  await ok(
    session,
    "kept = 1\nclass S(str):\n  def __len__(self): return 0\nclass E:\n  def __repr__(self): return S('a' * 9_000_000)",
  );
  const execution = await session.runCode("E()");
  assert.is(execution.state, "kept");
  assert.ok((execution.text ?? "").length < 200_000);
  await answers(session, "kept", 1);
});

inSession("hooks of a subclass are not called to take a value apart", async (session) => {
  const code = "called = []\nclass D(dict):\n  def items(self):\n    called.append(1)\n    return []\nD(a=1)";
  const execution = await ok(session, code);
  assert.equal([execution.output, execution.text], [undefined, "{'a': 1}"]);
  assert.equal(await outputOf(session, "called"), []);
});

test.run();
