// @limit 300
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { test } from "uvu";
import * as assert from "uvu/assert";

import { GuestError, PythonExecutor, UnavailableError } from "../../src/index.ts";
import { gone, type Process, runtimeProcesses } from "../support/processes.ts";
import { rejects } from "../support/rejects.ts";
import { timed } from "../support/timed.ts";

/** Whoever dies, in whatever way: nothing that it started stays, and who waited is told. */
for (const signal of ["SIGKILL", "SIGTERM", "SIGINT"] as const) {
  test(`a supervisor that dies of ${signal} leaves no process behind`, async () => {
    const tmp = mkdtempSync(join(tmpdir(), "vv-orphans-"));
    const supervisor = spawn(process.execPath, ["--import", import.meta.resolve("tsx"), HOST], {
      env: { ...process.env, TMPDIR: tmp },
      stdio: ["ignore", "pipe", "inherit"],
    });
    try {
      await timed(30_000, "three busy sessions", said(supervisor, "ready"));
      const started = runtimeProcesses(supervisor.pid ?? 0);
      // Two zygote processes, three keepers, three workers, nine children.
      assert.ok(started.length >= 17, `${started.length} processes`);
      supervisor.kill(signal);
      await timed(25_000, "its end", once(supervisor, "exit"));
      await gone(started);
    } finally {
      supervisor.kill("SIGKILL");
      rmSync(tmp, { recursive: true, force: true });
    }
  });
}

for (const [which, pick] of [
  ["the zygote's outer process", (all: readonly Process[]) => all[0]],
  ["the zygote", (all: readonly Process[]) => all[1]],
] as const) {
  test(`when ${which} is killed its sessions say so, and the next one works`, async () => {
    await using executor = await PythonExecutor.create({ policy: "data" });
    const [one, other] = await Promise.all([executor.createSession(), executor.createSession()]);
    const started = runtimeProcesses();
    const busy = one.runCode("while True: pass");
    const victim = pick(started);
    assert.ok(victim);
    process.kill(victim.pid, "SIGKILL");
    await timed(25_000, "the running cell", rejects(busy, GuestError, /^session ended: .*zygote/));
    await timed(25_000, "a later cell", rejects(other.runCode("1"), GuestError, /^session ended: .*zygote/));
    await gone(started);
    await using next = await timed(50_000, "the next session", executor.createSession());
    assert.is((await next.runCode("1 + 1")).output, 2);
  });
}

test("when a keeper is killed its session says so, and the others go on", async () => {
  await using executor = await PythonExecutor.create({ policy: "data" });
  const other = await executor.createSession();
  await other.runCode("kept = 41");
  const before = new Set(runtimeProcesses().map(({ identity }) => identity));
  const one = await executor.createSession();
  const busy = one.runCode("while True: pass");
  const newer = runtimeProcesses().filter(({ identity }) => !before.has(identity));
  // The other session makes a checkpoint of itself in the meantime, which has no children.
  const keeper = newer.find(({ pid }) => newer.some(({ parent }) => pid === parent));
  assert.ok(keeper);
  const added = newer.filter(({ pid, parent }) => [pid, parent].includes(keeper.pid));
  process.kill(keeper.pid, "SIGKILL");
  await timed(
    25_000,
    "the running cell",
    rejects(busy, GuestError, /^session ended: its (process|keeper) ended/),
  );
  await gone(added);
  assert.is((await timed(25_000, "the other session", other.runCode("kept + 1"))).output, 42);
});

test("closing a session ends all that it started, and nothing else", async () => {
  await using executor = await PythonExecutor.create({ policy: "data" });
  const stays = await executor.createSession();
  const before = new Set(runtimeProcesses().map(({ identity }) => identity));
  const session = await executor.createSession();
  await session.runCode("import os, signal\nif os.fork() == 0:\n    os.setsid()\n    signal.pause()");
  const added = runtimeProcesses().filter(({ identity }) => !before.has(identity));
  assert.ok(added.length >= 3, `${added.length} processes`);
  await timed(25_000, "close", session.close());
  await gone(added);
  assert.is((await stays.runCode("1 + 1")).output, 2);
});

test("closing an executor leaves no process, no temporary folder and no mount", async () => {
  const folders = (): string[] => readdirSync(tmpdir()).filter((name) => name.startsWith("vivarium-"));
  const mounts = (): string => readFileSync("/proc/self/mountinfo", "utf8");
  const before = { folders: new Set(folders()), mounts: mounts() };
  const executor = await PythonExecutor.create({ policy: "data" });
  const session = await executor.createSession();
  const busy = session.runCode("while True: pass");
  const started = runtimeProcesses();
  const made = folders().filter((name) => !before.folders.has(name));
  assert.ok(made.length >= 1);
  await timed(25_000, "close", Promise.all([executor.close(), rejects(busy, Error, /./)]));
  await gone(started);
  assert.equal(
    folders().filter((name) => made.includes(name)),
    [],
  );
  assert.is(mounts(), before.mounts);
});

test("a session that is asked for while its zygote dies is refused in words, and does not hang", async () => {
  await using executor = await PythonExecutor.create({ policy: "data" });
  const zygote = runtimeProcesses()[0];
  assert.ok(zygote);
  process.kill(zygote.pid, "SIGKILL");
  const asked = executor.createSession();
  const outcome = await timed(
    50_000,
    "the answer",
    asked.then(
      () => undefined,
      (error: unknown) => error,
    ),
  );
  const known = outcome instanceof GuestError || outcome instanceof UnavailableError;
  assert.ok(outcome === undefined || known, String(outcome));
  await using next = await timed(50_000, "the next session", executor.createSession());
  assert.is((await next.runCode("1 + 1")).output, 2);
});

const HOST = fileURLToPath(new URL("orphans-host.ts", import.meta.url));

const said = (child: ChildProcess, word: string): Promise<void> =>
  new Promise((resolve, reject) => {
    child.stdout?.on("data", (chunk: Buffer) => {
      if (chunk.includes(word)) resolve();
    });
    child.on("exit", (status) => reject(new Error(`it ended with ${status}`)));
  });

test.run();
