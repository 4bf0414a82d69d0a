import { test } from "uvu";
import * as assert from "uvu/assert";
import { type Arch, compileFilter } from "../../../../src/backends/subprocess/seccomp/compile.ts";
import {
  type ArgCondition,
  allow,
  answer,
  anyBit,
  ask,
  oneOf,
  refuse,
  type SeccompRule,
} from "../../../../src/backends/subprocess/seccomp/rule.ts";
import { SYSCALLS } from "../../../../src/backends/subprocess/seccomp/syscalls.ts";
import { AUDIT, interpret } from "../../../support/bpf.ts";
import { probes, referenceVerdict } from "./reference.ts";

const ALLOW = 0x7fff_0000;
const NOTIFY = 0x7fc0_0000;
const KILL = 0x8000_0000;
const EPERM = 0x0005_0001;
const ENOSYS = 0x0005_0026;
const ARCHES: readonly Arch[] = ["x86_64", "aarch64"];

const verdict = (program: Uint8Array, arch: Arch, nr: number, ...args: bigint[]): number =>
  interpret(program, { nr, arch: AUDIT[arch], args }).verdict;
const words = (program: Uint8Array): string[] => Buffer.from(program).toString("hex").match(/.{16}/g) ?? [];

test("a filter of one call is the guard, two comparisons and three returns", () => {
  // read and write are 63 and 64 here: one range, between two of the default.
  assert.equal(words(compileFilter([allow("read write", "input and output")], "aarch64")), [
    "2000000004000000", // load the architecture
    "15000100b70000c0", // equal: skip the kill
    "0600000000000080",
    "2000000000000000", // load the number
    "350001003f000000", // at least 63: skip the default
    "0600000026000500",
    "3500010041000000", // at least 65: skip the allow
    "060000000000ff7f",
    "0600000026000500",
  ]);
});

test("a condition on 64 bits loads both halves of the register", () => {
  const rules = [
    allow("read", "a case", { arg: 1, op: "eq", value: 0x1_0000_0002n }),
    refuse("read", "the rest"),
  ];
  assert.equal(words(compileFilter(rules, "aarch64")).slice(6), [
    "3500060040000000",
    "200000001c000000", // the high half of argument 1
    "1500000301000000", // different: to the next rule
    "2000000018000000",
    "1500000102000000",
    "060000000000ff7f",
    "0600000001000500",
    "0600000026000500",
  ]);
});

test("another architecture's call kills the process", () => {
  for (const arch of ARCHES) {
    const program = compileFilter([allow("getpid", "a case")], arch);
    const foreign = Object.entries(AUDIT).filter(([name]) => name !== arch);
    for (const [, token] of foreign) assert.is(interpret(program, { nr: 0, arch: token }).verdict, KILL);
  }
});

test("a call with the x32 bit kills the process on x86_64, and is merely unknown on aarch64", () => {
  for (const nr of [0x4000_0000, 0x4000_0027, 0x4000_0207, 0x8000_0000, 0xc000_0000, 0xffff_fffe]) {
    assert.is(verdict(compileFilter([], "x86_64"), "x86_64", nr), KILL);
    assert.is(verdict(compileFilter([], "aarch64"), "aarch64", nr), ENOSYS);
  }
  assert.is(verdict(compileFilter([], "x86_64"), "x86_64", 0xffff_ffff), ENOSYS);
});

test("a call without a rule answers ENOSYS, and so does one whose conditions all fail", () => {
  const program = compileFilter([allow("read", "a case", oneOf(0, 7))], "x86_64");
  assert.is(verdict(program, "x86_64", 1), ENOSYS);
  assert.is(verdict(program, "x86_64", 1000), ENOSYS);
  assert.is(verdict(program, "x86_64", 0, 7n), ALLOW);
  assert.is(verdict(program, "x86_64", 0, 8n), ENOSYS);
});

test("the first rule that matches decides", () => {
  const rules = [
    refuse("clone", "bits", anyBit(0, 0x30)),
    allow("clone", "a bit", anyBit(0, 0x40)),
    ask("clone", "the rest"),
    allow("clone", "never reached"),
  ];
  for (const arch of ARCHES) {
    const program = compileFilter(rules, arch);
    const nr = SYSCALLS[arch].get("clone") as number;
    assert.is(verdict(program, arch, nr, 0x50n), EPERM);
    assert.is(verdict(program, arch, nr, 0x40n), ALLOW);
    assert.is(verdict(program, arch, nr, 0x0fn), NOTIFY);
  }
});

