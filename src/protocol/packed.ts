import { Ascii, LONG_ASCII } from "./line.ts";
import type { TypedArray } from "./twins.ts";

/* Long runs of numbers as base64 of their bytes, little-endian as every machine that this runs on. */

/** Shorter lists go as plain JSON, which is as small and easier to read. */
export const PACK_FROM = 64;

export type ItemKind = "i1" | "u1" | "i2" | "u2" | "i4" | "u4" | "i8" | "u8" | "f4" | "f8";

/** Bytes as base64; long ones are marked as what needs no escapes. */
export function packBytes(view: ArrayBufferView | ArrayBufferLike): string | Ascii {
  const buffer = ArrayBuffer.isView(view)
    ? Buffer.from(view.buffer, view.byteOffset, view.byteLength)
    : Buffer.from(view);
  const text = buffer.toString("base64");
  return text.length > LONG_ASCII ? new Ascii(text) : text;
}

/** The bytes of base64, in memory of their own. */
export function unpackBytes(text: string): Uint8Array<ArrayBuffer> {
  const buffer = Buffer.from(text, "base64");
  // Short ones lie in a pool that other buffers share.
  if (buffer.byteLength !== buffer.buffer.byteLength) return Uint8Array.from(buffer);
  return new Uint8Array(buffer.buffer as ArrayBuffer);
}

/** Numbers of that kind; undefined for a kind that is none, or bytes that are no whole number of items. */
export function unpackArray(kind: unknown, text: unknown): TypedArray | undefined {
  if (typeof kind !== "string" || typeof text !== "string" || !Object.hasOwn(ARRAYS, kind)) return undefined;
  const bytes = unpackBytes(text);
  const make = ARRAYS[kind as ItemKind];
  return bytes.byteLength % make.BYTES_PER_ELEMENT === 0 ? new make(bytes.buffer) : undefined;
}

const ARRAYS = {
  i1: Int8Array,
  u1: Uint8Array,
  i2: Int16Array,
  u2: Uint16Array,
  i4: Int32Array,
  u4: Uint32Array,
  i8: BigInt64Array,
  u8: BigUint64Array,
  f4: Float32Array,
  f8: Float64Array,
} as const;

/** The items as plain numbers; whole ones that a number cannot hold are bigints. */
export function toNumbers(array: TypedArray): (number | bigint)[] {
  if (array instanceof BigInt64Array) return fromWords(array, (high) => high | 0);
  if (array instanceof BigUint64Array) return fromWords(array, (high) => high);
  // Twice as fast as Array.from.
  const numbers = new Array<number>(array.length);
  for (let index = 0; index < array.length; index++) numbers[index] = array[index] ?? 0;
  return numbers;
}

/** Two halves at a time: making a bigint of each takes ten times as long. */
const fromWords = (
  array: BigInt64Array | BigUint64Array,
  top: (high: number) => number,
): (number | bigint)[] => {
  const words = new Uint32Array(array.buffer, array.byteOffset, array.length * 2);
  const numbers = new Array<number | bigint>(array.length);
  for (let index = 0; index < array.length; index++) {
    const number = top(words[2 * index + 1] ?? 0) * TWO_32 + (words[2 * index] ?? 0);
    numbers[index] = Number.isSafeInteger(number) ? number : (array[index] ?? 0n);
  }
  return numbers;
};

const TWO_32 = 2 ** 32;

export type PackedNumbers =
  | { readonly $: "ints"; readonly t: ItemKind; readonly v: string | Ascii }
  | { readonly $: "floats"; readonly v: string | Ascii; readonly i?: string | Ascii };

/**
 * A list of numbers only, packed; undefined for any other list. Whole numbers are to be ints in Python and all others
 * floats: `i` says where the whole ones are among floats.
 */
export function packNumbers(list: readonly unknown[]): PackedNumbers | undefined {
  let low = 0;
  let high = 0;
  let whole = 0;
  for (let index = 0; index < list.length; index++) {
    const item = list[index];
    if (typeof item !== "number") return undefined;
    if (isWhole(item)) {
      whole++;
      if (item < low) low = item;
      else if (item > high) high = item;
    }
  }
  const numbers = list as readonly number[];
  if (whole === list.length) return packWhole(numbers, low, high);
  const v = packBytes(new Float64Array(numbers));
  return whole === 0 ? { $: "floats", v } : { $: "floats", v, i: packBytes(placesOf(numbers, whole)) };
}

/** What becomes an int in Python: -0 does not, nor what may be rounded already. */
export function isWhole(number: number): boolean {
  return Number.isSafeInteger(number) && (number !== 0 || !Object.is(number, -0));
}

const packWhole = (numbers: readonly number[], low: number, high: number): PackedNumbers => {
  if (low >= -128 && high < 128) return { $: "ints", t: "i1", v: packBytes(new Int8Array(numbers)) };
  if (low >= -32768 && high < 32768) return { $: "ints", t: "i2", v: packBytes(new Int16Array(numbers)) };
  if (low >= -(2 ** 31) && high < 2 ** 31) {
    return { $: "ints", t: "i4", v: packBytes(new Int32Array(numbers)) };
  }
  const words = new Int32Array(2 * numbers.length);
  for (let index = 0; index < numbers.length; index++) {
    const number = numbers[index] ?? 0;
    words[2 * index] = number;
    words[2 * index + 1] = Math.floor(number / TWO_32);
  }
  return { $: "ints", t: "i8", v: packBytes(words) };
};

const placesOf = (numbers: readonly number[], count: number): Uint32Array => {
  const places = new Uint32Array(count);
  let next = 0;
  for (let index = 0; index < numbers.length; index++) {
    if (isWhole(numbers[index] ?? 0)) places[next++] = index;
  }
  return places;
};
