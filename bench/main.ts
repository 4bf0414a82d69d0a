/**
 * What vivarium costs, each figure beside its rival of the same run: `npm run bench -- [python] [sessions]`.
 * The machine should be quiet; medians of interleaved runs are what can be quoted, as ratios.
 */
import { execFileSync } from "node:child_process";
import { loadavg } from "node:os";

import { PythonExecutor } from "../src/index.ts";
import { descendantsPss } from "./memory.ts";
import { BarePython, EVAL_LOOP, EXEC_LOOP, spawnPass } from "./rivals.ts";
import { formatMs, median, printTable, quantile, type Row, time } from "./stats.ts";

const FIBONACCI = `
import time
def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)
started = time.perf_counter()
fib(24)
seconds = time.perf_counter() - started
`;

const python = realPython(process.argv[2] ?? "python3");
const sessionCount = Number(process.argv[3] ?? 200);
const rows: Row[] = [];

console.log(`${python}, Node ${process.version}, load average ${loadavg()[0]?.toFixed(2)}\n`);
await using executor = await PythonExecutor.create({ python });
await measureFresh();
await measureReady();
await measureRoundTrip("never");
await measureRoundTrip("auto");
await measureCpu();
await measureMemory("never");
await measureMemory("auto");
printTable(rows);

/** The interpreter itself: a shim of a version manager would be the easier rival. */
function realPython(name: string): string {
  return execFileSync(name, ["-I", "-c", "import sys; print(sys.executable)"], { encoding: "utf8" }).trim();
}

async function measureFresh(): Promise<void> {
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let round = 0; round < 120; round++) {
    theirs.push(await time(() => spawnPass(python)));
    const start = performance.now();
    const session = await executor.createSession();
    await session.runCode("1+1");
    ours.push(performance.now() - start);
    await session.close();
  }
  compare("fresh session to first result", ours, { name: "python3 -I -c pass", samples: theirs });
}

async function measureReady(): Promise<void> {
  const ours: number[] = [];
  const theirs: number[] = [];
  const sessions = await Promise.all(Array.from({ length: 60 }, () => executor.createSession()));
  for (const session of sessions) {
    theirs.push(await time(() => spawnPass(python)));
    ours.push(await time(() => session.runCode("1+1")));
  }
  await Promise.all(sessions.map((session) => session.close()));
  compare("ready session to first result", ours, { name: "python3 -I -c pass", samples: theirs });
}

async function measureRoundTrip(checkpoint: "auto" | "never"): Promise<void> {
  const ours: number[] = [];
  const theirs: number[] = [];
  await using session = await executor.createSession({ checkpoint });
  const bare = new BarePython(python, EVAL_LOOP);
  for (let round = 0; round < 40; round++) {
    // In turns of fifty: a round trip is too short to be measured between two of somebody else's.
    for (let turn = 0; turn < 50; turn++) ours.push(await time(() => session.runCode("1+1")));
    for (let turn = 0; turn < 50; turn++) theirs.push(await time(() => bare.ask("1+1")));
  }
  await bare.close();
  compare(`cell round trip, 1+1, checkpoint: "${checkpoint}"`, ours, {
    name: "eval in a bare child",
    samples: theirs,
  });
}

async function measureCpu(): Promise<void> {
  const ours: number[] = [];
  const theirs: number[] = [];
  await using session = await executor.createSession({ checkpoint: "never" });
  const bare = new BarePython(python, EXEC_LOOP);
  for (let round = 0; round < 60; round++) {
    theirs.push(1000 * Number(await bare.ask(JSON.stringify(FIBONACCI))));
    ours.push(1000 * Number((await session.runCode(`${FIBONACCI}seconds`)).output));
  }
  await bare.close();
  compare("CPU-bound cell, fib(24)", ours, { name: "exec in bare python3", samples: theirs });
}

async function measureMemory(checkpoint: "auto" | "never"): Promise<void> {
  const before = descendantsPss().bytes;
  const sessions = [];
  while (sessions.length < sessionCount) {
    sessions.push(
      ...(await Promise.all(Array.from({ length: 20 }, () => executor.createSession({ checkpoint })))),
    );
  }
  await Promise.all(sessions.map((session) => session.runCode("1+1")));
  const perSession = (descendantsPss().bytes - before) / sessions.length / 2 ** 20;
  await Promise.all(sessions.map((session) => session.close()));
  rows.push({
    measure: `PSS per idle session, ${sessions.length} alive, checkpoint: "${checkpoint}"`,
    median: `${perSession.toFixed(2)} MiB`,
    p99: "",
    rival: "",
    ratio: "",
  });
}

function compare(
  measure: string,
  ours: readonly number[],
  rival: { readonly name: string; readonly samples: readonly number[] },
): void {
  const ratio = median(rival.samples) / median(ours);
  rows.push({
    measure,
    median: formatMs(median(ours)),
    p99: formatMs(quantile(ours, 0.99)),
    rival: `${formatMs(median(rival.samples))} (${rival.name})`,
    ratio: `${ratio.toFixed(ratio < 10 ? 2 : 0)} times its speed`,
  });
}
