import { isAscii } from "node:buffer";

import { GuestError } from "../errors.ts";

/**
 * Cuts bytes into lines, bounded before anything looks inside. Sans I/O: chunks in, lines out; half lines wait.
 * A line longer than `limit` bytes throws `GuestError`, and then the stream is not to be believed any more.
 */
export class LineReader {
  readonly #limit: number;
  #parts: Buffer[] = [];
  #size = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  feed(chunk: Buffer): string[] {
    const lines: string[] = [];
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      this.#take(chunk.subarray(start, end));
      lines.push(this.#join());
      start = end + 1;
    }
    if (start < chunk.length) this.#take(chunk.subarray(start));
    return lines;
  }

  #take(part: Buffer): void {
    this.#size += part.length;
    if (this.#size > this.#limit) {
      throw new GuestError(`message refused: a line is longer than ${this.#limit} bytes`);
    }
    this.#parts.push(part);
  }

  #join(): string {
    const only = this.#parts[0];
    const line = this.#parts.length === 1 && only ? only : Buffer.concat(this.#parts);
    this.#parts = [];
    this.#size = 0;
    // Most long lines are base64, and need no decoding to be looked for.
    return line.length > LONG && isAscii(line) ? line.toString("latin1") : line.toString("utf8");
  }
}

const NEWLINE = 0x0a;
const LONG = 1 << 16;
