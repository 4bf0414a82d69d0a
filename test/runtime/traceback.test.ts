import { test } from "uvu";
import * as assert from "uvu/assert";

import { answers, failure, ok, outputOf, withSessions } from "../session/fixture.ts";

const { inSession } = withSessions({
  policy: "data",
  overlay: { import: ["own_module"], limits: { graceMs: 500 } },
});

/** Newer Pythons underline the part of the line that failed. */
const plain = (traceback: string): string => traceback.replaceAll(/^ *[\^~]+\n/gm, "");

inSession("a traceback shows the cell's own lines", async (session) => {
  const error = await failure(session, "x = 1\n\nx / 0\n");
  assert.is(
    plain(error.traceback),
    'Traceback (most recent call last):\n  File "<cell 1>", line 3, in <module>\n    x / 0\nZeroDivisionError: division by zero',
  );
  assert.equal(
    [error.kind, error.name, error.message, error.line],
    ["exception", "ZeroDivisionError", "division by zero", 3],
  );
});

inSession("a function of an earlier cell is shown with that cell's number and line", async (session) => {
  await ok(session, "def f(x):\n  return 1 / x\n");
  await ok(session, "def g(x):\n  y = x\n  return f(y)");
  const error = await failure(session, "ok = 1\ng(0)");
  assert.is(
    plain(error.traceback),
    'Traceback (most recent call last):\n  File "<cell 3>", line 2, in <module>\n    g(0)\n' +
      '  File "<cell 2>", line 3, in g\n    return f(y)\n  File "<cell 1>", line 2, in f\n    return 1 / x\n' +
      "ZeroDivisionError: division by zero",
  );
  assert.is(error.line, 2);
});

inSession("frames of the library and of ours are not shown", async (session) => {
  const error = await failure(session, "import json\njson.loads('{')");
  assert.is(
    plain(error.traceback),
    "Traceback (most recent call last):\n  File \"<cell 1>\", line 2, in <module>\n    json.loads('{')\n" +
      "json.decoder.JSONDecodeError: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)",
  );
});

inSession("frames of the user's own module in the workspace are shown", async (session) => {
  await ok(session, "open('/workspace/own_module.py', 'w').write('def f():\\n    raise KeyError(1)\\n')");
  const error = await failure(session, "import own_module\nown_module.f()");
  assert.match(error.traceback, /File "\/workspace\/own_module\.py", line 2, in f\n {4}raise KeyError\(1\)/);
});

inSession("the filename of the caller is the one in the traceback", async (session) => {
  const error = await failure(session, "\nboom", { filename: "notes.py" });
  assert.match(error.traceback, /File "notes\.py", line 2, in <module>/);
  assert.is(error.line, 2);
});

inSession("causes and contexts are told, each with the user's own frames", async (session) => {
  const code =
    "import json\ntry:\n  json.loads('{')\nexcept ValueError as e:\n  raise RuntimeError('wrapped') from e";
  const text = plain((await failure(session, code)).traceback);
  assert.match(text, /The above exception was the direct cause of the following exception:/);
  assert.match(text, /line 3, in <module>/);
  assert.match(text, /line 5, in <module>/);
  assert.not.match(text, /json\/decoder\.py|runtime|vivarium/);
  const during = await failure(session, "try:\n  1 / 0\nexcept ZeroDivisionError:\n  {}['a']");
  assert.match(during.traceback, /During handling of the above exception, another exception occurred:/);
});

