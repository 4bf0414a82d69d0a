import { test } from "uvu";
import * as assert from "uvu/assert";
import { type Arch, compileFilter } from "../../../../src/backends/subprocess/seccomp/compile.ts";
import type { ArgCondition, SeccompRule } from "../../../../src/backends/subprocess/seccomp/rule.ts";
import { workerRules } from "../../../../src/backends/subprocess/seccomp/rules.ts";
import { SYSCALLS } from "../../../../src/backends/subprocess/seccomp/syscalls.ts";
import { AUDIT, interpret } from "../../../support/bpf.ts";
import {
  buildFilters,
  COMPARE,
  type LibseccompArg,
  type LibseccompFilter,
  type LibseccompRule,
  libseccompMissing,
  resolveNames,
} from "../../../support/libseccomp.ts";
import { requires } from "../../../support/requires.ts";
import { holds, probes, verdictOf } from "./reference.ts";

/*
 * libseccomp has no "first match wins", one condition for an argument, and no "any bit of the mask". So three comparisons:
 * the calls that one rule decides, all together and for every number; every distinct condition alone, where "any bit" is
 * asked as "none of the bits" with the verdicts exchanged; and the calls whose conditions exclude one another, whole.
 * prctl, open, openat, setpriority and setsockopt are compared condition by condition only; their order is `rules.test.ts`.
 */

const ARCHES: readonly Arch[] = ["x86_64", "aarch64"];
const ALLOW = verdictOf({ kind: "allow" });
const NOTIFY = verdictOf({ kind: "notify" });
const EPERM = verdictOf({ kind: "errno", errno: "EPERM" });
const ENOSYS = verdictOf({ kind: "errno", errno: "ENOSYS" });
const RULES = workerRules({ exec: false });
const rulesOf = (name: string) => RULES.filter((rule) => rule.syscalls.includes(name));
const namesOf = (rules: readonly SeccompRule[]) => [...new Set(rules.flatMap((rule) => rule.syscalls))];

