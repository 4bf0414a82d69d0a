import { type SpawnSyncReturns, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { type Arch, compileFilter } from "../../../../src/backends/subprocess/seccomp/compile.ts";
import { workerRules } from "../../../../src/backends/subprocess/seccomp/rules.ts";
import { SYSCALLS } from "../../../../src/backends/subprocess/seccomp/syscalls.ts";
import { requires } from "../../../support/requires.ts";

/* The real kernel: the compiled policy is loaded, and programs meet it. Each attack also runs without the filter. */

const ARCH: Arch = process.arch === "arm64" ? "aarch64" : "x86_64";
const directory = mkdtempSync(join(tmpdir(), "vivarium-seccomp-"));
const fixture = (name: string) => fileURLToPath(new URL(`./fixtures/${name}`, import.meta.url));
const nr = (name: string) => SYSCALLS[ARCH].get(name) as number;

const filterFile = (exec: boolean): string => {
  const path = join(directory, exec ? "exec.bpf" : "worker.bpf");
  writeFileSync(path, compileFilter(workerRules({ exec }), ARCH));
  return path;
};

const python = (args: readonly string[], interpreter = "python3"): SpawnSyncReturns<string> =>
  spawnSync(interpreter, ["-B", ...args], { encoding: "utf8", timeout: 60_000, cwd: directory });
const filtered = (script: string, ...args: string[]) =>
  python([fixture("under_filter.py"), filterFile(false), fixture(script), ...args]);
const kept = (script: string, interpreter?: string) =>
  python([fixture("under_keeper.py"), filterFile(true), fixture(script)], interpreter);

const errnos = (run: SpawnSyncReturns<string>): string[] => {
  assert.is(run.status, 0, run.stderr);
  return JSON.parse(run.stdout) as string[];
};

const loadable = (): string | undefined => {
  if (process.platform !== "linux") return "the kernel is not Linux";
  const probe = filtered("calls.py", "[]");
  return probe.status === 0 ? undefined : `a seccomp filter cannot be loaded: ${probe.stderr || probe.error}`;
};

const numericPython = ["python3", "/usr/bin/python3"].find(
  (interpreter) => python(["-c", "import numpy, pandas, matplotlib"], interpreter).status === 0,
);

if (requires(loadable())) {
  test("the standard library works under the filter, with nobody to ask", () => {
    const run = filtered("tour.py");
    assert.is(run.stdout, "tour done\n", run.stderr);
  });

  test("processes and signals work with a keeper that lets them, and it was asked", () => {
    const run = kept("processes.py");
    const [said, asked] = run.stdout.trim().split("\n");
    assert.is(said, "processes done", run.stderr);
    const numbers = Object.keys(JSON.parse(asked ?? "{}")).map(Number);
    assert.ok(
      numbers.includes(nr("clone")) && numbers.includes(nr("kill")) && numbers.includes(nr("tgkill")),
    );
  });

  test("a refused call fails with EPERM, and works without the filter", () => {
    const worksForAnybody = [
      [nr("prctl"), 4, 0],
      [nr("ptrace"), 0, 0, 0, 0],
      [nr("inotify_init1"), 0],
      [nr("mq_unlink"), 0],
    ];
    const calls = JSON.stringify(worksForAnybody);
    assert.equal(errnos(filtered("calls.py", calls)), Array(4).fill("EPERM"));
    // mq_unlink of a null pointer gets as far as reading the name.
    assert.equal(errnos(python([fixture("calls.py"), calls])), ["ok", "ok", "ok", "EFAULT"]);
  });

  test("calls that need a capability or a namespace are refused before the kernel looks at them", () => {
    const calls = [
      [nr("unshare"), 0],
      [nr("setns"), -1, 0],
      [nr("mount"), 0, 0, 0, 0, 0],
      [nr("io_uring_setup"), 1, 0],
      [nr("bpf"), 0, 0, 0],
      [nr("clone"), 0x1000_0011, 0, 0, 0, 0],
      [nr("clone"), 0x8000, 0, 0, 0, 0],
      [nr("memfd_create"), 0, 0],
      [nr("ioctl"), 0, 2 ** 32 + 0x5412, 0],
    ];
    assert.equal(errnos(filtered("calls.py", JSON.stringify(calls))), Array(calls.length).fill("EPERM"));
  });

  test("an unknown request is ENOTTY, and an unknown number ENOSYS", () => {
    const calls = [
      [nr("ioctl"), 0, 0x1234, 0],
      [nr("clone3"), 0, 0],
      [nr("openat2"), 0, 0, 0, 0],
      [1000],
      [-1],
    ];
    const answers = errnos(filtered("calls.py", JSON.stringify(calls)));
    assert.equal(answers, ["ENOTTY", "ENOSYS", "ENOSYS", "ENOSYS", "ENOSYS"]);
  });

  test("where nobody listens, a call that would ask the keeper answers ENOSYS", () => {
    const calls = [
      [nr("socket"), 1, 1, 0],
      [nr("kill"), 1, 0],
      [nr("clone"), 17, 0, 0, 0, 0],
      [nr("execve"), 0, 0, 0],
    ];
    assert.equal(errnos(filtered("calls.py", JSON.stringify(calls))), Array(4).fill("ENOSYS"));
  });

  if (ARCH === "x86_64") {
    test("an x32 call kills the process", () => {
      const getpid = JSON.stringify([[0x4000_0000 + nr("getpid")]]);
      assert.is(filtered("calls.py", getpid).signal, "SIGSYS");
      assert.is(python([fixture("calls.py"), getpid]).signal, null);
    });

    test("a 32-bit call from 64-bit code kills the process", () => {
      assert.is(filtered("int80.py").signal, "SIGSYS");
      assert.is.not(python([fixture("int80.py")]).signal, "SIGSYS");
    });
  }

  if (requires(numericPython ? undefined : "no Python here has numpy, pandas and matplotlib")) {
    test("numpy, pandas and matplotlib work under the filter", () => {
      const run = kept("numeric.py", numericPython);
      assert.match(run.stdout, /^numeric done\n/, run.stderr);
    });
  }
}

test.after(() => rmSync(directory, { recursive: true, force: true }));

test.run();
