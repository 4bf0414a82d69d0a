import { test } from "uvu";
import * as assert from "uvu/assert";

import { type Execution, PythonExecutor } from "../../src/index.ts";
import { timed } from "../support/timed.ts";
import { FORGE } from "./forge.ts";

/**
 * Answers, rich results and results that a cell writes to the channel itself: the keeper checks and bounds them, the
 * supervisor decodes them as data. The ones that are lies about the cell itself are the cell's own business.
 */
const executor = await PythonExecutor.create({
  policy: "strict",
  overlay: { import: true, limits: { graceMs: 300, resultBytes: "1MiB" } },
});

type Attack = {
  readonly code: string;
  /** What the keeper says of it. */
  readonly broken?: RegExp;
  /** What the execution must be otherwise. */
  readonly look?: (execution: Execution) => void;
};

const final = (output: string, more = ""): string =>
  `forge(b'{"type":"final","id":%d,"text":"t","aside":false${more},"output":%s}\\n' % (running(), ${output}))`;
const show = (bundle: string): string => `say("display", bundle=${bundle})`;
const long = (json: string): string =>
  `forge(b'{"type":"result","id":%d,"interrupted":false%s}\\n' % (running(), ${json}))`;

const ATTACKS: Readonly<Record<string, Attack>> = {
  "three final answers": {
    code: 'for n in range(3): say("final", output=n, text=str(n), aside=False)',
    look: ({ output, isFinalAnswer }) => assert.equal([output, isFinalAnswer], [0, true]),
  },
  "the final answer of a later cell": {
    code: 'say("final", id=running() + 1, output=9, text="9", aside=False)\ntime.sleep(1)',
    broken: /a final for no running cell/,
  },
  "the final answer of an earlier cell": {
    code: 'say("final", id=running() - 1, output=9, text="9", aside=False)',
    look: ({ isFinalAnswer, ok }) => assert.equal([isFinalAnswer, ok], [false, true]),
  },
  "an answer of no kind": {
    code: final(`b'{"$":"nothing"}'`),
    look: ({ output, text, isFinalAnswer }) =>
      assert.equal([output, text, isFinalAnswer], [undefined, "t", true]),
  },
  "an answer nested 950 deep": {
    code: final('b"[" * 950 + b"]" * 950'),
    look: ({ output, text, isFinalAnswer }) =>
      assert.equal([output, text, isFinalAnswer], [undefined, "t", true]),
  },
  "an answer with a key __proto__": {
    code: final(`b'{"__proto__":{"polluted":true}}'`),
    look: ({ isFinalAnswer }) => assert.ok(isFinalAnswer),
  },
  "a long output inside an error": {
    code: long(
      `b',"error":{"kind":"exit","name":"x","message":"","traceback":"","line":null,"output":"' + b"x" * 99999 + b'"}'`,
    ),
    broken: /not a JSON line/,
  },
  "a key behind a long output": {
    code: long(`b',"output":"' + b"x" * 99999 + b'","state":"kept"'`),
    broken: /something follows/,
  },
  "two long outputs": {
    code: long(`b',"output":"' + b"x" * 99999 + b'","output":2'`),
    broken: /something follows/,
  },
  "half a long output": { code: long(`b',"output":["' + b"x" * 99999 + b'"'`), broken: /not a JSON line/ },
  "a control character in a long output": {
    code: long(`b',"output":"\\0' + b"x" * 99999 + b'"'`),
    broken: /control character/,
  },
  "an unknown key before a long output": {
    code: long(`b',"state":"kept","output":"' + b"x" * 99999 + b'"'`),
    broken: /unknown key/,
  },
  "a mark such as the keeper's own for what is long": {
    code: `marks = ["<%d>" % n for n in range(id(result) - 1000, id(result) + 1000)]\n${long(`b',"text":%s,"output":"' % json.dumps(str(marks)).encode() + b"x" * 99999 + b'"'`)}`,
    look: ({ output }) => assert.is(output, "x".repeat(99_999)),
  },
  "forms of no kind": {
    code: show(
      `[{"mime": "__proto__", "data": {"polluted": True}}, {"mime": "text/html", "data": 5}, {"mime": "text/plain", "data": "fine"}]`,
    ),
    look: ({ results }) => assert.equal(results, [{ "text/plain": "fine" }]),
  },
  "JSON that would pollute": {
    code: show(`[{"mime": "application/json", "data": {"__proto__": {"polluted": True}}}]`),
    look: ({ results }) => assert.is(results.length, 1),
  },
  "JSON nested 900 deep": {
    code: show(`[{"mime": "application/json", "data": json.loads("[" * 900 + "]" * 900)}]`),
    look: ({ results }) => assert.equal(results, [{}]),
  },
  "21 forms": {
    code: show(`[{"mime": "text/plain", "data": ""}] * 21`),
    broken: /bundle: is longer than 20/,
  },
  "twenty megabytes of rich results": {
    code: `sent = line("display", bundle=[{"mime": "text/plain", "data": "x" * 1000}])\nfor _ in range(20000): forge(sent)`,
    look: ({ results, truncated }) => {
      assert.ok(results.length < 1100, `${results.length} where a MiB goes through`);
      assert.is(results.length + truncated.displays, 20_000);
    },
  },
  "rich results without end and without a form": {
    code: `sent = line("display", bundle=[])\nfor _ in range(50000): forge(sent)`,
    look: ({ results, truncated }) => assert.is(results.length + truncated.displays, 50_000),
  },
  "a million lines that are no messages": {
    code: 'forge(b"{}\\n" * 1000000)',
    broken: /an object with a type/,
  },
  "three hundred thousand messages of no cell": {
    code: `for _ in range(300): forge(b'{"type":"display","id":0,"bundle":[]}\\n' * 1000)`,
    look: ({ ok, results }) => assert.equal([ok, results.length], [true, 0]),
  },
  "a line in pieces of two bytes": {
    code: 'for _ in range(20000): os.write(CHANNEL, b"xx")',
    broken: /not a JSON line/,
  },
  "a thousand names that are long": {
    code: `names = [chr(0x1F600) * 290 + str(n) for n in range(1000)]\nforge(json.dumps({"type": "result", "id": running(), "interrupted": False, "added": names}, ensure_ascii=False).encode() + b"\\n")\ntime.sleep(0.1)\nos._exit(3)`,
    look: ({ ok, state }) => assert.equal([ok, state], [true, "kept"]),
  },
};

