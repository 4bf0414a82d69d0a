import { inspect, isDeepStrictEqual } from "node:util";
import { test } from "uvu";
import * as assert from "uvu/assert";

import { PythonExecutor, UsageError } from "../../src/index.ts";
import { pythons } from "../support/pythons.ts";
import { rejects } from "../support/rejects.ts";
import { timed } from "../support/timed.ts";
import { answers, failure, ok, outputOf, withSessions } from "./fixture.ts";

/* Variables of real sessions: large ones, odd ones, hostile ones; and what can be asked of a live namespace. */

const OPTIONS = {
  policy: "open",
  overlay: { limits: { wallMs: 10_000, graceMs: 300, memoryBytes: "1GiB", resultBytes: "64MiB" } },
} as const;
const { inSession } = withSessions(OPTIONS);

const bytes = new Uint8Array(10 << 20).map((_, index) => (index * 31) & 255);
const numbers = Array.from({ length: 300_000 }, (_, index) => (index % 7 === 0 ? index / 3 : index));
const nested = (depth: number): unknown => {
  let value: unknown = "core";
  for (let level = 0; level < depth; level++) value = level % 2 ? [value] : { in: value };
  return value;
};

/** What must come back as it went. */
const ROUND_TRIPS: Readonly<Record<string, unknown>> = {
  "10 MB of bytes": bytes,
  "300,000 numbers": numbers,
  "a typed array of a million": new Float64Array(1_000_000).map((_, index) => index / 3),
  "a string of 5 MB": "añ😀\n\u0000".repeat(1 << 20),
  "lone surrogates": "\ud800 and \udfff\ud800",
  "a value 100 levels deep": nested(100),
  "10,000 keys": Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`key ${index}`, index])),
  "keys of prototypes": JSON.parse(
    '{"__proto__": 1, "constructor": {"prototype": 2}, "toString": 3, "__class__": 4}',
  ),
  "numbers at the edges": [
    0,
    -0,
    Number.MAX_SAFE_INTEGER,
    Number.MIN_VALUE,
    Number.MAX_VALUE,
    -Infinity,
    Number.NaN,
  ],
  "an integer of 10,000 digits": 7n ** 11_833n,
  "a Map with keys of every kind": new Map<unknown, unknown>([
    [2, "a"],
    ["2", "b"],
    [null, "c"],
    [true, "d"],
  ]),
  "a Set in a list in a Map": new Map([[2, [new Set([1, "a", null])]]]),
  "nothing at all": [null, [], {}, "", new Uint8Array(0), new Set()],
};

/** uvu's own comparison stumbles over a key `constructor`. */
const same = (actual: unknown, expected: unknown): void =>
  assert.ok(isDeepStrictEqual(actual, expected), inspect(actual).slice(0, 1000));

for (const [what, value] of Object.entries(ROUND_TRIPS)) {
  inSession(`there and back comes ${what}`, async (session) => {
    await session.setVariables({ v: value });
    same(await session.getVariable("v"), value);
    // And through Python's own hands, and a kill.
    await ok(session, "import copy, os\nw = copy.deepcopy(v)\nNone");
    assert.is((await failure(session, "del v, w\nos._exit(1)")).state, "rolledBack");
    same(await session.getVariable("w"), value);
  });
}

inSession("what has no twin is refused with the path inside it, in both directions", async (session) => {
  const cycle: Record<string, unknown> = { a: [1] };
  (cycle.a as unknown[]).push(cycle);
  for (const [value, words] of [
    [{ list: [1, () => 1] }, /^setVariables: v\.list\[1\]/],
    [cycle, /^setVariables: v\.a\[1\]/],
    [new Map([["k", Symbol("s")]]), /^setVariables: v/],
    [new WeakMap(), /^setVariables: v/],
  ] as const) {
    await rejects(session.setVariables({ fine: 1, v: value }), UsageError, words);
  }
  await answers(session, "'fine' in globals()", false);
  await ok(session, "c = [1]\nc.append({'in': c})\nf = {'a': [0, {'b': lambda: 1}]}\ng = (i for i in [])");
  await rejects(session.getVariable("f"), UsageError, /^getVariable: f.*a.*1.*b/);
  await rejects(session.getVariable("c"), UsageError, /^getVariable: c/);
  await rejects(session.getVariable("g"), UsageError, /^getVariable: g/);
  await rejects(session.getVariable("nobody"), UsageError, "getVariable: name 'nobody' is not defined");
  for (const name of ["", "x".repeat(1001), 5]) {
    await rejects(
      session.getVariable(name as string),
      UsageError,
      "getVariable: name is not a string of 1 to 1000 characters",
    );
  }
  for (const name of ["1a", "a b", "class", ""]) {
    await rejects(session.setVariables({ [name]: 1 }), UsageError, /^setVariables: /);
  }
  await answers(session);
});

inSession("more than goes at once is refused before it goes", async (session) => {
  await rejects(
    session.setVariables({ v: "x".repeat(61 << 20) }),
    UsageError,
    /^setVariables: the variables are \d+ bytes as JSON, and at most 62914560 go at once/,
  );
  await answers(session);
});

