/**
 * What it costs to lose nothing: `npm run bench:state -- [python]`. Checkpoints by size of the state, what follows a
 * killed worker, and branches. Every pair is measured in turns, in the same run.
 */
import { setTimeout as sleep } from "node:timers/promises";

import { PythonExecutor, type Session } from "../src/index.ts";
import { formatMs, median, quantile, time } from "./stats.ts";

const MIB = 1 << 20;
const python = process.argv[2] ?? "/usr/bin/python3";

await using executor = await PythonExecutor.create({
  policy: "open",
  python,
  overlay: { limits: { memoryBytes: "4GiB" } },
});

/** A state of about so many MiB: many small objects, whose reference counts are what a copy pays for. */
const fill = (mib: number): string =>
  `import os\nstate = [str(i) * 20 for i in range(${Math.round((mib * MIB) / 160)})]\nlen(state)`;
const TOUCH = "sum(map(len, state)) > 0";

console.log(`checkpoints, ${python}: median of pairs, in turns\n`);
console.log("state      cell after a pause        added      touching all of it        back to back");
for (const mib of [0, 20, 100, 250]) {
  await using kept = await executor.createSession({ checkpoint: "always" });
  await using plain = await executor.createSession({ checkpoint: "never" });
  await Promise.all([kept.runCode(fill(mib)), plain.runCode(fill(mib))]);
  const paused = await inTurns(kept, plain, "1", 60, 15 + mib / 10);
  const touching = await inTurns(kept, plain, TOUCH, 20, 15 + mib / 10);
  const hurried = await inTurns(kept, plain, "1", 60, 0);
  const added = median(paused.kept.map((ms, index) => ms - (paused.plain[index] ?? 0)));
  const pair = ({ kept: a, plain: b }: Pairs): string => `${formatMs(median(a))} / ${formatMs(median(b))}`;
  console.log(
    `${String(mib).padStart(4)} MiB   ${pair(paused).padEnd(24)}  ${formatMs(added).padEnd(9)}  ` +
      `${pair(touching).padEnd(24)}  ${pair(hurried)}`,
  );
}

console.log("\nfrom the kill of the worker to the next cell's result, state intact");
for (const mib of [0, 20, 100]) {
  await using session = await executor.createSession();
  await session.runCode(fill(mib));
  const samples: number[] = [];
  for (let round = 0; round < 40; round++) {
    await sleep(20 + mib / 5);
    samples.push(
      await time(async () => {
        const died = await session.runCode("os.kill(os.getpid(), 9)");
        const next = await session.runCode("len(state)");
        if (died.state !== "rolledBack" || !next.ok) throw new Error("the state did not come back");
      }),
    );
  }
  console.log(
    `${String(mib).padStart(4)} MiB   ${formatMs(median(samples))}, p99 ${formatMs(quantile(samples, 0.99))}`,
  );
}

console.log("\nfork(16), until all sixteen have answered");
for (const mib of [0, 50]) {
  const samples: number[] = [];
  for (let round = 0; round < 15; round++) {
    await using session = await executor.createSession();
    await session.runCode(fill(mib));
    await sleep(50);
    let branches: Session[] = [];
    samples.push(
      await time(async () => {
        branches = await session.fork(16);
        await Promise.all(branches.map((branch) => branch.runCode("len(state)")));
      }),
    );
    await Promise.all(branches.map((branch) => branch.close()));
  }
  console.log(
    `${String(mib).padStart(4)} MiB   ${formatMs(median(samples))}, p99 ${formatMs(quantile(samples, 0.99))}`,
  );
}

type Pairs = { readonly kept: number[]; readonly plain: number[] };

async function inTurns(
  kept: Session,
  plain: Session,
  code: string,
  rounds: number,
  pauseMs: number,
): Promise<Pairs> {
  const pairs: Pairs = { kept: [], plain: [] };
  for (let round = 0; round < rounds; round++) {
    // Each after a pause of its own, and each first in every other round: the processor is colder after a pause.
    for (const one of round % 2 ? (["kept", "plain"] as const) : (["plain", "kept"] as const)) {
      if (pauseMs) await sleep(pauseMs);
      pairs[one].push(await time(() => (one === "kept" ? kept : plain).runCode(code)));
    }
  }
  return pairs;
}
