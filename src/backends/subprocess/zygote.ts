import { fileURLToPath } from "node:url";

import { GuestError, UnavailableError } from "../../errors.ts";
import { type Spawned, spawn } from "../../host/spawn.ts";
import { parseZygoteReply } from "../../protocol/check.ts";
import { LineReader } from "../../protocol/lines.ts";
import type { ZygoteReply, ZygoteRequest } from "../../protocol/messages.ts";
import type { Connection } from "./connection.ts";
import type { Doorway, Ticket } from "./doorway.ts";
import type { ZygoteConfig } from "./lower.ts";
import { explainUnavailable, type Facts } from "./unavailable.ts";

/**
 * One zygote process: started, asked for sessions, told to end them. When it dies every session of it dies with it, and
 * `died` says so.
 */
export class Zygote {
  readonly #process: Spawned;
  readonly #doorway: Doorway;
  readonly #sessions = new Map<string, Waiting>();
  #stderr = "";
  #ended: string | undefined;
  /** Resolves with the reason when the process has ended. */
  readonly died: Promise<string>;

  private constructor(process: Spawned, doorway: Doorway) {
    this.#process = process;
    this.#doorway = doorway;
    process.stderr.on("data", (chunk: Buffer) => {
      this.#stderr = (this.#stderr + chunk.toString()).slice(-STDERR_CHARS);
    });
    this.died = process.exited.then(({ code, signal, failure }) => {
      const how = failure ?? signal ?? `status ${code}`;
      const said = this.#stderr.trim().split("\n").at(-1);
      this.#ended = `the zygote ended (${how})${said ? `: ${said}` : ""}`;
      for (const waiting of this.#sessions.values()) waiting.end(this.#ended);
      return this.#ended;
    });
  }

  /** Starts the process and waits until it has built the jail; throws `UnavailableError` with what is missing. */
  static async start(python: string, config: ZygoteConfig, doorway: Doorway): Promise<Zygote> {
    // Isolated from the user's site and environment; started where it lies, so that its command line names no path.
    const process = spawn(python, ["-I", "-B", "zygote.py"], { cwd: RUNTIME, env: ALLOCATOR });
    const zygote = new Zygote(process, doorway);
    const started = zygote.#started(python);
    process.stdin.write(`${JSON.stringify({ type: "start", ...config, socketFolder: doorway.folder })}\n`);
    await started;
    return zygote;
  }

  get hasEnded(): boolean {
    return this.#ended !== undefined;
  }

  /** Forks a session; resolves with its connection, on which its first message will come. */
  async fork(signal: AbortSignal | undefined): Promise<{ connection: Connection; ticket: Ticket }> {
    if (this.#ended !== undefined) throw new GuestError(`session did not start: ${this.#ended}`);
    const { ticket, arrival } = this.#doorway.expect();
    const failure = new Promise<never>((_, reject) => {
      this.#sessions.set(ticket.session, {
        end: (reason) => reject(new UnavailableError(`session did not start: ${reason}`)),
      });
    });
    this.#send({ type: "fork", ...ticket });
    const deadline = AbortSignal.timeout(FORK_MS);
    const giveUp = rejectWhenAborted(signal ? AbortSignal.any([signal, deadline]) : deadline);
    try {
      const connection = await Promise.race([arrival, failure, giveUp.promise]);
      this.#sessions.set(ticket.session, { end: (reason) => connection.end(reason) });
      return { connection, ticket };
    } catch (error) {
      this.#sessions.delete(ticket.session);
      this.#doorway.forget(ticket);
      this.#send({ type: "kill", session: ticket.session });
      if (deadline.aborted) throw new UnavailableError(`session did not start within ${FORK_MS / 1000} s`);
      throw error;
    } finally {
      giveUp.forget();
    }
  }

  /** Ends a session, by force if it does not go by itself; resolves when its keeper has been reaped. */
  async end(ticket: Ticket, connection: Connection): Promise<void> {
    const waiting = this.#sessions.get(ticket.session);
    if (!waiting || this.#ended !== undefined) return connection.end("closed");
    const reaped = new Promise<void>((resolve) => {
      this.#sessions.set(ticket.session, { end: () => resolve() });
    });
    // A keeper whose supervisor hangs up exits, and the kernel ends its session with it.
    connection.end("closed");
    const timer = setTimeout(() => this.#send({ type: "kill", session: ticket.session }), HANG_UP_MS);
    await reaped;
    clearTimeout(timer);
  }

  async close(): Promise<void> {
    this.#process.stdin.end();
    const timer = setTimeout(() => this.#process.kill(), CLOSE_MS);
    await this.died;
    clearTimeout(timer);
  }

  #send(request: ZygoteRequest): void {
    this.#process.stdin.write(`${JSON.stringify(request)}\n`);
  }

  #started(python: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const fail = (error: Error): void => {
        clearTimeout(timer);
        this.#process.kill();
        reject(error);
      };
      const timer = setTimeout(
        () =>
          fail(
            new UnavailableError(`subprocess backend: ${python}: not started within ${START_MS / 1000} s`),
          ),
        START_MS,
      );
      const reader = new LineReader(LINE_BYTES);
      this.#process.stdout.on("data", (chunk: Buffer) => {
        try {
          for (const line of reader.feed(chunk)) {
            const reply = parseZygoteReply(line);
            if (reply.type === "started") {
              clearTimeout(timer);
              resolve();
            } else if (reply.type === "unavailable") {
              fail(explainUnavailable(reply.reason, reply.facts as Facts));
            } else this.#hear(reply);
          }
        } catch (cause) {
          fail(
            new UnavailableError(`subprocess backend: ${python}: is no Python: it said something else`, {
              cause,
            }),
          );
        }
      });
      void this.died.then((reason) => {
        fail(new UnavailableError(`subprocess backend: ${python}: ${reason}`));
      });
    });
  }

  #hear(reply: Extract<ZygoteReply, { session: string }>): void {
    const waiting = this.#sessions.get(reply.session);
    this.#sessions.delete(reply.session);
    waiting?.end(reply.type === "failed" ? reply.reason : `its keeper ended with status ${reply.status}`);
  }
}

const rejectWhenAborted = (signal: AbortSignal): { promise: Promise<never>; forget(): void } => {
  let onAbort = (): void => {};
  const promise = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason);
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort, { once: true });
  });
  // It may lose the race, and then nobody else looks at it.
  promise.catch(() => {});
  return { promise, forget: () => signal.removeEventListener("abort", onAbort) };
};

/** Whoever must know when a session of this zygote has ended. */
type Waiting = { end(reason: string): void };

/** Every arena of glibc's reserves 64 MiB of the address space that a policy's memory limit bounds. */
const ALLOCATOR = { MALLOC_ARENA_MAX: "2" };

const RUNTIME = fileURLToPath(new URL("../../../runtime/", import.meta.url));
const START_MS = 60_000;
const CLOSE_MS = 2_000;
const HANG_UP_MS = 1_000;
const FORK_MS = 30_000;
const LINE_BYTES = 1 << 20;
const STDERR_CHARS = 4_000;
