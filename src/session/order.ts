import { GuestError, UsageError } from "../errors.ts";
import type { ResultEvent } from "../protocol/messages.ts";
import type { Lane, Request } from "./lane.ts";

export type OrderOptions<T> = {
  /** The method that asked, as errors name it. */
  readonly what: string;
  readonly signal: AbortSignal | undefined;
  readonly patienceMs: number;
  /** What the result means. Runs before the next turn begins; what it throws rejects the order. */
  readonly read: (event: ResultEvent) => T | Promise<T>;
  /** Told when the namespace was lost before this: the result of the next cell has to say it. */
  readonly owe?: (event: ResultEvent) => void;
  /** Whether a Python exception is the caller's doing: an unknown name, nothing to undo. */
  readonly callersFault?: boolean;
  /** Before all that waits already. */
  readonly first?: boolean;
  /** Runs when the order fails, for whatever reason. */
  readonly onFailure?: () => void;
};

/** Queues one command on a branch, and gives what its result means. */
export function order<T>(
  lane: Lane,
  request: Request | (() => Promise<Request>),
  options: OrderOptions<T>,
): Promise<T> {
  const { what, signal, patienceMs, read, callersFault = false, first = false, owe, onFailure } = options;
  return new Promise((resolve, reject) => {
    const fail = (error: unknown): void => {
      onFailure?.();
      reject(error);
    };
    lane.push(
      {
        signal,
        patienceMs,
        begin: () => {
          if (typeof request !== "function") return request;
          return request().catch((error: unknown) => {
            fail(error);
            return undefined;
          });
        },
        // What threads of an earlier cell print meanwhile belongs to no cell.
        receive: () => {},
        finish: (event) => {
          try {
            if (event.error) throw refusal(what, { event, error: event.error, signal, callersFault });
            if (event.state !== "kept") owe?.(event);
            resolve(read(event));
          } catch (error) {
            fail(error);
          }
        },
        skip: () => fail(signal?.reason),
        fail,
      },
      first ? "first" : "last",
    );
  });
}

type Refused = {
  readonly event: ResultEvent;
  readonly error: NonNullable<ResultEvent["error"]>;
  readonly signal: AbortSignal | undefined;
  readonly callersFault: boolean;
};

const refusal = (what: string, { event, error, signal, callersFault }: Refused): unknown => {
  if (error.kind === "interrupted" && signal?.aborted) return signal.reason;
  if (callersFault && CALLERS.includes(error.kind)) return new UsageError(`${what}: ${error.message}`);
  // Whatever ended the process says itself what became of the state; an exception happens in the state that there is.
  const state = error.kind === "exception" && event.state !== "kept" ? "; the namespace was lost before" : "";
  return new GuestError(`${what}: ${error.name}: ${error.message}${state}`);
};

/** What the keeper or the worker refuses with reason; all else is something that broke. */
const CALLERS: readonly string[] = ["exception", "memory"];
