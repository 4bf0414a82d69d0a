import type { Limits } from "../../policy/limits.ts";
import { limitsOf, type Operation, type Plan } from "../../policy/plan.ts";
import { type Arch, compileFilter } from "./seccomp/compile.ts";
import { sealRules, workerRules } from "./seccomp/rules.ts";
import { SYSCALLS } from "./seccomp/syscalls.ts";

/** What a zygote is told in its first line, beside where its socket is. Everything in it is trusted. */
export type ZygoteConfig = {
  readonly policy: string;
  readonly limits: Limits;
  /** The longest line that a session may send. */
  readonly lineBytes: number;
  readonly imports: { readonly allow: readonly string[]; readonly deny: readonly string[] };
  /** Host paths bound into the jail; `"*"` is every top-level folder of the host. */
  readonly read: readonly string[];
  readonly write: readonly string[];
  /** Host paths left out of whatever else is bound. */
  readonly hidden: readonly string[];
  /** Programs that may be started: names, paths, `"@python"`, or `"*"`. */
  readonly programs: readonly string[];
  /** The whole environment of the session. */
  readonly env: Readonly<Record<string, string>>;
  readonly preload: readonly string[];
  /** The worker's filter as base64 of `struct sock_filter[]`. */
  readonly seccomp: string;
  /** A second filter for workers that start no processes, or nothing. */
  readonly seal: string;
  /** Numbers of the system calls that wait for the keeper, and their names. */
  readonly notified: Readonly<Record<string, string>>;
};

/** What this machine brings to a plan. */
export type HostFacts = {
  readonly arch: Arch;
  readonly env: Readonly<Record<string, string | undefined>>;
};

export type Lowered = {
  readonly config: ZygoteConfig;
  /** What the policy grants and this backend does not give: stricter than asked, never weaker. */
  readonly ungranted: readonly string[];
};

/** Lowers a plan to what the zygote, the keeper and the kernel are told. Pure. */
export function lowerPlan(
  plan: Plan,
  host: HostFacts,
  options: { readonly preload?: readonly string[]; readonly env?: Readonly<Record<string, string>> } = {},
): Lowered {
  const programs = targets(plan, "run", "allow");
  const denied = targets(plan, "run", "deny");
  const limits = limitsOf(plan);
  const started = denied.includes("*") ? [] : programs.filter((program) => !denied.includes(program));
  return {
    config: {
      policy: plan.policy,
      limits,
      lineBytes: 2 * limits.resultBytes + LINE_SLACK_BYTES,
      imports: { allow: targets(plan, "import", "allow"), deny: targets(plan, "import", "deny") },
      read: unlessDenied(plan, "read"),
      write: unlessDenied(plan, "write"),
      hidden: [...targets(plan, "read", "deny")].filter((path) => path !== "*"),
      programs: started,
      env: { ...BASE_ENV, ...grantedEnv(plan, host.env), ...options.env },
      preload: options.preload ?? [],
      seccomp: base64(compileFilter(workerRules({ exec: started.length > 0 }), host.arch)),
      seal: limits.processes > 0 ? "" : base64(compileFilter(sealRules(), host.arch, { kind: "allow" })),
      notified: notified(host.arch),
    },
    ungranted: ungranted(plan),
  };
}

/** What a line may hold beside a result: errors, counts, names. */
const LINE_SLACK_BYTES = 4 * 2 ** 20;

/** A clean environment: where things are inside the jail, one encoding, and one thread for BLAS, which forks badly. */
const BASE_ENV: Readonly<Record<string, string>> = {
  HOME: "/workspace",
  LANG: "C.UTF-8",
  LC_ALL: "C.UTF-8",
  MPLBACKEND: "Agg",
  MPLCONFIGDIR: "/tmp/matplotlib",
  OMP_NUM_THREADS: "1",
  OPENBLAS_NUM_THREADS: "1",
  MKL_NUM_THREADS: "1",
  NUMEXPR_NUM_THREADS: "1",
  PATH: "/usr/local/bin:/usr/bin:/bin",
  PYTHONDONTWRITEBYTECODE: "1",
  PYTHONNOUSERSITE: "1",
  TMPDIR: "/tmp",
};

const base64 = (program: Uint8Array): string => Buffer.from(program).toString("base64");

const NOTIFIED = [
  "clone",
  "fork",
  "vfork",
  "kill",
  "tkill",
  "tgkill",
  "rt_sigqueueinfo",
  "rt_tgsigqueueinfo",
  "pidfd_send_signal",
  "socket",
  "execve",
  "execveat",
] as const;

const notified = (arch: Arch): Record<string, string> =>
  Object.fromEntries(
    NOTIFIED.flatMap((name) => {
      const number = SYSCALLS[arch].get(name);
      return number === undefined ? [] : [[String(number), name]];
    }),
  );

type Permission = Extract<Operation, { effect: string }>["op"];

const targets = (plan: Plan, op: Permission, effect: "allow" | "deny"): string[] =>
  plan.operations.flatMap((operation) =>
    operation.op === op && operation.effect === effect ? [operation.target] : [],
  );

const unlessDenied = (plan: Plan, op: "read" | "write"): string[] => {
  const denied = targets(plan, op, "deny");
  if (denied.includes("*")) return [];
  return targets(plan, op, "allow").filter((path) => !denied.includes(path));
};

const grantedEnv = (plan: Plan, env: HostFacts["env"]): Record<string, string> => {
  const allow = targets(plan, "env", "allow");
  const deny = targets(plan, "env", "deny");
  const matches = (name: string, pattern: string): boolean =>
    pattern.endsWith("*") ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
  return Object.fromEntries(
    Object.entries(env).filter(
      (entry): entry is [string, string] =>
        entry[1] !== undefined &&
        allow.some((pattern) => matches(entry[0], pattern)) &&
        !deny.some((pattern) => matches(entry[0], pattern)),
    ),
  );
};

const ungranted = (plan: Plan): string[] =>
  targets(plan, "net", "allow").length > 0 && !targets(plan, "net", "deny").includes("*")
    ? ["net: granted by the policy, but this backend has no network yet: every socket is refused"]
    : [];
