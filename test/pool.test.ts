import { getEventListeners } from "node:events";
import { test } from "uvu";
import * as assert from "uvu/assert";

import { GuestError, UnavailableError, UsageError } from "../src/errors.ts";
import { PythonExecutor } from "../src/executor.ts";
import { SessionPool } from "../src/pool.ts";
import { outputOf } from "./session/fixture.ts";
import { runtimeProcesses } from "./support/processes.ts";
import { rejects } from "./support/rejects.ts";
import { timed } from "./support/timed.ts";

/* With real sessions; how the pool decides is in pool-rules.test.ts. */

let starting: Promise<PythonExecutor> | undefined;
const executor = (): Promise<PythonExecutor> => {
  starting ??= PythonExecutor.create();
  return starting;
};
test.after(async () => {
  await (await starting)?.close();
});

const within = (name: string, body: () => Promise<void>): void => {
  test(name, () => timed(60_000, name, body));
};

/** Waits until the pool is as it should be; the test's deadline bounds it. */
const until = async (holds: () => boolean): Promise<void> => {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
};

within("sessions are handed out once, ready, and each has its own namespace", async () => {
  await using pool = await SessionPool.create(await executor(), { size: 2 });
  assert.equal(pool.stats(), { warm: 2, inUse: 0, starting: 0, waiting: 0, failures: 0 });
  const seen = new Set();
  for (let turn = 0; turn < 6; turn++) {
    await using session = await pool.acquire();
    assert.not(seen.has(session));
    seen.add(session);
    assert.equal(await outputOf(session, "fresh = 'x' not in globals()\nx = 1\nfresh"), true);
  }
  await until(() => pool.stats().warm === 2);
  assert.equal(pool.stats(), { warm: 2, inUse: 0, starting: 0, waiting: 0, failures: 0 });
});

within("run takes a session for one cell, and closes it", async () => {
  await using pool = await SessionPool.create(await executor(), { size: 1, max: 2 });
  const executions = await Promise.all(Array.from({ length: 8 }, (_, n) => pool.run(`${n} * 2`)));
  assert.equal(
    executions.map(({ output, executionCount }) => [output, executionCount]),
    executions.map((_, n) => [n * 2, 1]),
  );
  const failed = await pool.run("1 / 0", { timeoutMs: 5000 });
  assert.is(failed.error?.name, "ZeroDivisionError");
  await rejects(() => pool.run(7 as never), UsageError, "runCode: code is number, not a string");
  await until(() => pool.stats().inUse === 0);
});

within("at most max sessions live; who waits is served in order, and can leave", async () => {
  await using pool = await SessionPool.create(await executor(), { size: 0, max: 1, maxWaiting: 2 });
  const first = await pool.acquire();
  const abort = new AbortController();
  const order: string[] = [];
  const leaves = pool.acquire({ signal: abort.signal });
  const waits = pool.acquire().then((session) => {
    order.push("second");
    return session;
  });
  await rejects(
    pool.acquire(),
    UsageError,
    "pool is full: 1 of 1 sessions live and 2 callers wait\nhint: close sessions that are done, or raise max or maxWaiting",
  );
  abort.abort(new Error("no longer"));
  await rejects(leaves, Error, "no longer");
  assert.equal(getEventListeners(abort.signal, "abort"), []);
  const last = pool.acquire().then((session) => {
    order.push("last");
    return session;
  });
  assert.equal(pool.stats(), { warm: 0, inUse: 1, starting: 0, waiting: 2, failures: 0 });
  await first.close();
  await (await waits).close();
  await (await last).close();
  assert.equal(order, ["second", "last"]);
});

within("a warm session that is killed is replaced, and never handed out", async () => {
  const own = await executor();
  await using pool = await SessionPool.create(own, { size: 1 });
  const zygote = runtimeProcesses().find(({ parent }) => parent === process.pid);
  // The keeper: whatever hangs below the zygote's own PID 1.
  const all = runtimeProcesses();
  const inner = all.find(({ parent }) => parent === zygote?.pid);
  const keepers = all.filter(({ parent }) => parent === inner?.pid);
  assert.ok(keepers.length > 0, "a keeper is there to be killed");
  for (const { pid } of keepers) process.kill(pid, "SIGKILL");
  await until(() => pool.stats().failures === 1 && pool.stats().warm === 1);
  await using session = await pool.acquire();
  assert.is(await outputOf(session, "6 * 7"), 42);
});

within("a pool of its own executor takes it along", async () => {
  const before = runtimeProcesses().length;
  const pool = await SessionPool.create(
    { policy: "strict", preload: ["json"] },
    { size: 1, sessionOptions: { argv: ["x"] } },
  );
  const session = await pool.acquire();
  assert.equal(await outputOf(session, "import json\n1"), 1);
  await pool.close();
  await rejects(session.runCode("1"), GuestError, /^session ended/);
  await pool.close();
  await until(() => runtimeProcesses().length <= before);
});

within("close refuses who waits, and leaves alone what was handed out", async () => {
  const pool = await SessionPool.create(await executor(), { size: 1, max: 1 });
  const session = await pool.acquire();
  const waiting = pool.acquire();
  await Promise.all([rejects(waiting, UsageError, "pool used after close"), pool.close()]);
  await rejects(pool.acquire(), UsageError, "pool used after close");
  assert.is(await outputOf(session, "1 + 1"), 2);
  await session.close();
});

within("what cannot start is said by create, with nothing left behind", async () => {
  const before = runtimeProcesses().length;
  await rejects(SessionPool.create({ python: "/no/such/python" }), UnavailableError, /\/no\/such\/python/);
  await rejects(
    SessionPool.create(await executor(), { sessionOptions: { argv: [7] as never } }),
    UsageError,
    "createSession: argv is not a list of at most 10000 strings without NUL",
  );
  await rejects(
    SessionPool.create(await executor(), { signal: AbortSignal.abort(new Error("not now")) }),
    Error,
    "not now",
  );
  await until(() => runtimeProcesses().length <= before);
});

test.run();
