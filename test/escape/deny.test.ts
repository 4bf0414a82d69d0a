import { chmodSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";

import { PythonExecutor, type Session } from "../../src/index.ts";

/** A denied file inside a granted folder is not there, whatever happens to it on the host meanwhile. */
let folder: string;
let executor: PythonExecutor;
let session: Session;

test.before(async () => {
  folder = mkdtempSync(join(tmpdir(), "vv-deny-"));
  chmodSync(folder, 0o755);
  writeFileSync(join(folder, "granted"), "granted");
  writeFileSync(join(folder, ".env"), "first secret");
  executor = await PythonExecutor.create({
    policy: "open",
    overlay: { read: { allow: [folder], deny: [join(folder, ".env"), join(folder, "later")] } },
  });
  session = await executor.createSession();
});

test.after(async () => {
  await executor.close();
  rmSync(folder, { recursive: true, force: true });
});

test("a granted file can be read, a denied one beside it cannot", async () => {
  assert.is((await read("granted")).output, "granted");
  assert.is((await read(".env")).error?.name, "FileNotFoundError");
});

test("a denied file cannot be linked to and read by another name", async () => {
  const linked = await session.runCode(`
import os
os.symlink(${JSON.stringify(join(folder, ".env"))}, "/tmp/link")
open("/tmp/link").read()`);
  assert.is(linked.error?.name, "FileNotFoundError");
});

test("a denied file that an editor replaces on the host is still denied", async () => {
  writeFileSync(join(folder, ".env.new"), "second secret");
  renameSync(join(folder, ".env.new"), join(folder, ".env"));
  assert.is(readFileSync(join(folder, ".env"), "utf8"), "second secret");
  const { output, error } = await read(".env");
  assert.is(output, null);
  assert.is(error?.name, "FileNotFoundError");
});

test("a denied file that comes into being only later is denied", async () => {
  writeFileSync(join(folder, "later"), "later secret");
  const { output, error } = await read("later");
  assert.is(output, null);
  assert.ok(error);
});

const read = (name: string) => session.runCode(`open(${JSON.stringify(join(folder, name))}).read()`);

test.run();
