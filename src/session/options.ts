import type { Limits } from "../policy/limits.ts";
import type { Enforcement } from "../protocol/messages.ts";
import type { Execution, MimeBundle } from "./execution.ts";
import type { Approve } from "./tools/approval.ts";
import type { ToolCallEvent } from "./tools/records.ts";
import type { Tool } from "./tools/tool.ts";

/** Answers `input()`: a line without its end, or `null` for the end of input. The signal fires when the cell is over. */
export type OnInput = (
  prompt: string,
  options: { readonly signal: AbortSignal },
) => string | null | Promise<string | null>;

export type SessionOptions = {
  /** `sys.argv` of the session. Default: `[""]`. */
  readonly argv?: readonly string[];
  /** Gives up waiting for the session to start. */
  readonly signal?: AbortSignal;
  /** Modules allowed in this session besides, as smolagents has them. What the policy denies stays denied. */
  readonly additionalAuthorizedImports?: readonly string[];
  /** Set in the namespace before the first cell. */
  readonly variables?: Readonly<Record<string, unknown>>;
  /** Host functions that cells can call, by the names that they have in Python. */
  readonly tools?: Readonly<Record<string, Tool>>;
  /** Asked about every call of a tool before it is made: may hold it, change it or refuse it. */
  readonly approve?: Approve;
  /** Answers `input()` in cells that bring no answer of their own. Default: the end of input. */
  readonly onInput?: OnInput;
  /**
   * When the state is kept after a cell, for the case that a later one is killed: `auto` leaves it out where it would
   * cost too much, and the execution says why. Default: `auto`.
   */
  readonly checkpoint?: "auto" | "always" | "never";
  /**
   * The earlier states that `undo` can go back to: at most `count` of them (default 0), and the memory in `bytes` that
   * all checkpoints may take together (default: the policy's `memoryBytes`).
   */
  readonly history?: { readonly count?: number; readonly bytes?: number };
};

export type RunOptions = {
  /** Wall time of the cell in milliseconds, at most the policy's `wallMs`, which is the default. */
  readonly timeoutMs?: number;
  /** Interrupts the Python, not only the wait: the execution then says `interrupted`. */
  readonly signal?: AbortSignal;
  /** What tracebacks call the source. Default: `<cell N>`. */
  readonly filename?: string;
  /** What `input()` reads, line by line, and then the end of input. */
  readonly input?: string;
  /** Answers `input()`, instead of `input`. Default: the session's. */
  readonly onInput?: OnInput;
  readonly onStdout?: (text: string) => void;
  readonly onStderr?: (text: string) => void;
  /** Told of every rich result as it comes. */
  readonly onDisplay?: (bundle: MimeBundle) => void;
  /** Told when a call of a tool begins and when it ends. */
  readonly onToolCall?: (event: ToolCallEvent) => void;
  /** Told of the execution, before the next cell begins. */
  readonly onResult?: (execution: Execution) => void;
};

/** What every other asynchronous call takes. */
export type CallOptions = {
  /** Takes the call out of the queue, or interrupts it; the promise then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
};

/** What a session is held to, from its policy. */
export type SessionTerms = {
  readonly limits: Limits;
  /** The isolation tiers that will do. */
  readonly tiers: readonly string[];
};

/** What was applied of the policy, by the backend's own word before any cell ran. */
export type SessionEnforcement = Enforcement & {
  /** What the policy grants and the backend does not give: stricter than asked, never weaker. */
  readonly ungranted: readonly string[];
};
