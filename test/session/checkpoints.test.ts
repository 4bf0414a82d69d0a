import { test } from "uvu";
import * as assert from "uvu/assert";

import { type Session, UsageError } from "../../src/index.ts";
import { gone, type Process, runtimeProcesses } from "../support/processes.ts";
import { rejects } from "../support/rejects.ts";
import { answers, ok, outputOf, withSessions } from "./fixture.ts";
import { KNOWN, killWorker, workerOf } from "./workers.ts";

/* States that are kept by name: what they hold, how long, and what is said when there is none. */

const { inSession } = withSessions({
  policy: "open",
  overlay: { limits: { wallMs: 10_000, graceMs: 300, memoryBytes: "512MiB" } },
});

const die = async (session: Session): Promise<void> => {
  assert.is((await session.runCode("import os\nos._exit(1)")).state, "rolledBack");
};

inSession("a state is restored a hundred times, and is the same each time", async (session) => {
  await ok(session, "x = {'a': [1]}\ndef f(): return x['a']\nalias = x['a']");
  await session.checkpoint("start");
  for (let round = 0; round < 100; round++) {
    await ok(session, `alias.append(${round})\nx['b'] = ${round}\ndel f`);
    await session.restore("start");
  }
  await answers(session, "x, f() is alias", [{ a: [1] }, true]);
});

inSession("restoring leaves no process behind", async (session) => {
  await ok(session, "x = 1");
  await session.checkpoint("one");
  const states = async (): Promise<Process[]> => {
    await session.getVariable("x");
    return runtimeProcesses();
  };
  const before = await states();
  const seen = new Map<string, Process>();
  for (let round = 0; round < 20; round++) {
    await session.restore("one");
    await ok(session, "x += 1");
    for (const found of await states()) seen.set(found.identity, found);
  }
  await session.restore("one");
  const after = new Set((await states()).map(({ identity }) => identity));
  await gone([...seen.values()].filter(({ identity }) => !after.has(identity)));
  // The state that has the name is the present one too.
  assert.ok(runtimeProcesses().length <= before.length, `${runtimeProcesses().length} processes`);
});

inSession("several names for states do not stand in one another's way", async (session) => {
  const names = [
    "a",
    "ä",
    "__proto__",
    "constructor",
    "with space\nand line",
    "😀",
    "x".repeat(200),
    "\ud800",
  ];
  for (const [index, name] of names.entries()) {
    await ok(session, `x = ${index}`);
    await session.checkpoint(name);
  }
  for (const [index, name] of [...names.entries()].reverse()) {
    await session.restore(name);
    await answers(session, "x", index);
  }
});

inSession("two names for one state are two, and one can be forgotten", async (session) => {
  await ok(session, "x = 1");
  await session.checkpoint("a");
  await session.checkpoint("b");
  await session.forget("a");
  await ok(session, "x = 2");
  await rejects(session.restore("a"), UsageError, 'restore: there is no checkpoint "a"; there are: b');
  await session.restore("b");
  await answers(session, "x", 1);
});

inSession("what there is not is said with what there is", async (session) => {
  await rejects(session.restore("a"), UsageError, 'restore: there is no checkpoint "a"; there are: none');
  await session.checkpoint("b");
  await session.checkpoint("c");
  await rejects(session.restore("a"), UsageError, 'restore: there is no checkpoint "a"; there are: b, c');
  await rejects(session.forget("a"), UsageError, 'forget: there is no checkpoint "a"');
  await session.forget("b");
  await rejects(session.forget("b"), UsageError, 'forget: there is no checkpoint "b"');
});

inSession("a checkpoint of the very first state is the empty namespace", async (session) => {
  await session.checkpoint("empty");
  await ok(session, "x = 1");
  await session.restore("empty");
  await answers(session, "'x' in globals()", false);
  await die(session);
  await answers(session);
});

inSession("a restored state is protected: a kill goes back to it", async (session) => {
  await ok(session, "x = [1]");
  await session.checkpoint("one");
  await ok(session, "x.append(2)");
  await session.restore("one");
  await die(session);
  await answers(session, "x", [1]);
  await session.forget("one");
  await die(session);
  await answers(session, "x", [1]);
});

inSession("a checkpoint outlives kills and resets", async (session) => {
  await ok(session, "x = [1]");
  await session.checkpoint("one");
  for (const spoil of ["x.append(2)", "del x", "x = None"]) {
    await ok(session, spoil);
    await die(session);
    await session.reset();
    await session.restore("one");
    await answers(session, "x", [1]);
  }
});

inSession(
  "with checkpoint: never, a state is kept by name all the same, and a kill loses what came after",
  async (session) => {
    await ok(session, "import os\nx = 1");
    await session.checkpoint("one");
    await ok(session, "y = 2");
    const { state, lost } = await session.runCode("os._exit(1)");
    assert.equal([state, [...(lost ?? [])].sort()], ["lost", ["os", "x", "y"]]);
    await session.restore("one");
    await answers(session, "x, 'y' in globals()", [1, false]);
  },
  { checkpoint: "never" },
);

