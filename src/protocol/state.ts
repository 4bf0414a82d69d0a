import { GuestError } from "../errors.ts";
import type { Command, SessionEvent } from "./messages.ts";

/**
 * What a session may say, and when. Every event is legal only where the table has a cell for it; a missing cell is the
 * error. The supervisor's own commands move the same machine, so that both ends of the conversation are one table.
 * Each branch of a session has a conversation of its own, which begins idle. "run" is a cell, "order" any other command
 * that has an id; answers, interrupts and requests for files move nothing.
 *
 * | phase    | hello     | ready | file    | stdout, stderr, denial | display, call, input, final | result | run     | order   | fatal  |
 * |----------|-----------|-------|---------|------------------------|-----------------------------|--------|---------|---------|--------|
 * | dialling | greeting  |       |         |                        |                             |        |         |         |        |
 * | greeting |           | idle  |         |                        |                             |        |         |         | closed |
 * | idle     |           |       | idle    |                        |                             |        | running | serving | closed |
 * | running  |           |       | running | running                | running                     | idle   |         |         | closed |
 * | serving  |           |       | serving | serving                |                             | idle   |         |         | closed |
 * | closed   |           |       |         |                        |                             |        |         |         |        |
 */
export type Phase = "dialling" | "greeting" | "idle" | "running" | "serving" | "closed";
export type Move = SessionEvent["type"] | "run" | "order";

const PRINTED = ["stdout", "stderr", "denial"] as const;
const FROM_CELLS = ["display", "call", "input", "final"] as const;

const all = (moves: readonly Move[], phase: Phase): Partial<Record<Move, Phase>> =>
  Object.fromEntries(moves.map((move) => [move, phase]));

const TABLE: Readonly<Record<Phase, Readonly<Partial<Record<Move, Phase>>>>> = {
  dialling: { hello: "greeting" },
  greeting: { ready: "idle", fatal: "closed" },
  idle: { file: "idle", run: "running", order: "serving", fatal: "closed" },
  running: { ...all(["file", ...PRINTED, ...FROM_CELLS], "running"), result: "idle", fatal: "closed" },
  // Threads of an earlier cell may print at any time; all else that comes from a cell needs one.
  serving: { ...all(["file", ...PRINTED], "serving"), result: "idle", fatal: "closed" },
  closed: {},
};

/** The session's side of the conversation as a state machine. */
export class Conversation {
  #phase: Phase;
  #command = 0;

  constructor(phase: Phase = "dialling") {
    this.#phase = phase;
  }

  get phase(): Phase {
    return this.#phase;
  }

  /** Notes that the supervisor sends a command that a result answers; throws while another one is under way. */
  send(command: Asking): void {
    this.#move(command.type === "run" ? "run" : "order");
    this.#command = command.id;
  }

  /** Notes an event of the session; throws `GuestError` when it is not legal now, or is about another command. */
  receive(event: SessionEvent): void {
    const phase = this.#phase;
    this.#move(event.type);
    if ("id" in event && event.id !== this.#command) {
      throw new GuestError(
        `message refused: "${event.type}" is about command ${event.id} while command ${this.#command} is ${phase}`,
      );
    }
  }

  #move(move: Move): void {
    const moves = TABLE[this.#phase];
    const next = Object.hasOwn(moves, move) ? moves[move] : undefined;
    if (!next) throw new GuestError(`message refused: "${move}" while the session is ${this.#phase}`);
    this.#phase = next;
  }
}

/** A command that the session answers with a result. */
export type Asking = Exclude<Command, { type: "start" | "answer" | "file" | "interrupt" | "close" }>;
