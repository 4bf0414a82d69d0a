import { test } from "uvu";
import * as assert from "uvu/assert";

import { GuestError, type RunOptions, UsageError } from "../../src/index.ts";
import { rejects } from "../support/rejects.ts";
import { timed } from "../support/timed.ts";
import { answers, failure, ok, outputOf, withSessions } from "./fixture.ts";

const { executor, inSession } = withSessions({ policy: "data", overlay: { limits: { graceMs: 400 } } });

inSession("a session remembers names, imports, functions and classes", async (session) => {
  await ok(session, "import math\nx = [1]\ndef f(): return x\nclass A:\n  count = 0");
  await ok(session, "x.append(math.floor(2.5))\nA.count += 1");
  assert.equal(await outputOf(session, "f(), A.count"), [[1, 2], 1]);
});

inSession("what ran before an error stays", async (session) => {
  await failure(session, "a = 1\nraise ValueError\na = 2");
  await answers(session, "a", 1);
});

inSession("files in the workspace and in /tmp stay for the session", async (session) => {
  await ok(session, "open('/workspace/a', 'w').write('x'); open('/tmp/b', 'w').write('y')");
  await answers(session, "open('/workspace/a').read() + open('/tmp/b').read()", "xy");
});

inSession("cells that are sent at once run in the order in which they were sent", async (session) => {
  await ok(session, "seen = []");
  const runs = Array.from({ length: 50 }, (_, index) => session.runCode(`seen.append(${index}); ${index}`));
  const executions = await Promise.all(runs);
  assert.equal(
    executions.map(({ output }) => output),
    Array.from({ length: 50 }, (_, index) => index),
  );
  assert.equal(
    executions.map(({ executionCount }) => executionCount),
    Array.from({ length: 50 }, (_, index) => index + 2),
  );
  assert.equal(await outputOf(session, "len(seen)"), 50);
});

inSession("a cell that fails does not stop those behind it", async (session) => {
  const [first, second, third] = await Promise.all([
    session.runCode("1/0"),
    session.runCode("import os._"),
    session.runCode("3"),
  ]);
  assert.equal([first?.ok, second?.ok, third?.output], [false, false, 3]);
});

inSession("every execution has all of its fields", async (session) => {
  const execution = await session.runCode("print('a'); 5");
  const { usage, ...rest } = execution;
  assert.equal(rest, {
    ok: true,
    output: 5,
    text: "5",
    isFinalAnswer: false,
    logs: { stdout: "a\n", stderr: "" },
    results: [],
    toolCalls: [],
    state: "kept",
    denials: [],
    truncated: { stdout: 0, stderr: 0, output: false, displays: 0, toolCalls: 0 },
    executionCount: 1,
  });
  assert.ok(usage.wallMs > 0 && usage.cpuMs > 0 && usage.peakMemoryBytes > 1 << 20);
});

inSession("a signal that is aborted already keeps the cell from running", async (session) => {
  const { error, state, executionCount } = await session.runCode("ran = 1", { signal: AbortSignal.abort() });
  assert.equal([error?.kind, state, executionCount], ["interrupted", "kept", 1]);
  await answers(session, "'ran' in globals()", false);
});

inSession("a signal that is aborted while the cell waits keeps it from running", async (session) => {
  const controller = new AbortController();
  const blocking = session.runCode("import time\ntime.sleep(0.2)");
  const waiting = session.runCode("ran = 1", { signal: controller.signal });
  controller.abort();
  assert.ok((await blocking).ok);
  assert.is((await waiting).error?.kind, "interrupted");
  await answers(session, "'ran' in globals()", false);
});

inSession("a signal that is aborted after the cell does nothing", async (session) => {
  const controller = new AbortController();
  assert.ok((await session.runCode("1", { signal: controller.signal })).ok);
  controller.abort();
  await answers(session);
});

inSession("AbortSignal.timeout interrupts the Python", async (session) => {
  const { error, state } = await session.runCode("while True: pass", { signal: AbortSignal.timeout(100) });
  assert.equal([error?.kind, state], ["interrupted", "kept"]);
});

inSession("the time a cell waits for its turn is not its own", async (session) => {
  const first = session.runCode("import time\ntime.sleep(0.5)");
  const second = await session.runCode("5", { timeoutMs: 300 });
  assert.ok((await first).ok);
  assert.is(second.output, 5);
});

inSession("a timeout above the policy's is the policy's", async (session) => {
  assert.ok((await session.runCode("1", { timeoutMs: 1e12 })).ok);
  assert.ok((await session.runCode("1", { timeoutMs: 1e300 })).ok);
});

