/** Where and why a text is not JSON; lines and columns count from 1. */
export type JsonProblem = { readonly line: number; readonly column: number; readonly problem: string };

/**
 * Parses JSON as `JSON.parse` does, and says where it went wrong, which `JSON.parse` does differently in every Node
 * version. A key written twice is refused, since the second would silently undo what a reader saw in the first.
 */
export function parseJson(text: string): { readonly value: unknown } | JsonProblem {
  const scan: Scan = { text: text.replace(/^\uFEFF/, ""), at: 0 };
  try {
    skipValue(scan, 0);
    if (peek(scan) !== "") fail(scan, "expected the end of the file");
    return { value: JSON.parse(scan.text) };
  } catch (error) {
    if (error instanceof Misplaced) return locate(scan.text, error.at, error.message);
    throw error;
  }
}

type Scan = { readonly text: string; at: number };

class Misplaced extends Error {
  readonly at: number;

  constructor(problem: string, at: number) {
    super(problem);
    this.at = at;
  }
}

const MAX_DEPTH = 64;
const SPACE = /[ \t\r\n]*/y;
const STRING = /"(?:[^"\\\p{Cc}]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/uy;
const SCALAR = /(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?![\w.])/y;

const skipValue = (scan: Scan, depth: number): void => {
  if (depth > MAX_DEPTH) fail(scan, `nested more than ${MAX_DEPTH} deep`);
  const next = peek(scan);
  if (next === "{") skipObject(scan, depth);
  else if (next === "[") skipArray(scan, depth);
  else if (next === '"') takeString(scan);
  else if (take(scan, SCALAR) === undefined) fail(scan, "expected a value");
};

const skipObject = (scan: Scan, depth: number): void => {
  const seen = new Set<string>();
  skipList(scan, "}", () => {
    if (peek(scan) !== '"') fail(scan, "expected a key in double quotes");
    const start = scan.at;
    const key = takeString(scan);
    if (seen.has(key))
      fail({ ...scan, at: start }, `the key ${JSON.stringify(key.slice(0, 60))} is written twice`);
    seen.add(key);
    if (peek(scan) !== ":") fail(scan, 'expected ":"');
    scan.at += 1;
    skipValue(scan, depth + 1);
  });
};

const skipArray = (scan: Scan, depth: number): void => skipList(scan, "]", () => skipValue(scan, depth + 1));

const skipList = (scan: Scan, close: string, skipItem: () => void): void => {
  scan.at += 1;
  if (peek(scan) !== close) {
    skipItem();
    while (peek(scan) === ",") {
      scan.at += 1;
      skipItem();
    }
  }
  if (peek(scan) !== close) fail(scan, `expected "," or "${close}"`);
  scan.at += 1;
};

const takeString = (scan: Scan): string => {
  const found = take(scan, STRING);
  if (found === undefined) return fail(scan, "this string does not end, or holds a bad character");
  return JSON.parse(found) as string;
};

/** The next character that is not white space, or "" at the end. */
const peek = (scan: Scan): string => {
  take(scan, SPACE);
  return scan.text.charAt(scan.at);
};

const take = (scan: Scan, pattern: RegExp): string | undefined => {
  pattern.lastIndex = scan.at;
  const found = pattern.exec(scan.text)?.[0];
  if (found !== undefined) scan.at += found.length;
  return found;
};

const fail = (scan: Scan, problem: string): never => {
  throw new Misplaced(
    scan.at >= scan.text.length ? `${problem}, found the end of the file` : problem,
    scan.at,
  );
};

const locate = (text: string, at: number, problem: string): JsonProblem => {
  const before = text.slice(0, at).split("\n");
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1, problem };
};
