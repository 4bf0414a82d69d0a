import { GuestError, UnavailableError, UsageError } from "../errors.ts";
import { parseEvent } from "../protocol/check.ts";
import {
  type Command,
  type Enforcement,
  PROTOCOL_VERSION,
  type ReadyEvent,
  type SessionEvent,
} from "../protocol/messages.ts";
import { Conversation } from "../protocol/state.ts";
import { checkArgv, checkRun } from "./arguments.ts";
import type { Backend, Link } from "./backend.ts";
import { CellRun } from "./cell-run.ts";
import { ExecutionBuilder, type ExecutionEvent } from "./execution.ts";

export type SessionOptions = {
  /** `sys.argv` of the session. Default: `[""]`. */
  readonly argv?: readonly string[];
  /** Gives up waiting for the session to start. */
  readonly signal?: AbortSignal;
};

export type RunOptions = {
  /** Wall time of the cell in milliseconds, at most the policy's `wallMs`, which is the default. */
  readonly timeoutMs?: number;
  /** Interrupts the Python, not only the wait: the execution then says `interrupted`. */
  readonly signal?: AbortSignal;
  /** What tracebacks call the source. Default: `<cell N>`. */
  readonly filename?: string;
  readonly onStdout?: (text: string) => void;
  readonly onStderr?: (text: string) => void;
};

/** What a session is held to, from its policy. */
export type SessionTerms = {
  readonly limits: { readonly wallMs: number; readonly graceMs: number; readonly sourceBytes: number };
  /** The isolation tiers that will do. */
  readonly tiers: readonly string[];
};

/** What was applied of the policy, by the backend's own word before any cell ran. */
export type SessionEnforcement = Enforcement & {
  /** What the policy grants and the backend does not give: stricter than asked, never weaker. */
  readonly ungranted: readonly string[];
};

/**
 * One Python namespace that lives across cells, confined before its first line ran. Cells queue and run one at a time.
 * Made by `PythonExecutor.createSession`.
 */
export class Session implements AsyncDisposable {
  /** What confinement the backend applied, and what it could not. */
  readonly enforcement: SessionEnforcement;
  /** The version of Python that runs the cells. */
  readonly python: string;
  readonly #link: Link;
  readonly #limits: SessionTerms["limits"];
  readonly #conversation: Conversation;
  readonly #queue: Waiting[] = [];
  #current: Running | undefined;
  #count = 0;
  #closing: Promise<void> | undefined;
  #gone: Error | undefined;

  private constructor(
    link: Link,
    terms: SessionTerms,
    ready: Pick<ReadyEvent, "python"> & { enforcement: SessionEnforcement },
    conversation: Conversation,
  ) {
    this.#link = link;
    this.#limits = terms.limits;
    this.#conversation = conversation;
    this.enforcement = ready.enforcement;
    this.python = ready.python;
  }

  /** @internal Launches a session and waits until it is ready, at most `START_MS`. */
  static async start(backend: Backend, terms: SessionTerms, options: SessionOptions): Promise<Session> {
    checkArgv(options.argv);
    const link = await backend.launch({ signal: options.signal });
    try {
      // Over the session's own line: what passed through the zygote, every later session could find in its memory.
      if (options.argv)
        link.send(JSON.stringify({ type: "start", argv: [...options.argv] } satisfies Command));
      return await Session.#greet(link, terms, { ungranted: backend.ungranted, signal: options.signal });
    } catch (error) {
      await link.close();
      throw error;
    }
  }

