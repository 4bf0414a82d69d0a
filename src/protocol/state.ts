import { GuestError } from "../errors.ts";
import type { SessionEvent } from "./messages.ts";

/**
 * What a session may say, and when. Every event is legal only where the table has a cell for it; a missing cell is the
 * error. The supervisor's own commands move the same machine, so that both ends of the conversation are one table.
 *
 * | phase    | hello     | ready | stdout, stderr, denial | result | run     | fatal  |
 * |----------|-----------|-------|------------------------|--------|---------|--------|
 * | dialling | greeting  |       |                        |        |         |        |
 * | greeting |           | idle  |                        |        |         | closed |
 * | idle     |           |       |                        |        | running | closed |
 * | running  |           |       | running                | idle   |         | closed |
 * | closed   |           |       |                        |        |         |        |
 */
export type Phase = "dialling" | "greeting" | "idle" | "running" | "closed";
export type Move = SessionEvent["type"] | "run";

const TABLE: Readonly<Record<Phase, Readonly<Partial<Record<Move, Phase>>>>> = {
  dialling: { hello: "greeting" },
  greeting: { ready: "idle", fatal: "closed" },
  idle: { run: "running", fatal: "closed" },
  running: { stdout: "running", stderr: "running", denial: "running", result: "idle", fatal: "closed" },
  closed: {},
};

/** The session's side of the conversation as a state machine. */
export class Conversation {
  #phase: Phase;
  #cell = 0;

  constructor(phase: Phase = "dialling") {
    this.#phase = phase;
  }

  get phase(): Phase {
    return this.#phase;
  }

  /** Notes that the supervisor sends cell `id`. */
  run(id: number): void {
    this.#move("run");
    this.#cell = id;
  }

  /** Notes an event of the session; throws `GuestError` when it is not legal now, or is about another cell. */
  receive(event: SessionEvent): void {
    const phase = this.#phase;
    this.#move(event.type);
    if ("id" in event && event.id !== this.#cell) {
      throw new GuestError(
        `message refused: "${event.type}" is about cell ${event.id} while cell ${this.#cell} is ${phase}`,
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
