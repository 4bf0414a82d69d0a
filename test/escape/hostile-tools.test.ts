import { test } from "uvu";
import * as assert from "uvu/assert";

import { type Execution, PythonExecutor, type Session } from "../../src/index.ts";
import { timed } from "../support/timed.ts";
import { FORGE } from "./forge.ts";

/**
 * Calls that no tool's Python function made: written to the channel by the cell itself. The keeper bounds them and knows
 * which cell runs; ids, arguments and budgets are judged in the supervisor, before any function of the host is run.
 */
const executor = await PythonExecutor.create({
  policy: "strict",
  overlay: { import: true, limits: { graceMs: 500, resultBytes: "1MiB" } },
});

/** What the host's functions were given, in this test. */
let given: unknown[] = [];
const note = (input: unknown): unknown => {
  given.push(input);
  return "done";
};
const tools = {
  count: {
    inputSchema: {
      type: "object",
      properties: { n: { type: "integer" } },
      required: ["n"],
      additionalProperties: false,
    },
    execute: note,
  },
  free: {
    inputSchema: { type: "object", properties: { o: {} }, additionalProperties: true },
    execute: note,
  },
  slow: {
    execute: (_: unknown, { signal }: { signal: AbortSignal }) =>
      new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
  },
  large: { execute: () => "x".repeat(900_000) },
} as const;

/** One call as a line, with what an attack changes about it; `wait` gives the host time to do what it must not do. */
const CALL = `${FORGE}
def call(**parts):
    sent = {"call": 1000, "tool": "count", "arguments": [{"name": "n", "value": 1}]}
    say("call", **{**sent, **parts})

def wait():
    time.sleep(0.1)
`;

type Attack = {
  readonly code: string;
  /** How many times a function of the host may run. */
  readonly runs: number;
  /** What a record says about the call. */
  readonly says?: RegExp;
  /** The keeper's word on a line that is no message. */
  readonly broken?: RegExp;
};

const ATTACKS: Readonly<Record<string, Attack>> = {
  "one call ten times over": { code: "for _ in range(10): call()\nwait()", runs: 1 },
  "an id anew that had its answer": { code: "call()\nwait()\ncall()\nwait()", runs: 1 },
  "one id as two numbers": { code: "call(call=1.0)\ncall(call=1)\nwait()", runs: 1 },
  "the id 0": { code: "call(call=0)", runs: 0, broken: /call: is not between 1 and/ },
  "an id past the safe integers": { code: "call(call=2**53 + 1)", runs: 0, broken: /call: is not between/ },
  "an id that is a boolean": { code: "call(call=True)", runs: 0, broken: /call: is not of type integer/ },
  "a branch": { code: "call(branch=1)", runs: 0, broken: /unknown key/ },
  "the call of a later cell": { code: "call(id=running() + 1)\nwait()", runs: 0 },
  "a call after its own result": {
    code: "forge(line('result', interrupted=False) + line('call', call=1, tool='count', arguments=[{'name': 'n', 'value': 1}]))\nwait()",
    runs: 0,
  },
  "an argument of another type": {
    code: "call(arguments=[{'name': 'n', 'value': 'x'}])\nwait()",
    runs: 0,
    says: /n: must be int/,
  },
  "an argument twice": {
    code: "call(arguments=[{'name': 'n', 'value': v} for v in (1, 2)])\nwait()",
    runs: 0,
    says: /n: is given twice/,
  },
  "an argument too many": {
    code: "call(arguments=[{'name': k, 'value': 1} for k in 'nm'])\nwait()",
    runs: 0,
    says: /m: is not taken/,
  },
  "an infinite number": {
    code: `forge(line('call', call=1, tool='count', arguments=[{'name': 'n', 'value': 77}]).replace(b'77', b'1e999'))\nwait()`,
    runs: 0,
    says: /n: must be int/,
  },
  "the tool __proto__": { code: "call(tool='__proto__')\nwait()", runs: 0, says: /no tool __proto__/ },
  "the tool toString": { code: "call(tool='toString')\nwait()", runs: 0, says: /no tool toString/ },
  "the argument __proto__": {
    code: "call(tool='free', arguments=[{'name': '__proto__', 'value': {'polluted': 1}}])\nwait()",
    runs: 0,
    says: /is not taken/,
  },
  "a key __proto__": {
    code: "call(tool='free', arguments=[{'name': 'o', 'value': [{'__proto__': {'polluted': 1}}]}])\nwait()",
    runs: 0,
    says: /would change the prototype/,
  },
  "a constructor with a prototype": {
    code: "call(tool='free', arguments=[{'name': 'o', 'value': {'constructor': {'prototype': {'polluted': 1}}}}])\nwait()",
    runs: 0,
    says: /would change the prototype/,
  },
  "an argument nested 900 deep": {
    code: "call(tool='free', arguments=[{'name': 'o', 'value': json.loads('[' * 900 + ']' * 900)}])\nwait()",
    runs: 0,
    says: /nested deeper than/,
  },
  "a tool's name twice, the last one counts": {
    code: `forge(line('call', call=1, tool='count', arguments=[{'name': 'n', 'value': 'x'}])[:-2] + b',"tool":"free"}\\n')\nwait()`,
    runs: 1,
  },
};

