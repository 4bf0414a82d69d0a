import { randomUUID } from "node:crypto";

import { nearest } from "../../policy/nearest.ts";
import type { Approve } from "./approval.ts";
import { carryOut, type Outcome } from "./carry-out.ts";
import { type CallError, refusal } from "./failure.ts";
import { Records, type ToolCallEvent, type ToolCallRecord } from "./records.ts";
import type { BoundTool, ToolBox } from "./toolbox.ts";
import { type CallEvent, weigh } from "./wire-arguments.ts";

/** What goes back to the cell. */
export type CallAnswer =
  | { readonly call: number; readonly value: unknown }
  | { readonly call: number; readonly error: CallError };

export type ToolCallsOptions = {
  readonly toolbox: ToolBox;
  readonly limits: {
    /** How many calls the cell may make. */
    readonly toolCalls: number;
    /** The most bytes of one result, as JSON. */
    readonly resultBytes: number;
    /** How many calls run at one time; the others wait their turn. Default: 64. */
    readonly inFlight?: number;
  };
  readonly approve?: Approve | undefined;
  /** A promise says that answers pile up: the place of the call is taken as long. */
  answer(answer: CallAnswer): Promise<void> | undefined;
  emit(event: ToolCallEvent): void;
};

/**
 * The tool calls of one cell: gets what its worker sends, which is hostile, and answers each call once, until the cell
 * is over. Nothing here throws for what a cell or a tool does.
 */
export class ToolCalls {
  readonly #options: ToolCallsOptions;
  readonly #records = new Records();
  /** Every id that the worker gave, so that none counts twice. */
  readonly #used = new Set<number>();
  /** The calls without an answer so far, by those ids. */
  readonly #open = new Map<number, Call>();
  readonly #waiting: Call[] = [];
  #waitingBytes = 0;
  #running = 0;
  #ended = false;

  constructor(options: ToolCallsOptions) {
    this.#options = options;
  }

  /** The calls in their order, at most 1000 of them. */
  get records(): readonly ToolCallRecord[] {
    return this.#records.list;
  }

  /** How many calls have no record: those after the first 1000, and those after the first one over the budget. */
  get omitted(): number {
    return this.#records.omitted;
  }

  /** A call that the worker made. */
  receive(event: CallEvent): void {
    // The keeper has answered it: the cell is over.
    if (this.#ended) return;
    // While the first one is under way its answer settles both.
    if (this.#open.has(event.call)) return;
    if (this.#used.has(event.call)) {
      const message = `call of ${event.tool} refused: its id was used before`;
      this.#reply(event.call, { status: "refused", error: refusal("CallRefused", message) });
    } else if (this.#used.size >= this.#options.limits.toolCalls) this.#refuseOverBudget(event);
    else this.#admit(event);
  }

  /** The cell is over: what is under way is aborted, and no answer is given any more. A second end is none. */
  end(reason = "the cell is over"): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#waiting.length = 0;
    const calls = [...this.#open.values()];
    this.#open.clear();
    for (const call of calls) {
      this.#note(call, { status: "aborted" });
      call.abort(reason);
    }
  }

  #admit(event: CallEvent): void {
    this.#used.add(event.call);
    const call = new Call(event, this.#options.toolbox.find(event.tool));
    this.#open.set(event.call, call);
    const { inFlight = IN_FLIGHT } = this.#options.limits;
    if (!call.tool) this.#settle(call, { status: "refused", error: this.#unknown(event.tool) });
    else if (this.#running < inFlight) this.#start(call, call.tool);
    else this.#wait(call);
  }

  #start(call: Call, tool: BoundTool): void {
    const { approve, limits } = this.#options;
    this.#running += 1;
    const begun = (values: Readonly<Record<string, unknown>>): void => {
      if (this.#open.get(call.event.call) !== call) return;
      call.values = this.#records.keeps(call.bytes) ? values : undefined;
      this.#note(call, { status: "pending" });
    };
    const conditions = {
      id: call.id,
      get signal() {
        return call.signal;
      },
      over: () => call.aborted,
      approve,
      resultBytes: limits.resultBytes,
      begun,
    };
    void carryOut(tool, call.event, conditions).then(async (outcome) => {
      const full = this.#settle(call, outcome);
      if (full) await full;
      this.#running -= 1;
      this.#next();
    });
  }

  #wait(call: Call): void {
    this.#waitingBytes += call.bytes;
    if (this.#waiting.length < MOST_WAITING && this.#waitingBytes <= MOST_WAITING_BYTES) {
      this.#waiting.push(call);
      return;
    }
    this.#waitingBytes -= call.bytes;
    const message = `call of ${call.event.tool} refused: too many calls are waiting; await some of them first`;
    this.#settle(call, { status: "refused", error: refusal("BudgetExceeded", message) });
  }

  #next(): void {
    const call = this.#waiting.shift();
    if (!call?.tool) return;
    this.#waitingBytes -= call.bytes;
    this.#start(call, call.tool);
  }

  #settle(call: Call, outcome: Outcome): Promise<void> | undefined {
    // What comes after the cell's end is dropped: nobody waits for it.
    if (!this.#open.delete(call.event.call)) return undefined;
    this.#note(call, outcome.status === "ok" ? { status: "ok" } : outcome);
    return this.#reply(call.event.call, outcome);
  }

  #reply(call: number, outcome: Outcome): Promise<void> | undefined {
    return this.#options.answer(
      outcome.status === "ok" ? { call, value: outcome.value } : { call, error: outcome.error },
    );
  }

