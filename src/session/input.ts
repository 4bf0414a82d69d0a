import { UsageError } from "../errors.ts";
import type { OnInput, RunOptions } from "./options.ts";

/** What answers `input()` in a cell: its own text, its own callback, or the session's. Nothing: there is no input. */
export function inputOf(options: RunOptions, session: OnInput | undefined): OnInput | undefined {
  if (options.input !== undefined) return linesOf(options.input);
  return options.onInput ?? session;
}

/** The answer of a callback as one line; throws `UsageError` for what is none. */
export function checkLine(answer: unknown): string | null {
  if (answer === null || answer === undefined) return null;
  if (typeof answer !== "string")
    throw new UsageError(`onInput: gave a ${typeof answer}, not a string or null`);
  const line = answer.replace(/\r?\n$/, "");
  if (line.includes("\n")) throw new UsageError("onInput: gave more than one line");
  return line;
}

const linesOf = (text: string): OnInput => {
  const lines = text.split(/\r?\n/);
  if (lines.at(-1) === "") lines.pop();
  return () => lines.shift() ?? null;
};
