import { types } from "node:util";

import { UsageError } from "../errors.ts";
import { isWhole, PACK_FROM, packBytes, packNumbers } from "./packed.ts";
import { dtypeOf, ITEM_KINDS, NDArray, PythonScalar, Table, type TypedArray } from "./twins.ts";

/**
 * A JavaScript value as the wire has it: what `decodeValue` makes comes back as what it was made from, but for tuples,
 * which are arrays here. `path` is what errors call the value, and `limitBytes` the most that it may take as JSON, by a
 * rough count. Throws `UsageError` with the path inside the value for what has no twin in Python. `undefined` stays
 * itself at the top, where the caller knows what it means, and is `None` further in.
 */
export function encodeValue(value: unknown, path = "value", limitBytes = MOST_BYTES): unknown {
  if (value === undefined) return undefined;
  const encoder = new Encoder(path, limitBytes);
  try {
    return encoder.encode(value);
  } catch (error) {
    // A getter of the caller's may throw anything.
    throw error instanceof UsageError ? error : encoder.refuse("reading it failed", error);
  }
}

/** The most that a policy lets a result have. */
const MOST_BYTES = 256 * 1024 * 1024;
/** As deep as the Python side's encoder goes. */
const DEEPEST = 100;

type Place = string | number;

class Encoder {
  readonly #root: string;
  readonly #limit: number;
  #left: number;
  /** The values that are being taken apart, and where in each. */
  readonly #open: object[] = [];
  readonly #places: Place[] = [];
  /** Above 0 inside of a key or a member of a set, where Python wants what does not change. */
  #frozen = 0;

  constructor(root: string, limit: number) {
    this.#root = root;
    this.#limit = limit;
    this.#left = limit;
  }

  encode(value: unknown): unknown {
    switch (typeof value) {
      case "undefined":
        return this.#spend(5, null);
      case "boolean":
        return this.#spend(6, value);
      case "string":
        return this.#spend(bytesOf(value), value);
      case "number":
        return this.#spend(20, encodeNumber(value));
      case "bigint": {
        const digits = (value < 0n ? -value : value).toString(16);
        return this.#spend(digits.length + 24, { $: "int", v: `${value < 0n ? "-" : ""}0x${digits}` });
      }
      case "object":
        return value === null ? this.#spend(5, null) : this.#object(value);
      default:
        throw this.refuse(`a ${typeof value} has no twin in Python`);
    }
  }

  #object(value: object): unknown {
    if (types.isProxy(value)) throw this.refuse("a Proxy has no twin in Python");
    if (this.#open.includes(value)) throw this.refuse("contains itself");
    if (this.#open.length >= DEEPEST) throw this.refuse(`is nested deeper than ${DEEPEST}`);
    this.#spend(3, null);
    this.#open.push(value);
    const wire = this.#container(value);
    this.#open.pop();
    return wire;
  }

  #container(value: object): unknown {
    if (Array.isArray(value)) return this.#array(value);
    if (types.isTypedArray(value)) return this.#typed(value);
    if (types.isAnyArrayBuffer(value)) return this.#packed({ $: "bytes" }, new Uint8Array(value));
    if (types.isDate(value)) return this.#spend(50, { $: "datetime", v: this.#moment(value) });
    if (types.isSet(value)) return this.#set(value);
    if (types.isMap(value)) return { $: "map", v: this.#map(value) };
    if (value instanceof PythonScalar) {
      return this.#spend(value.text.length + 40, { $: "scalar", t: value.kind, v: value.text });
    }
    if (value instanceof NDArray) return this.#ndarray(value);
    if (value instanceof Table) return this.#table(value);
    if (!isPlain(value)) throw this.refuse(`${nameOf(value)} has no twin in Python`);
    if (this.#frozen) throw this.refuse("an object can be no key in Python, and no member of a set");
    return this.#plain(value as Record<string, unknown>);
  }

  #array(value: readonly unknown[]): unknown {
    const list = this.#list(value);
    return this.#frozen ? { $: "tuple", v: list } : list;
  }

  /** A list, or one packed value for many numbers. */
  #list(values: readonly unknown[]): unknown {
    if (values.length >= PACK_FROM) {
      // No number takes less, so that one that is too long is not packed first.
      if (values.length > this.#left) throw this.#tooLarge();
      const packed = packNumbers(values);
      if (packed) return this.#spend(packed.v.length + 40, packed);
    }
    const list: unknown[] = [];
    for (let index = 0; index < values.length; index++) {
      this.#places.push(index);
      const item = values[index];
      if (item === undefined && !(index in values))
        throw this.refuse("a hole in a list has no twin in Python");
      list.push(this.encode(item));
      this.#places.pop();
    }
    return list;
  }

  #typed(value: TypedArray | NodeJS.TypedArray): unknown {
    if (types.isUint8Array(value)) return this.#packed({ $: "bytes" }, value);
    if (this.#frozen) throw this.refuse("an array can be no key in Python, and no member of a set");
    return this.#packed({ $: "array", t: this.#kindOf(value as TypedArray) }, value);
  }

  #kindOf(value: TypedArray): string {
    try {
      return ITEM_KINDS[dtypeOf(value)];
    } catch {
      throw this.refuse(`${nameOf(value)} has no twin in Python`);
    }
  }

