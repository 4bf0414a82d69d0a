import { LIMITS, type LimitName } from "./limits.ts";

const MILLISECONDS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
};

const BYTES: Readonly<Record<string, number>> = {
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
};

/**
 * Milliseconds of `"30s"`, `"1.5 min"`, `"500ms"` or `"2h"`, else undefined. The unit is required, since a bare number
 * is seconds to one reader and milliseconds to the next.
 */
export function parseDuration(text: string): number | undefined {
  return parseQuantity(text, MILLISECONDS);
}

/** Bytes of `"512MiB"` (powers of 1024), `"512MB"` (powers of 1000) or `"1048576"`, else undefined. */
export function parseBytes(text: string): number | undefined {
  return /^\d{1,16}$/.test(text) ? Number(text) : parseQuantity(text, BYTES);
}

/** The number that a limit written as a number or a string stands for, else undefined; its range is checked here too. */
export function parseLimit(name: LimitName, value: number | string): number | undefined {
  const { unit, minimum, maximum } = LIMITS[name];
  const number = typeof value === "number" ? value : unit === "count" ? undefined : PARSERS[unit](value);
  if (number === undefined || !Number.isSafeInteger(number)) return undefined;
  return number >= minimum && number <= maximum ? number : undefined;
}

/** What a limit may be, to follow "must be". */
export function limitWords(name: LimitName): string {
  const { unit, minimum, maximum } = LIMITS[name];
  if (unit === "count") return `a whole number from ${minimum} to ${maximum}`;
  const format = unit === "ms" ? formatDuration : formatBytes;
  const range = `from ${format(minimum)} to ${format(maximum)}`;
  return unit === "ms"
    ? `milliseconds or a string such as "30s", ${range}`
    : `bytes or a string such as "512MiB", ${range}`;
}

/** `30 s`, `1.5 s`, `10 min`, `2 h`: the largest unit that needs no more than one decimal. */
export function formatDuration(ms: number): string {
  return formatQuantity(ms, [
    [3_600_000, "h"],
    [60_000, "min"],
    [1000, "s"],
    [1, "ms"],
  ]);
}

/** `512 MiB`, `50000 B`: the largest unit that needs no more than one decimal. */
export function formatBytes(bytes: number): string {
  return formatQuantity(bytes, [
    [2 ** 30, "GiB"],
    [2 ** 20, "MiB"],
    [2 ** 10, "KiB"],
    [1, "B"],
  ]);
}

const PARSERS = { ms: parseDuration, bytes: parseBytes };

const parseQuantity = (text: string, units: Readonly<Record<string, number>>) => {
  const [, digits, unit] = /^(\d{1,16}(?:\.\d{1,6})?) ?([a-z]{1,3})$/i.exec(text) ?? [];
  const scale = unit === undefined ? undefined : units[unit.toLowerCase()];
  return scale === undefined ? undefined : Math.round(Number(digits) * scale);
};

const formatQuantity = (value: number, units: readonly (readonly [number, string])[]) => {
  for (const [scale, unit] of units) {
    const tenths = (value * 10) / scale;
    if (tenths >= 10 && Number.isInteger(tenths)) return `${tenths / 10} ${unit}`;
  }
  return `${value} ${units.at(-1)?.[1] ?? ""}`;
};
