import { UsageError } from "../errors.ts";

/** Throws `UsageError` for what cannot be a path in any workspace. */
export function checkPath(operation: string, path: unknown): void {
  if (typeof path !== "string")
    throw new UsageError(`files.${operation}: path is ${kindOf(path)}, not a string`);
  if (path === "" || path.length > PATH_CHARS || path.includes("\0")) {
    throw new UsageError(`files.${operation}: path is not 1 to ${PATH_CHARS} characters without NUL`);
  }
}

/** Throws `UsageError` for options that one of the operations on files cannot take. */
export function checkOptions(operation: string, options: unknown): void {
  const fail = (what: string): never => {
    throw new UsageError(`files.${operation}: ${what}`);
  };
  if (typeof options !== "object" || options === null) fail(`options are ${kindOf(options)}, not an object`);
  const { signal, recursive, maxBytes, maxEntries } = options as Record<string, unknown>;
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    fail(`signal is ${kindOf(signal)}, not an AbortSignal`);
  }
  if (recursive !== undefined && typeof recursive !== "boolean") {
    fail(`recursive is ${kindOf(recursive)}, not a boolean`);
  }
  for (const [name, most] of Object.entries({ maxBytes, maxEntries })) {
    if (most !== undefined && !(Number.isSafeInteger(most) && (most as number) >= 0)) {
      fail(`${name} is ${String(most)}, not a whole number from 0 on`);
    }
  }
}

/** What is to be written, as bytes; throws `UsageError` for what has none. */
export function contentOf(path: string, content: unknown): Buffer {
  if (content instanceof Uint8Array) {
    return Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  }
  if (typeof content !== "string") {
    throw new UsageError(`files.write: content is ${kindOf(content)}, not a string or Uint8Array: ${path}`);
  }
  const bytes = Buffer.from(content);
  // Encoding makes U+FFFD of half a pair, without a word.
  if (bytes.includes(REPLACEMENT) && !isWellFormed(content)) {
    throw new UsageError(`files.write: text has half a surrogate pair, which UTF-8 does not: ${path}`);
  }
  return bytes;
}

/** The longest path that Linux takes, without its final NUL; never more characters than bytes. */
const PATH_CHARS = 4095;
const REPLACEMENT = "\ufffd";

const isWellFormed = (text: string): boolean => !/\p{Surrogate}/u.test(text);

const kindOf = (value: unknown): string => (value === null ? "null" : typeof value);
