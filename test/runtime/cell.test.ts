import { test } from "uvu";
import * as assert from "uvu/assert";

import { ok, outputOf, withSessions } from "../session/fixture.ts";

const { inSession } = withSessions({ policy: "open" });

/** Cells and what they leave: the value and its text, or none. */
const VALUES: readonly (readonly [code: string, output: unknown, text: string | null])[] = [
  ["1 + 1", 2, "2"],
  ["(1 +\n 2 +\n 3)", 6, "6"],
  ["x = 5", 5, "5"],
  ["a = b = 'c'", "c", "'c'"],
  ["a, b = 1, 2", [1, 2], "(1, 2)"],
  ["[a, *b] = range(3)", undefined, "range(0, 3)"],
  ["x: int = 7", 7, "7"],
  ["x: int", null, null],
  ["(y := 9)", 9, "9"],
  ["x = 1; x += 2", 3, "3"],
  ["1; 2; 3", 3, "3"],
  ["1; 2;", 2, "2"],
  ["x = 1; del x", null, null],
  ["for i in range(3): i", null, null],
  ["def f(): return 1", null, null],
  ["@staticmethod\ndef f(): pass", null, null],
  ["class A: pass", null, null],
  ["if True:\n  5", null, null],
  ["import math", null, null],
  ["from math import pi", null, null],
  ["pass", null, null],
  ["assert True", null, null],
  ["global g", null, null],
  ["None", null, null],
  ["x = None", null, null],
  ["# only a comment", null, null],
  ["", null, null],
  ["   \n\n\t\n", null, null],
  ["'''only a docstring'''", "only a docstring", "'only a docstring'"],
  ["1 # the end", 1, "1"],
  ["1\n\n# the end\n", 1, "1"],
  ["x = 3\r\nx * 2\r\n", 6, "6"],
  ["lambda: 1\n4", 4, "4"],
  ["[x for x in range(3)]", [0, 1, 2], "[0, 1, 2]"],
  ["from __future__ import annotations\nx: Missing = 2", 2, "2"],
];

for (const [code, output, text] of VALUES) {
  inSession(`the last statement leaves ${text ?? "nothing"}: ${JSON.stringify(code)}`, async (session) => {
    const execution = await ok(session, code);
    assert.equal([execution.output, execution.text], [output, text]);
  });
}

/** Augmented assignments: what each must leave, and which side effects it must have, each once. */
const AUGMENTED: readonly (readonly [target: string, output: unknown, effects: readonly string[]])[] = [
  ["name += t(1, 'value')", 6, ["value"]],
  ["o('object').attribute += t(1, 'value')", 11, ["object", "value"]],
  ["d('dict')[t('k', 'key')] += t(1, 'value')", 101, ["dict", "key", "value"]],
  ["l('list')[t(1, 'low'):t(2, 'high')] += [t(9, 'value')]", [2, 9], ["list", "low", "high", "value"]],
  ["r('row')[t(0, 'a'):t(4, 'b'), t(2, 'c')] += t(1, 'value')", 1, ["row", "a", "b", "c", "value"]],
  ["r('row')[::t(2, 'step'), ...] += t(1, 'value')", 1, ["row", "step", "value"]],
];

const EFFECTS = `
name = 5
effects = []
def t(value, label):
    effects.append(label)
    return value
class Object: attribute = 10
the_object, the_dict, the_list = Object(), {"k": 100}, [1, 2, 3]
class Row:
    def __getitem__(self, key): return 0
    def __setitem__(self, key, value): self.stored = (repr(key), value)
the_row = Row()
def o(label): return t(the_object, label)
def d(label): return t(the_dict, label)
def l(label): return t(the_list, label)
def r(label): return t(the_row, label)
`;

for (const [code, output, effects] of AUGMENTED) {
  inSession(`an augmented assignment evaluates everything once: ${code}`, async (session) => {
    await ok(session, EFFECTS);
    assert.equal(await outputOf(session, code), output);
    assert.equal(await outputOf(session, "effects"), effects);
  });
}

inSession("an augmented assignment stores what it leaves", async (session) => {
  await ok(session, EFFECTS);
  await ok(session, "the_object.attribute -= 3");
  await ok(session, "the_list[0:2] += [8]");
  await ok(session, "the_row[1:2, 3] += 4");
  assert.equal(
    await outputOf(session, "[the_object.attribute, the_list, the_row.stored[0], the_row.stored[1]]"),
    [7, [1, 2, 8, 3], "(slice(1, 2, None), 3)", 4],
  );
});

inSession("an augmented assignment keeps the identity of what is changed in place", async (session) => {
  assert.is(await outputOf(session, "a = b = [1]\na += [2]\nb is a"), true);
});

inSession("a tuple's item is changed in place although storing it fails, as in Python", async (session) => {
  await ok(session, "t = ([],)");
  const execution = await session.runCode("t[0] += [1]");
  assert.is(execution.error?.name, "TypeError");
  assert.equal(await outputOf(session, "t"), [[1]]);
});

