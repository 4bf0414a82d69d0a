import {
  type ArgCondition,
  ERRNO,
  type SeccompAction,
  type SeccompRule,
} from "../../../../src/backends/subprocess/seccomp/rule.ts";

/** What the rules mean, said as plainly as TypeScript can: the compiler is measured against this. */
export function referenceVerdict(
  rules: readonly SeccompRule[],
  name: string,
  args: readonly bigint[],
): number {
  for (const rule of rules) {
    if (rule.syscalls.includes(name) && (rule.when ?? []).every((one) => holds(one, args)))
      return verdictOf(rule.action);
  }
  return verdictOf({ kind: "errno", errno: "ENOSYS" });
}

export function holds(one: ArgCondition, args: readonly bigint[]): boolean {
  const register = args[one.arg] ?? 0n;
  switch (one.op) {
    case "in":
      return one.values.some((value) => (register & BigInt(one.mask ?? 0xffff_ffff)) === BigInt(value));
    case "maskedEq":
      return (register & BigInt(one.mask)) === BigInt(one.value);
    case "maskedNe":
      return (register & BigInt(one.mask)) !== BigInt(one.value);
    case "eq":
      return register === BigInt(one.value);
    case "ne":
      return register !== BigInt(one.value);
    case "lt":
      return register < BigInt(one.value);
    case "le":
      return register <= BigInt(one.value);
    case "gt":
      return register > BigInt(one.value);
    case "ge":
      return register >= BigInt(one.value);
  }
}

export function verdictOf(action: SeccompAction): number {
  switch (action.kind) {
    case "allow":
      return 0x7fff_0000;
    case "notify":
      return 0x7fc0_0000;
    case "kill":
      return 0x8000_0000;
    case "errno":
      return 0x0005_0000 + ERRNO[action.errno];
  }
}

/** Registers worth trying for these rules: around every number they compare with, in either half, and each bit of a mask. */
export function probes(rules: readonly SeccompRule[]): bigint[][] {
  const seen = new Map<number, Set<bigint>>();
  for (const one of rules.flatMap((rule) => rule.when ?? [])) {
    const values = seen.get(one.arg) ?? new Set([0n, ALL]);
    for (const value of numbersOf(one).flatMap((at) => [at - 1n, at, at + 1n])) {
      for (const high of [0n, 1n << 32n, 0xffff_ffffn << 32n]) values.add((value & ALL) ^ high);
    }
    const masked = "mask" in one ? BigInt(one.mask ?? 0) : 0n;
    for (let bit = 0n; bit < 64n; bit += 1n) if ((masked >> bit) & 1n || bit > 62n) values.add(1n << bit);
    seen.set(one.arg, values);
  }
  return [...seen].reduce<bigint[][]>(
    (calls, [arg, values]) => calls.flatMap((call) => [...values].map((value) => call.with(arg, value))),
    [[0n, 0n, 0n, 0n, 0n, 0n]],
  );
}

const ALL = 0xffff_ffff_ffff_ffffn;

const numbersOf = (one: ArgCondition): bigint[] => {
  if (one.op === "in") return [...one.values, one.mask ?? 0].map(BigInt);
  return "mask" in one
    ? [BigInt(one.mask), BigInt(one.value), BigInt(one.mask) ^ BigInt(one.value)]
    : [BigInt(one.value)];
};
