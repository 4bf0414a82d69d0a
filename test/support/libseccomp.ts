import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Arch } from "../../src/backends/subprocess/seccomp/compile.ts";

/** A rule as libseccomp has them: no order, one condition for each argument, and the values as [arg, op, a, b]. */
export type LibseccompRule = {
  readonly action: number;
  readonly syscall: string;
  readonly args: readonly LibseccompArg[];
};
export type LibseccompArg = readonly [arg: number, op: number, a: string, b: string];
export type LibseccompFilter = {
  readonly arch: Arch;
  readonly default: number;
  readonly rules: readonly LibseccompRule[];
};

/** `enum scmp_compare`. */
export const COMPARE = { ne: 1, lt: 2, le: 3, eq: 4, ge: 5, gt: 6, maskedEq: 7 } as const;

/** Builds every filter with one run of Python, which calls libseccomp.so.2 through ctypes. */
export function buildFilters(
  filters: readonly LibseccompFilter[],
): { program: Uint8Array; unknown: string[] }[] {
  const answers = ask(filters) as { program: string; unknown: string[] }[];
  return answers.map(({ program, unknown }) => ({ program: Buffer.from(program, "base64"), unknown }));
}

/** What libseccomp takes to be the numbers of these names; negative for one that the architecture or it does not know. */
export function resolveNames(arch: Arch, names: readonly string[]): Record<string, number> {
  return (ask([{ arch, names }]) as Record<string, number>[])[0] ?? {};
}

/** Why libseccomp cannot be used here, if it cannot. */
export function libseccompMissing(): string | undefined {
  const probe = spawnSync("python3", ["-c", "import ctypes; ctypes.CDLL('libseccomp.so.2')"], {
    encoding: "utf8",
  });
  return probe.status === 0 ? undefined : "libseccomp.so.2 cannot be loaded by python3";
}

const HELPER = fileURLToPath(new URL("./libseccomp.py", import.meta.url));

const ask = (requests: readonly unknown[]): unknown => {
  const run = spawnSync("python3", ["-I", HELPER], {
    input: JSON.stringify(requests),
    encoding: "utf8",
    maxBuffer: 1 << 28,
    timeout: 60_000,
  });
  if (run.status !== 0) throw new Error(`libseccomp.py: ${run.stderr || run.error}`);
  return JSON.parse(run.stdout);
};
