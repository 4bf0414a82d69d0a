import { GuestError, UsageError } from "../errors.ts";

/**
 * A value from the wire as JavaScript has it. Plain JSON stands for itself; `{"$": kind, "v": ...}` for the rest:
 * `int` (bigint), `float` (NaN and infinities), `bytes` (Uint8Array), `tuple` (array), `set` (Set), `map` (Map: a dict
 * with keys that are not all strings), `record` (an object that has a key `$` itself), `datetime` (Date).
 * The value is untrusted; its depth was bounded by the line's length only, so this does not recurse without a bound.
 */
export function decodeValue(wire: unknown, depth = 0): unknown {
  if (depth > DEEPEST) throw new GuestError(`value refused: it is nested deeper than ${DEEPEST}`);
  if (Array.isArray(wire)) return wire.map((item) => decodeValue(item, depth + 1));
  if (typeof wire !== "object" || wire === null) return wire;
  if ("$" in wire) return decodeTagged(wire as Tagged, depth);
  return fromPairs(Object.entries(wire), depth);
}

/**
 * A JavaScript value as the wire has it: what `decodeValue` makes comes back as what it was made from, but for tuples,
 * which are arrays here. Throws `UsageError` with the path inside the value for what has no twin in Python.
 */
export function encodeValue(value: unknown, path = "value", open: readonly object[] = []): unknown {
  switch (typeof value) {
    case "undefined":
      return undefined;
    case "boolean":
    case "string":
      return value;
    case "number":
      return encodeNumber(value);
    case "bigint":
      return { $: "int", v: value < 0n ? `-0x${(-value).toString(16)}` : `0x${value.toString(16)}` };
    case "object":
      break;
    default:
      throw new UsageError(`${path}: a ${typeof value} has no twin in Python`);
  }
  if (value === null) return null;
  if (open.includes(value)) throw new UsageError(`${path}: contains itself`);
  if (open.length > DEEPEST) throw new UsageError(`${path}: is nested deeper than ${DEEPEST}`);
  const within = [...open, value];
  const each = (items: readonly unknown[]): unknown[] =>
    items.map((item, index) => encodeValue(item, `${path}[${index}]`, within) ?? null);
  if (Array.isArray(value)) return each(value);
  if (value instanceof Uint8Array) return { $: "bytes", v: Buffer.from(value).toString("base64") };
  if (value instanceof Date) return { $: "datetime", v: value.toISOString() };
  if (value instanceof Set) return { $: "set", v: each([...value]) };
  if (value instanceof Map) return { $: "map", v: [...value].map((pair) => each(pair)) };
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    throw new UsageError(`${path}: a ${value.constructor?.name || "class instance"} has no twin in Python`);
  }
  const entries = Object.entries(value).map(
    ([key, item]) => [key, encodeValue(item, `${path}.${key}`, within) ?? null] as const,
  );
  return Object.hasOwn(value, "$") ? { $: "record", v: entries } : Object.fromEntries(entries);
}

const encodeNumber = (value: number): unknown => {
  if (Number.isFinite(value)) return value;
  return { $: "float", v: Number.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf" };
};

type Tagged = { $: unknown; v: unknown };

/** Twice what the encoder allows: a tagged value is two levels of JSON. */
const DEEPEST = 256;

const decodeTagged = ({ $: kind, v }: Tagged, depth: number): unknown => {
  switch (kind) {
    case "int":
      return decodeInteger(v);
    case "float":
      return v === "nan" ? Number.NaN : v === "inf" ? Infinity : v === "-inf" ? -Infinity : refuse(kind);
    case "bytes":
      return typeof v === "string" ? new Uint8Array(Buffer.from(v, "base64")) : refuse(kind);
    case "datetime": {
      const date = new Date(typeof v === "string" ? v : Number.NaN);
      return Number.isNaN(date.getTime()) ? refuse(kind) : date;
    }
    case "tuple":
      return items(v, kind).map((item) => decodeValue(item, depth + 1));
    case "set":
      return new Set(items(v, kind).map((item) => decodeValue(item, depth + 1)));
    case "map":
      return new Map(
        pairs(v, kind).map(([key, item]) => [decodeValue(key, depth + 1), decodeValue(item, depth + 1)]),
      );
    case "record":
      return fromPairs(pairs(v, kind), depth);
    default:
      return refuse(kind);
  }
};

/** Own properties only, defined and not assigned, so that a key `__proto__` is a key like any other. */
const fromPairs = (entries: Iterable<readonly [unknown, unknown]>, depth: number): object => {
  const object = {};
  for (const [key, item] of entries) {
    const value = decodeValue(item, depth + 1);
    Object.defineProperty(object, String(key), {
      value,
      writable: true,
      enumerable: true,
      configurable: true,
    });
  }
  return object;
};

const decodeInteger = (v: unknown): bigint => {
  const match = typeof v === "string" ? /^(-?)(0x[0-9a-f]+)$/.exec(v) : null;
  if (!match?.[2]) return refuse("int");
  return match[1] ? -BigInt(match[2]) : BigInt(match[2]);
};

const items = (v: unknown, kind: unknown): unknown[] => (Array.isArray(v) ? v : refuse(kind));

const pairs = (v: unknown, kind: unknown): [unknown, unknown][] =>
  items(v, kind).every((pair) => Array.isArray(pair) && pair.length === 2)
    ? (v as [unknown, unknown][])
    : refuse(kind);

const refuse = (kind: unknown): never => {
  throw new GuestError(`value refused: not a value of kind ${JSON.stringify(kind)?.slice(0, 40)}`);
};
