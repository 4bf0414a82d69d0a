import { GuestError, UsageError } from "../errors.ts";

/** One name of the namespace, as the cell's own process tells of it. */
export type Variable = {
  readonly name: string;
  /** The name of its type. */
  readonly type: string;
  /** Its `repr`, cut short. */
  readonly text: string;
};

export type Completion = {
  readonly text: string;
  /** What it is: `function`, `class`, `module`, `keyword` and the like. */
  readonly kind: string;
};

export type Completions = {
  /** The part of the source that a match takes the place of, as indexes into the JavaScript string. */
  readonly start: number;
  readonly end: number;
  readonly matches: readonly Completion[];
};

/** The answer to `inspect`; throws `GuestError` for what is no list of names. */
export function readVariables(output: unknown): Variable[] {
  return list("variables", output).map((item) => {
    const { name, type, text } = fields("variables", item);
    return {
      name: string("variables", name),
      type: string("variables", type),
      text: string("variables", text),
    };
  });
}

/** The answer to `complete`, whose places count in code points as Python does. */
export function readCompletions(output: unknown, source: string): Completions {
  const { start, end, matches } = fields("complete", output);
  return {
    start: toIndex(source, start),
    end: toIndex(source, end),
    matches: list("complete", matches).map((item) => {
      const { text, kind } = fields("complete", item);
      return { text: string("complete", text), kind: string("complete", kind) };
    }),
  };
}

/** A place in a JavaScript string as Python counts it. Throws `UsageError` for one that is outside. */
export function toCodePoints(source: string, cursor: number): number {
  if (!Number.isInteger(cursor) || cursor < 0 || cursor > source.length) {
    throw new UsageError(`complete: cursor is ${String(cursor)}, not a place in the source`);
  }
  return [...source.slice(0, cursor)].length;
}

const toIndex = (source: string, place: unknown): number => {
  if (typeof place !== "number" || !Number.isInteger(place) || place < 0) return broken("complete");
  let index = 0;
  for (let left = place; left > 0 && index < source.length; left--) {
    index += (source.codePointAt(index) ?? 0) > 0xffff ? 2 : 1;
  }
  return index;
};

const broken = (what: string): never => {
  throw new GuestError(`${what}: the worker's answer is none`);
};

const list = (what: string, value: unknown): unknown[] => (Array.isArray(value) ? value : broken(what));

const string = (what: string, value: unknown): string => (typeof value === "string" ? value : broken(what));

const fields = (what: string, value: unknown): Record<string, unknown> =>
  typeof value === "object" && value !== null ? (value as Record<string, unknown>) : broken(what);
