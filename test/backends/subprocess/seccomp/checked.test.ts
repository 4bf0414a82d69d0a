import { test } from "uvu";
import * as assert from "uvu/assert";
import { type SeccompRule, workerRules } from "../../../../src/backends/subprocess/seccomp/rules.ts";
import { referenceVerdict } from "./reference.ts";

type Call = readonly [name: string, ...args: (number | bigint)[]];
const answers = (rules: readonly SeccompRule[], [name, ...args]: Call): string => {
  const registers = [0, 1, 2, 3, 4, 5].map((index) => BigInt(args[index] ?? 0));
  const verdict = referenceVerdict(rules, name, registers);
  return (
    {
      2147418112: "allow",
      2143289344: "notify",
      327681: "EPERM",
      327702: "EINVAL",
      327705: "ENOTTY",
      327718: "ENOSYS",
    }[verdict] ?? String(verdict)
  );
};
const expect = (wanted: string, calls: readonly Call[], rules = workerRules({ exec: false })) => {
  for (const call of calls) assert.is(answers(rules, call), wanted, `${call[0]}(${call.slice(1)})`);
};
const HIGH = 1n << 32n;

test("a thread starts, a process asks the keeper, and a namespace is refused", () => {
  const thread = 0x3d0f00;
  expect("allow", [["clone", thread]]);
  expect("notify", [
    ["clone", 17],
    ["clone", 0x8011],
    ["clone", 0x4111],
    ["clone", 0x1200011],
    ["fork"],
    ["vfork"],
  ]);
  const namespaces = [0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000];
  const others = [0x1000, 0x2000, 0x8000, 0x800000];
  expect(
    "EPERM",
    [...namespaces, ...others].flatMap((bit): Call[] => [
      // Without a signal at its end, since CLONE_PARENT with SIGCHLD is how a copy is made.
      ["clone", bit],
      ["clone", thread | bit],
    ]),
  );
  expect("EPERM", [
    ["clone", HIGH + 0x10000000n],
    ["clone", HIGH + 0x8011n],
    ["clone", 0x8111],
    ["unshare", 0x10000000],
    ["setns", 3],
  ]);
  expect("ENOSYS", [["clone3"]]);
});

test("programs start only where the policy grants them", () => {
  expect("notify", [["execve"], ["execveat"]]);
  expect("allow", [["execve"], ["execveat"]], workerRules({ exec: true }));
});

test("signals go through the keeper, and no other way to send one is left", () => {
  expect("notify", [
    ["kill", 1, 9],
    ["tkill"],
    ["tgkill"],
    ["rt_sigqueueinfo"],
    ["rt_tgsigqueueinfo"],
    ["pidfd_send_signal"],
  ]);
  expect("EPERM", [
    ["fcntl", 0, 8],
    ["fcntl", 0, 10],
    ["fcntl", 0, 15],
    ["fcntl", 0, HIGH + 8n],
    ["pidfd_open", 1],
  ]);
  expect("ENOTTY", [
    ["ioctl", 0, 0x8901],
    ["ioctl", 0, 0x8902],
  ]);
  expect("allow", [
    ["prctl", 1, 9],
    ["fcntl", 0, 1030],
  ]);
  expect("EPERM", [
    ["prctl", 1, 0],
    ["prctl", 1, 15],
    ["prctl", 36, 1],
  ]);
});

test("a socket asks the keeper, and a pair is a stream or nothing", () => {
  expect("notify", [
    ["socket", 2, 1],
    ["socket", 1, 1],
  ]);
  expect("allow", [
    ["socketpair", 1, 1],
    ["socketpair", 1, 5],
    ["socketpair", 1, 0x80801],
  ]);
  expect("EPERM", [
    ["socketpair", 1, 2],
    ["socketpair", 1, 3],
    ["socketpair", 1, 0x80802],
    ["socketpair", 2, 1],
    ["socketpair", 0, 1],
  ]);
  expect("EPERM", [
    ["connect"],
    ["bind"],
    ["listen"],
    ["accept4"],
    ["setsockopt", 3, 1, 26],
    ["setsockopt", 3, 1, 50],
  ]);
  expect("allow", [["setsockopt", 3, 1, 7]]);
});

test("the terminal takes settings and no typing", () => {
  expect("allow", [
    ["ioctl", 0, 0x5401],
    ["ioctl", 0, 0x802c542a],
    ["ioctl", 0, 0xffff_ffff_802c_542an],
    ["ioctl", 0, 0x541b],
    ["ioctl", 0, 0x5451],
  ]);
  expect("EPERM", [
    ["ioctl", 0, 0x5412],
    ["ioctl", 0, HIGH + 0x5412n],
    ["ioctl", 0, 0x541c],
    ["ioctl", 0, 0x5423],
  ]);
  expect("ENOTTY", [
    ["ioctl", 0, 0x1234],
    ["ioctl", 0, 0xc0502100],
  ]);
});

test("no set-id file and no device appears on a granted path", () => {
  expect("EPERM", [
    ["chmod", 0, 0o4755],
    ["fchmod", 0, 0o2755],
    ["fchmodat", 0, 0, 0o6755],
    ["fchmodat2", 0, 0, 0o4000],
    ["creat", 0, 0o4755],
  ]);
  expect("EPERM", [
    ["open", 0, 0o101, 0o4755],
    ["openat", 0, 0, 0o101, 0o4755],
    ["openat", 0, 0, 0o20200002, 0o4755],
    ["mknod", 0, 0o104755],
  ]);
  expect("EPERM", [
    ["mknod", 0, 0o20666],
    ["mknod", 0, 0o60666],
    ["mknodat", 0, 0, 0o20666],
    ["mknodat", 0, 0, 0o60666],
  ]);
  expect("allow", [
    ["chmod", 0, 0o1777],
    ["open", 0, 0, 0o7777],
    ["openat", 0, 0, 0o101, 0o777],
    ["mknod", 0, 0o10600],
    ["mknodat", 0, 0, 0o600],
  ]);
  expect("ENOSYS", [["openat2"]]);
});

test("a process changes its own limits and scheduling and nobody else's", () => {
  const calls = ["prlimit64", "sched_setaffinity", "sched_setscheduler", "sched_setparam", "get_robust_list"];
  expect("allow", [...calls.map((name): Call => [name, 0]), ["setpriority", 0, 0]]);
  expect("EPERM", [
    ...calls.map((name): Call => [name, 1]),
    ["setpriority", 0, 1],
    ["setpriority", 1, 0],
    ["setpriority", 2, 0],
  ]);
});

test("a process stays visible, traceable by nobody, and as it was confined", () => {
  expect("allow", [
    ["prctl", 4, 1],
    ["prctl", 15],
    ["prctl", 38, 1],
    ["personality", 0xffffffff],
  ]);
  expect("EPERM", [
    ["prctl", 4, 0],
    ["prctl", 4, 2],
    ["prctl", 22, 2],
    ["prctl", 35, 8],
    ["prctl", 0x59616d61, 1],
    ["prctl", 53, 0],
    ["personality", 0x40000],
  ]);
  expect("EINVAL", [
    ["prctl", 59],
    ["arch_prctl", 0x1012],
    ["arch_prctl", 0x2003],
  ]);
  expect("EPERM", [
    ["ptrace"],
    ["seccomp"],
    ["mount"],
    ["bpf"],
    ["io_uring_setup"],
    ["userfaultfd"],
    ["keyctl"],
    ["memfd_create"],
    ["shmget"],
  ]);
});

test.run();
