import { GuestError } from "../errors.ts";
import { toNumbers, unpackArray, unpackBytes } from "./packed.ts";
import { type DType, ITEM_KINDS, NDArray, PythonScalar, SCALAR_KINDS } from "./twins.ts";

/**
 * A value from the wire as JavaScript has it. Plain JSON stands for itself; `{"$": kind, "v": ...}` for the rest.
 * The value is untrusted; its depth was bounded by the line's length only, so this does not recurse without a bound.
 * Throws `GuestError` for what is no value.
 */
export function decodeValue(wire: unknown, depth = 0): unknown {
  if (typeof wire !== "object" || wire === null) return wire;
  if (depth >= DEEPEST) throw new GuestError(`value refused: it is nested deeper than ${DEEPEST}`);
  if (Array.isArray(wire)) return decodeList(wire, depth);
  if ("$" in wire) return decodeTagged(wire as Tagged, depth);
  const object = {};
  for (const [key, item] of Object.entries(wire)) setOwn(object, key, decodeValue(item, depth + 1));
  return object;
}

type Tagged = { readonly [key: string]: unknown; readonly $: unknown; readonly v?: unknown };

/** Twice what the encoder allows: a tagged value is two levels of JSON. */
const DEEPEST = 256;

const decodeList = (list: readonly unknown[], depth: number): unknown[] => {
  const result = new Array<unknown>(list.length);
  for (let index = 0; index < list.length; index++) result[index] = decodeValue(list[index], depth + 1);
  return result;
};

/** An own property, so that a key `__proto__` is a key like any other; the plain way is many times faster. */
const setOwn = (object: object, key: string, value: unknown): void => {
  if (!(key in object)) (object as Record<string, unknown>)[key] = value;
  else Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
};

const decodeTagged = (wire: Tagged, depth: number): unknown => {
  const { $: kind, v } = wire;
  switch (kind) {
    case "int":
      return decodeInteger(v);
    case "float":
      return decodeFloat(v);
    case "bytes":
      return typeof v === "string" ? unpackBytes(v) : refuse(kind);
    case "datetime":
      return typeof v === "string" ? decodeDate(v) : refuse(kind);
    case "dates":
      return numbersOf("f8", v, kind).map((ms) => (Number.isNaN(ms) ? null : decodeDate(Number(ms))));
    case "floats":
      return numbersOf("f8", v, kind);
    case "ints":
      return typeof wire.t === "string" && wire.t.startsWith("f") ? refuse(kind) : numbersOf(wire.t, v, kind);
    case "tuple":
      return items(v, kind, depth);
    case "set":
    case "frozenset":
      return new Set(items(v, kind, depth));
    case "map":
      return new Map(
        pairs(v, kind).map(([key, item]) => [decodeValue(key, depth + 1), decodeValue(item, depth + 1)]),
      );
    case "record": {
      const object = {};
      for (const [key, item] of pairs(v, kind)) {
        setOwn(object, typeof key === "string" ? key : refuse(kind), decodeValue(item, depth + 1));
      }
      return object;
    }
    case "scalar":
      return decodeScalar(wire);
    case "array":
      return decodeArray(wire);
    case "table":
      return decodeTable(wire, depth);
    default:
      return refuse(kind);
  }
};

const decodeInteger = (v: unknown): bigint => {
  const match = typeof v === "string" ? /^(-?)(0x[0-9a-f]+)$/.exec(v) : null;
  if (!match?.[2]) return refuse("int");
  return match[1] ? -BigInt(match[2]) : BigInt(match[2]);
};

/** What JSON cannot say, or would say as an integer. */
const decodeFloat = (v: unknown): number => {
  if (v === "nan") return Number.NaN;
  if (v === "inf") return Infinity;
  if (v === "-inf") return -Infinity;
  return typeof v === "string" && /^-?[0-9]{1,25}$/.test(v) ? Number(v) : refuse("float");
};

const decodeDate = (v: string | number): Date => {
  const date = new Date(v);
  return Number.isNaN(date.getTime()) ? refuse("datetime") : date;
};

const numbersOf = (type: unknown, v: unknown, kind: string): (number | bigint)[] =>
  toNumbers(unpackArray(type, v) ?? refuse(kind));

const decodeScalar = ({ t, v }: Tagged): PythonScalar => {
  const kind = SCALAR_KINDS.find((known) => known === t);
  return kind && typeof v === "string" ? new PythonScalar(kind, v) : refuse("scalar");
};

const decodeArray = ({ t, shape, v }: Tagged): unknown => {
  const data = unpackArray(t === "b1" ? "u1" : t, v) ?? refuse("array");
  if (shape === undefined) return t === "b1" ? refuse("array") : data;
  if (!Array.isArray(shape) || shape.length > MOST_DIMENSIONS) return refuse("array");
  const dtype = Object.entries(ITEM_KINDS).find(([, kind]) => kind === t)?.[0] as DType | undefined;
  try {
    return new NDArray(shape, data, dtype);
  } catch (cause) {
    throw new GuestError(`value refused: ${(cause as Error).message}`);
  }
};

/** numpy's own bound. */
const MOST_DIMENSIONS = 64;

/** Rows of columns. There are as many rows as the columns have values, so that a small message makes no large list. */
const decodeTable = ({ columns, v }: Tagged, depth: number): object[] => {
  if (!Array.isArray(columns) || !Array.isArray(v) || columns.length !== v.length) return refuse("table");
  const decoded = v.map((column) => items(column, "table", depth));
  const count = decoded[0]?.length ?? 0;
  const rows = Array.from({ length: count }, () => ({}));
  for (const [place, column] of decoded.entries()) {
    const name: unknown = columns[place];
    if (column.length !== count || typeof name !== "string") return refuse("table");
    for (let index = 0; index < count; index++) setOwn(rows[index] as object, name, column[index]);
  }
  return rows;
};

const items = (v: unknown, kind: unknown, depth: number): unknown[] => {
  const decoded = Array.isArray(v) ? decodeList(v, depth) : decodeValue(v, depth + 1);
  return Array.isArray(decoded) ? decoded : refuse(kind);
};

const pairs = (v: unknown, kind: unknown): [unknown, unknown][] =>
  Array.isArray(v) && v.every((pair) => Array.isArray(pair) && pair.length === 2)
    ? (v as [unknown, unknown][])
    : refuse(kind);

const refuse = (kind: unknown): never => {
  throw new GuestError(`value refused: not a value of kind ${JSON.stringify(kind)?.slice(0, 40)}`);
};