if (requires(libseccompMissing())) {
  test("our numbers are those that libseccomp knows", () => {
    for (const arch of ARCHES) {
      const known = resolveNames(arch, [...SYSCALLS[arch].keys()]);
      const different = [...SYSCALLS[arch]].filter(
        ([name, nr]) => (known[name] as number) >= 0 && known[name] !== nr,
      );
      assert.equal(different, []);
      // What an older libseccomp lacks are the newest calls, and ours must be nearly complete in its eyes.
      const lacked = [...SYSCALLS[arch]]
        .filter(([name]) => (known[name] as number) < 0)
        .map(([name]) => name);
      assert.ok(lacked.length < 40, lacked.join(" "));
      const others = ARCHES.flatMap((other) => [...SYSCALLS[other].keys()]).filter(
        (name) => !SYSCALLS[arch].has(name),
      );
      const foreign = resolveNames(arch, others);
      assert.equal(
        others.filter((name) => (foreign[name] as number) >= 0),
        [],
      );
    }
  });

  test("for every number and ABI, libseccomp gives the verdict that our filter gives", () => {
    const simple = namesOf(RULES).filter((name) => rulesOf(name).length === 1);
    const wanted = simple.flatMap((name) =>
      rulesOf(name).map(({ action }) => ({ name, action: verdictOf(action) })),
    );
    const rules = wanted
      .filter(({ action }) => action !== ENOSYS)
      .map(({ name, action }) => plain(name, action));
    const theirs = buildFilters(ARCHES.map((arch) => ({ arch, default: ENOSYS, rules })));
    for (const [index, arch] of ARCHES.entries()) {
      const { program, unknown } = theirs[index] as (typeof theirs)[number];
      const shared = RULES.map((rule) => ({
        ...rule,
        syscalls: rule.syscalls.filter((name) => simple.includes(name) && !unknown.includes(name)),
      }));
      const ours = compileFilter(shared, arch);
      for (const nr of NUMBERS) {
        for (const token of [...Object.values(AUDIT), 0, 0xffff_ffff])
          expectSame(ours, program, { nr, arch: token });
      }
    }
  });

  test("every condition of the policy holds exactly where libseccomp says it holds", () => {
    const policy = RULES.flatMap((rule) => (rule.when ? [rule.when] : []));
    const distinct = [...new Map(policy.map((when) => [JSON.stringify(when), when])).values()];
    const cases = [...distinct, ...COMPARISONS];
    const theirs = buildFilters(cases.flatMap((when) => ARCHES.map((arch) => conditionFilter(arch, when))));
    for (const [index, { program }] of theirs.entries()) {
      const arch = ARCHES[index % 2] as Arch;
      const when = cases[index >> 1] as readonly ArgCondition[];
      const rules: readonly SeccompRule[] = [
        { syscalls: ["ioctl"], when, action: { kind: "allow" }, reason: "holds" },
        { syscalls: ["ioctl"], action: { kind: "errno", errno: "EPERM" }, reason: "does not hold" },
      ];
      const ours = compileFilter(rules, arch);
      const nr = SYSCALLS[arch].get("ioctl") as number;
      for (const args of probes(rules)) expectSame(ours, program, { nr, arch: AUDIT[arch], args });
    }
  });

  test("calls whose conditions exclude one another get libseccomp's verdict as a whole", () => {
    const whole = namesOf(RULES).filter((name) => rulesOf(name).length > 1 && isDisjoint(rulesOf(name)));
    for (const name of ["fcntl", "ioctl", "mknod", "mknodat", "socketpair", "prlimit64", "personality"]) {
      assert.ok(whole.includes(name), name);
    }
    for (const arch of ARCHES) {
      const names = whole.filter((name) => SYSCALLS[arch].has(name));
      const theirs = buildFilters(names.map((name) => wholeFilter(arch, name)));
      for (const [index, name] of names.entries()) {
        const ours = compileFilter(rulesOf(name), arch);
        const nr = SYSCALLS[arch].get(name) as number;
        for (const args of probes(rulesOf(name))) {
          expectSame(ours, theirs[index]?.program as Uint8Array, { nr, arch: AUDIT[arch], args });
        }
      }
    }
  });

  test("clone, written for libseccomp by hand, is the clone of the policy", () => {
    const thread = 0x1_0000;
    const bits = [0x1000, 0x2000, 0x8000, 0x2_0000, 0x80_0000, 0x200_0000, 0x400_0000, 0x800_0000];
    const forbidden = [...bits, 0x1000_0000, 0x2000_0000, 0x4000_0000];
    const mask = forbidden.reduce((sum, bit) => sum + bit, thread);
    const rules: readonly LibseccompRule[] = [
      ...forbidden.map((bit) => ({ action: EPERM, syscall: "clone", args: [maskedEq(0, bit, bit)] })),
      { action: ALLOW, syscall: "clone", args: [maskedEq(0, mask, thread)] },
      { action: NOTIFY, syscall: "clone", args: [maskedEq(0, mask, 0)] },
    ];
    const theirs = buildFilters(ARCHES.map((arch) => ({ arch, default: ENOSYS, rules })));
    for (const [index, arch] of ARCHES.entries()) {
      const ours = compileFilter(rulesOf("clone"), arch);
      const nr = SYSCALLS[arch].get("clone") as number;
      const flags = [...forbidden, thread, 17, 0x80, 1 << 8].flatMap((a) =>
        [...forbidden, thread, 0].map((b) => a | b),
      );
      for (const flag of flags) {
        for (const high of [0n, 1n << 32n, 0xffff_ffffn << 32n]) {
          // The one value that stands before the others, which libseccomp has no word for.
          if (flag === 0x8011 && high === 0n) continue;
          expectSame(ours, theirs[index]?.program as Uint8Array, {
            nr,
            arch: AUDIT[arch],
            args: [BigInt(flag) + high],
          });
        }
      }
    }
  });
}

/** Every number in use, the ones that x32 once took, and their like under the x32 bit. */
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);
const LOW_NUMBERS = [...range(0, 480), ...range(512, 550), 1000, 0x3fff_ffff];
const X32_NUMBERS = LOW_NUMBERS.map((nr) => nr + 0x4000_0000);
const NUMBERS = [...LOW_NUMBERS, ...X32_NUMBERS, 0x8000_0000, 0xc000_0000, 0xffff_fffe, 0xffff_ffff];

