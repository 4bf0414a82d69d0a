import type { Denial, ResultEvent } from "../protocol/messages.ts";
import { decodeValue } from "../protocol/values.ts";

/** What a cell gave back. */
export type Execution = {
  /** Whether the cell ran to its end without an error. */
  readonly ok: boolean;
  /**
   * The value of the last top-level statement (an expression's value, what was assigned, what an augmented assignment
   * made) as JavaScript has it; `null` when there is none, `undefined` when it has no twin in JavaScript or is too
   * large, and then `text` shows it.
   */
  readonly output: unknown;
  /** The `repr` of that value, bounded; `null` when there is none. */
  readonly text: string | null;
  /** Whether the cell called `final_answer`. */
  readonly isFinalAnswer: boolean;
  /** What was printed, head and tail; the middle may be cut. */
  readonly logs: { readonly stdout: string; readonly stderr: string };
  /** Rich results in order. */
  readonly results: readonly MimeBundle[];
  readonly error?: ExecutionError;
  /** What became of the namespace: as the cell left it, as it was before the cell, or empty. */
  readonly state: "kept" | "rolledBack" | "lost";
  /** What was refused, with how to allow it. Import denials are the cell's own word. */
  readonly denials: readonly Denial[];
  /** Bytes cut from each stream, and whether the value or its text was cut. */
  readonly truncated: { readonly stdout: number; readonly stderr: number; readonly output: boolean };
  /** Wall and processor time in milliseconds, peak of resident memory in bytes, as the keeper measured them. */
  readonly usage: { readonly wallMs: number; readonly cpuMs: number; readonly peakMemoryBytes: number };
  /** How many cells this session has run, this one included. */
  readonly executionCount: number;
};

export type MimeBundle = Readonly<Record<string, unknown>>;

/** A Python error is data: what kind it is, Python's name for it, and the user's own frames. */
export type ExecutionError = {
  readonly kind: NonNullable<ResultEvent["error"]>["kind"];
  readonly name: string;
  readonly message: string;
  readonly traceback: string;
  /** The line of the cell, counted from 1; `null` when there is none. */
  readonly line: number | null;
  /** The status of `SystemExit` or `os._exit`. */
  readonly exitCode?: number;
};

/** What a streamed cell yields, in order; `result` is last. */
export type ExecutionEvent =
  | { readonly type: "stdout" | "stderr"; readonly text: string }
  | { readonly type: "denial"; readonly denial: Denial }
  | { readonly type: "result"; readonly execution: Execution };

/** Collects the events of one cell into its execution. */
export class ExecutionBuilder {
  readonly #stdout: string[] = [];
  readonly #stderr: string[] = [];
  readonly #denials: Denial[] = [];
  readonly #count: number;

  constructor(count: number) {
    this.#count = count;
  }

  add(event: ExecutionEvent): void {
    if (event.type === "stdout") this.#stdout.push(event.text);
    else if (event.type === "stderr") this.#stderr.push(event.text);
    else if (event.type === "denial") this.#denials.push(event.denial);
  }

  finish(event: Omit<ResultEvent, "type" | "id">): Execution {
    const { text, state, truncated, usage } = event;
    const { output, error } = event.error ? { output: null, error: event.error } : decode(event);
    return {
      ok: error === null,
      output,
      text,
      isFinalAnswer: false,
      logs: { stdout: this.#stdout.join(""), stderr: this.#stderr.join("") },
      results: [],
      ...(error ? { error } : {}),
      state,
      denials: this.#denials,
      truncated,
      usage,
      executionCount: this.#count,
    };
  }

  /** The execution of a cell that was given up before any of it ran. */
  interrupted(): Execution {
    const message = "the cell was interrupted before it began; its state is kept";
    return this.#unrun({ kind: "interrupted", name: "KeyboardInterrupt", message });
  }

  /** The execution of a cell whose source is over the policy's limit, in bytes of UTF-8. */
  tooLong(bytes: number, limit: number): Execution {
    const message = `source is too long: ${bytes} bytes; the policy's sourceBytes is ${limit}`;
    return this.#unrun({ kind: "syntax", name: "SyntaxError", message });
  }

  #unrun(error: Pick<ExecutionError, "kind" | "name" | "message">): Execution {
    return this.finish({
      text: null,
      output: null,
      error: { ...error, traceback: `${error.name}: ${error.message}`, line: null },
      state: "kept",
      truncated: { stdout: 0, stderr: 0, output: false, displays: 0 },
      usage: { wallMs: 0, cpuMs: 0, peakMemoryBytes: 0 },
    });
  }
}

/** A value that is none costs its cell: only a worker that lies sends one. */
const decode = ({ output, text }: Pick<ResultEvent, "output" | "text">) => {
  try {
    // A value without a twin in JavaScript has a text and nothing else.
    return { output: output === undefined && text === null ? null : decodeValue(output), error: null };
  } catch (cause) {
    const message = `the worker broke the protocol: ${(cause as Error).message}`;
    const error = { kind: "crash", name: "ProtocolError", message } as const;
    return { output: null, error: { ...error, traceback: `${error.name}: ${message}`, line: null } };
  }
};