inSession("an exception group shows what is in it", async (session) => {
  const groups = await outputOf(session, "import sys\nsys.version_info >= (3, 11)");
  const error = await failure(
    session,
    groups
      ? "raise ExceptionGroup('several', [ValueError('one'), TypeError('two')])"
      : "raise Exception('several: one two')",
  );
  for (const word of ["several", "one", "two"]) assert.match(error.traceback, word);
  assert.not.match(error.traceback, /vivarium\//);
});

inSession("endless recursion is a RecursionError told briefly", async (session) => {
  const error = await failure(session, "def f(): return f()\nf()");
  assert.is(error.name, "RecursionError");
  assert.ok(error.traceback.length < 20_000, `${error.traceback.length} characters`);
  const repeated = Number(/\[Previous line repeated (\d+) more times\]/.exec(error.traceback)?.[1]);
  assert.ok(repeated > 500, `says that the line was repeated ${repeated} times`);
  await answers(session);
});

const BROKEN: readonly (readonly [what: string, code: string])[] = [
  ["whose message raises", "class E(Exception):\n  def __str__(self): raise ValueError('no')\nraise E()"],
  ["whose message is no string", "class E(Exception):\n  def __str__(self): return 5\nraise E()"],
  [
    "whose attributes raise",
    "class E(Exception):\n  def __getattr__(self, name): raise RuntimeError(name)\nraise E()",
  ],
  [
    "whose class has a number for a name",
    "class M(type):\n  __name__ = property(lambda self: 5)\nclass E(Exception, metaclass=M): pass\nraise E()",
  ],
  [
    "whose class's name raises",
    "class M(type):\n  @property\n  def __name__(self): raise RuntimeError('no')\nclass E(Exception, metaclass=M): pass\nraise E()",
  ],
  ["whose class has a name of a megabyte", "raise type('E' * 1_000_000, (Exception,), {})()"],
  ["with a message of ten megabytes", "raise ValueError('m' * 10_000_000)"],
  ["with a message of a million astral characters", "raise ValueError('\\U0001f40d\\n' * 1_000_000)"],
  ["that is its own cause", "e = ValueError('me')\ne.__cause__ = e\nraise e"],
  [
    "with two thousand causes",
    "e = None\nfor i in range(2000):\n  n = ValueError(i)\n  n.__cause__ = e\n  e = n\nraise e",
  ],
  ["with notes that are no strings", "e = ValueError('m')\ne.__notes__ = 5\nraise e"],
  [
    "whose exit code is no number",
    "class I(int):\n  def __int__(self): raise ValueError('no')\nraise SystemExit(I(3))",
  ],
  ["whose line number is absurd", "raise SyntaxError('m', ('<cell 2>', -5, 1, 'text'))"],
  ["whose line number is no number", "raise SyntaxError('m', ('<cell 2>', 'x', 1, 'text'))"],
  [
    "whose line number is past JavaScript's integers",
    "raise SyntaxError('m', ('<cell 2>', 2**70, 1, 'text'))",
  ],
];

for (const [what, code] of BROKEN) {
  inSession(`an exception ${what} is an error like any other`, async (session) => {
    await ok(session, "kept = 1");
    const error = await failure(session, code);
    assert.is(error.state, "kept");
    assert.ok(error.traceback.length <= 131_072 && error.message.length <= 65_536);
    await answers(session, "kept", 1);
  });
}

inSession("an interrupted cell that raises a huge message is an error like any other", async (session) => {
  const code =
    "try:\n  while True: pass\nexcept KeyboardInterrupt:\n  raise ValueError('\\U0001f40d' * 200_000 + '\\nx')";
  const error = await failure(session, code, { timeoutMs: 200 });
  assert.equal([error.kind, error.state], ["timeout", "kept"]);
  await answers(session);
});

inSession("a syntax error shows its line and a caret", async (session) => {
  const error = await failure(session, "x = 1\ny = (1 +\n");
  assert.equal([error.kind, error.state], ["syntax", "kept"]);
  assert.match(error.traceback, /^ {2}File "<cell 1>", line [23]\n/);
  const bad = await failure(session, "ok = 1\nif x = 3: pass");
  assert.match(bad.traceback, /^ {2}File "<cell 2>", line 2\n {4}if x = 3: pass\n {7,}\^+\nSyntaxError: /);
  assert.is(bad.line, 2);
  const indentation = await failure(session, "if True:\npass");
  assert.equal([indentation.kind, indentation.name, indentation.line], ["syntax", "IndentationError", 2]);
});

for (const code of [
  "return 1",
  "x = 1\nbreak",
  "yield 1",
  "def f():\n  x = 1\n  global x",
  "def f(a, a): pass",
  "nonlocal x",
  "def f():\n  await x",
]) {
  inSession(`an error of compiling shows its line too: ${JSON.stringify(code)}`, async (session) => {
    const error = await failure(session, code);
    assert.equal([error.kind, error.name, error.state], ["syntax", "SyntaxError", "kept"]);
    const line = code.split("\n")[(error.line ?? 0) - 1]?.trim() ?? "no line";
    assert.ok(error.traceback.includes(`\n    ${line}\n`), error.traceback);
    await answers(session);
  });
}

inSession("a syntax error on a line of half a megabyte is one bounded error", async (session) => {
  await ok(session, "kept = 1");
  const error = await failure(session, `x = "${"a".repeat(500_000)}" +`);
  assert.equal([error.kind, error.state], ["syntax", "kept"]);
  assert.ok(error.traceback.length < 20_000, `${error.traceback.length} characters`);
  await answers(session, "kept", 1);
});

inSession("nothing of a cell with a syntax error runs", async (session) => {
  const error = await failure(session, "print('ran')\nreturn 5");
  assert.is(error.execution.logs.stdout, "");
});

for (const [what, code] of [
  ["a NUL", "print('ran')\nx = '\0'"],
  ["a lone surrogate", "print('ran')\nx = '\ud800'"],
  ["a NUL and nothing else", "\0"],
] as const) {
  inSession(`source with ${what} is one syntax error`, async (session) => {
    const error = await failure(session, code);
    assert.equal([error.kind, error.name, error.state], ["syntax", "SyntaxError", "kept"]);
    assert.is(error.execution.logs.stdout, "");
    assert.not.match(error.message, /ast|utf-8' codec/);
    await answers(session);
  });
}

inSession("a syntax error in code that the cell itself compiles is an exception", async (session) => {
  const error = await failure(session, "exec('1 +')");
  assert.equal([error.kind, error.name], ["exception", "SyntaxError"]);
});

inSession("warnings are shown once, with the cell's line", async (session) => {
  const { logs } = await ok(session, "x = 1\nx is 1");
  assert.is(logs.stderr.split("SyntaxWarning").length - 1, 1);
  assert.match(logs.stderr, /<cell 1>:2: SyntaxWarning/);
});

test.run();
