import { test } from "uvu";
import * as assert from "uvu/assert";

import { type PoolOptions, SessionPool } from "../src/pool.ts";
import type { SessionOptions } from "../src/session/options.ts";
import type { Session } from "../src/session/session.ts";
import type { Clock } from "../src/util/clock.ts";
import { timed } from "./support/timed.ts";

/** A session that is nothing but open or over. */
export class FakeSession {
  readonly ended: Promise<string>;
  over: string | undefined;
  #end!: (reason: string) => void;

  constructor() {
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  die(reason: string): void {
    this.over ??= reason;
    this.#end(this.over);
  }

  async close(): Promise<void> {
    this.die("closed");
  }
}

type Start = { readonly signal: AbortSignal | undefined; succeed(): FakeSession; fail(error: Error): void };

/** Starts fake sessions, at once or when the test says so. */
export class FakeSource {
  readonly sessions: FakeSession[] = [];
  /** Every start so far, and those that wait for a decision. */
  starts = 0;
  readonly pending: Start[] = [];
  /** What becomes of a start at once; without it, it waits. */
  outcome: "success" | Error | undefined = "success";

  createSession({ signal }: SessionOptions): Promise<Session> {
    this.starts++;
    return new Promise((resolve, reject) => {
      const start: Start = {
        signal,
        succeed: () => {
          const session = new FakeSession();
          this.sessions.push(session);
          resolve(session as unknown as Session);
          return session;
        },
        fail: reject,
      };
      if (this.outcome === "success") start.succeed();
      else if (this.outcome) start.fail(this.outcome);
      else this.pending.push(start);
    });
  }

  get open(): number {
    return this.sessions.filter(({ over }) => over === undefined).length;
  }
}

/** A clock that stands still but when it is told to go on. */
export class FakeClock implements Clock {
  #now = 0;
  readonly #timers = new Set<{ at: number; act: () => void }>();

  now(): number {
    return this.#now;
  }

  after(ms: number, act: () => void): () => void {
    const timer = { at: this.#now + ms, act };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  get timers(): number {
    return this.#timers.size;
  }

  /** Goes on, timer by timer, and lets everybody react to each. */
  async pass(ms: number): Promise<void> {
    const end = this.#now + ms;
    for (;;) {
      const [next] = [...this.#timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
      if (!next) break;
      this.#timers.delete(next);
      this.#now = next.at;
      next.act();
      await reactions();
    }
    this.#now = end;
  }
}

/** Lets everybody react to what has happened. */
export function reactions(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

type World = { readonly pool: SessionPool; readonly source: FakeSource; readonly clock: FakeClock };

/** A test in a pool of fake sessions; nothing may be left when it closes. */
export function inPool(name: string, options: PoolOptions, body: (world: World) => Promise<void>): void {
  test(name, () =>
    timed(10_000, name, async () => {
      const [source, clock] = [new FakeSource(), new FakeClock()];
      await using pool = await SessionPool.create(source, { ...options, clock });
      await body({ pool, source, clock });
      await pool.close();
      assert.equal(
        [clock.timers, pool.stats().warm, pool.stats().starting],
        [0, 0, 0],
        "close leaves nothing",
      );
    }),
  );
}