test("an int is compared by its low half, so that the high half is no way around a rule", () => {
  const program = compileFilter(
    [refuse("ioctl", "a request", oneOf(1, 0x5412)), allow("ioctl", "the rest")],
    "x86_64",
  );
  assert.is(verdict(program, "x86_64", 16, 0n, 0x5412n), EPERM);
  assert.is(verdict(program, "x86_64", 16, 0n, 0xffff_ffff_0000_5412n), EPERM);
  assert.is(verdict(program, "x86_64", 16, 0n, 0x5413n), ALLOW);
});

test("a name that only the other architecture has is skipped, one that none has is an error", () => {
  const program = compileFilter([allow("fork", "a case")], "aarch64");
  assert.equal(words(program).length, 5);
  assert.throws(
    () => compileFilter([allow("frok", "a case")], "x86_64"),
    (error: Error) => error.message === 'seccomp: no architecture has a system call "frok"',
  );
});

test("a condition that could never hold, or always would, is an error", () => {
  const withWhen = (when: ArgCondition) => () => compileFilter([allow("read", "a case", when)], "x86_64");
  const says = (text: string) => (error: Error) => error.message === `seccomp condition: ${text}`;
  assert.throws(
    withWhen({ arg: 0, op: "maskedEq", mask: 6, value: 1 }),
    says("the value has bits outside of the mask"),
  );
  assert.throws(
    withWhen({ arg: 0, op: "maskedNe", mask: 0, value: 0 }),
    says("a mask of no bits tests nothing"),
  );
  assert.throws(
    withWhen({ arg: 0, op: "in", mask: 6, values: [1] }),
    says("value 1 has bits outside of the mask 6"),
  );
  assert.throws(withWhen(oneOf(0)), says("a list of no values never holds"));
  assert.throws(withWhen(oneOf(0, -1)), says("-1 is no unsigned 32-bit number"));
  assert.throws(withWhen({ arg: 0, op: "eq", value: -1 }), says("-1 is no unsigned 64-bit number"));
});

test("every comparison means on 64 bits what it says", () => {
  const numbers = [0n, 1n, 5n, 0xffff_ffffn, 1n << 32n, (7n << 32n) + 5n, 1n << 63n, (1n << 64n) - 1n];
  for (const op of ["eq", "ne", "lt", "le", "gt", "ge"] as const) {
    for (const value of numbers)
      expectReference([refuse("read", "a case", { arg: 3, op, value }), allow("read", "the rest")]);
  }
  for (const op of ["maskedEq", "maskedNe"] as const) {
    for (const mask of numbers.slice(1)) {
      for (const value of [0n, mask, mask & (mask - 1n)]) {
        expectReference([refuse("read", "a case", { arg: 5, op, mask, value }), allow("read", "the rest")]);
      }
    }
  }
});

const expectReference = (rules: readonly SeccompRule[]): void => {
  const program = compileFilter(rules, "x86_64");
  for (const args of probes(rules)) {
    const wanted = referenceVerdict(rules, "read", args);
    assert.is(verdict(program, "x86_64", 0, ...args), wanted, `${show(rules)} on ${args}`);
  }
};
const show = (rules: readonly SeccompRule[]): string =>
  JSON.stringify(rules[0]?.when, (_, value) => (typeof value === "bigint" ? String(value) : value));

test("jumps longer than a byte still arrive", () => {
  const names = [...SYSCALLS.x86_64.keys()];
  // Each call gets code of its own, so that nothing merges and the top of the tree jumps over thousands of instructions.
  const rules = names
    .flatMap((name, index) => [
      allow(name, "a case", { arg: 0, op: "eq", value: index }),
      ask(name, "another", { arg: 1, op: "eq", value: index }),
    ])
    .slice(0, 560);
  const program = compileFilter(rules, "x86_64");
  assert.ok(program.length / 8 > 2500);
  for (const [name, nr] of SYSCALLS.x86_64) {
    const index = BigInt(names.indexOf(name));
    const calls = [
      [index, 0n],
      [index + 1n, index],
      [index + 1n, index + 1n],
    ];
    for (const args of calls)
      assert.is(verdict(program, "x86_64", nr, ...args), referenceVerdict(rules, name, args), name);
  }
});

test("a program that the kernel would not take is an error", () => {
  const rules = [...SYSCALLS.x86_64.keys()].flatMap((name, index) =>
    [0, 1, 2].map((arg) => answer("EACCES", name, "a case", { arg: arg as 0, op: "eq", value: index })),
  );
  assert.throws(
    () => compileFilter(rules, "x86_64"),
    (error: Error) => /^seccomp: the filter has \d+ instructions, the kernel takes 4096$/.test(error.message),
  );
});

test.run();
