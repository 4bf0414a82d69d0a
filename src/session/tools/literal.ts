import { PythonScalar } from "../../protocol/twins.ts";

/** A JSON value as a Python literal, `...` when there is none or it is long, as in a stub file. */
export function pythonLiteral(value: unknown, longest = 80): string {
  const text = literal(value, 0);
  return text === undefined || text.length > longest ? "..." : text;
}

/**
 * A text as a Python string in double quotes, on one line. JSON's escapes are Python's too, lone surrogates included.
 */
export const pythonString = (text: string): string => JSON.stringify(text).replaceAll("\x7f", "\\x7f");

/** Any value in Python's words with its type, cut short, to say what was given: `'ten' (str)`. */
export function shown(value: unknown, longest = 80): string {
  const type = pythonType(value);
  const text = summary(value, 0);
  const cut = text.length > longest ? `${wholeCharacters(text, longest - 3)}...` : text;
  return type === "NoneType" || type === "bool" ? cut : `${cut} (${type})`;
}

const literal = (value: unknown, depth: number): string | undefined => {
  if (depth > 4) return undefined;
  if (value === null || typeof value === "boolean") return value === null ? "None" : value ? "True" : "False";
  if (typeof value === "string") return pythonString(value);
  if (typeof value === "bigint") return String(value);
  if (typeof value === "number") return number(value);
  const join = (items: readonly (string | undefined)[], open: string, close: string): string | undefined =>
    items.includes(undefined) ? undefined : `${open}${items.join(", ")}${close}`;
  if (Array.isArray(value)) {
    return join(
      value.map((item) => literal(item, depth + 1)),
      "[",
      "]",
    );
  }
  if (!isPlainObject(value)) return undefined;
  const pair = ([key, item]: [string, unknown]): string | undefined => {
    const text = literal(item, depth + 1);
    return text === undefined ? undefined : `${pythonString(key)}: ${text}`;
  };
  return join(Object.entries(value).map(pair), "{", "}");
};

const number = (value: number): string => {
  if (Number.isFinite(value)) return Object.is(value, -0) ? "-0.0" : String(value);
  return `float("${Number.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf"}")`;
};

/** What a Python reader calls the type of a value that came from Python. */
const pythonType = (value: unknown): string => {
  if (value === null || value === undefined) return "NoneType";
  if (typeof value === "number") return Number.isInteger(value) && !Object.is(value, -0) ? "int" : "float";
  if (typeof value === "object") return objectType(value);
  return { boolean: "bool", string: "str", bigint: "int" }[typeof value as string] ?? typeof value;
};

const objectType = (value: object): string => {
  if (Array.isArray(value)) return "list";
  if (value instanceof Map) return "dict";
  if (value instanceof Set) return "set";
  if (value instanceof Date) return "datetime";
  if (value instanceof Uint8Array) return "bytes";
  if (value instanceof PythonScalar) return value.kind;
  return isPlainObject(value) ? "dict" : "array";
};

const SHOWN_ITEMS = 5;

const summary = (value: unknown, depth: number): string => {
  if (typeof value === "string")
    return pythonString(wholeCharacters(value, 200)).replace(/^"([^'"\\]*)"$/, "'$1'");
  if (typeof value === "bigint")
    return wholeCharacters(`${value > -BIG && value < BIG ? value : "a large int"}`, 60);
  if (typeof value !== "object" || value === null) return literal(value ?? null, 0) ?? typeof value;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "datetime" : value.toISOString();
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  if (value instanceof PythonScalar) return wholeCharacters(value.text, 200);
  if (depth > 1) return "...";
  const within = (items: readonly string[], size: number): string =>
    [...items, ...(size > items.length ? ["..."] : [])].join(", ");
  const pair = ([key, item]: [unknown, unknown]): string =>
    `${summary(key, depth + 1)}: ${summary(item, depth + 1)}`;
  if (Array.isArray(value)) {
    return `[${within(
      value.slice(0, SHOWN_ITEMS).map((item) => summary(item, depth + 1)),
      value.length,
    )}]`;
  }
  if (value instanceof Map) return `{${within([...take(value)].map(pair), value.size)}}`;
  if (value instanceof Set)
    return `{${within(
      [...take(value)].map((item) => summary(item, depth + 1)),
      value.size,
    )}}`;
  if (!isPlainObject(value)) return "an array";
  const entries = Object.entries(value);
  return `{${within(entries.slice(0, SHOWN_ITEMS).map(pair), entries.length)}}`;
};

/** Beyond this, only counting the digits would cost something. */
const BIG = 10n ** 60n;

function* take<T>(items: Iterable<T>): Generator<T> {
  let left = SHOWN_ITEMS;
  for (const item of items) {
    if (left-- <= 0) return;
    yield item;
  }
}

/** At most so many code units, and no half of a surrogate pair at the end. */
export const wholeCharacters = (text: string, most: number): string =>
  text.length <= most ? text : text.slice(0, most).replace(/[\ud800-\udbff]$/, "");

/** An object as braces or `JSON.parse` make it, of whichever realm. */
export const isPlainObject = (value: unknown): value is Record<string, unknown> => {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
};