inSession("an assignment's value is what was assigned, also when unpacking it fails", async (session) => {
  const execution = await session.runCode("a, b = 1, 2, 3");
  assert.equal([execution.error?.name, execution.output, execution.text], ["ValueError", null, null]);
});

inSession("nothing of the machinery shows in the namespace", async (session) => {
  await ok(session, "x = 1\nx += 1");
  assert.equal(await outputOf(session, "[name for name in dir() if not name.startswith('__')]"), ["x"]);
});

inSession("a value is not kept alive by the machinery", async (session) => {
  await ok(session, "import weakref\nclass A: pass\na = A()\nr = weakref.ref(a)");
  await ok(session, "a");
  await ok(session, "del a");
  assert.is(await outputOf(session, "r() is None"), true);
});

inSession("a cell is __main__, also for dataclasses and typing", async (session) => {
  const code =
    "import sys, dataclasses\n@dataclasses.dataclass\nclass P:\n  x: 'int' = 1\nP.__module__, sys.modules['__main__'].P is P";
  assert.equal(await outputOf(session, code), ["__main__", true]);
});

inSession("top-level await is an expression and an assignment", async (session) => {
  await ok(session, "import asyncio\nasync def f(x):\n  await asyncio.sleep(0)\n  return x * 2");
  assert.is(await outputOf(session, "await f(3)"), 6);
  assert.is(await outputOf(session, "y = await f(4)"), 8);
  assert.is(await outputOf(session, "y += await f(1)"), 10);
  assert.is(await outputOf(session, "y"), 10);
  assert.equal(await outputOf(session, "[await f(i) for i in range(3)]"), [0, 2, 4]);
});

inSession("async for and async with stand at the top level", async (session) => {
  await ok(session, "async def numbers():\n  for i in range(3):\n    yield i\nseen = []");
  await ok(session, "async for n in numbers():\n  seen.append(n)");
  assert.equal(await outputOf(session, "seen"), [0, 1, 2]);
  await ok(session, "import contextlib\n@contextlib.asynccontextmanager\nasync def c():\n  yield 5");
  await ok(session, "async with c() as five:\n  seen = five");
  assert.is(await outputOf(session, "seen"), 5);
});

inSession("a task lives on to the next cell that awaits", async (session) => {
  await ok(session, "import asyncio\nevent = asyncio.Event()\nlog = []");
  await ok(
    session,
    "async def wait():\n  log.append('waits')\n  await event.wait()\n  log.append('woken')\n  return 'done'",
  );
  await ok(session, "async def start():\n  return asyncio.create_task(wait())");
  await ok(session, "task = await start()\nawait asyncio.sleep(0)");
  assert.equal(await outputOf(session, "event.set()\nlog"), ["waits"]);
  assert.is(await outputOf(session, "await task"), "done");
  assert.equal(await outputOf(session, "log"), ["waits", "woken"]);
});

inSession("an exception out of an await is told with the cell's own frames", async (session) => {
  await ok(session, "async def broken():\n  raise ValueError('inside')");
  const { error } = await session.runCode("await broken()");
  assert.is(
    error?.traceback.replaceAll(/^ *[\^~]+\n/gm, ""),
    'Traceback (most recent call last):\n  File "<cell 2>", line 1, in <module>\n    await broken()\n' +
      "  File \"<cell 1>\", line 2, in broken\n    raise ValueError('inside')\nValueError: inside",
  );
});

inSession("asyncio.run works where there is no await", async (session) => {
  await ok(session, "import asyncio\nasync def f(): return 3");
  assert.is(await outputOf(session, "asyncio.run(f())"), 3);
  assert.is(await outputOf(session, "await f()"), 3);
  assert.is(await outputOf(session, "asyncio.run(f())"), 3);
  assert.is(await outputOf(session, "await f()"), 3);
});

inSession(
  "one expression is evaluated in the namespace, and is told like any other cell",
  async (session) => {
    assert.is(await outputOf(session, "[(lambda: n)() for n in (1, 2)][-1]  # the last"), 2);
    assert.is(await outputOf(session, "globals() is locals()"), true);
    const { error } = await session.runCode("(lambda: 1 / 0)()", { filename: "<one>" });
    const frames = error?.traceback.replaceAll(/^ *[\^~]+\n/gm, "");
    assert.match(
      frames ?? "",
      /File "<one>", line 1, in <module>\n {4}\(lambda: 1 \/ 0\)\(\)\n {2}File "<one>"/,
    );
    assert.is((await session.runCode(" 1 + 1")).error?.name, "IndentationError");
    assert.is((await session.runCode("1 +")).error?.kind, "syntax");
  },
);

inSession("a warning about source is printed once, be it an expression or not", async (session) => {
  for (const code of ["1 is 1", "y = 1 is 1"]) {
    const { stderr } = (await session.runCode(code)).logs;
    assert.is(stderr.split("SyntaxWarning:").length, 2, stderr);
  }
});

test.run();
