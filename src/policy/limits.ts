/** What a limit counts in: a number without a unit is milliseconds, bytes or simply how many. */
export type LimitUnit = "ms" | "bytes" | "count";

type Limit = {
  readonly unit: LimitUnit;
  readonly minimum: number;
  readonly maximum: number;
  /** What it bounds, in words that go into the JSON Schema and the documentation. */
  readonly about: string;
};

const KIB = 1024;
const MIB = 1024 * KIB;
const GIB = 1024 * MIB;
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const DAY = 24 * 60 * MINUTE;

/** Every limit with its range. The ranges catch a wrong unit, they do not judge what is wise. */
export const LIMITS = {
  wallMs: {
    unit: "ms",
    minimum: 1,
    maximum: DAY,
    about: "how long a cell may run, not counting waits for a host tool; then it is interrupted",
  },
  totalMs: {
    unit: "ms",
    minimum: 1,
    maximum: 7 * DAY,
    about: "how long a cell may take in all, host tools included",
  },
  graceMs: {
    unit: "ms",
    minimum: 1,
    maximum: MINUTE,
    about: "how long an interrupted cell has to stop before it is killed",
  },
  cpuMs: {
    unit: "ms",
    minimum: 1,
    maximum: 7 * DAY,
    about: "CPU time of a cell, its threads and child processes together",
  },
  memoryBytes: {
    unit: "bytes",
    minimum: 16 * MIB,
    maximum: 1024 * GIB,
    about: "memory of the session, its processes and its private files together",
  },
  processes: {
    unit: "count",
    minimum: 0,
    maximum: 4096,
    about: "child processes that cells may have at one time",
  },
  threads: { unit: "count", minimum: 1, maximum: 4096, about: "threads, the main one included" },
  openFiles: { unit: "count", minimum: 16, maximum: 1 << 20, about: "open descriptors of one process" },
  fileBytes: {
    unit: "bytes",
    minimum: 1,
    maximum: 1024 * GIB,
    about: "private /tmp, workspace and /dev/shm together, and the largest single file",
  },
  outputBytes: {
    unit: "bytes",
    minimum: 1,
    maximum: 256 * MIB,
    about: "what is kept of stdout, and as much of stderr: head and tail, the middle is cut",
  },
  resultBytes: { unit: "bytes", minimum: 1, maximum: 256 * MIB, about: "one result of a cell, as JSON" },
  sourceBytes: { unit: "bytes", minimum: 1, maximum: 64 * MIB, about: "source text of one cell" },
  toolCalls: { unit: "count", minimum: 0, maximum: 1_000_000, about: "calls of host tools in one cell" },
} as const satisfies Record<string, Limit>;

export type LimitName = keyof typeof LIMITS;

export const LIMIT_NAMES = Object.keys(LIMITS) as readonly LimitName[];

export type Limits = { readonly [Name in LimitName]: number };

/** The limits that hold when a policy names some: what it leaves out has the default, which may follow another limit. */
export function fillLimits(given: Partial<Limits>): Limits {
  const wallMs = given.wallMs ?? 30 * SECOND;
  return {
    wallMs,
    // Waiting for tools is bounded too, but it never ends a cell that has its own time left.
    totalMs: given.totalMs ?? Math.max(10 * MINUTE, wallMs),
    graceMs: given.graceMs ?? SECOND,
    // Two cores' worth: enough for a helper thread, too little to fill a big machine.
    cpuMs: given.cpuMs ?? 2 * wallMs,
    memoryBytes: given.memoryBytes ?? 512 * MIB,
    processes: given.processes ?? 0,
    // asyncio.to_thread starts up to min(32, cores + 4) threads, and the main one is counted.
    threads: given.threads ?? 40,
    openFiles: given.openFiles ?? 256,
    fileBytes: given.fileBytes ?? 64 * MIB,
    // As smolagents: 50,000 characters of print output.
    outputBytes: given.outputBytes ?? 50_000,
    resultBytes: given.resultBytes ?? MIB,
    sourceBytes: given.sourceBytes ?? MIB,
    toolCalls: given.toolCalls ?? 1000,
  };
}
