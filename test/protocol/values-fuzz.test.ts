import { isDeepStrictEqual } from "node:util";
import { test } from "uvu";
import * as assert from "uvu/assert";

import { PythonScalar, type TypedArray } from "../../src/protocol/twins.ts";
import { decodeValue, encodeValue } from "../../src/protocol/values.ts";
import { pythons } from "../support/pythons.ts";
import { mirror, wireOf } from "./mirror.ts";

/* Values made at random come back the same: from here through Python, and from Python through here. */

const VALUES = 400;
const seed = Number(process.env.VIVARIUM_SEED ?? Date.now() % 1e9);

/** Mulberry32: small, and the same everywhere, so that a seed repeats a failure. */
const randomFrom = (start: number): (() => number) => {
  let state = start | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
};

class Maker {
  readonly #random: () => number;

  constructor(start: number) {
    this.#random = randomFrom(start);
  }

  below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }

  pick<T>(...choices: readonly T[]): T {
    return choices[this.below(choices.length)] as T;
  }

  list<T>(make: () => T, most: number): T[] {
    return Array.from({ length: this.below(most + 1) }, make);
  }

  number(): number {
    const bits = new DataView(new ArrayBuffer(8));
    bits.setUint32(0, this.below(2 ** 32));
    bits.setUint32(4, this.below(2 ** 32));
    return this.pick(
      () => this.below(10) - 5,
      () => this.pick(-0, NaN, Infinity, -Infinity, 2 ** 53, 2 ** 53 - 1, -(2 ** 53), 1e21, 5e-324, 1.5),
      () => Math.round((this.#random() - 0.5) * 2 ** this.below(70)),
      () => bits.getFloat64(0),
    )();
  }

  text(): string {
    const unit = (): number =>
      this.pick(this.below(128), this.below(32), this.below(0x10000), 0xd800 + this.below(0x800), 0x24, 0x22);
    return String.fromCharCode(...this.list(unit, this.pick(3, 12)));
  }

  typed(): TypedArray {
    const bytes = new Uint8Array(8 * this.below(20)).map(() => this.below(256)).buffer;
    return new (this.pick<new (bytes: ArrayBuffer) => TypedArray>(
      Int8Array,
      Uint8Array,
      Int16Array,
      Uint16Array,
      Int32Array,
      Uint32Array,
      BigInt64Array,
      BigUint64Array,
    ))(bytes);
  }

  key(): string {
    return this.pick(this.text(), "__proto__", "constructor", "$", "toString", "a", "v");
  }

  object(depth: number): object {
    const object = {};
    for (const key of this.list(() => this.key(), 5)) {
      const value = this.value(depth + 1);
      Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
    }
    return object;
  }

  /** What Python can have as a key, and no two of them that are equal there. */
  hashable(index: number): unknown {
    return this.pick<() => unknown>(
      () => [index, [this.text(), null]],
      () => `${index}${this.text()}`,
      () => [new Set([index, "a"])],
      () => index + 0.5,
      () => 2n ** 60n + BigInt(index),
    )();
  }

  value(depth = 0): unknown {
    const leaf = (): unknown =>
      this.pick<() => unknown>(
        () => this.pick(null, true, false),
        () => this.number(),
        () => this.text(),
        () => this.pick(1n, -1n) * 2n ** BigInt(54 + this.below(200)) + BigInt(this.below(1e9)),
        () => new Date(this.below(2 ** 47) - 2 ** 45),
        () => this.typed(),
        () => new PythonScalar("decimal", String(this.below(1e6) / 64)),
        () => this.list(() => this.number(), 150),
        () => this.list(() => this.below(300) - 100, 150),
      )();
    if (depth > 4) return leaf();
    return this.pick<() => unknown>(
      leaf,
      leaf,
      () => this.list(() => this.value(depth + 1), 5),
      () => this.object(depth),
      () => new Set(this.list(() => 0, 4).map((_, index) => this.hashable(index))),
      () =>
        new Map([
          [-1, 0],
          ...this.list(() => 0, 4).map((_, index) => [this.hashable(index), this.value(depth + 1)] as const),
        ] as [unknown, unknown][]),
    )();
  }
}

/** Everything about a value in one text, which `assert.equal` does not tell: -0, prototypes, kinds of arrays. */
const told = (value: unknown): string => {
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "number") return Object.is(value, -0) ? "-0" : String(value);
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value !== "object" || value === null) return String(value);
  const each = (items: Iterable<unknown>): string => [...items].map(told).join(",");
  if (Array.isArray(value)) return `[${each(value)}]`;
  if (value instanceof Date) return value.toISOString();
  if (value instanceof PythonScalar) return `${value.kind}(${value.text})`;
  if (ArrayBuffer.isView(value)) return `${value.constructor.name}[${each(value as Uint8Array)}]`;
  // Sets have no order in Python.
  if (value instanceof Set) return `Set{${[...value].map(told).sort().join(",")}}`;
  if (value instanceof Map) return `Map{${each(value)}}`;
  assert.is(Object.getPrototypeOf(value), Object.prototype);
  return `{${Object.keys(value)
    .map((key) => `${JSON.stringify(key)}:${told((value as Record<string, unknown>)[key])}`)
    .join(",")}}`;
};

for (const { file, version } of pythons()) {
  test(`values from here come back the same from Python ${version}`, async () => {
    const maker = new Maker(seed);
    const values = Array.from({ length: VALUES }, () => maker.value());
    const reflections = await mirror(
      file,
      values.map((value) => ({ wire: encodeValue(value) })),
    );
    for (const [index, value] of values.entries()) {
      const back = decodeValue(wireOf(reflections[index]));
      assert.ok(told(back) === told(value), `VIVARIUM_SEED=${seed}, value ${index}`);
    }
  });

  test(`values from Python ${version} come back the same from here`, async () => {
    const made = Array.from({ length: VALUES }, (_, index) => ({ make: `invent(${seed + index})` }));
    const first = await mirror(file, made);
    const again = await mirror(
      file,
      first.map((reflection) => ({ wire: encodeValue(decodeValue(wireOf(reflection))) })),
    );
    for (const [index, { make }] of made.entries()) {
      const [before, after] = [first[index], again[index]];
      // Two long texts side by side say less than the seed that makes them.
      assert.ok(before?.refused === undefined && isDeepStrictEqual(after, before), make);
    }
  });
}

test.run();
