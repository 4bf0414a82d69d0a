import { test } from "uvu";
import * as assert from "uvu/assert";

import { GuestError, UnavailableError, UsageError } from "../src/errors.ts";
import { type PoolOptions, SessionPool } from "../src/pool.ts";
import { FakeClock, FakeSource, inPool, reactions } from "./pool-world.ts";
import { repo } from "./support/imports.ts";
import { runProgram } from "./support/program.ts";
import { rejects } from "./support/rejects.ts";

/* How a pool decides, with fake sessions and a clock that stands still. */

const broken = new UnavailableError("session did not start: no memory");

const refused = (work: Promise<unknown>): Promise<Error> =>
  rejects(work, UnavailableError, "pool has no session: session did not start: no memory");

const stats = (pool: SessionPool): string => {
  const { warm, inUse, starting, waiting, failures } = pool.stats();
  return `${warm} warm, ${inUse} in use, ${starting} starting, ${waiting} waiting, ${failures} failed`;
};

inPool("what is handed out is replaced, within max", { size: 2, max: 3 }, async ({ pool, source }) => {
  const [one] = [await pool.acquire(), await pool.acquire()];
  await reactions();
  assert.equal([stats(pool), source.starts], ["1 warm, 2 in use, 0 starting, 0 waiting, 0 failed", 3]);
  await one?.close();
  await reactions();
  assert.equal([stats(pool), source.starts], ["2 warm, 1 in use, 0 starting, 0 waiting, 0 failed", 4]);
});

inPool("a storm of failing starts backs off, and callers hear why at once", { size: 2 }, async (world) => {
  const { pool, source, clock } = world;
  source.outcome = broken;
  await pool.acquire();
  await pool.acquire();
  await reactions();
  const error = await refused(pool.acquire());
  assert.is(error.cause, broken);
  assert.equal([source.starts, clock.timers], [4, 2]);
  const attempts: number[] = [];
  for (let at = 0; at < 90_000; at += 100) {
    const before = source.starts;
    await clock.pass(100);
    await refused(pool.acquire());
    if (source.starts > before) attempts.push(clock.now());
  }
  // Each one start alone, and ever later; callers start none in between.
  assert.equal(attempts, [100, 300, 700, 1500, 3100, 6300, 12_700, 25_500, 51_100, 81_100]);
  assert.is(source.starts, 4 + attempts.length);
});

inPool(
  "sessions that start again are handed out, and the next failure is the first",
  { size: 2 },
  async (world) => {
    const { pool, source, clock } = world;
    source.outcome = broken;
    await pool.acquire();
    await reactions();
    await clock.pass(800);
    source.outcome = "success";
    await clock.pass(800);
    assert.is(stats(pool), "2 warm, 1 in use, 0 starting, 0 waiting, 4 failed");
    source.outcome = broken;
    await pool.acquire();
    await reactions();
    source.outcome = "success";
    await clock.pass(99);
    assert.is(pool.stats().warm, 1);
    await clock.pass(1);
    assert.is(pool.stats().warm, 2);
  },
);

inPool(
  "a caller who comes when the wait is over is who tries",
  { size: 0 },
  async ({ pool, source, clock }) => {
    source.outcome = broken;
    await refused(pool.acquire());
    assert.equal([source.starts, clock.timers], [1, 1], "nobody wants one: only the idle timer is there");
    await refused(pool.acquire());
    await clock.pass(100);
    source.outcome = undefined;
    const callers = [pool.acquire(), pool.acquire()];
    await reactions();
    assert.equal([source.starts, stats(pool)], [2, "0 warm, 0 in use, 1 starting, 2 waiting, 1 failed"]);
    source.pending.shift()?.succeed();
    await callers[0];
    assert.is(source.starts, 3, "they start again, so the others do too");
    source.pending.shift()?.succeed();
    await callers[1];
  },
);

inPool("starts that fail together send away those that they were for", { size: 0, max: 3 }, async (world) => {
  const { pool, source, clock } = world;
  source.outcome = undefined;
  const callers = [pool.acquire(), pool.acquire(), pool.acquire(), pool.acquire()];
  await reactions();
  assert.is(source.starts, 3);
  const [first, second, third] = source.pending;
  first?.fail(broken);
  await Promise.all([refused(callers[3] as Promise<unknown>), refused(callers[2] as Promise<unknown>)]);
  assert.is(stats(pool), "0 warm, 0 in use, 2 starting, 2 waiting, 1 failed");
  second?.fail(broken);
  await refused(callers[1] as Promise<unknown>);
  third?.succeed();
  await callers[0];
  source.outcome = broken;
  await refused(pool.acquire());
  await clock.pass(99);
  await refused(pool.acquire());
  assert.equal([source.starts, pool.stats().failures], [4, 3]);
});

inPool("warm sessions that keep dying are a storm too", { size: 1 }, async ({ pool, source, clock }) => {
  for (const wait of [100, 200, 400]) {
    source.sessions.at(-1)?.die("session ended: killed");
    await reactions();
    await rejects(pool.acquire(), UnavailableError, "pool has no session: session ended: killed");
    await clock.pass(wait - 1);
    assert.is(pool.stats().warm, 0);
    await clock.pass(1);
    assert.is(pool.stats().warm, 1);
  }
  assert.equal([source.starts, pool.stats().failures], [4, 3]);
  const session = await pool.acquire();
  assert.is(session as unknown, source.sessions[3]);
});

