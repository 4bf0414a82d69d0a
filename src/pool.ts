import { GuestError, UnavailableError, UsageError } from "./errors.ts";
import { type ExecutorOptions, PythonExecutor } from "./executor.ts";
import type { Execution } from "./session/execution.ts";
import type { RunOptions, SessionOptions } from "./session/options.ts";
import type { Session } from "./session/session.ts";
import { Backoff } from "./util/backoff.ts";
import { type Clock, realClock } from "./util/clock.ts";
import { WaitingLine } from "./util/waiting-line.ts";

/** What a pool takes its sessions from. A `PythonExecutor` is one. */
export type SessionSource = { createSession(options: SessionOptions): Promise<Session> };

export type PoolOptions = {
  /** How many sessions are kept ready. Default: 2. */
  readonly size?: number;
  /** How many live at one time: ready, starting and handed out together. Default: 16. */
  readonly max?: number;
  /** How many callers may wait when all are handed out; one more is refused. Default: 1000. */
  readonly maxWaiting?: number;
  /** After how long without an `acquire` the pool shrinks to `idleSize`. Default: 5 minutes; `Infinity` for never. */
  readonly idleMs?: number;
  /** How many stay ready however long nobody asks. Default: 1, or `size` if that is less. */
  readonly idleSize?: number;
  /** What every session is started with. */
  readonly sessionOptions?: Omit<SessionOptions, "signal">;
  /** Gives up waiting for the first sessions. */
  readonly signal?: AbortSignal;
  /** @internal For tests. */
  readonly clock?: Clock;
};

export type PoolStats = {
  /** Ready to be handed out. */
  readonly warm: number;
  /** Handed out and not over. */
  readonly inUse: number;
  readonly starting: number;
  /** Callers of `acquire` that wait. */
  readonly waiting: number;
  /** Sessions so far that did not start, or died before anybody had them. */
  readonly failures: number;
};

/** Keeps sessions ready, each for one caller: a session that was handed out never comes back. */
export class SessionPool implements AsyncDisposable {
  readonly #source: SessionSource;
  /** The executor that was made for this pool, and goes with it. */
  readonly #own: PythonExecutor | undefined;
  readonly #options: Settings;
  readonly #backoff = new Backoff({ firstMs: 100, mostMs: 30_000 });
  readonly #warm: Session[] = [];
  readonly #used = new Set<Session>();
  readonly #starts = new Set<Promise<unknown>>();
  readonly #waiting = new WaitingLine<Session>();
  readonly #stop = new AbortController();
  /** How many are to be ready: `size`, or `idleSize` when nobody has asked for long. */
  #target: number;
  #failures = 0;
  #reason: unknown;
  #cancelIdle = (): void => {};
  #cancelRetry = (): void => {};
  #closing: Promise<void> | undefined;

  private constructor(source: SessionSource, own: PythonExecutor | undefined, options: Settings) {
    this.#source = source;
    this.#own = own;
    this.#options = options;
    this.#target = options.size;
  }

