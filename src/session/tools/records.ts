import type { CallError } from "./failure.ts";

/** One call of a tool, as an execution lists it. */
export type ToolCallRecord = {
  /** The `callId` that the tool was given. */
  readonly id: string;
  readonly tool: string;
  /** By the names of the tool's schema; absent when they do not fit it, or are too large to keep. */
  readonly arguments?: Readonly<Record<string, unknown>>;
  /**
   * `ok` and `failed` by what `execute` did; `refused` when it was never run; `aborted` when the cell ended first, so that
   * it may or may not have done its work; `pending` while it is under way.
   */
  readonly status: "ok" | "failed" | "refused" | "aborted" | "pending";
  readonly error?: CallError;
  /** From the call to its answer, waiting included. */
  readonly durationMs: number;
};

/** A call that has begun, with the status `pending`, or one that has ended. */
export type ToolCallEvent = { readonly type: "toolCall"; readonly call: ToolCallRecord };

/** The records of one cell, in the order of the calls; bounded, so that a cell cannot fill the host's memory. */
export class Records {
  readonly #list: ToolCallRecord[] = [];
  readonly #places = new Map<string, number>();
  #bytes = 0;
  #omitted = 0;

  get list(): readonly ToolCallRecord[] {
    return this.#list;
  }

  /** How many calls are not in the list. */
  get omitted(): number {
    return this.#omitted;
  }

  /** A record for a call that is not in the list, or in its place there. */
  put(record: ToolCallRecord): void {
    const place = this.#places.get(record.id);
    if (place !== undefined) this.#list[place] = record;
    else if (this.#list.length < MOST) this.#places.set(record.id, this.#list.push(record) - 1);
    // One that has no place is counted once, when it has ended.
    else if (record.status !== "pending") this.#omitted += 1;
  }

  /** Counts a call that gets no record. */
  omit(): void {
    this.#omitted += 1;
  }

  /** Whether arguments of that size are kept. */
  keeps(bytes: number): boolean {
    if (bytes > MOST_EACH || this.#bytes + bytes > MOST_BYTES) return false;
    this.#bytes += bytes;
    return true;
  }
}

const KIB = 1024;

/** As many as a policy gives a cell when it says nothing. */
const MOST = 1000;
const MOST_EACH = 64 * KIB;
const MOST_BYTES = 1024 * KIB;
