import { test } from "uvu";
import * as assert from "uvu/assert";

import { answers, failure, ok } from "../session/fixture.ts";
import { rowsOf } from "./rows.ts";

const { row, whole } = rowsOf("The language", { policy: "strict" });

/** A row whose cells, one after another, give these values. */
const gives = (name: string, cells: readonly (readonly [code: string, output: unknown])[]): void =>
  row(name, async (session) => {
    for (const [code, output] of cells) await answers(session, code, output);
  });

gives("async", [
  ["async def f(n):\n  return n + 1\nawait f(1)", 2],
  ["import asyncio\nawait asyncio.gather(f(1), f(2))", [2, 3]],
  ["asyncio.run(f(3))", 4],
  ["[n async for n in (await f(n) for n in range(2))]", [1, 2]],
]);

gives("generators", [
  ["def pairs():\n  yield 1\n  yield from (2, 3)\nlist(pairs())", [1, 2, 3]],
  ["g = pairs()\nnext(g)", 1],
  ["next(g)", 2],
]);

gives("decorators", [
  ["def twice(f): return lambda n: f(f(n))\n@twice\ndef add(n): return n + 1\nadd(0)", 2],
  ["class P:\n  @property\n  def x(self): return 4\nP().x", 4],
  ["from dataclasses import dataclass\n@dataclass\nclass D:\n  n: int = 3\nD(5).n", 5],
]);

row("match", async (session) => {
  const code =
    "match {'kind': 'a', 'n': 3}:\n  case {'kind': 'a', 'n': n}: found = n\n  case _: found = 0\nfound";
  const [, minor = 0] = session.python.split(".").map(Number);
  if (minor >= 10) await answers(session, code, 3);
  else assert.is((await failure(session, code)).kind, "syntax");
});

gives("walrus", [
  ["[y for x in range(4) if (y := x * x) > 3]", [4, 9]],
  ["(n := 5)\nn", 5],
]);

gives("global", [
  ["count = 0\ndef inc():\n  global count\n  count += 1\ninc()\ncount", 1],
  ["def outer():\n  n = 1\n  def inner():\n    nonlocal n\n    n += 1\n  inner()\n  return n\nouter()", 2],
]);

gives("starred-target", [["a, *b = [1, 2, 3]\nb", [2, 3]]]);

gives("starred-item", [
  ["[*range(3)]", [0, 1, 2]],
  ["(*'ab', 'c')", ["a", "b", "c"]],
]);

gives("dict-unpacking", [["a = {'a': 1}\n{**a, 'b': 2}", { a: 1, b: 2 }]]);

gives("default-arguments", [
  ["x = 'global'\n(lambda x=5: x)()", 5],
  ["def f(b=[]):\n  b.append(1)\n  return b\nf()\nf()", [1, 1]],
]);

gives("keyword-only", [
  [
    "def f(a, *, b=3): return a, b\nf(1), f(1, b=2)",
    [
      [1, 3],
      [1, 2],
    ],
  ],
]);

gives("lambda-arguments", [["(lambda *a, **k: (a, k))(1, 2, z=3)", [[1, 2], { z: 3 }]]]);

gives("implicit-return", [["def f():\n  x = 5\nf() is None", true]]);

gives("scopes", [
  ["adders = [lambda n, k=k: n + k for k in range(3)]\n[f(10) for f in adders]", [10, 11, 12]],
  [
    "def make():\n  seen = []\n  return (lambda n: seen.append(n) or seen)\nadd = make()\nadd(1)\nadd(2)",
    [1, 2],
  ],
  ["def local():\n  hidden = 1\nlocal()\n'hidden' in globals()", false],
]);

gives("loop-else", [
  ["for n in range(2): pass\nelse: n = 100\nn", 100],
  ["n = 0\nwhile n < 3: n += 1\nelse: n = 100\nn", 100],
]);

row("class-body", async (session) => {
  await ok(session, "class A:\n  table = {}\n  for i in range(3):\n    table[i] = i * i\n  print(table)");
  await answers(session, "A.table[2], A.i", [4, 2]);
});

gives("conversions", [["f\"{'a'!r}\"", "'a'"]]);

gives("matrix-product", [["class M:\n  def __matmul__(self, other): return 'product'\nM() @ 1", "product"]]);

gives("del-attribute", [["class O: pass\no = O()\no.x = 1\ndel o.x\nhasattr(o, 'x')", false]]);

whole();

test.run();
