import type { Denial, ResultEvent } from "../protocol/messages.ts";
import type { MimeBundle } from "./bundle.ts";
import type { ToolCallEvent, ToolCallRecord } from "./tools/records.ts";

export type { MimeBundle };

/** What a cell gave back. */
export type Execution = {
  /** Whether the cell ran to its end without an error. */
  readonly ok: boolean;
  /**
   * The value of the last top-level statement (an expression's value, what was assigned, what an augmented assignment
   * made) as JavaScript has it; `null` when there is none, `undefined` when it has no twin in JavaScript or is too
   * large, and then `text` shows it. When the cell called `final_answer`, it is what that was given.
   */
  readonly output: unknown;
  /** The `repr` of that value, bounded; `null` when there is none. */
  readonly text: string | null;
  /** Whether the cell called `final_answer`. An `error` beside it came later: the answer stands. */
  readonly isFinalAnswer: boolean;
  /** What was printed, head and tail; the middle may be cut. As a string it is both, stdout first. */
  readonly logs: Logs;
  /** Rich results in order: what was displayed, figures, and the last value when it has a form besides its text. */
  readonly results: readonly MimeBundle[];
  /** The calls of tools that were made, in order; also when the state was rolled back or lost. */
  readonly toolCalls: readonly ToolCallRecord[];
  readonly error?: ExecutionError;
  /** What became of the namespace: as the cell left it, as it was before the cell, or empty. */
  readonly state: "kept" | "rolledBack" | "lost";
  /** The names that were lost with the namespace; only with `state: "lost"`. */
  readonly lost?: readonly string[];
  /** Why no copy of the state that the cell left was kept: a later cell that is killed will lose it. */
  readonly unprotected?: string;
  /** What was refused, with how to allow it. Import denials are the cell's own word. */
  readonly denials: readonly Denial[];
  /** Bytes cut from each stream, whether the value or its text was cut, how many rich results and calls are left out. */
  readonly truncated: {
    readonly stdout: number;
    readonly stderr: number;
    readonly output: boolean;
    readonly displays: number;
    readonly toolCalls: number;
  };
  /** Wall and processor time in milliseconds, peak of resident memory in bytes, as the keeper measured them. */
  readonly usage: { readonly wallMs: number; readonly cpuMs: number; readonly peakMemoryBytes: number };
  /** How many cells this session has run, this one included. */
  readonly executionCount: number;
};

export type Logs = { readonly stdout: string; readonly stderr: string };

/** A Python error is data: what kind it is, Python's name for it, and the user's own frames. */
export type ExecutionError = {
  readonly kind: NonNullable<ResultEvent["error"]>["kind"];
  readonly name: string;
  readonly message: string;
  readonly traceback: string;
  /** All of it in one line, for a model: `Code execution failed at line '1/0' due to: ZeroDivisionError: ...`. */
  readonly summary: string;
  /** The line of the cell, counted from 1; `null` when there is none. */
  readonly line: number | null;
  /** The status of `SystemExit` or `os._exit`. */
  readonly exitCode?: number;
};

/** What a streamed cell yields, in order; `result` is last. */
export type ExecutionEvent =
  | { readonly type: "stdout" | "stderr"; readonly text: string }
  | { readonly type: "denial"; readonly denial: Denial }
  | { readonly type: "display"; readonly bundle: MimeBundle }
  | ToolCallEvent
  | { readonly type: "input"; readonly prompt: string }
  | { readonly type: "finalAnswer"; readonly output: unknown; readonly text: string }
  | { readonly type: "result"; readonly execution: Execution };
