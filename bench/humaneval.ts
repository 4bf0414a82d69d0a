/**
 * Runs HumanEval's canonical solutions with their tests, each in a fresh `strict` session:
 * `npm run humaneval -- [FILE] [--jobs N] [--python PROGRAM]`. FILE is HumanEval.jsonl or .jsonl.gz.
 */
import { existsSync, readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { gunzipSync } from "node:zlib";

import { PythonExecutor } from "../src/index.ts";

type Task = {
  readonly task_id: string;
  readonly prompt: string;
  readonly canonical_solution: string;
  readonly test: string;
  readonly entry_point: string;
};

// One more than there are processors: while one session ends, another one can begin.
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    jobs: { type: "string", default: String(availableParallelism() + 1) },
    python: { type: "string" },
  },
});
const tasks = readTasks(findFile(positionals[0]));
const jobs = Math.max(1, Number(values.jobs) || 1);

const failures: string[] = [];
let done = 0;
await using executor = await PythonExecutor.create(values.python ? { python: values.python } : {});
const started = performance.now();
const queue = tasks.values();
await Promise.all(Array.from({ length: jobs }, work));
const seconds = (performance.now() - started) / 1000;
if (process.stderr.isTTY) process.stderr.write("\r\x1b[K");
for (const failure of failures) console.log(failure);
const passed = tasks.length - failures.length;
console.log(
  `${passed} of ${tasks.length} passed in ${seconds.toFixed(2)} s ` +
    `(${(tasks.length / seconds).toFixed(0)} tasks/s, ${((1000 * seconds) / tasks.length).toFixed(1)} ms a task, ` +
    `${jobs} at once, each in a fresh strict session)`,
);
process.exitCode = failures.length === 0 ? 0 : 1;

/** One of the workers: takes tasks until there are none. All share one iterator, so none runs twice. */
async function work(): Promise<void> {
  for (const task of queue) {
    await using session = await executor.createSession({ checkpoint: "never" });
    const { prompt, canonical_solution, test, entry_point } = task;
    const program = `${prompt}${canonical_solution}\n${test}\ncheck(${entry_point})\n`;
    const { error } = await session.runCode(program, { filename: task.task_id });
    if (error) failures.push(`${task.task_id}: ${error.kind}: ${error.name}: ${error.message}`);
    done += 1;
    showProgress();
  }
}

function showProgress(): void {
  if (!process.stderr.isTTY) return;
  const width = 40;
  const filled = Math.round((width * done) / tasks.length);
  const bar = "█".repeat(filled).padEnd(width, "░");
  process.stderr.write(
    `\r${bar} ${done}/${tasks.length}${failures.length ? `, ${failures.length} failed` : ""}`,
  );
}

function readTasks(file: string): readonly Task[] {
  const bytes = readFileSync(file);
  const text = (file.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8");
  return text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => JSON.parse(line));
}

function findFile(given: string | undefined): string {
  const beside = fileURLToPath(new URL("../../shared/data/HumanEval.jsonl.gz", import.meta.url));
  const file = given ?? process.env.HUMANEVAL ?? beside;
  if (existsSync(file)) return file;
  console.error(`humaneval: ${file}: no such file\nhint: npm run humaneval -- path/to/HumanEval.jsonl.gz`);
  process.exit(2);
}
