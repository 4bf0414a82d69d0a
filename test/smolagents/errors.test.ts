import { test } from "uvu";
import * as assert from "uvu/assert";

import { answers, failure, ok } from "../session/fixture.ts";
import { rowsOf } from "./rows.ts";

const { row, whole } = rowsOf("Errors", { policy: "strict" });

row("error-line", async (session) => {
  const { summary } = await failure(session, "print('a')\n1/0");
  assert.is(summary, "Code execution failed at line '1/0' due to: ZeroDivisionError: division by zero");
});

row("error-line-of-a-block", async (session) => {
  const { summary } = await failure(session, "for i in range(3):\n    print(i)\n    x = 1 / (2 - i)\n");
  assert.is(
    summary,
    "Code execution failed at line 'x = 1 / (2 - i)' due to: ZeroDivisionError: division by zero",
  );
});

row("error-traceback", async (session) => {
  await ok(session, "def f(n):\n  return 1 / n");
  const { traceback } = await failure(session, "f(0)");
  assert.match(traceback, /^Traceback \(most recent call last\):\n/);
  assert.match(traceback, /File "<cell 2>", line 1, in <module>/);
  assert.match(traceback, /File "<cell 1>", line 2, in f\n {4}return 1 \/ n\n/);
  assert.match(traceback, /ZeroDivisionError: division by zero$/);
  assert.not.ok(traceback.includes("\u001b"));
  assert.is(traceback.match(/File "/g)?.length, 2);
});

row("error-kind", async (session) => {
  const { kind, name, message, line } = await failure(
    session,
    "class Odd(Exception): pass\n\nraise Odd('strange')",
  );
  assert.equal(
    { kind, name, message, line },
    { kind: "exception", name: "Odd", message: "strange", line: 3 },
  );
});

row("error-syntax", async (session) => {
  const { kind, line, summary, traceback } = await failure(session, "x = 1\ny = (2 +\n");
  assert.equal([kind, line], ["syntax", 2]);
  assert.match(summary, /^Code parsing failed on line 2 due to: SyntaxError: \S/);
  assert.match(traceback, /\^/);
});

row("system-exit", async (session) => {
  await ok(session, "kept = 1");
  for (const [code, status] of [
    ["exit()", 0],
    ["raise SystemExit(3)", 3],
    ["quit(4)", 4],
  ] as const) {
    const { kind, exitCode, state } = await failure(session, code);
    assert.equal([kind, exitCode, state], ["exit", status, "kept"], code);
  }
  await answers(session, "kept", 1);
});

row("keyboard-interrupt", async (session) => {
  const { kind, name } = await failure(session, "raise KeyboardInterrupt('mine')");
  assert.equal([kind, name], ["exception", "KeyboardInterrupt"]);
  await answers(session);
});

row("error-assert", async (session) => {
  const { name, message, traceback } = await failure(session, "assert 1 == 2");
  assert.equal([name, message], ["AssertionError", ""]);
  assert.match(traceback, /assert 1 == 2/);
});

row("error-missing-name", async (session) => {
  await ok(session, "totals = 5");
  assert.is((await failure(session, "total")).name, "NameError");
  assert.is((await failure(session, "count += 1")).name, "NameError");
});

row("error-missing-key", async (session) => {
  const code = "d = {'abc': 1}\ntry:\n  d['abd']\nexcept KeyError as e:\n  found = e.args[0]\nfound";
  await answers(session, code, "abd");
});

row("error-reraise", async (session) => {
  const { name, message } = await failure(
    session,
    "try:\n  raise ValueError('first')\nexcept ValueError:\n  raise",
  );
  assert.equal([name, message], ["ValueError", "first"]);
});

row("error-names-kept", async (session) => {
  await answers(session, "try:\n  1/0\nexcept ZeroDivisionError as e:\n  pass\n'e' in globals()", false);
});

whole();

test.run();
