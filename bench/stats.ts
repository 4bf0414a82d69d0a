/** The value below which `share` of the samples lie. */
export function quantile(samples: readonly number[], share: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

export function median(samples: readonly number[]): number {
  return quantile(samples, 0.5);
}

/** Milliseconds that `work` takes. */
export async function time(work: () => PromiseLike<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/** `1.23 ms` or `45.6 µs`. */
export function formatMs(ms: number): string {
  return ms < 1 ? `${(ms * 1000).toFixed(0)} µs` : `${ms.toFixed(2)} ms`;
}

/** A row of the table: what was measured, against what, and how the two compare. */
export type Row = {
  readonly measure: string;
  readonly median: string;
  readonly p99: string;
  readonly rival: string;
  readonly ratio: string;
};

export function printTable(rows: readonly Row[]): void {
  const head: Row = {
    measure: "measure",
    median: "median",
    p99: "p99",
    rival: "rival, median",
    ratio: "ratio",
  };
  const keys = ["measure", "median", "p99", "rival", "ratio"] as const;
  const width = (key: keyof Row): number => Math.max(...[head, ...rows].map((row) => row[key].length));
  const line = (row: Row): string =>
    keys
      .map((key) => row[key].padEnd(width(key)))
      .join("  ")
      .trimEnd();
  console.log([head, ...rows].map(line).join("\n"));
}
