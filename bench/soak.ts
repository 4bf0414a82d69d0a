/**
 * Thousands of cells over many sessions whose workers are killed at random moments: `npm run soak -- [cells] [sessions]`.
 * Every session counts for itself; a cell that was killed must leave the count as it was, and say so. Prints one line;
 * the exit status is 1 when a session was lost, a state was wrong, or something stayed behind.
 */
import { PythonExecutor, type Session } from "../src/index.ts";
import { descendantsPss } from "./memory.ts";
import { generator } from "./random.ts";

const cells = Number(process.argv[2] ?? 10_000);
const count = Number(process.argv[3] ?? 20);
const random = generator(Number(process.argv[4] ?? 1));
const MOST_MS = 4;

const before = descendantsPss().processes;
const executor = await PythonExecutor.create({ policy: "open", overlay: { limits: { graceMs: 200 } } });
const started = performance.now();
const told = { kept: 0, rolledBack: 0, lost: 0 };
let wrong = 0;
let gone = 0;
const memory: number[] = [];
await Promise.all(Array.from({ length: count }, (_, index) => soak(index)));
const seconds = (performance.now() - started) / 1000;
await executor.close();
const left = descendantsPss().processes - before;
const early = memory.slice(memory.length >> 2, memory.length >> 1);
const late = memory.slice(-early.length);
const mean = (samples: readonly number[]): number =>
  samples.reduce((sum, one) => sum + one, 0) / samples.length;
const growth = mean(late) / mean(early);
console.log(
  `${cells} cells, ${count} sessions, ${seconds.toFixed(0)} s: ${told.kept} kept, ${told.rolledBack} rolled back, ` +
    `${told.lost} lost, ${wrong} wrong, ${gone} sessions gone, ${left} processes left, ` +
    `memory ${(mean(late) / 2 ** 20).toFixed(0)} MiB, ${growth.toFixed(2)} times that of the second quarter`,
);
process.exitCode = wrong || gone || left || told.lost || growth > 1.15 ? 1 : 0;

async function soak(index: number): Promise<void> {
  try {
    await using session = await executor.createSession();
    let expected = 0;
    await session.runCode("import os\ncount = 0\npile = []");
    for (let cell = 0; cell < cells / count; cell++) {
      const dies = random() < 0.1;
      const killed = dies && random() < 0.5;
      if (dies && !killed) await sleepUpTo(MOST_MS);
      const [code, expectation] = dies
        ? dying(killed)
        : ["count += 1\npile.append(str(count) * 10)\ncount", expected + 1];
      const execution = await session.runCode(code, { timeoutMs: 20_000 });
      told[execution.state] += 1;
      if (execution.ok) expected = expectation ?? expected;
      else if (!dies || execution.state !== "rolledBack") wrong++;
      if (cell % 10 === 0) await check(session, expected);
      if (index === 0 && cell % 20 === 0) memory.push(descendantsPss().bytes);
    }
    await check(session, expected);
  } catch (error) {
    gone++;
    console.error(`session ${index}: ${(error as Error).message}`);
  }
}

/** A cell that spoils the state and then dies: at once by a signal, or a little later by a thread, or in native code. */
function dying(killed: boolean): [code: string, expectation?: undefined] {
  const spoil = "count = -1\npile.clear()\n";
  if (killed) return [`${spoil}os.kill(os.getpid(), 9)`];
  const ms = (random() * MOST_MS).toFixed(2);
  const ways = [
    `import threading, time\nthreading.Thread(target=lambda: (time.sleep(${ms} / 1000), os.kill(os.getpid(), 9))).start()\nwhile True: count -= 1`,
    "os._exit(3)",
    "import ctypes\nctypes.string_at(0)",
    "os.abort()",
  ];
  return [spoil + ways[Math.floor(random() * ways.length)]];
}

async function check(session: Session, expected: number): Promise<void> {
  const { output } = await session.runCode("[count, len(pile)]");
  told.kept++;
  if (JSON.stringify(output) !== JSON.stringify([expected, expected])) {
    wrong++;
    console.error(`expected ${expected}, found ${JSON.stringify(output)}`);
  }
}

function sleepUpTo(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, random() * ms));
}
