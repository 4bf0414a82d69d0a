import { copyFileSync, cpSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { test } from "uvu";
import * as assert from "uvu/assert";

import { runProgram } from "./program.ts";
import { requires } from "./requires.ts";
import { asNobody, nobodyMissing } from "./run-as.ts";

const asAnyone = requires(nobodyMissing()) ? test : test.skip;
const asRoot = requires(process.getuid?.() === 0 ? nobodyMissing() : "these tests do not run as root")
  ? test
  : test.skip;

asAnyone("nobody has a home and a temporary folder to write in, and no root", async () => {
  using nobody = asNobody();
  const script = 'import os, tempfile; open("f", "w"); print(os.getuid(), tempfile.mkdtemp())';
  const { status, stdout, stderr } = await nobody.run("/usr/bin/python3", ["-I", "-c", script]);
  assert.is(status, 0, stderr);
  const [uid, made = ""] = stdout.trim().split(" ");
  assert.is.not(uid, "0");
  assert.ok(made.startsWith(join(nobody.home, "..")), made);
});

asAnyone("nobody runs the command line from its sources", async () => {
  using nobody = asNobody();
  const { status, stdout, stderr } = await nobody.node("src/cli/main.ts", ["--version"]);
  assert.is(status, 0, stderr);
  assert.match(stdout, /^vivarium \d/);
});

asRoot("a repository that nobody can read is copied for it", async () => {
  // A clone as below /root: its own helper, asked from there, must find that nobody gets in.
  const folder = mkdtempSync(join(tmpdir(), "vivarium-closed-"));
  try {
    const here = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));
    for (const part of ["src", "test/support"]) cpSync(here(part), join(folder, part), { recursive: true });
    for (const part of ["package.json", "tsconfig.json"]) copyFileSync(here(part), join(folder, part));
    for (const name of ["tsx", "esbuild", "@esbuild", "typebox", "uvu"]) {
      mkdirSync(join(folder, "node_modules"), { recursive: true });
      cpSync(here(`node_modules/${name}`), join(folder, "node_modules", name), { recursive: true });
    }
    const { status, stdout, stderr } = await runProgram(process.execPath, [
      "--import",
      import.meta.resolve("tsx"),
      join(folder, "test/support/fixtures/version-as-nobody.ts"),
    ]);
    assert.is(status, 0, stderr);
    assert.match(stdout, /^copied\nvivarium \d/);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test.run();
