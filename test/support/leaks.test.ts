import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";

import { leaksSince, look, type Mark } from "./leaks.ts";
import { runProgram } from "./program.ts";

const mark: Mark = {
  variable: "VIVARIUM_LEAK_PROBE",
  value: `${process.pid}`,
  tmp: mkdtempSync(join(tmpdir(), "vivarium-leaks-")),
};

test.after(() => rmSync(mark.tmp, { recursive: true, force: true }));

test("nothing is left when nothing was started", async () => {
  assert.equal(await leaksSince(look(), mark, 0), []);
});

test("a process that bears the mark is left, until it has gone", async () => {
  const before = look();
  const child = spawn("sleep", ["1000"], { env: { ...process.env, [mark.variable]: mark.value } });
  await once(child, "spawn");
  assert.equal(await leaksSince(before, mark, 0), [`process ${child.pid} is left: sleep 1000`]);
  child.kill();
  assert.equal(await leaksSince(before, mark), []);
});

test("a zygote without an owner is left, though it bears no mark", async () => {
  const before = look();
  // The shell that starts it has gone when we look.
  const script = "exec -a zygote.py sleep 1000 <&- >&- 2>&- & echo $!";
  const { stdout } = await runProgram("bash", ["-c", script], { env: { PATH: process.env.PATH } });
  const pid = Number(stdout);
  try {
    // It may still be the shell's copy, about to become what it is called.
    const leaks = await leaksSince(before, mark, 0);
    assert.is(leaks.length, 1);
    assert.match(leaks[0] ?? "", new RegExp(`^process ${pid} is left: .*zygote\\.py`));
  } finally {
    process.kill(pid);
  }
});

test("a temporary folder is left, and one of another name is none of ours", async () => {
  const before = look();
  for (const name of ["vivarium-left", "other"]) mkdirSync(join(mark.tmp, name));
  assert.equal(await leaksSince(before, mark, 0), ["temporary folder vivarium-left is left"]);
  rmdirSync(join(mark.tmp, "vivarium-left"));
  assert.equal(await leaksSince(before, mark, 0), []);
});

test.run();