  #packed(wire: object, view: ArrayBufferView): unknown {
    this.#spend(Math.ceil(view.byteLength / 3) * 4 + 60, null);
    return { ...wire, v: packBytes(view) };
  }

  #ndarray({ shape, data, dtype }: NDArray): unknown {
    if (this.#frozen) throw this.refuse("an array can be no key in Python, and no member of a set");
    return this.#packed(
      { $: "array", t: ITEM_KINDS[dtype], shape: this.#spend(shape.length * 20, shape) },
      data,
    );
  }

  #table({ columns }: Table): unknown {
    const v = [...columns].map(([name, column]) =>
      this.#at(keyPlace(name), () => this.#list(Array.isArray(column) ? column : Array.from(column))),
    );
    return { $: "table", columns: [...columns.keys()], v };
  }

  #moment(value: Date): string {
    const time = Date.prototype.getTime.call(value);
    if (Number.isNaN(time)) throw this.refuse("an invalid Date has no twin in Python");
    if (time < FIRST_MS || time > LAST_MS) {
      throw this.refuse("a Date outside the years 1 to 9999 has no twin in Python");
    }
    return new Date(time).toISOString();
  }

  #set(value: ReadonlySet<unknown>): unknown {
    const members = [...Set.prototype.values.call(value)];
    const frozen = this.#frozen > 0;
    const v = this.#hashed("{member}", () => members.map((member) => this.encode(member)));
    return { $: frozen ? "frozenset" : "set", v };
  }

  #map(value: ReadonlyMap<unknown, unknown>): [unknown, unknown][] {
    if (this.#frozen) throw this.refuse("a Map can be no key in Python, and no member of a set");
    return [...Map.prototype.entries.call(value)].map(([key, item]) => [
      this.#spend(
        4,
        this.#hashed("{key}", () => this.encode(key)),
      ),
      this.#at(typeof key === "string" ? keyPlace(key) : `[${shown(key)}]`, () => this.encode(item)),
    ]);
  }

  #plain(value: Readonly<Record<string, unknown>>): unknown {
    const entries = Object.keys(value).map((key): [string, unknown] => {
      this.#places.push(keyPlace(key));
      this.#spend(key.length + 4, null);
      const pair: [string, unknown] = [key, this.encode(value[key])];
      this.#places.pop();
      return pair;
    });
    return Object.hasOwn(value, "$") ? { $: "record", v: entries } : Object.fromEntries(entries);
  }

  #at<T>(place: Place, encode: () => T): T {
    this.#places.push(place);
    const wire = encode();
    this.#places.pop();
    return wire;
  }

  #hashed<T>(place: Place, encode: () => T): T {
    this.#frozen++;
    const wire = this.#at(place, encode);
    this.#frozen--;
    return wire;
  }

  #spend<T>(bytes: number, wire: T): T {
    this.#left -= bytes;
    if (this.#left < 0) throw this.#tooLarge();
    return wire;
  }

  #tooLarge(): UsageError {
    return new UsageError(`${this.#root}: takes more than ${this.#limit} bytes as JSON`);
  }

  /** The error for the value at hand. */
  refuse(reason: string, cause?: unknown): UsageError {
    return new UsageError(`${this.#path()}: ${reason}`, { cause });
  }

  /** Such as `value.rows[3].callback`; the middle of a long one is left out. */
  #path(): string {
    const parts = this.#places.map((place) => (typeof place === "number" ? `[${place}]` : place));
    const shown =
      parts.length > MOST_PARTS
        ? [...parts.slice(0, MOST_PARTS / 2), "...", ...parts.slice(-MOST_PARTS / 2)]
        : parts;
    return this.#root + shown.join("");
  }
}

const MOST_PARTS = 12;
const MOST_KEY_CHARS = 40;
const FIRST_MS = Date.parse("0001-01-01T00:00:00.000Z");
const LAST_MS = Date.parse("9999-12-31T23:59:59.999Z");

/** What a string takes as JSON; escapes are counted in long ones only. */
const bytesOf = (text: string): number =>
  3 + Buffer.byteLength(text.length > LONG_CHARS ? JSON.stringify(text) : text);

const LONG_CHARS = 1000;

const encodeNumber = (value: number): unknown => {
  if (isWhole(value) || (!Number.isInteger(value) && Number.isFinite(value))) return value;
  if (Number.isNaN(value)) return { $: "float", v: "nan" };
  if (!Number.isFinite(value)) return { $: "float", v: value > 0 ? "inf" : "-inf" };
  // JSON writes these as integers, or without their sign. From 1e21 on it writes an exponent.
  if (value === 0) return { $: "float", v: "-0" };
  return Math.abs(value) < 1e21 ? { $: "float", v: String(value) } : value;
};

const keyPlace = (key: string): string => {
  if (/^[A-Za-z_$][\w$]{0,40}$/.test(key)) return `.${key}`;
  return `[${JSON.stringify(key.length > MOST_KEY_CHARS ? `${key.slice(0, MOST_KEY_CHARS)}...` : key)}]`;
};

const shown = (key: unknown): string =>
  key === null || ["number", "boolean", "undefined"].includes(typeof key) ? String(key) : "...";

/** An object literal, from whatever realm. */
const isPlain = (value: object): boolean => {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Object.prototype || prototype === null) return true;
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype as object, "isPrototypeOf");
};

const nameOf = (value: object): string => {
  const prototype: unknown = Object.getPrototypeOf(value) ?? {};
  const maker: unknown = Object.getOwnPropertyDescriptor(prototype, "constructor")?.value;
  const name: unknown = typeof maker === "function" ? maker.name : "";
  if (typeof name !== "string" || !name) return "a class instance";
  return `${/^[AEIOU]/i.test(name) ? "an" : "a"} ${name.slice(0, MOST_KEY_CHARS)}`;
};
