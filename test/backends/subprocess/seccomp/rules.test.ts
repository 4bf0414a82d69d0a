import { test } from "uvu";
import * as assert from "uvu/assert";
import { type Arch, compileFilter } from "../../../../src/backends/subprocess/seccomp/compile.ts";
import { type SeccompRule, workerRules } from "../../../../src/backends/subprocess/seccomp/rules.ts";
import { SYSCALLS } from "../../../../src/backends/subprocess/seccomp/syscalls.ts";
import { AUDIT, interpret } from "../../../support/bpf.ts";
import { holds, probes, referenceVerdict } from "./reference.ts";

const ARCHES: readonly Arch[] = ["x86_64", "aarch64"];
const NAMES = [...new Set(ARCHES.flatMap((arch) => [...SYSCALLS[arch].keys()]))];
const POLICIES = [workerRules({ exec: false }), workerRules({ exec: true })];
const of = (rules: readonly SeccompRule[], name: string) =>
  rules.filter((rule) => rule.syscalls.includes(name));

test("every system call that Linux has is named by a rule, so that none is forgotten", () => {
  for (const rules of POLICIES)
    assert.equal(
      NAMES.filter((name) => of(rules, name).length === 0),
      [],
    );
});

test("every call's last rule has no condition, and only the last one", () => {
  for (const rules of POLICIES) {
    const wrong = NAMES.filter(
      (name) => of(rules, name).findIndex((rule) => !rule.when) !== of(rules, name).length - 1,
    );
    assert.equal(wrong, []);
  }
});

test("every rule decides some call", () => {
  for (const rules of POLICIES) {
    for (const rule of rules) {
      for (const name of rule.syscalls) {
        const mine = of(rules, name);
        const first = (args: bigint[]) =>
          mine.find((one) => (one.when ?? []).every((when) => holds(when, args)));
        assert.ok(
          probes(mine).some((args) => first(args) === rule),
          `${name}: ${rule.reason}`,
        );
      }
    }
  }
});

test("every rule says why, in words", () => {
  for (const { reason } of POLICIES.flat()) assert.match(reason, /^\S.{10,140}[^.\s]$/);
});

test("the compiled policy means what the rules say, on both architectures", () => {
  for (const rules of POLICIES) {
    for (const arch of ARCHES) {
      const program = compileFilter(rules, arch);
      for (const [name, nr] of SYSCALLS[arch]) {
        for (const args of probes(of(rules, name))) {
          const { verdict } = interpret(program, { nr, arch: AUDIT[arch], args });
          assert.is(verdict, referenceVerdict(rules, name, args), `${arch} ${name}(${args})`);
        }
      }
    }
  }
});

test("everyday calls are decided by their number alone, which lets the kernel remember the verdict", () => {
  for (const arch of ARCHES) {
    const program = compileFilter(workerRules({ exec: false }), arch);
    for (const name of [
      "read",
      "write",
      "mmap",
      "munmap",
      "futex",
      "clock_gettime",
      "ppoll",
      "newfstatat",
      "sendmsg",
    ]) {
      const { verdict, reads } = interpret(program, {
        nr: SYSCALLS[arch].get(name) as number,
        arch: AUDIT[arch],
      });
      assert.is(verdict, 0x7fff_0000, name);
      assert.equal([...reads].sort(), [0, 4], name);
    }
  }
});

test("the filter stays far below what the kernel takes", () => {
  for (const rules of POLICIES)
    for (const arch of ARCHES) assert.ok(compileFilter(rules, arch).length / 8 < 700);
});

test.run();
