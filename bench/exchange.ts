/**
 * What it costs to talk: `npm run bench:exchange -- [python]`. A tool call from Python to TypeScript and back, and values
 * in both directions, each beside a rival in the same run.
 */
import { PythonExecutor, tool } from "../src/index.ts";
import { formatMs, median, quantile, time } from "./stats.ts";

const MIB = 1 << 20;
const python = process.argv[2] ?? "/usr/bin/python3";
const CALLS = 2000;

await using executor = await PythonExecutor.create({
  policy: "open",
  python,
  overlay: { limits: { resultBytes: 64 * MIB, memoryBytes: "4GiB", toolCalls: 1_000_000, wallMs: 120_000 } },
});
const add = tool({
  description: "The sum of two numbers.",
  inputSchema: {
    type: "object",
    properties: { a: { type: "number" }, b: { type: "number" } },
    required: ["a", "b"],
  },
  execute: ({ a, b }) => Number(a) + Number(b),
});
await using session = await executor.createSession({ tools: { add } });

const { output } = await session.runCode(`
import time
took = []
for i in range(${CALLS}):
    started = time.perf_counter()
    add(i, 1)
    took.append((time.perf_counter() - started) * 1000)
took`);
const calls = output as number[];
console.log(
  `tool call, ${CALLS} in a row: ${formatMs(median(calls))}, p99 ${formatMs(quantile(calls, 0.99))}`,
);
const gathered = await session.runCode(`
import asyncio
started = time.perf_counter()
for _ in range(20):
    await asyncio.gather(*[add(i, 1) for i in range(50)])
(time.perf_counter() - started)`);
console.log(`tool call, fifty at a time: ${formatMs(Number(gathered.output))} each`);

const bytes = new Uint8Array(10 * MIB).map((_, index) => index * 31);
const numbers = Array.from({ length: 1_000_000 }, (_, index) => index + 0.5);
const whole = Array.from({ length: 1_000_000 }, (_, index) => index);
const typed = Float64Array.from(numbers);
const values = {
  "10 MiB of bytes": bytes,
  "1,000,000 numbers in a Float64Array": typed,
  "1,000,000 floats in a list": numbers,
  "1,000,000 integers in a list": whole,
};
for (const [what, value] of Object.entries(values)) {
  const mb = value instanceof Uint8Array ? value.length / 1e6 : 8;
  const sent: number[] = [];
  const fetched: number[] = [];
  for (let round = 0; round < 9; round++) {
    sent.push(await time(() => session.setVariables({ value })));
    await session.runCode("None");
    fetched.push(await time(() => session.getVariable("value")));
  }
  const rate = (samples: number[]): string =>
    `${formatMs(median(samples))} (${(mb / (median(samples) / 1000)).toFixed(0)} MB/s)`;
  console.log(`${what}: to Python ${rate(sent)}, from Python ${rate(fetched)}`);
}
