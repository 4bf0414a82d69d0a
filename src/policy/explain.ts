import { foreignModules } from "./compile.ts";
import { fillLimits } from "./limits.ts";
import type { Grant, Grants, ResolvedPolicy } from "./merge.ts";
import { PERMISSION_NAMES, type PermissionName, type Tier } from "./schema.ts";
import { formatBytes, formatDuration } from "./units.ts";

/** The policy in sentences, one a line; the lines that give the reasons are indented. */
export function explainPolicy(policy: ResolvedPolicy): string[] {
  const { name, description, permissions, isolation } = policy;
  const order = [
    "import",
    ...PERMISSION_NAMES.filter((permission) => permission !== "import"),
  ] as PermissionName[];
  return [
    description === undefined ? `Policy ${name}.` : `Policy ${name}. ${description}`,
    ...order.flatMap((permission) => explainPermission(permission, permissions[permission])),
    ...explainForeignModules(policy),
    ...explainLimits(policy),
    explainFloor(isolation),
  ];
}

type Words = {
  readonly none: string;
  readonly all: string;
  /** The sentence around a list; the list is empty when the lines below tell it. */
  readonly some: (list: string, grants: readonly Grant[]) => string;
};

const WORDS: Readonly<Record<PermissionName, Words>> = {
  import: {
    none: "A cell may import no module.",
    all: "A cell may import every module.",
    some: (list, grants) =>
      `A cell may import ${countModules(grants)}, submodules included${list === "" ? "" : `: ${list}`}.`,
  },
  read: {
    none: "It reads no file of the host but its Python's own; its workspace and /tmp are private.",
    all: "It may read every file of the host that the user may read.",
    some: (list) => `Of the host's files it may read ${list}.`,
  },
  write: {
    none: "It writes no file of the host.",
    all: "It may write every file of the host that the user may write.",
    some: (list) => `Of the host's files it may write ${list}.`,
  },
  net: {
    none: "It has no network.",
    all: "It may reach every host, through the supervisor's proxy.",
    some: (list) => `It may reach ${list}, through the supervisor's proxy, and no other host.`,
  },
  env: {
    none: "It sees no environment variable of the host.",
    all: "It sees every environment variable of the host.",
    some: (list) => `Of the host's environment variables it sees ${list}.`,
  },
  run: {
    none: "It starts no program.",
    all: "It may start every program that it finds in its jail.",
    some: (list) => `It may start ${list}, inside its jail, and no other program.`,
  },
  sys: {
    none: "It is granted no facts about the host.",
    all: "It may learn what the host's system calls tell.",
    some: (list) => `About the host it may learn ${list}.`,
  },
  ffi: {
    none: "It loads no native library of its own choice.",
    all: "It may load every native library that it finds in its jail.",
    some: (list) => `It may load the native libraries ${list}.`,
  },
};

const TOKENS: Readonly<Record<string, string>> = {
  "@stdlib": "the standard library",
  "@python": "its own interpreter",
};

const explainPermission = (permission: PermissionName, { allow, deny }: Grants): string[] => {
  const words = WORDS[permission];
  if (isEverything(deny) || allow.length === 0) return [words.none];
  // The long list of modules is told once, with the reasons.
  const bare = permission === "import" ? allow.filter(({ why }) => why === undefined) : [];
  const told = permission === "import" && bare.length < allow.length;
  return [
    isEverything(allow) ? words.all : words.some(told ? "" : join(allow), allow),
    ...explainReasons(allow),
    ...(told && bare.length > 0 ? [`  ${join(bare)}: no reason is given`] : []),
    ...(deny.length === 0 ? [] : [`  but not ${join(deny)}, whatever else is allowed.`]),
    ...explainReasons(deny),
  ];
};

/** One line for each reason, naming what it is the reason for unless it is everything. */
const explainReasons = (grants: readonly Grant[]): string[] => {
  const byReason = new Map<string, Grant[]>();
  for (const grant of grants) {
    if (grant.why !== undefined) byReason.set(grant.why, [...(byReason.get(grant.why) ?? []), grant]);
  }
  return [...byReason].map(([why, those]) =>
    isEverything(those) ? `  why: ${why}` : `  ${join(those)}: ${why}`,
  );
};

const explainForeignModules = (policy: ResolvedPolicy): string[] => {
  const modules = foreignModules(policy);
  const importsSome = policy.permissions.import.allow.length > 0;
  return importsSome && modules.length > 0
    ? [`  so it may not import ${modules.join(", ")}, whatever else is allowed.`]
    : [];
};

const explainLimits = (policy: ResolvedPolicy): string[] => {
  const limits = fillLimits(policy.limits);
  return [
    `A cell may run ${formatDuration(limits.wallMs)}, then it is interrupted and, after another ${formatDuration(limits.graceMs)}, killed. ` +
      `Waiting for tools does not count, but a cell may take no more than ${formatDuration(limits.totalMs)} in all.`,
    `It may use ${formatDuration(limits.cpuMs)} of CPU time and ${formatBytes(limits.memoryBytes)} of memory, ` +
      `${formatBytes(limits.fileBytes)} of it as private files.`,
    `It may have ${plural(limits.threads, "thread")}, ${plural(limits.processes, "child process", "child processes")} ` +
      `and ${plural(limits.openFiles, "open file")}.`,
    `Of stdout and of stderr ${formatBytes(limits.outputBytes)} each are kept; a result may have ${formatBytes(limits.resultBytes)} ` +
      `and a cell's source ${formatBytes(limits.sourceBytes)}; it may call tools ${plural(limits.toolCalls, "time")}.`,
  ];
};

const explainFloor = (tier: Tier): string =>
  tier === "landlock"
    ? "It starts only where at least Landlock and seccomp confine it (tier landlock, or namespaces)."
    : "It starts only where kernel namespaces confine it as well (tier namespaces).";

const isEverything = (grants: readonly Grant[]): boolean => grants.some(({ target }) => target === "*");

const join = (grants: readonly Grant[]): string =>
  grants.map(({ target }) => TOKENS[target] ?? target).join(", ");

const countModules = (grants: readonly Grant[]): string => {
  const others = grants.filter(({ target }) => target !== "@stdlib").length;
  if (others === grants.length) return plural(others, "module");
  return others === 0
    ? "all of the standard library"
    : `all of the standard library and ${plural(others, "other module")}`;
};

const plural = (count: number, one: string, many = `${one}s`): string =>
  count === 0 ? `no ${one}` : `${count} ${count === 1 ? one : many}`;