inPool("a session that dies in use is its caller's to notice", { size: 1 }, async ({ pool, source }) => {
  await pool.acquire();
  source.sessions[0]?.die("session ended: killed");
  await reactions();
  assert.is(stats(pool), "1 warm, 0 in use, 0 starting, 0 waiting, 0 failed");
});

inPool("who gave up leaves no more sessions than are kept", { size: 1, max: 4 }, async ({ pool, source }) => {
  source.outcome = undefined;
  await pool.acquire();
  const abort = new AbortController();
  const callers = [pool.acquire({ signal: abort.signal }), pool.acquire({ signal: abort.signal })];
  await reactions();
  abort.abort(new Error("enough"));
  for (const caller of callers) await rejects(caller, Error, "enough");
  for (const start of source.pending) start.succeed();
  await reactions();
  assert.equal([stats(pool), source.open], ["1 warm, 1 in use, 0 starting, 0 waiting, 0 failed", 2]);
});

inPool(
  "a pool that nobody asks shrinks, and grows again when somebody does",
  { size: 3, idleMs: 1000 },
  async (world) => {
    const { pool, source, clock } = world;
    await clock.pass(900);
    const session = await pool.acquire();
    await reactions();
    await clock.pass(900);
    assert.is(pool.stats().warm, 3);
    await clock.pass(100);
    assert.equal([stats(pool), source.open], ["1 warm, 1 in use, 0 starting, 0 waiting, 0 failed", 2]);
    await session.close();
    await clock.pass(10_000);
    assert.equal([pool.stats().warm, source.starts], [1, 4]);
    await pool.acquire();
    await reactions();
    assert.is(pool.stats().warm, 3);
  },
);

inPool("a pool that never idles keeps no timer", { size: 2, idleMs: Infinity }, async ({ pool, clock }) => {
  await pool.acquire();
  await reactions();
  assert.equal([clock.timers, pool.stats().warm], [0, 2]);
});

inPool(
  "close aborts what is starting, and ends what arrives all the same",
  { size: 1 },
  async ({ pool, source }) => {
    source.outcome = undefined;
    await pool.acquire();
    const waiting = pool.acquire();
    const [starting, other] = source.pending;
    const closed = Promise.all([pool.close(), rejects(waiting, UsageError, "pool used after close")]);
    await reactions();
    assert.ok(starting?.signal?.aborted);
    const late = starting?.succeed();
    other?.fail(new GuestError("aborted"));
    await closed;
    assert.equal([late?.over, source.open, pool.stats().failures], ["closed", 1, 0]);
  },
);

test("create ends the others when one of the first does not start", async () => {
  const source = new FakeSource();
  source.outcome = undefined;
  const creating = SessionPool.create(source, { size: 3, clock: new FakeClock() });
  await reactions();
  const [one, two, three] = source.pending;
  const first = one?.succeed();
  two?.fail(broken);
  three?.succeed();
  await rejects(creating, UnavailableError, "session did not start: no memory");
  assert.equal([first?.over, source.open, source.starts], ["closed", 0, 3]);
});

test("an aborted create aborts the starts", async () => {
  const source = new FakeSource();
  source.outcome = undefined;
  const abort = new AbortController();
  const creating = SessionPool.create(source, { size: 1, signal: abort.signal, clock: new FakeClock() });
  await reactions();
  const [start] = source.pending;
  start?.signal?.addEventListener("abort", () => start.fail(start.signal?.reason));
  abort.abort(new Error("enough"));
  await rejects(creating, Error, "enough");
});

const REFUSED: readonly (readonly [options: PoolOptions, problem: string])[] = [
  [{ size: -1 }, "size is -1, not a whole number from 0 on"],
  [{ max: 0 }, "max is 0, not at least 1 and size, which is 2"],
  [{ size: 5, max: 4 }, "max is 4, not at least 1 and size, which is 5"],
  [{ size: 1, idleSize: 2 }, "idleSize is 2, more than size, which is 1"],
  [{ maxWaiting: 0.5 }, "maxWaiting is 0.5, not a whole number from 0 on"],
  [{ idleMs: 0 }, "idleMs is 0, not from 1 to 2147483647 milliseconds, or Infinity"],
  [{ idleMs: 2 ** 31 }, "idleMs is 2147483648, not from 1 to 2147483647 milliseconds, or Infinity"],
];

test("options that make no sense are refused in a sentence", async () => {
  for (const [options, problem] of REFUSED) {
    await rejects(
      SessionPool.create(new FakeSource(), options),
      UsageError,
      `SessionPool.create: ${problem}`,
    );
  }
});

test("a pool is of an executor or of its options", async () => {
  await rejects(
    SessionPool.create("strict" as never),
    UsageError,
    "SessionPool.create: it takes an executor, or the options of one",
  );
});

test("a pool keeps no process alive", async () => {
  const { status, stdout, stderr } = await runProgram(process.execPath, [
    "--import",
    import.meta.resolve("tsx"),
    "--input-type=module",
    "--eval",
    `import { SessionPool } from "${repo}/src/pool.ts";
    let first = true;
    const session = { ended: new Promise(() => {}), close: async () => {} };
    const createSession = async () => { if (first) { first = false; return session; } throw new Error("no more"); };
    const pool = await SessionPool.create({ createSession }, { size: 1 });
    await pool.acquire();
    setImmediate(() => console.log(pool.stats().failures));`,
  ]);
  assert.equal([status, stdout, stderr], [0, "1\n", ""]);
});

test.run();
