import { UsageError } from "../errors.ts";
import type { ResultEvent } from "../protocol/messages.ts";
import { decodeValue } from "../protocol/values.ts";
import { checkCall, checkLabel, checkNumber, checkRun, encodeVariables } from "./arguments.ts";
import { adoptLane, forkLane } from "./branches.ts";
import { Cell } from "./cell.ts";
import type { CellRun } from "./cell-run.ts";
import { type Desk, patienceOf } from "./desk.ts";
import { assign, equip } from "./equip.ts";
import { SessionFiles } from "./files.ts";
import type { Lane, Request } from "./lane.ts";
import {
  type Completions,
  readCompletions,
  readVariables,
  toCodePoints,
  type Variable,
} from "./namespace.ts";
import type { CallOptions, RunOptions, SessionEnforcement } from "./options.ts";
import { order } from "./order.ts";
import type { Switchboard } from "./switchboard.ts";
import type { Tool } from "./tools/tool.ts";
import { ToolBox } from "./tools/toolbox.ts";

export type SessionParts = {
  readonly board: Switchboard;
  readonly lane: Lane;
  readonly desk: Desk;
  readonly about: { readonly enforcement: SessionEnforcement; readonly python: string };
};

/**
 * One Python namespace that lives across cells, confined before its first line ran. Everything that is asked of it
 * queues with the cells and is done one at a time, but for `interrupt`, `files` and `close`. Made by
 * `PythonExecutor.createSession`.
 */
export class Session implements AsyncDisposable {
  /** What confinement the backend applied, and what it could not. */
  readonly enforcement: SessionEnforcement;
  /** The version of Python that runs the cells. */
  readonly python: string;
  /** The files of the session's workspace, which its branches share. */
  readonly files: SessionFiles;
  /** Resolves with the reason, in words, when the session is over, be it by `close` or otherwise. Never rejects. */
  readonly ended: Promise<string>;
  readonly #board: Switchboard;
  readonly #lane: Lane;
  readonly #desk: Desk;
  #closing: Promise<void> | undefined;

  /** @internal */
  constructor({ board, lane, desk, about }: SessionParts) {
    this.#board = board;
    this.#lane = lane;
    this.#desk = desk;
    this.enforcement = about.enforcement;
    this.python = about.python;
    this.ended = lane.ended.then((error) => error.message);
    this.files = new SessionFiles(
      (command, options) => (lane.gone ? Promise.reject(lane.gone) : board.request(command, options)),
      desk.limits,
    );
  }

