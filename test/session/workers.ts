import { existsSync, readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";

import type { Session } from "../../src/index.ts";
import { type Process, runtimeProcesses } from "../support/processes.ts";

/**
 * The worker of a session as this machine sees it, when nothing else is under way in it. The sessions of this process
 * must be made one after the other: those of two namespaces may have the same number, and the youngest is taken.
 */
export async function workerOf(session: Session): Promise<Process> {
  // What changes nothing begins when the copy after the last cell sleeps, and so the copy is there when this is done.
  const inside = await session.getVariable(PID);
  const found = runtimeProcesses().filter(({ pid }) => numberInside(pid) === inside);
  const youngest = found.sort((a, b) => startOf(a) - startOf(b)).at(-1);
  if (!youngest) throw new Error(`no process has the number ${inside} in its session`);
  return youngest;
}

/** A cell that lets `workerOf` find its worker, for as long as that lives. */
export const KNOWN = "import os as _os\n_worker_pid = _os.getpid()";

/** Kills the worker from outside, and waits until its keeper has taken note: then it is no zombie either. */
export async function killWorker(session: Session): Promise<void> {
  const { pid } = await workerOf(session);
  process.kill(pid, "SIGKILL");
  for (let tries = 0; existsSync(`/proc/${pid}`); tries++) {
    if (tries > 2000) throw new Error(`worker ${pid} has not gone`);
    await delay(5);
  }
}

const PID = "_worker_pid";

/** The number of a process in the innermost of its namespaces. */
const numberInside = (pid: number): number | undefined => {
  try {
    const line = /^NSpid:\s+(.+)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    return Number(line?.split(/\s+/).at(-1));
  } catch {
    return undefined;
  }
};

/** When it started, in the kernel's ticks. */
const startOf = ({ identity }: Process): number => Number(identity.split("@")[1]);