  static #greet(
    link: Link,
    terms: SessionTerms,
    { ungranted, signal }: { ungranted: readonly string[]; signal: AbortSignal | undefined },
  ): Promise<Session> {
    return new Promise((resolve, reject) => {
      const conversation = new Conversation("greeting");
      let session: Session | undefined;
      const stop = (error: unknown): void => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", abort);
        if (session) session.#end(error as Error);
        else reject(error);
      };
      const abort = (): void => stop(signal?.reason);
      const timer = setTimeout(
        () => stop(new GuestError(`session did not start: not ready within ${START_MS / 1000} s`)),
        START_MS,
      );
      if (signal?.aborted) return abort();
      signal?.addEventListener("abort", abort, { once: true });
      link.listen({
        line: (line) => {
          try {
            const event = parseEvent(line);
            conversation.receive(event);
            if (session) return session.#receive(event);
            if (event.type === "fatal") throw new UnavailableError(`session did not start: ${event.reason}`);
            if (event.type !== "ready") return;
            if (event.protocol !== PROTOCOL_VERSION) {
              throw new GuestError(
                `session did not start: it speaks protocol ${event.protocol}, not ${PROTOCOL_VERSION}`,
              );
            }
            const { tier } = event.enforcement;
            if (!terms.tiers.includes(tier)) {
              throw new UnavailableError(
                `session did not start: isolation is ${tier}, the policy's floor is ${terms.tiers[0]}`,
              );
            }
            clearTimeout(timer);
            signal?.removeEventListener("abort", abort);
            const enforcement = { ...event.enforcement, ungranted };
            session = new Session(link, terms, { python: event.python, enforcement }, conversation);
            resolve(session);
          } catch (error) {
            stop(error);
          }
        },
        end: (reason) => stop(new GuestError(`session ended: ${reason}`)),
      });
    });
  }

  /**
   * Runs one cell after those that were sent before it. Await the returned handle for the `Execution`, or iterate over
   * it for events. A Python error is in the execution; the handle rejects with `GuestError` when the session is gone,
   * and throws `UsageError` for bad arguments.
   */
  runCode(code: string, options: RunOptions = {}): CellRun {
    checkRun(code, options);
    const run = new CellRun();
    const waiting: Waiting = { code, options, run };
    if (this.#gone) run.fail(this.#gone);
    else {
      this.#queue.push(waiting);
      this.#next();
    }
    return run;
  }

  /** Interrupts the running cell, if there is one, and keeps the state if the cell lets it. */
  interrupt(): void {
    if (this.#current) this.#send({ type: "interrupt", id: this.#current.id });
  }

  /** Ends the session and everything in it. Cells that have not ended reject. Safe to call twice. */
  close(): Promise<void> {
    // Not at once: ending calls this again.
    this.#closing ??= Promise.resolve().then(() => this.#close());
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #next(): void {
    if (this.#current || this.#gone) return;
    const waiting = this.#queue.shift();
    if (!waiting) return;
    const { code, options, run } = waiting;
    const builder = new ExecutionBuilder(++this.#count);
    if (options.signal?.aborted) {
      run.finish(builder.interrupted());
      this.#next();
      return;
    }
    const id = this.#count;
    const bytes = Buffer.byteLength(code);
    if (bytes > this.#limits.sourceBytes) {
      run.finish(builder.tooLong(bytes, this.#limits.sourceBytes));
      this.#next();
      return;
    }
    const wallMs = Math.ceil(Math.min(options.timeoutMs ?? this.#limits.wallMs, this.#limits.wallMs));
    const abort = (): void => this.#send({ type: "interrupt", id });
    options.signal?.addEventListener("abort", abort, { once: true });
    // The keeper holds the deadline; this one is for a keeper that does not answer at all.
    const backstop = setTimeout(
      () => this.#end(new GuestError(`session ended: no answer to cell ${id} within its time`)),
      wallMs + this.#limits.graceMs + BACKSTOP_MS,
    );
    const settle = (): void => {
      clearTimeout(backstop);
      options.signal?.removeEventListener("abort", abort);
    };
    this.#current = { id, run, builder, options, settle };
    this.#conversation.run(id);
    this.#send({ type: "run", id, code, wallMs, ...nameOf(options) });
  }

  #receive(event: SessionEvent): void {
    const current = this.#current;
    if (event.type === "fatal") this.#end(new GuestError(`session ended: ${event.reason}`));
    else if (!current) return;
    else if (event.type === "result") {
      // First what may throw: then the cell is still there to be told.
      const execution = current.builder.finish(event);
      this.#current = undefined;
      current.settle();
      if (current.thrown) current.run.fail(current.thrown.error);
      else current.run.finish(execution);
      this.#next();
    } else if (event.type === "stdout" || event.type === "stderr") {
      this.#emit(current, { type: event.type, text: event.text });
    } else if (event.type === "denial") {
      this.#emit(current, { type: "denial", denial: event.denial });
    }
  }

  #emit(current: Running, event: ExecutionEvent): void {
    const { run, builder, options } = current;
    builder.add(event);
    run.push(event);
    try {
      if (event.type === "stdout") options.onStdout?.(event.text);
      if (event.type === "stderr") options.onStderr?.(event.text);
    } catch (error) {
      // The caller's own fault is the caller's to hear of, when the cell is over; the session is none the worse.
      current.thrown ??= { error: error as Error };
    }
  }

  #send(command: Command): void {
    this.#link.send(JSON.stringify(command));
  }

  /** The session is over: everybody who waits is told why. */
  #end(error: Error): void {
    if (this.#gone) return;
    this.#gone = error;
    const current = this.#current;
    this.#current = undefined;
    current?.settle();
    current?.run.fail(error);
    for (const { run } of this.#queue.splice(0)) run.fail(error);
    void this.close();
  }

  async #close(): Promise<void> {
    if (!this.#gone) this.#end(new UsageError("session used after close"));
    await this.#link.close();
  }
}

type Waiting = { readonly code: string; readonly options: RunOptions; readonly run: CellRun };

type Running = {
  readonly id: number;
  readonly run: CellRun;
  readonly builder: ExecutionBuilder;
  readonly options: RunOptions;
  settle(): void;
  /** What a callback of the caller's threw first. */
  thrown?: { readonly error: Error };
};

const START_MS = 30_000;
const BACKSTOP_MS = 10_000;

const nameOf = ({ filename }: RunOptions): { filename?: string } => (filename ? { filename } : {});