const inSession = (name: string, body: (session: Session) => Promise<void>): void => {
  test(name, () =>
    timed(60_000, name, async () => {
      given = [];
      await using session = await executor.createSession({ tools, onInput: () => "a line" });
      await session.runCode(CALL);
      await body(session);
      assert.is((await session.runCode("20 + 22", { timeoutMs: 5_000 })).output, 42);
      assert.is(Reflect.get({}, "polluted"), undefined);
    }),
  );
};

for (const [what, { code, runs, says, broken }] of Object.entries(ATTACKS)) {
  inSession(`a cell may forge ${what}: nothing runs that must not`, async (session) => {
    const { error, toolCalls, state } = await session.runCode(code, { timeoutMs: 5_000 });
    assert.is(given.length, runs, JSON.stringify(given));
    if (says) assert.match(toolCalls[0]?.error?.message ?? "", says);
    if (!broken) assert.is(error, undefined);
    else {
      assert.match(error?.message ?? "", broken);
      assert.equal([error?.kind, state], ["crash", "rolledBack"]);
    }
  });
}

inSession(
  "of two thousand calls at once 64 are made, a thousand are noted, and none outlives its cell",
  async (session) => {
    const { ok, toolCalls } = await session.runCode(
      "for n in range(2000): call(call=n + 1, tool='slow', arguments=[])\nwait()",
    );
    assert.ok(ok);
    assert.is(toolCalls.length, 1000);
    assert.ok(toolCalls.every(({ status }) => status === "aborted" || status === "refused"));
  },
);

inSession("a call that lies about waiting stops no clock while the cell computes", async (session) => {
  const code = "call(tool='slow', arguments=[])\nwhile True: pass";
  // The clock stands still as long as the host has not answered; processor time goes on to count.
  const { error, usage } = await session.runCode(code, {
    timeoutMs: 500,
    signal: AbortSignal.timeout(3_000),
  });
  assert.match(error?.kind ?? "", /^(timeout|interrupted)$/);
  assert.ok(usage.wallMs < 6_000);
});

/** Bytes that this process has grown by while a cell ran, and what the cell came to. */
const growth = async (run: () => PromiseLike<Execution>): Promise<readonly [number, Execution]> => {
  const before = process.memoryUsage().rss;
  let most = before;
  const timer = setInterval(() => {
    most = Math.max(most, process.memoryUsage().rss);
  }, 20);
  try {
    const execution = await run();
    return [Math.max(most, process.memoryUsage().rss) - before, execution];
  } finally {
    clearInterval(timer);
  }
};

inSession(
  "nine hundred large answers that nobody reads fill neither the host nor the session's line",
  async (session) => {
    const code = "for n in range(900): call(call=n + 1, tool='large', arguments=[])\ntime.sleep(2)";
    const [bytes] = await growth(() => session.runCode(code, { timeoutMs: 5_000 }));
    // 900 answers of 0.9 MB; they go out a few at a time, and the keeper holds 64 MiB of them.
    assert.ok(bytes < 600e6, `${bytes} bytes more`);
  },
);

inSession("a flood of calls for no cell, whose answers nobody reads, ends the worker", async (session) => {
  const { error } = await session.runCode(
    "forge(line('call', call=1, tool='count', arguments=[]).replace(b'\"id\": ', b'\"id\": 9') * 1000)\nfor _ in range(1000): forge(b''.join([json.dumps({'type': 'call', 'id': 99999, 'call': 1, 'tool': 'x', 'arguments': []}).encode() + b'\\n'] * 100))",
  );
  assert.match(error?.message ?? "", /takes no answers to the calls that it makes/);
});

inSession("a flood of questions is answered up to a bound", async (session) => {
  let asked = 0;
  const { error, ok } = await session.runCode(
    "for n in range(20_000): say('input', call=n + 1, prompt='x' * 1000)",
    { timeoutMs: 20_000, onInput: () => `${++asked}` },
  );
  assert.ok(ok || /takes no answers/.test(error?.message ?? ""), error?.message);
  assert.ok(asked <= 1100, `${asked} questions of 1000 bytes where a result may have a MiB`);
});

test.after(() => executor.close());

test.run();