  /**
   * Runs one cell after those that were sent before it. Await the returned handle for the `Execution`, or iterate over
   * it for events. A Python error is in the execution; the handle rejects with `GuestError` when the session is gone,
   * and throws `UsageError` for bad arguments.
   */
  runCode(code: string, options: RunOptions = {}): CellRun {
    checkRun(code, options);
    const cell = new Cell({ code, options, desk: this.#desk, send: (command) => this.#lane.send(command) });
    this.#lane.push(cell);
    return cell.run;
  }

  /**
   * Sets variables in the namespace. Rejects with `UsageError`, naming the path inside the value, what has no twin in
   * Python, and with `GuestError` when Python could not take them, which says what became of the state.
   */
  async setVariables(variables: Readonly<Record<string, unknown>>, options: CallOptions = {}): Promise<void> {
    checkCall("setVariables", options);
    const encoded = encodeVariables("setVariables", variables);
    await assign(this.#lane, encoded, this.#asked("setVariables", options));
  }

  /**
   * The value of a variable as JavaScript has it. Rejects with `UsageError` when there is none of that name, and, naming
   * the path inside the value, when it has no twin in JavaScript or is too large.
   */
  getVariable(name: string, options: CallOptions = {}): Promise<unknown> {
    return this.#order("getVariable", options, {
      check: () => {
        if (typeof name !== "string" || name === "" || name.length > 1000) {
          throw new UsageError("getVariable: name is not a string of 1 to 1000 characters");
        }
      },
      request: () => ({ type: "fetch", name }),
      callersFault: true,
      read: ({ output }) => decodeValue(output),
    });
  }

  /** The names of the namespace with type and short `repr`: at most 500, and none that begins with an underscore. */
  variables(options: CallOptions = {}): Promise<Variable[]> {
    return this.#order("variables", options, {
      request: () => ({ type: "inspect" }),
      read: ({ output }) => readVariables(output),
    });
  }

  /** Replaces the host tools that cells can call. */
  async setTools(tools: Readonly<Record<string, Tool>>, options: CallOptions = {}): Promise<void> {
    checkCall("setTools", options);
    const box = new ToolBox(tools);
    await equip(this.#lane, box, {
      ...this.#asked("setTools", options),
      taken: () => Object.assign(this.#desk, { tools: box, equipped: true }),
    });
  }

  /** The tools as Python stubs, for a prompt. */
  toolStubs(): string {
    return this.#desk.tools.stubs();
  }

  /** What could follow at a place in the source, from the live namespace, running nothing of the user's. */
  complete(source: string, cursor: number = source.length, options: CallOptions = {}): Promise<Completions> {
    return this.#order("complete", options, {
      check: () => {
        if (typeof source !== "string")
          throw new UsageError(`complete: source is ${typeof source}, not a string`);
        const { sourceBytes } = this.#desk.limits;
        if (Buffer.byteLength(source) > sourceBytes) {
          throw new UsageError(`complete: source is longer than the policy's sourceBytes, ${sourceBytes}`);
        }
        toCodePoints(source, cursor);
      },
      request: () => ({ type: "complete", source, cursor: toCodePoints(source, cursor) }),
      read: ({ output }) => readCompletions(output, source),
    });
  }

  /** Interrupts the running cell, or whatever else is under way, and keeps the state if that lets it. */
  interrupt(): void {
    this.#lane.interrupt();
  }

  /** Keeps the present state under a name; a state that had the name is forgotten. Rejects when it cannot be kept. */
  checkpoint(name: string, options: CallOptions = {}): Promise<void> {
    return this.#labelled("checkpoint", name, options);
  }

  /** Goes back to the state of that name, as often as wanted. Rejects with `UsageError` when there is none. */
  restore(name: string, options: CallOptions = {}): Promise<void> {
    return this.#labelled("restore", name, options, () => this.#equipAgain("restore"));
  }

  /** Frees the state of that name. Rejects with `UsageError` when there is none. */
  forget(name: string, options: CallOptions = {}): Promise<void> {
    return this.#labelled("forget", name, options);
  }

  /** Goes back by so many cells, as far as the option `history` allows. Rejects with `UsageError` when it does not. */
  undo(count = 1, options: CallOptions = {}): Promise<void> {
    return this.#order("undo", options, {
      check: () => checkNumber("undo", "count", count, [1, 1_000_000]),
      request: () => ({ type: "undo", count }),
      callersFault: true,
      read: () => this.#equipAgain("undo"),
    });
  }

  /** Empties the namespace and ends everything that cells started. Files and tools stay. */
  reset(options: CallOptions = {}): Promise<void> {
    return this.#order("reset", options, {
      request: () => ({ type: "reset" }),
      callersFault: true,
      read: () => this.#equipAgain("reset"),
    });
  }

  /**
   * Makes `count` live branches of the present state, each a session of its own that shares files and limits with this
   * one. Close each; the last one that is closed ends them all.
   */
  async fork(count: number, options: CallOptions = {}): Promise<Session[]> {
    checkCall("fork", options);
    checkNumber("fork", "count", count, [1, 1000]);
    const { enforcement, python } = this;
    const lanes = await forkLane(this.#board, this.#lane, { count, ...this.#asked("fork", options) });
    return lanes.map(
      (lane) =>
        new Session({ board: this.#board, lane, desk: { ...this.#desk }, about: { enforcement, python } }),
    );
  }

  /** Takes the state of a branch for its own, when both are done with what was sent before. The branch is over then. */
  async adopt(branch: Session, options: CallOptions = {}): Promise<void> {
    checkCall("adopt", options);
    if (!(branch instanceof Session) || branch.#board !== this.#board || branch === this) {
      throw new UsageError("adopt: not another branch of this session");
    }
    await adoptLane(this.#board, {
      ...this.#asked("adopt", options),
      lane: this.#lane,
      from: branch.#lane,
      read: () => {
        const { tools, equipped, owed, count } = branch.#desk;
        // No number stands for two cells of one namespace.
        Object.assign(this.#desk, { tools, equipped, owed, count: Math.max(this.#desk.count, count) });
      },
    });
  }

  /** Ends this branch, and with the last one the session and everything in it. What has not ended rejects. */
  close(): Promise<void> {
    this.#closing ??= this.#board.close(this.#lane, new UsageError("session used after close"));
    return this.#closing;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #labelled(
    what: "checkpoint" | "restore" | "forget",
    name: string,
    options: CallOptions,
    then: () => Promise<void> | void = () => {},
  ): Promise<void> {
    return this.#order(what, options, {
      check: () => checkLabel(what, name),
      request: () => ({ type: what, name }),
      callersFault: true,
      read: then,
    });
  }

  /** The state that is there now may be from before the tools were set; a loss before it is no news any more. */
  async #equipAgain(what: string): Promise<void> {
    this.#desk.owed = undefined;
    if (!this.#desk.equipped) return;
    await equip(this.#lane, this.#desk.tools, { ...this.#asked(what, {}), first: true });
  }

  #asked(what: string, { signal }: CallOptions) {
    const owe = ({ state, lost }: ResultEvent): void => {
      this.#desk.owed = { state, ...(lost ? { lost } : {}) };
    };
    return { what, signal, patienceMs: patienceOf(this.#desk.limits), owe };
  }

  async #order<T>(what: string, options: CallOptions, asking: Asking<T>): Promise<T> {
    checkCall(what, options);
    asking.check?.();
    const { callersFault = false, read } = asking;
    return order(this.#lane, asking.request(), { ...this.#asked(what, options), callersFault, read });
  }
}

type Asking<T> = {
  readonly check?: () => void;
  readonly request: () => Request;
  /** Whether a Python exception is the caller's doing. */
  readonly callersFault?: boolean;
  readonly read: (event: ResultEvent) => T | Promise<T>;
};
