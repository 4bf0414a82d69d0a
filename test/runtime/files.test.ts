import {
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";

import type { FileCommand } from "../../src/session/switchboard.ts";
import { repo } from "../support/imports.ts";
import { runProgram } from "../support/program.ts";
import { pythons } from "../support/pythons.ts";
import {
  base64,
  errorOf,
  inKeeper,
  listed,
  python,
  removed,
  textOf,
  withKeeper,
  written,
} from "./file-driver.ts";

for (const { file, version } of pythons()) {
  test(`Python ${version} writes, reads, lists and removes`, () =>
    withKeeper(async ({ root, ask, descriptors }) => {
      const before = await descriptors();
      assert.equal(await ask(written("a/b/c.txt", "hällo")), { type: "file", request: 1 });
      assert.is(readFileSync(join(root, "a/b/c.txt"), "utf8"), "hällo");
      assert.is(await textOf(ask, "a/./b//c.txt"), "hällo");
      assert.is(await textOf(ask, `${root}/a/b/c.txt`), "hällo", "as cells name it");
      assert.is(await textOf(ask, "a/b/../b/c.txt"), "hällo");
      assert.equal(await listed(ask, ""), ["a", "a/b", "a/b/c.txt"]);
      assert.equal(await listed(ask, "a", false), ["a/b"]);
      assert.is(await errorOf(ask, { op: "remove", path: "a" }), "folder not empty: a");
      assert.is(await removed(ask, "a"), 1);
      assert.equal(readdirSync(root), []);
      assert.is(await textOf(ask, "../outside/secret"), "not inside the workspace: ../outside/secret");
      assert.is(await descriptors(), before);
    }, file));
}

inKeeper("a file is read in pieces, and says which file it is", async ({ root, ask }) => {
  writeFileSync(join(root, "data"), "0123456789");
  utimesSync(join(root, "data"), 1000, 1234.5);
  const first = await ask({ op: "read", path: "data", offset: 0, length: 4 });
  assert.equal([first.data, first.end], [base64("0123"), false]);
  assert.equal(first.entries, [{ path: "data", kind: "file", bytes: 10, modifiedMs: 1_234_500 }]);
  const last = await ask({ op: "read", path: "data", offset: 8, length: 4 });
  assert.equal([last.data, last.end, last.version === first.version], [base64("89"), true, true]);
  const behind = await ask({ op: "read", path: "data", offset: 99, length: 4 });
  assert.equal([behind.data, behind.end], ["", true]);
  await ask(written("data", "new"));
  assert.is.not((await ask({ op: "read", path: "data" })).version, first.version);
});

inKeeper("one piece is at most a MiB, whatever is asked for", async ({ root, ask }) => {
  writeFileSync(join(root, "large"), Buffer.alloc(3 << 20, 7));
  const { data = "", end } = await ask({ op: "read", path: "large", length: 1 << 30 });
  assert.equal([Buffer.from(data, "base64").length, end], [1 << 20, false]);
  const error = await errorOf(ask, { op: "write", path: "larger", data: "A".repeat(4 << 20) });
  assert.is(error, "a piece is larger than 1048576 bytes");
  assert.not(existsSync(join(root, "larger")));
});

inKeeper("a file written in pieces shows under its name when it is whole", async ({ root, ask }) => {
  writeFileSync(join(root, "file"), "old", { mode: 0o640 });
  await ask({ op: "write", path: "file", part: ".p", offset: 0, data: base64("new ") });
  assert.is(readFileSync(join(root, "file"), "utf8"), "old");
  await ask({ op: "write", path: "file", part: ".p", offset: 4, data: base64("text"), end: true });
  assert.equal([readFileSync(join(root, "file"), "utf8"), readdirSync(root)], ["new text", ["file"]]);
  assert.is(statSync(join(root, "file")).mode & 0o777, 0o640, "with the mode that it had");
});

inKeeper("a piece that a cell spoilt or took away is noticed", async ({ root, ask }) => {
  const second: FileCommand = { op: "write", path: "file", part: ".p", offset: 4, data: base64("text") };
  await ask({ op: "write", path: "file", part: ".p", offset: 0, data: base64("new ") });
  writeFileSync(join(root, ".p"), "something else");
  assert.is(await errorOf(ask, second), "changed by a cell while it was written: file");
  rmSync(join(root, ".p"));
  assert.is(await errorOf(ask, second), "file not found: file");
  symlinkSync("../outside/secret", join(root, ".p"));
  assert.match(await errorOf(ask, second), /^is a link that is not followed/);
});

inKeeper("links that stay inside are followed, and no others", async ({ root, outside, ask }) => {
  await ask(written("real/file", "inside"));
  const link = (name: string, to: string): void => symlinkSync(to, join(root, name));
  link("file-link", "real/file");
  link("folder-link", "real");
  link("out", "../outside/secret");
  link("out-folder", "../outside");
  link("absolute", `${root}/real/file`);
  link("magic", "/proc/self/root/etc/passwd");
  link("loop", "loop");
  link("nowhere", "missing");
  assert.is(await textOf(ask, "file-link"), "inside");
  assert.is(await textOf(ask, "folder-link/file"), "inside");
  assert.equal(await listed(ask, "folder-link"), ["folder-link/file"]);
  for (const path of ["out", "out-folder/secret", "absolute", "magic"]) {
    assert.is(await textOf(ask, path), `not inside the workspace: ${path}`);
  }
  assert.match(
    await textOf(ask, "loop"),
    /^is a link that is not followed, or has too many on the way: loop$/,
  );
  assert.is(await textOf(ask, "nowhere"), "file not found: nowhere");
  assert.is(await errorOf(ask, written("out-folder/new", "x")), "not inside the workspace: out-folder/new");
  assert.is(await errorOf(ask, { op: "list", path: "out-folder" }), "not inside the workspace: out-folder");
  assert.is(
    await errorOf(ask, { op: "remove", path: "out-folder/secret" }),
    "not inside the workspace: out-folder/secret",
  );
  assert.equal(readdirSync(outside), ["secret"]);
  const kinds = (await ask({ op: "list", path: "." })).entries?.map(({ path, kind }) => `${path} ${kind}`);
  assert.ok(kinds?.includes("out-folder link"));
  assert.not((await listed(ask, ".")).includes("out-folder/secret"));
});

inKeeper("writing and removing a link leave alone what it leads to", async ({ root, outside, ask }) => {
  symlinkSync("../outside/secret", join(root, "write"));
  symlinkSync("../outside", join(root, "remove"));
  assert.is(await errorOf(ask, written("write", "mine")), "no error");
  assert.ok(lstatSync(join(root, "write")).isFile());
  assert.is(await removed(ask, "remove"), 1);
  assert.equal([readdirSync(root), readFileSync(join(outside, "secret"), "utf8")], [["write"], "secret"]);
  mkdirSync(join(root, "tree/deep"), { recursive: true });
  symlinkSync("../../../outside", join(root, "tree/deep/link"));
  linkSync(join(root, "write"), join(root, "tree/hard"));
  await removed(ask, "tree");
  assert.equal([readdirSync(root), readdirSync(outside)], [["write"], ["secret"]]);
});

inKeeper("pipes, sockets and devices are neither waited for nor used", async ({ root, ask }) => {
  const made = await runProgram(python, [
    "-c",
    "import os, socket, sys; os.chdir(sys.argv[1]); os.mkfifo('pipe'); socket.socket(socket.AF_UNIX).bind('socket')",
    root,
  ]);
  assert.is(made.status, 0, made.stderr);
  for (const path of ["pipe", "socket"]) {
    assert.is(await textOf(ask, path), `not a regular file: ${path}`);
    assert.is(await errorOf(ask, { op: "write", path, offset: 0, data: "" }), `not a regular file: ${path}`);
  }
  const kinds = (await ask({ op: "list", path: "" })).entries?.map(({ kind }) => kind);
  assert.equal(kinds, ["other", "other"]);
  assert.is(await errorOf(ask, written("pipe", "now a file")), "no error");
  assert.is(readFileSync(join(root, "pipe"), "utf8"), "now a file");
});

const REFUSED: readonly (readonly [path: string, error: string])[] = [
  ["..", "not inside the workspace: .."],
  ["a/../..", "not inside the workspace: a/../.."],
  ["/etc/passwd", "not inside the workspace: /etc/passwd"],
  ["missing/file", "file not found: missing/file"],
  ["a/file/more", "not a folder: a/file/more"],
  ["a", "is a folder: a"],
  [".", "is a folder: ."],
  ["new\nline\u202e", "file not found: new\\nline\\u202e"],
  ["nul\0byte", "not a path: nul\\x00byte"],
  ["\ud800", "not a path: \\ud800"],
  ["n".repeat(256), `name too long: ${"n".repeat(256)}`],
  ["d/".repeat(3000), `name too long: ${"d/".repeat(150)}...`],
];

inKeeper("a path that cannot be read is refused in a sentence", async ({ ask }) => {
  await ask(written("a/file", ""));
  for (const [path, error] of REFUSED) assert.is(await textOf(ask, path), error);
});

inKeeper("what has no name of its own cannot be written or removed", async ({ ask, root }) => {
  mkdirSync(join(root, "a"));
  for (const [path, name] of [
    ["", "."],
    [".", "."],
    ["a/..", "a/.."],
    [root, "."],
  ] as const) {
    const error = `not a name of a file or folder: ${name}`;
    assert.is(await errorOf(ask, written(path, "x")), error);
    assert.is(await errorOf(ask, { op: "remove", path, recursive: true }), error);
  }
  assert.is(await errorOf(ask, { ...written("x", "x"), part: "../x" }), "not a name of a file: ../x");
  assert.is(await errorOf(ask, written("a", "x")), "is a folder: a");
});

test("folders that turn into links while they are used lead nowhere", async () => {
  const { status, stdout, stderr } = await runProgram(python, [
    "-B",
    `${repo}/test/runtime/race_files.py`,
    `${repo}/runtime`,
  ]);
  assert.is(status, 0, stderr);
  const { naive, ...seen } = JSON.parse(stdout) as Record<string, Record<string, number>>;
  // Opened by its path, the file outside is read: the swapping is quick enough to matter.
  assert.ok(naive?.secret && naive.inside, stdout);
  for (const [attempt, counts] of Object.entries(seen)) {
    const words = Object.keys(counts).map((word) => word.split(":")[0] ?? "");
    const harmless = ["inside", "written", "removed", "not inside the workspace", "file not found"];
    assert.equal(
      words.filter((word) => !harmless.includes(word)),
      [],
      `${attempt}: ${stdout}`,
    );
    assert.ok(words.length > 1, `${attempt} saw the folder turn: ${stdout}`);
  }
});

test.run();
