import { test } from "uvu";
import * as assert from "uvu/assert";

import { answers, ok, withSessions } from "../session/fixture.ts";

// What a cell writes into its worker's own channel is a lie that costs its own cell, and never the session.
const { inSession } = withSessions({
  policy: "open",
  overlay: { limits: { graceMs: 300, resultBytes: "1MiB" } },
});

/** The channel is whatever socket the worker holds beside its standard descriptors. */
const FORGE = `
import os, stat, json
channel = [n for n in range(3, 64) if os.path.exists(f"/proc/self/fd/{n}") and stat.S_ISSOCK(os.fstat(n).st_mode)][0]
def forge(text):
    data = text.encode()
    while data:
        data = data[os.write(channel, data):]
    os.write(channel, b"\\n")
    while True: pass
def result(output, **more):
    return json.dumps({"type": "result", "id": 2, "interrupted": False, **more}, default=str)[:-1] + ', "output": ' + output + "}"
`;

const LIES: readonly (readonly [what: string, expression: string])[] = [
  ["no JSON at all", '"hello"'],
  ["an empty line", '""'],
  ["a message for another cell", 'result("1").replace(\'"id": 2\', \'"id": 99\')'],
  ["a value that is NaN", 'result("NaN")'],
  ["a value that is infinite", 'result("1e999")'],
  ["a value of no known kind", 'result(\'{"$": "bogus", "v": 1}\')'],
  ["a date that is none", 'result(\'{"$": "datetime", "v": "never"}\')'],
  ["a set that is none", 'result(\'{"$": "set", "v": 5}\')'],
  ["a value nested 900 deep", 'result("[" * 900 + "]" * 900)'],
  ["a value nested 100,000 deep", 'result("[" * 100_000 + "]" * 100_000)'],
  ["a line of 20 MB", "result('\"' + 'a' * 20_000_000 + '\"')"],
  ["an error of no known kind", 'result("1", error={"kind": "fine"})'],
  [
    "an exit status out of range",
    'result("1", error={"kind": "exit", "name": "a", "message": "", "traceback": "", "line": None, "exitCode": 999})',
  ],
  ["a field too many", 'result("1", state="kept")'],
  ["two results at once", 'result("1") + "\\n" + result("2")'],
  ["lone surrogates", 'result(\'"\\\\ud800"\', text="\\ud800")'],
  ["an integer of 4000 digits", 'result("9" * 4000)'],
  ["an id that is a boolean", 'result("1").replace(\'"id": 2\', \'"id": true\')'],
];

for (const [what, expression] of LIES) {
  inSession(
    `a worker that reports ${what} costs its own cell at most`,
    async (session) => {
      await ok(session, FORGE);
      const execution = await session.runCode(`forge(${expression})`, { timeoutMs: 3000 });
      assert.is(execution.executionCount, 2);
      // The worker still loops where the lie was believed; the next cells end that.
      await session.runCode("1", { timeoutMs: 500 });
      await answers(session);
    },
    20_000,
  );
}

inSession("a worker that closes its channel is ended by the cell's deadline", async (session) => {
  await ok(session, FORGE);
  const { ok: fine, state } = await session.runCode("os.close(channel)\nwhile True: pass", {
    timeoutMs: 300,
  });
  assert.equal([fine, state], [false, "rolledBack"]);
  await answers(session);
});

inSession("a flood of denial records is bounded", async (session) => {
  await ok(session, FORGE);
  const denial = '{"permission": "import", "target": "a", "message": "m", "flag": "f", "line": 1}';
  const execution = await session.runCode(
    `line = json.dumps({"type": "denial", "id": 2, "denial": ${denial.replace("null", "None")}}).encode() + b"\\n"\nfor _ in range(5000): os.write(channel, line)`,
  );
  assert.ok(execution.ok);
  assert.is(execution.denials.length, 100);
  await answers(session);
});

test.run();
