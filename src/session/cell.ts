import type { ResultEvent } from "../protocol/messages.ts";
import { decodeValue } from "../protocol/values.ts";
import { ExecutionBuilder } from "./builder.ts";
import { decodeBundle } from "./bundle.ts";
import { CellRun } from "./cell-run.ts";
import type { Desk } from "./desk.ts";
import type { ExecutionEvent } from "./execution.ts";
import { checkLine, inputOf } from "./input.ts";
import type { LaneCommand, ProgressEvent, Request, Turn } from "./lane.ts";
import type { OnInput, RunOptions } from "./options.ts";
import { ToolCalls } from "./tools/calls.ts";

type Parts = {
  readonly code: string;
  readonly options: RunOptions;
  readonly desk: Desk;
  readonly send: (command: LaneCommand) => Promise<void> | undefined;
};

/** One cell, from its place in the queue to its execution. */
export class Cell implements Turn {
  readonly run = new CellRun();
  readonly signal: AbortSignal | undefined;
  readonly #code: string;
  readonly #options: RunOptions;
  readonly #desk: Desk;
  readonly #send: (command: LaneCommand) => Promise<void> | undefined;
  #over = false;
  /** Fires when the cell is over, for those who answer its `input`. Few cells ask, and it is dear to make. */
  #answering: AbortController | undefined;
  #active: Active | undefined;
  /** What a callback of the caller's threw first. */
  #thrown: { readonly error: unknown } | undefined;

  constructor({ code, options, desk, send }: Parts) {
    this.#code = code;
    this.#options = options;
    this.#desk = desk;
    this.#send = send;
    this.signal = options.signal;
  }

  get patienceMs(): number {
    const { totalMs, graceMs } = this.#desk.limits;
    // The wall clock stops while the cell waits for somebody out here; the total never does.
    const waits = this.#desk.tools.wire.length > 0 || this.#active?.onInput !== undefined;
    const wallMs = this.#wallMs();
    return (waits ? Math.max(wallMs, totalMs) : wallMs) + graceMs + BACKSTOP_MS;
  }

  begin(id: number): Request | undefined {
    const { limits, tools, approve, onInput: fallback } = this.#desk;
    const builder = this.#builder();
    const bytes = Buffer.byteLength(this.#code);
    if (bytes > limits.sourceBytes) {
      this.#finish(builder.tooLong(bytes, limits.sourceBytes));
      return undefined;
    }
    const onInput = inputOf(this.#options, fallback);
    const calls = new ToolCalls({
      toolbox: tools,
      limits,
      approve,
      answer: (answer) => this.#send({ type: "answer", id, ...answer }),
      emit: (event) => this.#emit(event),
    });
    this.#active = { id, builder, calls, onInput };
    return {
      type: "run",
      code: this.#code,
      wallMs: this.#wallMs(),
      filename: this.#options.filename ?? `<cell ${this.#desk.count}>`,
      ...(onInput ? { input: true } : {}),
    };
  }

  receive(event: ProgressEvent): void {
    const active = this.#active;
    if (!active) return;
    switch (event.type) {
      case "stdout":
      case "stderr":
        this.#emit({ type: event.type, text: event.text });
        break;
      case "denial":
        this.#emit({ type: "denial", denial: event.denial });
        break;
      case "display":
        this.#emit({ type: "display", bundle: decodeBundle(event.bundle) });
        break;
      case "call":
        active.calls.receive(event);
        break;
      case "input":
        void this.#ask(active, event.call, event.prompt);
        break;
      case "final":
        if (!active.builder.answered) {
          this.#emit({ type: "finalAnswer", output: answerOf(event.output), text: event.text });
        }
        break;
      default:
        event satisfies never;
    }
  }

  finish(event: ResultEvent): void {
    const active = this.#active;
    if (!active) return;
    this.#end("the cell is over");
    const { owed } = this.#desk;
    this.#desk.owed = undefined;
    const told = owed && event.state !== "lost" ? { ...event, ...owed } : event;
    this.#finish(active.builder.finish(told, active.calls));
  }

  skip(): void {
    this.#finish(this.#builder().interrupted());
  }

  fail(error: Error): void {
    this.#end(error.message);
    this.run.fail(error);
  }

  /** What a late tool or an answer does after this goes nowhere. */
  #end(reason: string): void {
    this.#active?.calls.end(reason);
    this.#over = true;
    this.#answering?.abort(new Error(reason));
  }

  #builder(): ExecutionBuilder {
    return new ExecutionBuilder(++this.#desk.count, this.#code);
  }

  #wallMs(): number {
    const { wallMs } = this.#desk.limits;
    return Math.ceil(Math.min(this.#options.timeoutMs ?? wallMs, wallMs));
  }

  async #ask({ id, onInput }: Active, call: number, prompt: string): Promise<void> {
    this.#emit({ type: "input", prompt });
    this.#answering ??= new AbortController();
    const { signal } = this.#answering;
    let line: string | null = null;
    try {
      line = checkLine(await onInput?.(prompt, { signal }));
    } catch (error) {
      // Python hears the end of input; the caller hears what went wrong, when the cell is over.
      this.#thrown ??= { error };
    }
    if (!this.#over) this.#send({ type: "answer", id, call, value: line });
  }

  #emit(event: ExecutionEvent): void {
    if (this.#over) return;
    this.#active?.builder.add(event);
    this.run.push(event);
    this.#tell(event);
  }

  #finish(execution: Awaited<CellRun>): void {
    this.#tell({ type: "result", execution });
    if (this.#thrown) this.run.fail(this.#thrown.error);
    else this.run.finish(execution);
  }

  #tell(event: ExecutionEvent): void {
    const { onStdout, onStderr, onDisplay, onToolCall, onResult } = this.#options;
    try {
      if (event.type === "stdout") onStdout?.(event.text);
      if (event.type === "stderr") onStderr?.(event.text);
      if (event.type === "display") onDisplay?.(event.bundle);
      if (event.type === "toolCall") onToolCall?.(event);
      if (event.type === "result") onResult?.(event.execution);
    } catch (error) {
      // The caller's own fault is the caller's to hear of, when the cell is over; the session is none the worse.
      this.#thrown ??= { error };
    }
  }
}

type Active = {
  readonly id: number;
  readonly builder: ExecutionBuilder;
  readonly calls: ToolCalls;
  readonly onInput: OnInput | undefined;
};

/** A value that is none is left out, and its text stands. */
const answerOf = (wire: unknown): unknown => {
  try {
    return decodeValue(wire);
  } catch {
    return undefined;
  }
};

const BACKSTOP_MS = 10_000;
