import { GuestError, UnavailableError } from "../errors.ts";
import { parseEvent } from "../protocol/check.ts";
import { toLine } from "../protocol/line.ts";
import type { Command, ReadyEvent, SessionEvent } from "../protocol/messages.ts";
import { Conversation } from "../protocol/state.ts";
import type { Link } from "./backend.ts";
import { Lane, type Wire } from "./lane.ts";

export type FileEvent = Extract<SessionEvent, { type: "file" }>;
type Unnumbered<T> = T extends unknown ? Omit<T, "type" | "request"> : never;
export type FileCommand = Unnumbered<Extract<Command, { type: "file" }>>;

/**
 * The one line to a session's keeper, shared by its branches: every event goes to the branch or the request that it is
 * about. Whatever comes out of order ends the session for all of them.
 */
export class Switchboard {
  /** Resolves with the first branch's lane when the session is ready, rejects when it ended before. */
  readonly ready: Promise<Ready>;
  readonly #link: Link;
  /** What is said about no branch in particular. */
  readonly #conversation = new Conversation("greeting");
  readonly #lanes = new Map<number, Lane>();
  readonly #requests = new Map<number, FileRequest>();
  readonly #wire: Wire;
  #settle!: { resolve(ready: Ready): void; reject(error: Error): void };
  #ids = 0;
  #branches = 0;
  #gone: Error | undefined;
  #closing: Promise<void> | undefined;

  constructor(link: Link) {
    this.#link = link;
    this.ready = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
    this.ready.catch(() => {});
    this.#wire = {
      nextId: () => ++this.#ids,
      send: (command) => this.send(command),
      fail: (error) => this.end(error),
    };
    link.listen({
      line: (line) => this.#line(line),
      end: (reason) => this.end(new GuestError(`session ended: ${reason}`)),
    });
  }

  send(command: Command): Promise<void> | undefined {
    return this.#link.send(toLine(command));
  }

  /** Numbers for branches to be made. None is ever used twice. */
  reserve(count: number): number[] {
    return Array.from({ length: count }, () => this.#branches++);
  }

  /** Makes the lane of a branch. */
  open(branch: number): Lane {
    const lane = new Lane(branch, this.#wire);
    if (this.#gone) lane.end(this.#gone);
    else this.#lanes.set(branch, lane);
    return lane;
  }

  /** Ends a branch; with the last one the session ends, and then this waits for it. */
  async close(lane: Lane, reason: Error): Promise<void> {
    if (this.drop(lane, reason))
      this.send({ type: "close", ...(lane.branch ? { branch: lane.branch } : {}) });
    if (this.#lanes.size > 0) return;
    this.end(reason);
    await this.#closing;
  }

  /** Hears of a branch no more. Whether it was there, and others still are. */
  drop(lane: Lane, reason: Error): boolean {
    const there = this.#lanes.delete(lane.branch);
    lane.end(reason);
    return there && this.#lanes.size > 0;
  }

  /** Asks the keeper for a file. An aborted request is forgotten; what the keeper does about it, it still does. */
  request(command: FileCommand, { signal }: { signal?: AbortSignal | undefined } = {}): Promise<FileEvent> {
    return new Promise((resolve, reject) => {
      if (this.#gone) return reject(this.#gone);
      if (signal?.aborted) return reject(signal.reason);
      const request = ++this.#ids;
      const abort = (): void => reject(signal?.reason);
      signal?.addEventListener("abort", abort, { once: true });
      const timer = setTimeout(
        () => this.end(new GuestError("session ended: no answer to a request for a file within its time")),
        FILE_MS,
      );
      const over = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", abort);
      };
      this.#requests.set(request, {
        answer: (event) => {
          over();
          resolve(event);
        },
        fail: (error) => {
          over();
          reject(error);
        },
      });
      this.send({ type: "file", request, ...command });
    });
  }

  /** The session is over, for every branch and every request. */
  end(error: Error): void {
    if (this.#gone) return;
    this.#gone = error;
    this.#settle.reject(error);
    const lanes = [...this.#lanes.values()];
    const requests = [...this.#requests.values()];
    this.#lanes.clear();
    this.#requests.clear();
    for (const lane of lanes) lane.end(error);
    for (const request of requests) request.fail(error);
    this.#closing = this.#link.close();
  }

  #line(line: string): void {
    if (this.#gone) return;
    try {
      const event = parseEvent(line);
      if ("id" in event && this.#conversation.phase === "idle") this.#about(event);
      else this.#general(event);
    } catch (error) {
      this.end(error as Error);
    }
  }

  #about(event: Extract<SessionEvent, { id: number }>): void {
    const branch = event.branch ?? 0;
    const lane = this.#lanes.get(branch);
    if (lane) lane.receive(event);
    // What a branch said before it heard that it was closed harms nobody.
    else if (branch >= this.#branches) {
      throw new GuestError(
        `message refused: "${event.type}" is about branch ${branch}, which there never was`,
      );
    }
  }

  #general(event: SessionEvent): void {
    const starting = this.#conversation.phase === "greeting";
    this.#conversation.receive(event);
    if (event.type === "fatal") {
      if (starting) throw new UnavailableError(`session did not start: ${event.reason}`);
      throw new GuestError(`session ended: ${event.reason}`);
    }
    if (event.type === "ready") {
      // At once: what comes right behind must find the lane.
      const [first = 0] = this.reserve(1);
      this.#settle.resolve({ event, lane: this.open(first) });
    }
    if (event.type === "file") {
      const request = this.#requests.get(event.request);
      if (!request)
        throw new GuestError(`message refused: "file" answers request ${event.request}, which nobody made`);
      this.#requests.delete(event.request);
      request.answer(event);
    }
  }
}

export type Ready = { readonly event: ReadyEvent; readonly lane: Lane };

type FileRequest = { answer(event: FileEvent): void; fail(error: Error): void };

const FILE_MS = 30_000;
