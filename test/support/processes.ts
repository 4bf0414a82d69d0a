import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";

export type Process = {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  /** Tells it from a later process with the same number. */
  readonly identity: string;
  readonly name: string;
  readonly command: string;
};

/** The processes of this machine that have not ended (a zombie has). Empty where there is no /proc. */
export function processes(): Process[] {
  return entries("/proc").flatMap((entry) => (/^\d+$/.test(entry) ? readProcess(Number(entry)) : []));
}

/** The zygotes, keepers and workers below a process, parents before their children. */
export function runtimeProcesses(root = process.pid): Process[] {
  const all = processes();
  const below = (pid: number): Process[] =>
    all.filter(({ parent }) => parent === pid).flatMap((child) => [child, ...below(child.pid)]);
  return below(root).filter(({ command }) => command.includes("zygote.py"));
}

/** Waits until none of these processes is left; a new one with an old number is another process. */
export async function gone(started: readonly Process[], patienceMs = 25_000): Promise<void> {
  const known = new Set(started.map(({ identity }) => identity));
  const deadline = Date.now() + patienceMs;
  for (;;) {
    const left = processes().filter(({ identity }) => known.has(identity));
    if (left.length === 0) return;
    const told = left.map(({ pid, command }) => `${pid} ${command}`).join(", ");
    if (Date.now() > deadline) throw new Error(`not gone within ${patienceMs} ms: ${told}`);
    await delay(20);
  }
}

/** Whether the process was started with this variable, or inherited it. */
export function hasVariable({ pid }: Process, name: string, value: string): boolean {
  return read(`/proc/${pid}/environ`).split("\0").includes(`${name}=${value}`);
}

/** One process from its files; none when it has gone meanwhile. */
const readProcess = (pid: number): Process[] => {
  const stat = read(`/proc/${pid}/stat`);
  // The name stands in parentheses and may hold anything, also a parenthesis.
  const end = stat.lastIndexOf(")");
  const [state, parent, group, ...rest] = stat.slice(end + 2).split(" ");
  if (end < 0 || state === "Z" || state === "X") return [];
  return [
    {
      pid,
      parent: Number(parent),
      group: Number(group),
      identity: `${pid}@${rest[STARTED]}`,
      name: stat.slice(stat.indexOf("(") + 1, end),
      command: read(`/proc/${pid}/cmdline`).replaceAll("\0", " ").trim(),
    },
  ];
};

/** `starttime` is field 22 of the file; the first three after the name are taken off before. */
const STARTED = 22 - 3 - 3;

const entries = (folder: string): string[] => {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
};

const read = (file: string): string => {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
};
