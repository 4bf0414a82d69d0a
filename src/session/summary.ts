/** What is needed of an error to say it in one line. */
type Failure = {
  readonly kind: string;
  readonly name: string;
  readonly message: string;
  readonly line: number | null;
};

/**
 * An error in one line, for a model to read: what smolagents says, with the line that failed where smolagents quotes
 * the whole statement. Bounded.
 */
export function summarise({ kind, name, message, line }: Failure, code: string): string {
  const cause = message === "" ? name : `${name}: ${message}`;
  if (kind === "syntax") return cut(`Code parsing failed${line ? ` on line ${line}` : ""} due to: ${cause}`);
  const source = line ? quote(code, line) : "";
  return cut(`Code execution failed${source && ` at line '${source}'`} due to: ${cause}`);
}

/** The line's own text: Python counts lines by these ends too, as its tokenizer has them. */
const quote = (code: string, line: number): string =>
  (code.split(/\r\n|\r|\n/, line)[line - 1] ?? "").trim().slice(0, LONGEST_QUOTE);

const cut = (text: string): string => (text.length > LONGEST ? `${text.slice(0, LONGEST - 3)}...` : text);

const LONGEST_QUOTE = 200;
/** A message itself may be 64 KiB; a summary is read at a glance. */
const LONGEST = 2000;