  /**
   * Makes a pool of an executor's sessions, or of an executor of its own. Resolves when the first `size` sessions are
   * ready; throws what `PythonExecutor.create` and `createSession` throw when they cannot be.
   */
  static async create(
    from: SessionSource | ExecutorOptions = {},
    options: PoolOptions = {},
  ): Promise<SessionPool> {
    if (typeof from !== "object" || from === null) {
      throw new UsageError("SessionPool.create: it takes an executor, or the options of one");
    }
    const settings = settle(options);
    const given = "createSession" in from;
    options.signal?.throwIfAborted();
    const own = given ? undefined : await PythonExecutor.create(from);
    const pool = new SessionPool(given ? from : (own as PythonExecutor), own, settings);
    const abort = (): void => pool.#stop.abort(options.signal?.reason);
    options.signal?.addEventListener("abort", abort, { once: true });
    try {
      if (options.signal?.aborted) abort();
      const failures = await Promise.all(Array.from({ length: settings.size }, () => pool.#start()));
      const failure = failures.find((failure) => failure !== undefined);
      if (failure) throw failure.reason;
      pool.#touch();
      return pool;
    } catch (error) {
      await pool.close();
      throw error;
    } finally {
      options.signal?.removeEventListener("abort", abort);
    }
  }

  /**
   * A session that nobody has used; the caller closes it. When all are handed out it waits its turn. Rejects with
   * `UnavailableError` at once when sessions cannot be started, with `UsageError` when too many wait already, and with
   * the signal's reason.
   */
  async acquire({ signal }: { readonly signal?: AbortSignal } = {}): Promise<Session> {
    if (this.#closing) throw new UsageError("pool used after close");
    signal?.throwIfAborted();
    this.#touch();
    const session = this.#warm.shift();
    if (session) {
      this.#hand(session);
      this.#fill();
      return session;
    }
    if (this.#backoff.wait(this.#options.clock.now()) > 0) throw this.#unavailable();
    if (this.#waiting.size >= this.#options.maxWaiting) {
      throw new UsageError(
        `pool is full: ${this.#live()} of ${this.#options.max} sessions live and ${this.#waiting.size} callers wait`,
        { hint: "close sessions that are done, or raise max or maxWaiting" },
      );
    }
    const turn = this.#waiting.wait(signal);
    this.#fill();
    return await turn;
  }

  /** Runs one cell in a session of its own. `signal` also gives up waiting for the session. */
  async run(code: string, options: RunOptions = {}): Promise<Execution> {
    const session = await this.acquire(options.signal ? { signal: options.signal } : {});
    try {
      return await session.runCode(code, options);
    } finally {
      await session.close();
    }
  }

  stats(): PoolStats {
    return {
      warm: this.#warm.length,
      inUse: this.#used.size,
      starting: this.#starts.size,
      waiting: this.#waiting.size,
      failures: this.#failures,
    };
  }

  /**
   * Ends the sessions that nobody has, and refuses who waits. Sessions that were handed out stay their callers', unless
   * the executor is the pool's own, which ends with it. Safe to call twice.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close(): Promise<void> {
    // Only when this is noted as closing: what follows asks.
    await Promise.resolve();
    this.#cancelIdle();
    this.#cancelRetry();
    const closed = new UsageError("pool used after close");
    this.#waiting.dismiss(0, closed);
    this.#stop.abort(closed);
    await Promise.allSettled(this.#warm.splice(0).map((session) => session.close()));
    await Promise.all(this.#starts);
    await this.#own?.close();
  }

  /** Somebody asks: as many as can be wanted soon are to be ready again. */
  #touch(): void {
    const { size, idleSize, idleMs, clock } = this.#options;
    this.#target = size;
    this.#cancelIdle();
    if (idleMs === Number.POSITIVE_INFINITY) return;
    this.#cancelIdle = clock.after(idleMs, () => {
      this.#target = idleSize;
      for (const session of this.#warm.splice(idleSize)) end(session);
    });
  }

  /** Starts what is missing: one at a time while it is not known whether sessions start again at all. */
  #fill(): void {
    if (this.#closing) return;
    const { max, clock } = this.#options;
    const wanted = this.#waiting.size + this.#target - this.#warm.length - this.#starts.size;
    const few = this.#backoff.row > 0 ? 1 - this.#starts.size : wanted;
    const count = Math.min(wanted, few, max - this.#live());
    if (count <= 0) return;
    const wait = this.#backoff.wait(clock.now());
    this.#cancelRetry();
    if (wait > 0) this.#cancelRetry = clock.after(wait, () => this.#fill());
    else for (let started = 0; started < count; started++) void this.#start();
  }

  /** Starts one session and finds a place for it. Resolves with why it did not start, if so; never rejects. */
  #start(): Promise<Failure | undefined> {
    const row = this.#backoff.row;
    const attempt = async (): Promise<Session> =>
      await this.#source.createSession({ ...this.#options.sessionOptions, signal: this.#stop.signal });
    const start = attempt().then(
      (session) => {
        this.#starts.delete(start);
        return this.#arrive(session, row);
      },
      (reason: unknown) => {
        this.#starts.delete(start);
        this.#fail(reason, row);
        return { reason };
      },
    );
    this.#starts.add(start);
    return start;
  }

  async #arrive(session: Session, row: number): Promise<undefined> {
    if (this.#closing) return await session.close().then(() => undefined);
    void session.ended.then((reason) => this.#leave(session, reason, row));
    if (this.#waiting.size > 0) {
      this.#hand(session);
      this.#waiting.serve(session);
    } else if (this.#warm.length < this.#target) this.#warm.push(session);
    // Whoever it was started for has given up.
    else end(session);
    this.#fill();
  }

  /** That a session could be handed out shows that they start again, and live long enough. */
  #hand(session: Session): void {
    this.#used.add(session);
    this.#backoff.succeed();
  }

  /** A session is over: a caller has closed it, or it died. */
  #leave(session: Session, reason: string, row: number): void {
    const place = this.#warm.indexOf(session);
    if (place >= 0) {
      this.#warm.splice(place, 1);
      this.#fail(new GuestError(reason), row);
    } else if (this.#used.delete(session)) this.#fill();
  }

  #fail(reason: unknown, row: number): void {
    if (this.#closing) return;
    this.#failures++;
    this.#reason = reason;
    this.#backoff.fail(this.#options.clock.now(), row);
    // Who came last goes first: those before may still get one of those that are starting.
    this.#waiting.dismiss(this.#starts.size, this.#unavailable());
    this.#fill();
  }

  #unavailable(): UnavailableError {
    const reason = this.#reason instanceof Error ? this.#reason.message : String(this.#reason);
    return new UnavailableError(`pool has no session: ${reason}`, {
      cause: this.#reason,
    });
  }

  #live(): number {
    return this.#warm.length + this.#used.size + this.#starts.size;
  }
}

type Settings = Required<Omit<PoolOptions, "signal">>;

type Failure = { readonly reason: unknown };

/** Options with their defaults; throws `UsageError` for what they cannot be. */
const settle = (options: PoolOptions): Settings => {
  const { size = 2, max = 16, maxWaiting = 1000, idleMs = 300_000, idleSize = Math.min(1, size) } = options;
  const fail = (what: string): never => {
    throw new UsageError(`SessionPool.create: ${what}`);
  };
  for (const [name, value] of Object.entries({ size, max, maxWaiting, idleSize })) {
    if (!Number.isSafeInteger(value) || value < 0)
      fail(`${name} is ${String(value)}, not a whole number from 0 on`);
  }
  if (max < 1 || size > max) fail(`max is ${max}, not at least 1 and size, which is ${size}`);
  if (idleSize > size) fail(`idleSize is ${idleSize}, more than size, which is ${size}`);
  if (!(idleMs > 0 && (idleMs <= LONGEST_TIMER_MS || idleMs === Number.POSITIVE_INFINITY))) {
    fail(`idleMs is ${String(idleMs)}, not from 1 to ${LONGEST_TIMER_MS} milliseconds, or Infinity`);
  }
  const { sessionOptions = {}, clock = realClock } = options;
  return { size, max, maxWaiting, idleMs, idleSize, sessionOptions, clock };
};

const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Ends a session for which nobody waits; one that will not end well is none of anybody's business any more. */
const end = (session: Session): void => {
  session.close().catch(() => {});
};
