import type { Socket } from "node:net";

import type { Line } from "../../protocol/line.ts";
import { LineReader } from "../../protocol/lines.ts";
import type { LinkListener } from "../../session/backend.ts";

/** A session's socket as lines. Lines that come before somebody listens wait; an overlong line ends the connection. */
export class Connection {
  readonly #socket: Socket;
  readonly #reader: LineReader;
  #listener: LinkListener | undefined;
  #first: ((line: string) => void) | undefined;
  #waiting: string[] = [];
  /** Lines that the socket does not have yet, and those who wait until it has taken all. */
  #held: Line[] = [];
  #senders: (() => void)[] = [];
  #ended: string | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(socket: Socket, limitBytes: number) {
    this.#socket = socket;
    this.#reader = new LineReader(limitBytes);
    socket.on("data", (chunk) => this.#feed(chunk));
    socket.on("error", () => {});
    socket.on("drain", () => this.#drain());
    // Whoever watches the processes knows better why, and hears of it at about the same time.
    socket.on("close", () => {
      this.#drop();
      if (this.#ended === undefined)
        this.#timer = setTimeout(() => this.end("its process ended"), BETTER_REASON_MS);
    });
  }

  /** Gives a promise where the other end has a lot to take first: what is then sent on adds to the memory of this one. */
  send(line: Line): Promise<void> | undefined {
    const socket = this.#socket;
    if (socket.destroyed) return undefined;
    if (this.#held.length > 0 || socket.writableLength > MOST_BYTES) this.#held.push(line);
    else write(socket, line);
    if (socket.writableLength <= MUCH_BYTES) return undefined;
    return new Promise((resolve) => this.#senders.push(resolve));
  }

  listen(listener: LinkListener): void {
    this.#listener = listener;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const line of waiting) this.#listener.line(line);
    if (this.#ended !== undefined) listener.end(this.#ended);
  }

  /** Hands over the first line alone; later ones wait for `listen`. */
  listenOnce(first: (line: string) => void): void {
    this.#first = first;
  }

  /** Closes the socket and gives the reason, if it is the first. */
  end(reason: string): void {
    this.#socket.destroy();
    this.#drop();
    if (this.#ended !== undefined) return;
    this.#ended = reason;
    clearTimeout(this.#timer);
    this.#listener?.end(reason);
  }

  #drain(): void {
    while (this.#held.length > 0 && this.#socket.writableLength <= MOST_BYTES)
      write(this.#socket, this.#held.shift() as Line);
    if (this.#held.length === 0 && !this.#socket.writableNeedDrain) this.#rouse();
  }

  #drop(): void {
    this.#held = [];
    this.#rouse();
  }

  #rouse(): void {
    for (const resolve of this.#senders.splice(0)) resolve();
  }

  #feed(chunk: Buffer): void {
    try {
      for (const line of this.#reader.feed(chunk)) {
        const first = this.#first;
        this.#first = undefined;
        if (first) first(line);
        else if (this.#listener) this.#listener.line(line);
        else this.#waiting.push(line);
      }
    } catch (error) {
      this.end((error as Error).message);
    }
  }
}

const write = (socket: Socket, line: Line): void => {
  const [only = ""] = line;
  if (line.length === 1) {
    socket.write(`${only}\n`);
    return;
  }
  socket.cork();
  for (const [index, part] of line.entries()) socket.write(part, index % 2 ? "latin1" : "utf8");
  socket.write("\n");
  socket.uncork();
};

const BETTER_REASON_MS = 500;
const MUCH_BYTES = 2 ** 20;
/** Node writes all that it has at once, and fails with ENOBUFS above some hundred megabytes. */
const MOST_BYTES = 2 ** 26;
