import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { stripVTControlCharacters } from "node:util";

import { hasVariable, type Process, processes } from "./processes.ts";

/** What a test file wants of the runner; it says so in its first line, as in `// @serial @limit 600`. */
export type Wishes = { readonly serial: boolean; readonly limitMs: number };

export type FileResult = {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** Why tests were skipped, in the words of `requires`. */
  readonly reasons: readonly string[];
  /** What is wrong with the file as a whole. */
  readonly faults: readonly string[];
  readonly output: string;
};

export type FileOptions = {
  readonly limitMs: number;
  readonly env?: NodeJS.ProcessEnv;
  /** Kills it early. */
  readonly signal?: AbortSignal;
};

export function readWishes(file: string): Wishes {
  const [first = ""] = readFileSync(file, "utf8").split("\n", 1);
  const asked = first.startsWith("//") ? first : "";
  const seconds = Number(/@limit (\d+)/.exec(asked)?.[1] ?? DEFAULT_LIMIT_SECONDS);
  return { serial: asked.includes("@serial"), limitMs: seconds * 1000 };
}

/** Runs one test file in a process of its own, to its end or its limit, and reads what uvu says about it. */
export async function runTestFile(file: string, options: FileOptions): Promise<FileResult> {
  const { env = process.env, limitMs, signal } = options;
  const mark = `${process.pid}-${++count}`;
  const faults: string[] = [];
  const child = spawn(process.execPath, ["--import", TSX, file], {
    env: { ...env, [MARK]: mark, NO_COLOR: "1", FORCE_COLOR: undefined },
    stdio: ["ignore", "pipe", "pipe"],
    // A process group of its own, so that all of it can be ended.
    detached: true,
  });
  const output = collect([child.stdout, child.stderr]);
  const closed = once(child, "close");
  const kill = (why: string): void => {
    faults.push(why);
    end(startedBy(mark, child.pid));
  };
  const timer = setTimeout(() => kill(`not done within ${limitMs / 1000} s`), limitMs);
  const stop = (): void => kill("stopped");
  signal?.addEventListener("abort", stop, { once: true });
  const [status, signalName] = (await once(child, "exit")) as [number | null, string | null];
  clearTimeout(timer);
  signal?.removeEventListener("abort", stop);
  if (faults.length === 0 && status !== 0)
    faults.push(signalName ? `ended by ${signalName}` : `exit status ${status}`);
  const left = await stillThere(mark, child.pid);
  end(left);
  faults.push(...left.map(({ command }) => `left a process behind: ${command.slice(0, 200)}`));
  // A process that got away from its group and its mark may hold the pipes open for ever.
  await Promise.race([closed, delay(2_000, undefined, { ref: false })]);
  child.stdout.destroy();
  child.stderr.destroy();
  return judge(output(), faults);
}

const DEFAULT_LIMIT_SECONDS = 180;
const MARK = "VIVARIUM_TEST_FILE";
const TSX = import.meta.resolve("tsx");
let count = 0;

/** The last part of what the streams say: the end of an endless output tells most. */
const collect = (streams: readonly NodeJS.ReadableStream[]): (() => string) => {
  let text = "";
  for (const stream of streams) {
    stream.setEncoding("utf8");
    stream.on("data", (chunk: string) => {
      text = (text + chunk).slice(-OUTPUT_CHARACTERS);
    });
  }
  return () => stripVTControlCharacters(text);
};

const OUTPUT_CHARACTERS = 200_000;

const startedBy = (mark: string, group: number | undefined): Process[] =>
  processes().filter((found) => found.group === group || hasVariable(found, MARK, mark));

/** What a file that has ended left behind; what dies with it gets a moment to do so. */
const stillThere = async (mark: string, group: number | undefined): Promise<Process[]> => {
  for (let tries = 0; ; tries++) {
    const left = startedBy(mark, group);
    if (left.length === 0 || tries === 60) return left;
    await delay(50);
  }
};

const end = (found: readonly Process[]): void => {
  for (const { pid } of found) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It has gone meanwhile.
    }
  }
};

/**
 * uvu's summary, without uvu's gaps: a throwing hook loses tests and a forgotten `run()` loses all of them, both with
 * exit status 0; and a skip must say why. A file that is wrong as a whole counts as one failure at least.
 */
export function judge(output: string, faults: readonly string[]): FileResult {
  const number = (name: string): number | undefined => {
    const [last] = [...output.matchAll(new RegExp(`^ {2}${name}: +(\\d+)$`, "gm"))].slice(-1);
    return last && Number(last[1]);
  };
  const [total, passed = 0, skips = 0] = [number("Total"), number("Passed"), number("Skipped")];
  const reasons = [...output.matchAll(/^SKIP (.+)$/gm)].map(([, reason = ""]) => reason);
  const all = [...faults];
  if (total === undefined) all.push("no summary: run() is missing, or it ended before its tests did");
  else if (total === 0 && skips === 0 && reasons.length === 0) all.push("no tests");
  if (skips > 0 && reasons.length === 0) all.push(`${skips} skipped without a reason`);
  const failed = Math.max((total ?? 0) - passed, all.length > 0 ? 1 : 0);
  return { passed, failed, skipped: Math.max(skips, reasons.length), reasons, faults: all, output };
}
