import { fileURLToPath } from "node:url";
import { test } from "uvu";
import * as assert from "uvu/assert";

import { judge, readWishes, runTestFile } from "./test-file.ts";

const fixture = (name: string): string =>
  fileURLToPath(new URL(`./fixtures/${name}.case.ts`, import.meta.url));

type Verdict = { passed: number; failed: number; skipped: number; faults: string[] };

/** What the runner must say of each, on a machine that is not CI. */
const VERDICTS: Readonly<Record<string, Verdict>> = {
  passes: { passed: 1, failed: 0, skipped: 0, faults: [] },
  fails: { passed: 1, failed: 1, skipped: 0, faults: ["exit status 1"] },
  "forgets-to-run": {
    passed: 0,
    failed: 1,
    skipped: 0,
    faults: ["no summary: run() is missing, or it ended before its tests did"],
  },
  "throws-in-hook": { passed: 0, failed: 1, skipped: 0, faults: [] },
  "never-settles": {
    passed: 0,
    failed: 1,
    skipped: 0,
    faults: ["exit status 1", "no summary: run() is missing, or it ended before its tests did"],
  },
  "never-ends": { passed: 1, failed: 1, skipped: 0, faults: ["not done within 2 s"] },
  "skips-silently": { passed: 1, failed: 1, skipped: 1, faults: ["1 skipped without a reason"] },
  "skips-aloud": { passed: 0, failed: 0, skipped: 1, faults: [] },
  "leaves-a-process": { passed: 1, failed: 1, skipped: 0, faults: ["left a process behind: sleep 1000"] },
  "rejects-late": { passed: 1, failed: 1, skipped: 0, faults: ["exit status 1"] },
};

for (const [name, verdict] of Object.entries(VERDICTS)) {
  test(`a file that ${name.replaceAll("-", " ")} is told as it is`, async () => {
    const limitMs = name === "never-ends" ? 2_000 : 60_000;
    const { passed, failed, skipped, faults, reasons } = await runTestFile(fixture(name), {
      limitMs,
      env: { ...process.env, CI: undefined },
    });
    assert.equal({ passed, failed, skipped, faults }, verdict);
    assert.equal(reasons, name === "skips-aloud" ? ["the moon is not full"] : []);
  });
}

test("on CI nothing may be missing", async () => {
  const { failed, output } = await runTestFile(fixture("skips-aloud"), {
    limitMs: 60_000,
    env: { ...process.env, CI: "true" },
  });
  assert.is(failed, 1);
  assert.match(output, /on CI nothing may be missing: the moon is not full/);
});

test("a run without any test is a failure", () => {
  const { failed, faults } = judge("  Total:     0\n  Passed:    0\n  Skipped:   0\n", []);
  assert.equal([failed, faults], [1, ["no tests"]]);
});

test("the last summary counts, not one that a test printed", () => {
  const { passed, failed } = judge(
    "  Total:     9\n  Passed:    9\n  Skipped:   0\n\n  Total:     3\n  Passed:    2\n  Skipped:   0\n",
    [],
  );
  assert.equal([passed, failed], [2, 1]);
});

test("wishes are read from the first line only", () => {
  assert.equal(readWishes(fixture("passes")), { serial: false, limitMs: 180_000 });
});

test.run();
