import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";

import { hasVariable, type Process, processes } from "./processes.ts";

/** What a test run must leave as it found it. */
export type Before = { readonly processes: ReadonlySet<string>; readonly mounts: ReadonlySet<string> };

/** This run's mark: a variable that everything it starts inherits, and the folder for its temporary files. */
export type Mark = { readonly variable: string; readonly value: string; readonly tmp: string };

export function look(): Before {
  return { processes: new Set(processes().map(({ identity }) => identity)), mounts: new Set(mounts()) };
}

/**
 * What is left, in sentences: processes of this run, zygotes that nobody owns, temporary folders and mounts. What is
 * on its way out (a killed zygote takes its sessions along) gets a few seconds to go.
 */
export async function leaksSince(before: Before, mark: Mark, patienceMs = 5_000): Promise<string[]> {
  const deadline = Date.now() + patienceMs;
  for (;;) {
    const leaks = [...processLeaks(before, mark), ...folderLeaks(mark.tmp), ...mountLeaks(before)];
    if (leaks.length === 0 || Date.now() > deadline) return leaks;
    await delay(50);
  }
}

const processLeaks = (before: Before, { variable, value }: Mark): string[] => {
  const all = processes();
  const byPid = new Map(all.map((process) => [process.pid, process]));
  return all
    .filter(({ identity, pid }) => !before.processes.has(identity) && pid !== process.pid)
    .filter((found) => hasVariable(found, variable, value) || isOrphanedZygote(found, byPid))
    .map(({ pid, command }) => `process ${pid} is left: ${command.slice(0, 200)}`);
};

/** A zygote's environment is empty, so it has no mark; one with a living supervisor is somebody else's. */
const isOrphanedZygote = (found: Process, byPid: ReadonlyMap<number, Process>): boolean => {
  if (!isZygote(found)) return false;
  let owner: Process | undefined = found;
  while (owner && isZygote(owner)) owner = byPid.get(owner.parent);
  return owner === undefined || !SUPERVISORS.has(owner.name);
};

const isZygote = ({ command }: Process): boolean => command.includes("zygote.py");

const SUPERVISORS = new Set(["node", "MainThread"]);

const folderLeaks = (tmp: string): string[] =>
  readdirSync(tmp)
    .filter((name) => name.startsWith("vivarium-"))
    .map((name) => `temporary folder ${name} is left`);

const mountLeaks = (before: Before): string[] =>
  mounts()
    .filter((mount) => !before.mounts.has(mount))
    .map((mount) => `mount is left: ${mount}`);

const mounts = (): string[] => {
  try {
    return readFileSync("/proc/self/mountinfo", "utf8").split("\n").filter(Boolean);
  } catch {
    return [];
  }
};
