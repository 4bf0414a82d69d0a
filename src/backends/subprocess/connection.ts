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
  #ended: string | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(socket: Socket, limitBytes: number) {
    this.#socket = socket;
    this.#reader = new LineReader(limitBytes);
    socket.on("data", (chunk) => this.#feed(chunk));
    socket.on("error", () => {});
    // Whoever watches the processes knows better why, and hears of it at about the same time.
    socket.on("close", () => {
      if (this.#ended === undefined)
        this.#timer = setTimeout(() => this.end("its process ended"), BETTER_REASON_MS);
    });
  }

  send(line: Line): void {
    const socket = this.#socket;
    if (socket.destroyed) return;
    const [only = ""] = line;
    if (line.length === 1) {
      socket.write(`${only}\n`);
      return;
    }
    socket.cork();
    for (const [index, part] of line.entries()) socket.write(part, index % 2 ? "latin1" : "utf8");
    socket.write("\n");
    socket.uncork();
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
    if (this.#ended !== undefined) return;
    this.#ended = reason;
    clearTimeout(this.#timer);
    this.#listener?.end(reason);
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

const BETTER_REASON_MS = 500;
