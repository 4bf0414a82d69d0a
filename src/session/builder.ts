import type { ResultEvent } from "../protocol/messages.ts";
import { decodeValue } from "../protocol/values.ts";
import type { Execution, ExecutionError, ExecutionEvent, Logs, MimeBundle } from "./execution.ts";
import { summarise } from "./summary.ts";
import type { ToolCallRecord } from "./tools/records.ts";

type Outcome = Omit<ResultEvent, "type" | "id" | "branch">;
/** The calls of tools that the cell made, and how many are not listed. */
type Calls = { readonly records: readonly ToolCallRecord[]; readonly omitted: number };
type Failure = Omit<ExecutionError, "summary">;

/** Collects the events of one cell into its execution. */
export class ExecutionBuilder {
  readonly #stdout: string[] = [];
  readonly #stderr: string[] = [];
  readonly #denials: Execution["denials"][number][] = [];
  readonly #results: MimeBundle[] = [];
  readonly #count: number;
  readonly #code: string;
  #answer: { readonly output: unknown; readonly text: string } | undefined;

  /** Of the session's `count`th cell. */
  constructor(count: number, code: string) {
    this.#count = count;
    this.#code = code;
  }

  /** Whether there is a final answer; the first one counts. */
  get answered(): boolean {
    return this.#answer !== undefined;
  }

  add(event: ExecutionEvent): void {
    if (event.type === "stdout") this.#stdout.push(event.text);
    else if (event.type === "stderr") this.#stderr.push(event.text);
    else if (event.type === "denial") this.#denials.push(event.denial);
    else if (event.type === "display") this.#results.push(event.bundle);
    else if (event.type === "finalAnswer") this.#answer ??= { output: event.output, text: event.text };
  }

  finish(event: Outcome, calls: Calls = { records: [], omitted: 0 }): Execution {
    const { state, truncated, usage, lost, unprotected } = event;
    const { output, text, error } = this.#answer ? { ...this.#answer, error: event.error } : outcomeOf(event);
    return {
      ok: error === null,
      output,
      text,
      isFinalAnswer: this.#answer !== undefined,
      logs: logsOf(this.#stdout.join(""), this.#stderr.join("")),
      results: this.#results,
      toolCalls: calls.records,
      ...(error ? { error: { ...error, summary: summarise(error, this.#code) } } : {}),
      state,
      ...(lost ? { lost } : {}),
      ...(unprotected ? { unprotected } : {}),
      denials: this.#denials,
      truncated: { ...truncated, toolCalls: calls.omitted },
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

type Outwards = { readonly output: unknown; readonly text: string | null; readonly error: Failure | null };

/** A value that is none costs its cell: only a worker that lies sends one. */
const outcomeOf = ({ output, text, error }: Outcome): Outwards => {
  if (error) return { output: null, text, error };
  try {
    // A value without a twin in JavaScript has a text and nothing else.
    return { output: output === undefined && text === null ? null : decodeValue(output), text, error: null };
  } catch (cause) {
    const message = `the worker broke the protocol: ${(cause as Error).message}`;
    const lie = { kind: "crash", name: "ProtocolError", message } as const;
    return { output: null, text, error: { ...lie, traceback: `${lie.name}: ${message}`, line: null } };
  }
};

/** Not enumerable, so that the logs are two strings to whoever prints or compares them. */
const logsOf = (stdout: string, stderr: string): Logs =>
  Object.defineProperty({ stdout, stderr }, "toString", TOGETHER);

const TOGETHER: PropertyDescriptor & ThisType<Logs> = {
  value() {
    return this.stdout + this.stderr;
  },
};