  #note(call: Call, { status, error }: Pick<ToolCallRecord, "status" | "error">): void {
    const record: ToolCallRecord = {
      id: call.id,
      tool: call.event.tool,
      ...(call.values ? { arguments: call.values } : {}),
      status,
      ...(error ? { error } : {}),
      durationMs: performance.now() - call.begun,
    };
    this.#records.put(record);
    this.#options.emit({ type: "toolCall", call: record });
  }

  /** The first one is worth a record; a loop of them must fill nothing. */
  #refuseOverBudget(event: CallEvent): void {
    const { toolCalls } = this.#options.limits;
    const message = `call of ${event.tool} refused: the cell has made its ${toolCalls} tool calls, the most that the policy's toolCalls allows`;
    const outcome: Outcome = { status: "refused", error: refusal("BudgetExceeded", message) };
    if (this.#overBudget) this.#records.omit();
    else this.#note(new Call(event, undefined), outcome);
    this.#overBudget = true;
    this.#reply(event.call, outcome);
  }

  #overBudget = false;

  #unknown(name: string): CallError {
    const { names } = this.#options.toolbox;
    const meant = nearest(name, names);
    return refusal(
      "UnknownTool",
      `call refused: there is no tool ${name}${meant ? `; ${meant} is one` : ""}`,
    );
  }
}

const IN_FLIGHT = 64;
const MOST_WAITING = 1000;
const MOST_WAITING_BYTES = 64 * 1024 * 1024;

/** One call from its arrival to its answer. */
class Call {
  readonly id = randomUUID();
  readonly begun = performance.now();
  readonly event: CallEvent;
  readonly tool: BoundTool | undefined;
  readonly bytes: number;
  #controller: AbortController | undefined;
  #abortedFor: string | undefined;
  /** The arguments, as far as the record keeps them. */
  values: Readonly<Record<string, unknown>> | undefined;

  constructor(event: CallEvent, tool: BoundTool | undefined) {
    this.event = event;
    this.tool = tool;
    this.bytes = weigh(event.arguments, MOST_WAITING_BYTES);
  }

  get aborted(): boolean {
    return this.#abortedFor !== undefined;
  }

  /** Made when it is first asked for: it costs more than all else that a call is. */
  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#abortedFor !== undefined) this.abort(this.#abortedFor);
    return this.#controller.signal;
  }

  abort(reason: string): void {
    this.#abortedFor = reason;
    this.#controller?.abort(new DOMException(reason, "AbortError"));
  }
}
