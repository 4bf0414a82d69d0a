import {
  branch,
  encode,
  give,
  type Instruction,
  jump,
  load,
  MAX_INSTRUCTIONS,
  MAX_JUMP,
  OFFSET,
  VERDICT,
} from "./bpf.ts";
import { condition, TARGET } from "./condition.ts";
import { ERRNO, type SeccompAction, type SeccompRule } from "./rule.ts";
import { type Arch, SYSCALLS } from "./syscalls.ts";

export type { Arch };

/**
 * Compiles rules to the classic BPF that `seccomp(2)` loads. A call of a foreign ABI kills the process, and a system call
 * without a rule, or one whose conditions all fail, is `otherwise`: ENOSYS by default, as on a kernel that does not have
 * it, because that makes libraries fall back where EPERM would make them give up.
 *
 * A binary search over ranges of equal code keeps a call at about eight comparisons, and the search reads nothing but the
 * number, so that the kernel can remember the calls that are always allowed. Argument checks stand where it ends.
 *
 * Throws when a name is in neither architecture's table, and when the program is larger than the kernel takes.
 */
export function compileFilter(
  rules: readonly SeccompRule[],
  arch: Arch,
  otherwise: SeccompAction = { kind: "errno", errno: "ENOSYS" },
): Uint8Array {
  const rest = [give(verdict(otherwise))];
  const program = [...guardAbi(arch), ...search(toRanges(group(rules, arch), rest))];
  if (program.length > MAX_INSTRUCTIONS) {
    throw new Error(
      `seccomp: the filter has ${program.length} instructions, the kernel takes ${MAX_INSTRUCTIONS}`,
    );
  }
  return encode(program);
}

/** Numbers mean other calls under another ABI, so nothing after this may be asked about one. */
const guardAbi = (arch: Arch): readonly Instruction[] => [
  load(OFFSET.arch),
  branch("jumpIfEqual", AUDIT_ARCH[arch], 1, 0),
  give(VERDICT.kill),
  load(OFFSET.syscall),
  ...(arch === "x86_64" ? GUARD_X32 : []),
];

/** `AUDIT_ARCH_*` of `linux/audit.h`. */
const AUDIT_ARCH: Record<Arch, number> = { x86_64: 0xc000_003e, aarch64: 0xc000_00b7 };

/** The x32 ABI shares x86_64's audit value and adds this bit. -1 is no x32 call: a tracer skips a call with it. */
const X32_BIT = 0x4000_0000;
const GUARD_X32: readonly Instruction[] = [
  branch("jumpIfGreaterOrEqual", X32_BIT, 0, 2),
  branch("jumpIfEqual", 0xffff_ffff, 1, 0),
  give(VERDICT.kill),
];

/** Each system call's rules, in order, under its number. A name that this architecture lacks has nothing to filter. */
const group = (rules: readonly SeccompRule[], arch: Arch): ReadonlyMap<number, readonly SeccompRule[]> => {
  const groups = new Map<number, SeccompRule[]>();
  for (const rule of rules) {
    for (const name of rule.syscalls) {
      const number = SYSCALLS[arch].get(name);
      if (number === undefined && !Object.values(SYSCALLS).some((table) => table.has(name))) {
        throw new Error(`seccomp: no architecture has a system call ${JSON.stringify(name)}`);
      }
      if (number !== undefined) groups.set(number, [...(groups.get(number) ?? []), rule]);
    }
  }
  return groups;
};

/** From `first` to the next range's `first`, every number runs this code. */
type Range = { readonly first: number; readonly code: readonly Instruction[] };

const toRanges = (
  groups: ReadonlyMap<number, readonly SeccompRule[]>,
  rest: readonly Instruction[],
): readonly Range[] => {
  const ranges: Range[] = [{ first: 0, code: rest }];
  const put = (first: number, code: readonly Instruction[]) => {
    const last = ranges.at(-1) as Range;
    if (last.first === first) ranges.pop();
    const before = ranges.at(-1);
    if (!before || !sameCode(before.code, code)) ranges.push({ first, code });
  };
  for (const [number, rules] of [...groups].sort(([a], [b]) => a - b)) {
    put(number, decide(rules, rest));
    put(number + 1, rest);
  }
  return ranges;
};

const sameCode = (a: readonly Instruction[], b: readonly Instruction[]): boolean =>
  JSON.stringify(a) === JSON.stringify(b);

const search = (ranges: readonly Range[]): readonly Instruction[] => {
  const [only] = ranges;
  if (!only || ranges.length === 1) return only?.code ?? [];
  const middle = ranges.length >> 1;
  const pivot = (ranges[middle] as Range).first;
  const below = search(ranges.slice(0, middle));
  const above = search(ranges.slice(middle));
  const fork =
    below.length <= MAX_JUMP
      ? [branch("jumpIfGreaterOrEqual", pivot, below.length, 0)]
      : [branch("jumpIfGreaterOrEqual", pivot, 0, 1), jump(below.length)];
  return [...fork, ...below, ...above];
};

/** One call's rules in order: each either returns or falls through to the next. */
const decide = (rules: readonly SeccompRule[], rest: readonly Instruction[]): readonly Instruction[] => {
  const code: Instruction[] = [];
  for (const { when = [], action } of rules) {
    const checks = when.flatMap((one) => condition(one));
    checks.forEach((check, index) => {
      code.push(resolve(check, checks.length - index));
    });
    code.push(give(verdict(action)));
    if (when.length === 0) return code;
  }
  return [...code, ...rest];
};

/** A failed check skips the rest of its rule: the checks after it, and the return. */
const resolve = (check: Instruction, distance: number): Instruction => ({
  ...check,
  jt: check.jt === TARGET.fail ? distance : check.jt,
  jf: check.jf === TARGET.fail ? distance : check.jf,
});

const verdict = (action: SeccompAction): number =>
  action.kind === "errno" ? VERDICT.errno | ERRNO[action.errno] : VERDICT[action.kind];