const expectSame = (ours: Uint8Array, theirs: Uint8Array, data: Parameters<typeof interpret>[1]): void => {
  const mine = interpret(ours, data).verdict;
  assert.is(mine, interpret(theirs, data).verdict, `number ${data.nr} of ${data.arch} (${data.args ?? ""})`);
};

const plain = (syscall: string, action: number): LibseccompRule => ({ syscall, action, args: [] });
const maskedEq = (arg: number, mask: number | bigint, value: number | bigint): LibseccompArg => [
  arg,
  COMPARE.maskedEq,
  String(mask),
  String(value),
];

/** The ways in which a condition can hold, each as one libseccomp argument; none where libseccomp cannot say it. */
const ways = (one: ArgCondition): readonly LibseccompArg[] => {
  if (one.op === "in") return one.values.map((value) => maskedEq(one.arg, one.mask ?? 0xffff_ffff, value));
  if (one.op === "maskedEq") return [maskedEq(one.arg, one.mask, one.value)];
  if (one.op === "maskedNe") return [];
  return [[one.arg, COMPARE[one.op], String(one.value), "0"]];
};

/** All combinations: one way for each condition. */
const together = (when: readonly ArgCondition[]): readonly (readonly LibseccompArg[])[] =>
  when.reduce<LibseccompArg[][]>(
    (sofar, one) => sofar.flatMap((args) => ways(one).map((way) => [...args, way])),
    [[]],
  );

/** ioctl is allowed where the conditions hold, EPERM where not. */
const conditionFilter = (arch: Arch, when: readonly ArgCondition[]): LibseccompFilter => {
  const rule = (action: number, args: readonly LibseccompArg[]) => ({ action, syscall: "ioctl", args });
  const none = when.flatMap((one) => (one.op === "maskedNe" ? [maskedEq(one.arg, one.mask, one.value)] : []));
  if (none.length === when.length)
    return { arch, default: ALLOW, rules: none.map((args) => rule(EPERM, [args])) };
  assert.is(none.length, 0, "libseccomp cannot mix `maskedNe` with other conditions");
  return { arch, default: EPERM, rules: together(when).map((args) => rule(ALLOW, args)) };
};

/** The last rule's action becomes libseccomp's default, which then must not be given as a rule. */
const wholeFilter = (arch: Arch, name: string): LibseccompFilter => {
  const rules = rulesOf(name);
  const last = verdictOf((rules.at(-1) as SeccompRule).action);
  const others = rules.slice(0, -1).filter((rule) => verdictOf(rule.action) !== last);
  const translated = others.flatMap((rule) =>
    together(rule.when ?? []).map((args) => ({ action: verdictOf(rule.action), syscall: name, args })),
  );
  return { arch, default: last, rules: translated };
};

const isDisjoint = (rules: readonly SeccompRule[]): boolean => {
  const conditional = rules.slice(0, -1);
  if (conditional.some((rule) => together(rule.when ?? []).length === 0)) return false;
  const matching = (args: readonly bigint[]) =>
    conditional.filter((rule) => (rule.when ?? []).every((one) => holds(one, args)));
  return probes(rules).every((args) => matching(args).length < 2);
};

/** Comparisons that the policy does not use yet, at the edges of both halves. */
const EDGES = [1n, 5n, 0xffff_ffffn, 1n << 32n, (7n << 32n) + 5n, 1n << 63n, (1n << 64n) - 1n];
const COMPARISONS: readonly (readonly ArgCondition[])[] = [
  ...(["eq", "ne", "lt", "le", "gt", "ge"] as const).flatMap((op) =>
    EDGES.map((value) => [{ arg: 2, op, value }] as const),
  ),
  ...EDGES.map((mask) => [{ arg: 4, op: "maskedEq", mask, value: mask & 5n }] as const),
  ...EDGES.map((mask) => [{ arg: 4, op: "maskedNe", mask, value: mask & 5n }] as const),
  [
    { arg: 0, op: "gt", value: 5n },
    { arg: 1, op: "ne", value: 1n << 32n },
    { arg: 5, op: "maskedEq", mask: 0xffn, value: 3n },
  ],
];

test.run();