for (const [what, { code, broken, look }] of Object.entries(ATTACKS)) {
  test(`a cell may forge ${what}: it costs that cell at most`, () =>
    timed(60_000, what, async () => {
      await using session = await executor.createSession();
      await session.runCode(FORGE);
      const execution = await session.runCode(code, { timeoutMs: 10_000 });
      if (broken) {
        assert.match(execution.error?.message ?? "no error", broken);
        assert.equal([execution.error?.name, execution.state], ["ProtocolError", "rolledBack"]);
      }
      look?.(execution);
      await session.runCode("1", { timeoutMs: 2_000 });
      assert.is((await session.runCode("20 + 22", { timeoutMs: 5_000 })).output, 42);
      assert.is(Reflect.get({}, "polluted"), undefined);
    }));
}

/** A worker that is asked for something, and says more than its answer: the lines of a dead one count for nothing. */
const TALKATIVE = `
runner = find("Runner")
real = type(runner).execute
def execute(self, identity, *arguments, **named):
    if identity: return real(self, identity, *arguments, **named)
    time.sleep(0.3)
    forge(b'{"type":"result","id":0,"interrupted":false}\\n'
        + b'{"type":"call","id":99,"call":7,"tool":"x","arguments":[]}\\n'
        + b''.join(b'{"type":"result","id":%d,"interrupted":false,"output":"forged"}\\n' % n for n in range(20)))
    while True: time.sleep(1)
type(runner).execute = execute`;

for (const order of ["reset", "undo"] as const) {
  test(`what a worker says behind the word that let a ${order} begin is not heard`, () =>
    timed(60_000, order, async () => {
      await using session = await executor.createSession({ history: { count: 5 } });
      await session.runCode(`${FORGE}\nkept = 1`);
      await session.runCode(TALKATIVE);
      // The worker has this time to be asked for its copy and to be warmed up: then the order has to wait for it.
      await new Promise((resolve) => setTimeout(resolve, 100));
      await session[order]();
      const { output } = await session.runCode("globals().get('kept')");
      assert.is(output, order === "undo" ? 1 : null);
    }));
}

test("a worker that never comes back from a cell whose result it forged keeps the next one waiting for its own time", () =>
  timed(60_000, "the next cell", async () => {
    await using session = await executor.createSession();
    await session.runCode(FORGE);
    assert.is((await session.runCode("result(5)\nwhile True: pass")).output, 5);
    // Longer than the keeper waits for the copy that this worker never makes.
    await new Promise((resolve) => setTimeout(resolve, 5_500));
    const next = await session.runCode("1", { timeoutMs: 500 });
    assert.equal([next.error?.kind, next.state], ["timeout", "lost"]);
    assert.is((await session.runCode("20 + 22")).output, 42);
  }));

test.after(() => executor.close());

test.run();
