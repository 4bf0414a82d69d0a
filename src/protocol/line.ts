import { randomUUID } from "node:crypto";

/** A message as text: JSON and long ASCII in turns, beginning with JSON. Its end of line is not in it. */
export type Line = readonly string[];

/**
 * A long text that needs no escapes, as base64 is. JSON would look through it once more to find that out, and so would
 * the conversion to UTF-8: those two took a third of the time that ten megabytes need to Python.
 */
export class Ascii {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  get length(): number {
    return this.text.length;
  }

  toString(): string {
    return this.text;
  }

  toJSON(): string {
    if (!collected) return this.text;
    collected.push(this.text);
    return MARK;
  }
}

/** Shorter ones are not worth it. */
export const LONG_ASCII = 1 << 15;

/** A message, or anything else that JSON can say, as a line. */
export function toLine(message: unknown): Line {
  const texts: string[] = [];
  collected = texts;
  try {
    const json = JSON.stringify(message) ?? "null";
    return texts.length === 0
      ? [json]
      : json.split(MARK).flatMap((part, index) => [part, texts[index] ?? ""]);
  } finally {
    collected = undefined;
  }
}

/** Bytes of a line in UTF-8. */
export function bytesOfLine(line: Line): number {
  return line.reduce((sum, part, index) => sum + (index % 2 ? part.length : Buffer.byteLength(part)), 0);
}

/** What stands for each in the JSON. No text that anybody sends can hold it by chance. */
const MARK = randomUUID();
/** Where those of the message at work go. */
let collected: string[] | undefined;
