import { GuestError } from "../errors.ts";
import type { Command, ResultEvent, SessionEvent } from "../protocol/messages.ts";
import { type Asking, Conversation } from "../protocol/state.ts";

type Unaddressed<T> = T extends unknown ? Omit<T, "branch"> : never;
type Unnumbered<T> = T extends unknown ? Omit<T, "branch" | "id"> : never;

/** What goes to the session about a branch, before the lane has said which branch. */
export type LaneCommand = Unaddressed<Exclude<Command, { type: "start" | "file" | "close" }>>;
/** A command that a result answers, before the lane has numbered it. */
export type Request = Unnumbered<Asking>;
/** What a session says about a command that is under way. */
export type LaneEvent = Extract<SessionEvent, { id: number }>;
export type ProgressEvent = Exclude<LaneEvent, ResultEvent>;

/** Something that has a branch to itself for a while: a cell, or one other command. */
export interface Turn {
  /** Takes it out of the queue, or interrupts it. */
  readonly signal: AbortSignal | undefined;
  /** How long the session may take to answer, in milliseconds; read when the request goes out. */
  readonly patienceMs: number;
  /** Its turn has come: what to ask, or nothing when it is over already. Must not reject. */
  begin(id: number): Request | undefined | Promise<Request | undefined>;
  receive(event: ProgressEvent): void;
  finish(event: ResultEvent): void;
  /** Its signal was aborted before anything was asked. */
  skip(): void;
  /** The session is over. */
  fail(error: Error): void;
}

/** What a lane needs of the line that it shares with the other branches. */
export type Wire = {
  /** A number that no other command of this session has. */
  nextId(): number;
  send(command: Command): Promise<void> | undefined;
  /** The session broke down. */
  fail(error: Error): void;
};

/** One branch of a session: its turns, one at a time and in order, and what the session may say about them. */
export class Lane {
  readonly branch: number;
  /** Resolves with the reason when the branch is over. Never rejects. */
  readonly ended: Promise<Error>;
  readonly #wire: Wire;
  readonly #conversation = new Conversation("idle");
  #queue: Turn[] = [];
  /** One listener for each signal, however many turns it is given to: Node warns of more than ten. */
  readonly #watched = new Map<AbortSignal, { readonly turns: Set<Turn>; readonly abort: () => void }>();
  #current: Current | undefined;
  #gone: Error | undefined;
  #resolveEnded!: (reason: Error) => void;

  constructor(branch: number, wire: Wire) {
    this.branch = branch;
    this.#wire = wire;
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
  }

  /** Why the branch is over, when it is. */
  get gone(): Error | undefined {
    return this.#gone;
  }

  /** Queues a turn behind the others, or before them. */
  push(turn: Turn, place: "last" | "first" = "last"): void {
    if (this.#gone) turn.fail(this.#gone);
    else if (turn.signal?.aborted) turn.skip();
    else {
      this.#watch(turn);
      if (place === "first") this.#queue.unshift(turn);
      else this.#queue.push(turn);
      this.#next();
    }
  }

  /** A promise says that a lot waits to be taken. */
  send(command: LaneCommand): Promise<void> | undefined {
    const { branch } = this;
    const { type, id, ...rest } = command as LaneCommand & { id: number };
    return this.#wire.send(branch === 0 ? command : ({ type, id, branch, ...rest } as Command));
  }

  /** Interrupts what is under way; without anything it does nothing. */
  interrupt(): void {
    if (this.#current?.asked) this.send({ type: "interrupt", id: this.#current.id });
  }

  /** Takes an event of this branch; throws `GuestError` for one that is not legal now. */
  receive(event: LaneEvent): void {
    this.#conversation.receive(event);
    const turn = this.#current?.turn;
    if (event.type !== "result") turn?.receive(event);
    else {
      turn?.finish(event);
      this.#done();
    }
  }

  /** The branch is over: everybody who waits is told why. */
  end(error: Error): void {
    if (this.#gone) return;
    this.#gone = error;
    const turns = [...(this.#current ? [this.#current.turn] : []), ...this.#queue];
    clearTimeout(this.#current?.timer);
    this.#current = undefined;
    this.#queue = [];
    for (const turn of turns) {
      this.#forget(turn);
      turn.fail(error);
    }
    this.#resolveEnded(error);
  }

  #next(): void {
    while (!this.#current && !this.#gone) {
      const turn = this.#queue.shift();
      if (!turn) return;
      const current: Current = { turn, id: this.#wire.nextId(), asked: false, timer: undefined };
      this.#current = current;
      const request = turn.begin(current.id);
      if (!(request instanceof Promise)) this.#ask(current, request);
      else
        void request.then((late) => {
          this.#ask(current, late);
          this.#next();
        });
    }
  }

  #ask(current: Current, request: Request | undefined): void {
    // It was skipped, or the session ended, while it made up its mind.
    if (this.#current !== current) return;
    if (!request) {
      this.#current = undefined;
      this.#forget(current.turn);
      return;
    }
    // First what the keeper looks for in a line that it only passes on.
    const { type, ...rest } = request;
    const command = { type, id: current.id, ...rest } as Asking;
    this.#conversation.send(command);
    current.asked = true;
    const { patienceMs } = current.turn;
    // The keeper holds every deadline; this one is for a keeper that does not answer at all.
    current.timer = setTimeout(
      () => this.#wire.fail(new GuestError(`session ended: no answer to "${command.type}" within its time`)),
      Math.min(patienceMs, LONGEST_TIMER_MS),
    );
    this.send(command);
  }

  #abort(turn: Turn): void {
    if (this.#current?.turn !== turn) {
      this.#queue = this.#queue.filter((other) => other !== turn);
      this.#forget(turn);
      turn.skip();
    } else if (this.#current.asked) this.interrupt();
    else {
      turn.skip();
      this.#done();
    }
  }

  #done(): void {
    if (!this.#current) return;
    clearTimeout(this.#current.timer);
    this.#forget(this.#current.turn);
    this.#current = undefined;
    this.#next();
  }

  #watch(turn: Turn): void {
    const { signal } = turn;
    if (!signal) return;
    let watched = this.#watched.get(signal);
    if (!watched) {
      const turns = new Set<Turn>();
      const abort = (): void => {
        for (const each of [...turns]) this.#abort(each);
      };
      watched = { turns, abort };
      this.#watched.set(signal, watched);
      signal.addEventListener("abort", abort, { once: true });
    }
    watched.turns.add(turn);
  }

  #forget(turn: Turn): void {
    const { signal } = turn;
    const watched = signal && this.#watched.get(signal);
    if (!watched) return;
    watched.turns.delete(turn);
    if (watched.turns.size > 0) return;
    this.#watched.delete(signal);
    signal.removeEventListener("abort", watched.abort);
  }
}

type Current = {
  readonly turn: Turn;
  readonly id: number;
  /** Whether the session has been asked, and so can be interrupted. */
  asked: boolean;
  timer: NodeJS.Timeout | undefined;
};

/** What setTimeout can count to; above it, it fires at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;