const BAD: readonly (readonly [what: string, code: unknown, options: unknown])[] = [
  ["code that is undefined", undefined, {}],
  ["code that is a number", 5, {}],
  ["code that is a Buffer", Buffer.from("1"), {}],
  ["a timeout of zero", "1", { timeoutMs: 0 }],
  ["a negative timeout", "1", { timeoutMs: -5 }],
  ["a timeout that is NaN", "1", { timeoutMs: Number.NaN }],
  ["a timeout that is infinite", "1", { timeoutMs: Infinity }],
  ["a timeout that is a string", "1", { timeoutMs: "5" }],
  ["a filename with a line break", "1", { filename: "a\nb" }],
  ["a filename that is empty", "1", { filename: "" }],
  ["a filename that is a number", "1", { filename: 5 }],
  ["options that are null", "1", null],
  ["a signal that is none", "1", { signal: {} }],
  ["a callback that is none", "print(1)", { onStdout: "console.log" }],
];

for (const [what, code, options] of BAD) {
  inSession(`${what} is the caller's error and costs nothing`, async (session) => {
    await ok(session, "kept = 1");
    await rejects(
      async () => session.runCode(code as string, options as RunOptions),
      UsageError,
      /^runCode: /,
    );
    await answers(session, "kept", 1);
  });
}

for (const name of ["onStdout", "onStderr"] as const) {
  inSession(`an ${name} that throws fails its own cell, not the session`, async (session) => {
    await ok(session, "kept = 1");
    const run = session.runCode("import sys\nprint('a')\nprint('b', file=sys.stderr)\n5", {
      [name]: () => {
        throw new RangeError("in the callback");
      },
    });
    await rejects(run, RangeError, "in the callback");
    await answers(session, "kept", 1);
  });
}

test("a session closed while a cell runs rejects the cell and those behind it", () =>
  timed(20_000, "close", async () => {
    const session = await (await executor()).createSession();
    let closing: Promise<void> | undefined;
    const running = session.runCode("print('go', flush=True)\nwhile True: pass", {
      onStdout: () => {
        closing = session.close();
      },
    });
    const waiting = session.runCode("1");
    await rejects(running, UsageError, /clos/);
    await rejects(waiting, UsageError, /clos/);
    await closing;
    await rejects(session.runCode("1"), UsageError, "session used after close");
    await session.close();
    session.interrupt();
  }));

test("closing twice at once is closing once", async () => {
  const session = await (await executor()).createSession();
  await Promise.all([session.close(), session.close()]);
});

test("a session that is not started because its signal is aborted rejects with the reason", async () => {
  const started = await executor();
  await rejects(
    started.createSession({ signal: AbortSignal.abort(new RangeError("no need")) }),
    RangeError,
    "no need",
  );
  const controller = new AbortController();
  const starting = started.createSession({ signal: controller.signal });
  controller.abort(new RangeError("changed my mind"));
  await rejects(starting, RangeError, "changed my mind");
  await using session = await started.createSession();
  await answers(session);
});

test("a session whose zygote is killed says so and the executor starts another", () =>
  timed(30_000, "zygote", async () => {
    const started = await executor();
    const session = await started.createSession();
    const pid = Number(await childOfThisProcess());
    const run = session.runCode("while True: pass");
    process.kill(pid, "SIGKILL");
    await rejects(run, GuestError, /^session ended: the zygote ended \(SIGKILL\)/);
    await rejects(session.runCode("1"), GuestError, /^session ended: /);
    await session.close();
    await using next = await started.createSession();
    await answers(next);
  }));

/** The zygote: the one Python that this process has started. */
const childOfThisProcess = async (): Promise<number | undefined> => {
  const { processes } = await import("../support/processes.ts");
  return processes().find(({ parent, command }) => parent === process.pid && command.includes("zygote.py"))
    ?.pid;
};

test("thirty sessions of one executor do not see one another", () =>
  timed(60_000, "thirty", async () => {
    const started = await executor();
    const sessions = await Promise.all(Array.from({ length: 30 }, () => started.createSession()));
    try {
      await Promise.all(
        sessions.map((session, index) => ok(session, `x = ${index}\nopen('/tmp/x', 'w').write(str(x))`)),
      );
      const values = await Promise.all(
        sessions.map((session) => outputOf(session, "x, open('/tmp/x').read()")),
      );
      assert.equal(
        values,
        Array.from({ length: 30 }, (_, index) => [index, String(index)]),
      );
    } finally {
      await Promise.all(sessions.map((session) => session.close()));
    }
  }));

test("sessions have random numbers of their own", async () => {
  const started = await executor();
  const drawn = new Set<unknown>();
  for (let round = 0; round < 5; round++) {
    await using session = await started.createSession();
    drawn.add(await outputOf(session, "import random\nrandom.random()"));
  }
  assert.is(drawn.size, 5);
});

test.run();
