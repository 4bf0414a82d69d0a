import { readdirSync, readFileSync } from "node:fs";

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