inSession("a variable that is larger than a result may be is refused, and stays", async (session) => {
  await ok(session, "v = bytes(80 << 20)");
  await rejects(session.getVariable("v"), UsageError, /^getVariable: /);
  await answers(session, "len(v)", 80 << 20);
});

const HOSTILE = `
class Evil:
  def __repr__(self): raise SystemExit(5)
  __str__ = __len__ = __iter__ = __bool__ = __hash__ = __reduce__ = __repr__
  def __eq__(self, other): raise KeyboardInterrupt
  def __getattribute__(self, name): raise MemoryError(name)
class Hangs:
  def __repr__(self):
    while True: pass
class Huge:
  def __repr__(self): return 'x' * 50_000_000
class Dict(dict):
  def items(self): raise ValueError
  __iter__ = keys = values = items
class Text(str):
  def __str__(self): return 'another'
`;

inSession("a listing survives hostile values, and is bounded", async (session) => {
  await ok(session, `${HOSTILE}\nevil = Evil()\nhuge = Huge()\nfine = 5\nd = Dict(a=1)\nt = Text('own')`);
  const listed = new Map((await session.variables()).map(({ name, type, text }) => [name, { type, text }]));
  assert.equal(listed.get("fine"), { type: "int", text: "5" });
  assert.is(listed.get("evil")?.type, "Evil");
  assert.ok((listed.get("huge")?.text.length ?? 999) <= 200);
  // Its class is not `str`, and none of its methods is called to find out what it is.
  await rejects(session.getVariable("t"), UsageError, "getVariable: t: a Text has no twin in JavaScript");
  await ok(session, "for i in range(2000): globals()[f'n{i}'] = i");
  const many = await session.variables();
  assert.is(many.length, 501);
  assert.match(many.at(-1)?.text ?? "", /^15\d\d more names$/);
  await answers(session);
});

inSession("a listing that hangs in a repr can be given up, and costs nothing", async (session) => {
  await ok(session, `${HOSTILE}\nhangs = Hangs()\nfine = 5`);
  const aborts = new AbortController();
  const listing = session.variables({ signal: aborts.signal });
  setTimeout(() => aborts.abort(new RangeError("no more")), 200);
  const outcome = await listing.then(
    (found) => found.find(({ name }) => name === "fine")?.text,
    (error: unknown) => error,
  );
  // Either it never asks such a value, or it is given up with the reason.
  assert.ok(outcome === "5" || outcome instanceof RangeError, String(outcome));
  await answers(session, "fine", 5);
});

inSession("completion runs nothing of the user's and survives hostile values", async (session) => {
  const code = `${HOSTILE}
touched = []
class Lazy:
  attribute = 1
  @property
  def watched(self): touched.append(1)
  def __getattr__(self, name): touched.append(name)
  def __dir__(self): touched.append('dir'); return ['made_up']
lazy = Lazy()\nevil = Evil()\nNone`;
  await ok(session, code);
  const { matches } = await session.complete("lazy.");
  const texts = matches.map(({ text }) => text);
  assert.ok(texts.includes("attribute") && texts.includes("watched"), texts.join());
  await session.complete("lazy.watched.");
  await session.complete("evil.");
  await answers(session, "touched", []);
  const { matches: names } = await session.complete("x = laz");
  assert.equal(
    names.map(({ text }) => text),
    ["lazy"],
  );
  await rejects(session.complete("a", 2), UsageError, "complete: cursor is 2, not a place in the source");
});

inSession(
  "orders queue with the cells, and what is set behind a cell is there for the next",
  async (session) => {
    const order: string[] = [];
    const note = (what: string) => () => void order.push(what);
    await Promise.all([
      session.runCode("x = 1").then(note("run")),
      session.setVariables({ x: 2 }).then(note("set")),
      session.getVariable("x").then((x) => order.push(`x is ${x}`)),
      session.runCode("x += 1").then(note("run")),
      session.variables().then((all) => order.push(all.map(({ text }) => text).join())),
    ]);
    assert.equal(order, ["run", "set", "x is 2", "run", "3"]);
  },
);

inSession("variables that are set where the worker is gone are in what takes over", async (session) => {
  await ok(session, "import os, threading\nx = 1");
  await session.runCode("threading.Thread(target=lambda: os._exit(4)).start()");
  // It dies with this cell, or before the next order.
  await session.runCode("import time\ntime.sleep(5)");
  await session.setVariables({ y: 2 });
  await answers(session, "y", 2);
});

for (const { file, version } of pythons().filter(({ version }) => /^3\.(9|13)\./.test(version))) {
  test(`every value comes there and back under Python ${version}`, () =>
    timed(120_000, version, async () => {
      await using executor = await PythonExecutor.create({ ...OPTIONS, python: file });
      await using session = await executor.createSession({ variables: { started: [1n << 70n] } });
      assert.is(await outputOf(session, "started[0] >> 70"), 1);
      for (const value of Object.values(ROUND_TRIPS)) {
        await session.setVariables({ v: value });
        same(await session.getVariable("v"), value);
      }
    }));
}

test.run();
