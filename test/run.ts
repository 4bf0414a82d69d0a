import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";

import { leaksSince, look, type Mark } from "./support/leaks.ts";
import { type FileResult, readWishes, runTestFile } from "./support/test-file.ts";

/*
 * The test runner: `npm test`, or `npm test -- policy state` for the files whose path holds one of the words. It builds
 * first, because tests of the command line run what users run. A file is a process; two run at a time, the longest
 * first, those that say `@serial` alone at the end. It ends with one line of numbers, and with status 1 for any failure,
 * for anything left behind, and for no tests at all.
 */

const ROOT = fileURLToPath(new URL(".", import.meta.url));
const REPO = fileURLToPath(new URL("..", import.meta.url));
const AT_A_TIME = 2;

const main = async (words: readonly string[]): Promise<number> => {
  if (!build()) return 1;
  const files = findTests(words);
  const tmp = mkdtempSync(join(tmpdir(), "vivarium-tests-"));
  // As /tmp is, because tests of an unprivileged user work in it too.
  chmodSync(tmp, 0o1777);
  const mark: Mark = { variable: "VIVARIUM_TEST_RUN", value: `${process.pid}-${Date.now()}`, tmp };
  const before = look();
  try {
    const env = { ...process.env, TMPDIR: tmp, [mark.variable]: mark.value };
    const results = await runAll(files, env);
    const leaks = await leaksSince(before, mark);
    return report(results, leaks);
  } finally {
    rmSync(tmp, { recursive: true, force: true });
  }
};

/** A type error ends it here: what is in dist then would be the old program, or half of the new one. */
const build = (): boolean => {
  const tsc = join(REPO, "node_modules", ".bin", "tsc");
  const { status, error } = spawnSync(tsc, ["-p", join(REPO, "tsconfig.build.json")], { stdio: "inherit" });
  if (status === 0) return true;
  console.log(`the build failed, so no test ran${error ? `: ${error.message}` : ""}`);
  console.log("0 passed, 1 failed, 0 skipped");
  return false;
};

const findTests = (words: readonly string[]): string[] =>
  readdirSync(ROOT, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".test.ts"))
    .filter((path) => words.length === 0 || words.some((word) => path.includes(word)))
    .sort()
    .map((path) => join(ROOT, path))
    .sort((one, other) => readWishes(other).limitMs - readWishes(one).limitMs);

const runAll = async (files: readonly string[], env: NodeJS.ProcessEnv): Promise<FileResult[]> => {
  const stopped = new AbortController();
  // The files have process groups of their own, so Ctrl-C does not reach them.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => stopped.abort());
  const results: FileResult[] = [];
  const run = async (file: string): Promise<void> => {
    if (stopped.signal.aborted) return;
    const started = performance.now();
    const { limitMs } = readWishes(file);
    const result = await runTestFile(file, { limitMs, env, signal: stopped.signal });
    results.push(result);
    printFile(relative(ROOT, file), result, performance.now() - started);
  };
  const alone = files.filter((file) => readWishes(file).serial);
  const together = files.filter((file) => !alone.includes(file));
  const work = async (): Promise<void> => {
    for (let file = together.shift(); file; file = together.shift()) await run(file);
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, work));
  for (const file of alone) await run(file);
  return results;
};

const printFile = (name: string, result: FileResult, ms: number): void => {
  const word = result.failed > 0 ? "FAIL" : result.passed > 0 ? "ok" : "skip";
  const counts = `${result.passed} passed${result.failed > 0 ? `, ${result.failed} failed` : ""}`;
  const skipped = result.skipped > 0 ? `, ${result.skipped} skipped` : "";
  console.log(`${word.padEnd(4)} ${(ms / 1000).toFixed(1).padStart(6)} s  ${name}  ${counts}${skipped}`);
  for (const reason of result.reasons) console.log(`       skipped: ${reason}`);
  if (result.failed === 0) return;
  for (const fault of result.faults) console.log(`       ${fault}`);
  console.log(result.output.trimEnd().replaceAll(/^/gm, "       | "));
};

const report = (results: readonly FileResult[], leaks: readonly string[]): number => {
  const sum = (name: "passed" | "failed" | "skipped"): number =>
    results.reduce((total, result) => total + result[name], 0);
  const failed = sum("failed") + leaks.length;
  const none = sum("passed") + failed === 0;
  for (const leak of leaks) console.log(`LEAK ${leak}`);
  if (none) console.log("no test ran");
  console.log(`${sum("passed")} passed, ${failed} failed, ${sum("skipped")} skipped`);
  return failed > 0 || none ? 1 : 0;
};

process.exitCode = await main(process.argv.slice(2));