inSession("a state with threads can be kept by name, and comes back without them", async (session) => {
  await ok(
    session,
    "import threading\nstop = threading.Event()\nt = threading.Thread(target=stop.wait)\nt.start()\nx = 1",
  );
  await session.checkpoint("threads");
  await ok(session, "stop.set()\nt.join()\nx = 2");
  await session.restore("threads");
  await answers(session, "x, stop.is_set(), threading.active_count()", [1, false, 1]);
});

inSession(
  "what a restored session prints, raises, imports and awaits is as in any other",
  async (session) => {
    await ok(session, "import asyncio, sys\nx = 1\nasync def f():\n  await asyncio.sleep(0)\n  return x");
    assert.is(await outputOf(session, "await f()"), 1);
    await session.checkpoint("one");
    await session.restore("one");
    const { logs, output } = await ok(
      session,
      "print('out')\nprint('err', file=sys.stderr)\nimport json\nawait f()",
    );
    assert.equal([logs.stdout, logs.stderr, output], ["out\n", "err\n", 1]);
    const { error } = await session.runCode("def g():\n  1 / 0\n\ng()");
    assert.match(error?.traceback ?? "", /line 4[\s\S]+line 2, in g[\s\S]+ZeroDivisionError/);
    assert.is((await session.runCode("while True: pass", { timeoutMs: 200 })).state, "kept");
  },
);

inSession("a restored state has an event loop of its own", async (session) => {
  await ok(
    session,
    "import asyncio\nloop = asyncio.get_running_loop if False else None\nawait asyncio.sleep(0)\nx = 1",
  );
  await session.checkpoint("one");
  await session.restore("one");
  await answers(session, "await asyncio.wait_for(asyncio.sleep(0.001, 'slept'), 5)", "slept");
});

inSession("only so many states have names", async (session) => {
  for (let index = 0; index < 32; index++) await session.checkpoint(`s${index}`);
  await rejects(
    session.checkpoint("one more"),
    UsageError,
    "checkpoint: no room for one more checkpoint; forget one first (s0, s1, s2, s3, s4), or give history more bytes",
  );
  await session.forget("s7");
  await session.checkpoint("one more");
});

inSession("a name that is given anew needs no room besides", async (session) => {
  for (let index = 0; index < 32; index++) await session.checkpoint(`s${index}`);
  await ok(session, "x = 5");
  await session.checkpoint("s3");
  await session.restore("s3");
  await answers(session, "x", 5);
});

const FILL = "held = bytearray(60 << 20)\nfor at in range(0, len(held), 4096): held[at] = 1\nlen(held)";

inSession(
  "states with names take no more memory than they may",
  async (session) => {
    await ok(session, FILL);
    await session.checkpoint("a");
    await ok(session, "x = 1");
    await rejects(
      session.checkpoint("b"),
      UsageError,
      /^checkpoint: no room for one more checkpoint; forget one first \(a\)/,
    );
    await session.checkpoint("a");
    await ok(session, "x = 2");
    await session.restore("a");
    await answers(session, "x, len(held)", [1, 60 << 20]);
  },
  { history: { bytes: 100 << 20 } },
);

inSession("a checkpoint whose process was killed from outside is gone, and says so", async (session) => {
  await ok(session, KNOWN);
  const before = new Set(runtimeProcesses().map(({ identity }) => identity));
  await ok(session, `x = 1\n${KNOWN}`);
  const worker = await workerOf(session);
  await session.checkpoint("one");
  const [copy, ...others] = runtimeProcesses().filter(
    ({ identity }) => !before.has(identity) && identity !== worker.identity,
  );
  assert.ok(copy && others.length === 0, "one copy was made");
  await ok(session, "x = 2");
  process.kill(copy.pid, "SIGKILL");
  await gone([copy]);
  await rejects(
    session.restore("one"),
    UsageError,
    'restore: the checkpoint "one" is gone: its process has died',
  );
  await answers(session, "x", 2);
  await session.checkpoint("one");
  await session.restore("one");
  await answers(session, "x", 2);
});

inSession(
  "a worker that is killed while it is idle, and restored, is no news to anybody",
  async (session) => {
    await ok(session, `x = 1\n${KNOWN}`);
    await session.checkpoint("one");
    await killWorker(session);
    await session.restore("one");
    const { state, output } = await ok(session, "x");
    assert.equal([state, output], ["kept", 1]);
  },
);

inSession("orders that are aborted under way leave a session that works", async (session) => {
  await ok(session, "x = 1");
  await session.checkpoint("one");
  for (let round = 0; round < 30; round++) {
    const aborts = new AbortController();
    const options = { signal: aborts.signal };
    const orders = [
      session.checkpoint("two", options),
      session.restore("one", options),
      session.undo(1, options),
      session.reset(options),
    ];
    if (round % 2) await new Promise(setImmediate);
    aborts.abort(new RangeError("no more"));
    for (const { status, reason } of (await Promise.allSettled(orders)) as PromiseRejectedResult[]) {
      if (status === "rejected")
        assert.ok(reason instanceof RangeError || reason instanceof UsageError, reason);
    }
    await session.restore("one");
    await answers(session, "x", 1);
  }
});

test.run();
