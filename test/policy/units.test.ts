import { test } from "uvu";
import * as assert from "uvu/assert";

import { fillLimits, LIMIT_NAMES } from "../../src/policy/limits.ts";
import {
  formatBytes,
  formatDuration,
  limitWords,
  parseBytes,
  parseDuration,
  parseLimit,
} from "../../src/policy/units.ts";

test("a duration has a unit", () => {
  assert.is(parseDuration("30s"), 30_000);
  assert.is(parseDuration("1.5 min"), 90_000);
  assert.is(parseDuration("2m"), 120_000);
  assert.is(parseDuration("250ms"), 250);
  assert.is(parseDuration("1H"), 3_600_000);
  for (const bad of ["", "30", "s", "-1s", "1e3s", "1s2", "1 s ", "1d", "0x10s", "1..5s", "NaNs", "１s"]) {
    assert.is(parseDuration(bad), undefined, bad);
  }
});

test("a size counts in powers of 1024 or of 1000, as its unit says", () => {
  assert.is(parseBytes("512MiB"), 512 * 2 ** 20);
  assert.is(parseBytes("512mb"), 512e6);
  assert.is(parseBytes("1.5 GiB"), 1.5 * 2 ** 30);
  assert.is(parseBytes("1048576"), 2 ** 20);
  assert.is(parseBytes("10B"), 10);
  for (const bad of [
    "",
    "512M",
    "512 m",
    "-1",
    "1e9",
    "MiB",
    "99999999999999999",
    "__proto__",
    "1constructor",
  ]) {
    assert.is(parseBytes(bad), undefined, bad);
  }
});

test("a unit that every object inherits is no unit", () => {
  assert.is(parseBytes("1toString"), undefined);
});

test("a limit is checked against its range", () => {
  assert.is(parseLimit("wallMs", "10s"), 10_000);
  assert.is(parseLimit("wallMs", 10), 10);
  assert.is(parseLimit("wallMs", 0), undefined);
  assert.is(parseLimit("wallMs", 1.5), undefined);
  assert.is(parseLimit("wallMs", Number.NaN), undefined);
  assert.is(parseLimit("wallMs", "25h"), undefined);
  assert.is(parseLimit("processes", 0), 0);
  assert.is(parseLimit("processes", "1"), undefined);
  assert.is(parseLimit("memoryBytes", "1MiB"), undefined);
});

test("a limit says what it may be", () => {
  assert.is(limitWords("wallMs"), 'milliseconds or a string such as "30s", from 1 ms to 24 h');
  assert.is(limitWords("memoryBytes"), 'bytes or a string such as "512MiB", from 16 MiB to 1024 GiB');
  assert.is(limitWords("processes"), "a whole number from 0 to 4096");
});

test("a number is shown in the largest unit that fits it", () => {
  assert.is(formatDuration(1), "1 ms");
  assert.is(formatDuration(999), "999 ms");
  assert.is(formatDuration(1500), "1.5 s");
  assert.is(formatDuration(90_000), "1.5 min");
  assert.is(formatDuration(86_400_000), "24 h");
  assert.is(formatBytes(50_000), "50000 B");
  assert.is(formatBytes(512 * 2 ** 20), "512 MiB");
  assert.is(formatBytes(0), "0 B");
});

test("every default lies in its own range", () => {
  const limits = fillLimits({});
  for (const name of LIMIT_NAMES) assert.is(parseLimit(name, limits[name]), limits[name], name);
});

test("the total and the CPU time follow the wall time unless they are named", () => {
  const { totalMs, cpuMs } = fillLimits({ wallMs: 3_600_000 });
  assert.equal([totalMs, cpuMs], [3_600_000, 7_200_000]);
  const named = fillLimits({ wallMs: 3_600_000, totalMs: 5, cpuMs: 7 });
  assert.equal([named.totalMs, named.cpuMs], [5, 7]);
});

test.run();
