import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";

import { repo } from "../support/imports.ts";
import { runProgram } from "../support/program.ts";
import { requires } from "../support/requires.ts";
import { errorOf, inKeeper, listed, python, removed, textOf } from "./file-driver.ts";

inKeeper("names that are no UTF-8 go there and back", async ({ root, ask }) => {
  const raw = Buffer.concat([Buffer.from(`${root}/`), Buffer.from([0x66, 0xff, 0xfe])]);
  writeFileSync(raw, "raw");
  const [path = ""] = await listed(ask, "");
  assert.is(path, "f\udcff\udcfe");
  assert.is(await textOf(ask, path), "raw");
  await removed(ask, path);
  assert.equal(readdirSync(root), []);
});

inKeeper("a folder of many files is listed and removed in bounded steps", async ({ root, ask }) => {
  mkdirSync(join(root, "many"));
  for (let number = 0; number < 2500; number++) writeFileSync(join(root, "many", `${number}`), "");
  const first = await ask({ op: "list", path: "many" });
  assert.equal([first.entries?.length, first.end, first.cut], [1000, false, undefined]);
  const paths = await listed(ask, "many");
  assert.equal([paths.length, new Set(paths).size], [2500, 2500]);
  assert.equal(paths, [...paths].sort());
  assert.ok((await removed(ask, "many")) >= 3);
  assert.equal(readdirSync(root), []);
});

inKeeper("long names make short pages", async ({ root, ask }) => {
  for (let number = 0; number < 800; number++) writeFileSync(join(root, `${number}-${"ü".repeat(120)}`), "");
  const { entries = [], end } = await ask({ op: "list", path: "" });
  assert.ok(entries.length < 800 && JSON.stringify(entries).length < 1 << 20);
  assert.equal([end, (await listed(ask, "")).length], [false, 800]);
});

inKeeper("pages of a tree that changes in between go on where they were", async ({ root, ask }) => {
  for (const folder of ["a", "b", "c"]) {
    mkdirSync(join(root, folder));
    for (let number = 100; number < 700; number++) writeFileSync(join(root, folder, `${number}`), "");
  }
  const { entries = [] } = await ask({ op: "list", path: "", recursive: true });
  const after = entries.at(-1)?.path ?? "";
  assert.is(after, "b/497");
  rmSync(join(root, "b"), { recursive: true });
  const next = await ask({ op: "list", path: "", recursive: true, after });
  assert.equal([next.entries?.[0]?.path, next.entries?.length, next.end], ["c", 601, true]);
});

inKeeper(
  "a tree of any depth is listed as far as paths go, and removed",
  async ({ root, ask, descriptors }) => {
    const before = await descriptors();
    const depth = 6000;
    const made = await runProgram(python, [
      "-c",
      "import os, sys\nos.chdir(sys.argv[1])\nfor _ in range(int(sys.argv[2])): os.mkdir('d'); os.chdir('d')",
      root,
      `${depth}`,
    ]);
    assert.is(made.status, 0, made.stderr);
    const { entries = [], end, cut } = await ask({ op: "list", path: "", recursive: true });
    assert.equal([entries.length, end, cut], [256, true, true]);
    const steps = await removed(ask, "d");
    assert.ok(steps >= 6, `${steps} steps`);
    assert.equal(readdirSync(root), []);
    assert.is(await descriptors(), before);
  },
);

inKeeper("a removal that goes on is content with nothing left", async ({ ask }) => {
  assert.equal((await ask({ op: "remove", path: "gone/too", recursive: true, offset: 1 })).end, true);
  assert.is(await errorOf(ask, { op: "remove", path: "gone/too" }), "file not found: gone/too");
  assert.is(await errorOf(ask, { op: "remove", path: "gone", recursive: true }), "file not found: gone");
});

inKeeper("a folder that is shut is said, not passed over", async ({ root, ask }) => {
  mkdirSync(join(root, "tree/shut"), { recursive: true });
  writeFileSync(join(root, "tree/shut/file"), "");
  chmodSync(join(root, "tree/shut"), 0);
  try {
    const page = await ask({ op: "list", path: "", recursive: true });
    const error = await errorOf(ask, { op: "remove", path: "tree", recursive: true });
    // Root passes over modes.
    if (process.getuid?.() === 0) assert.equal([page.entries?.length, error], [3, "no error"]);
    else assert.equal([page.cut, error], [true, "permission denied: tree/shut"]);
  } finally {
    if (existsSync(join(root, "tree/shut"))) chmodSync(join(root, "tree/shut"), 0o755);
  }
});

const MOUNTED = `
import ctypes, os, sys
sys.path.insert(0, sys.argv[1])
from vivarium.files import handle
root = sys.argv[2]
os.makedirs(root + "/tree/granted")
assert ctypes.CDLL(None).mount(b"none", f"{root}/tree/granted".encode(), b"tmpfs", 0, b"size=8k") == 0
def ask(op, path, **more):
    return handle({"type": "file", "request": 1, "op": op, "path": path, **more}, root).get("error")
print(ask("write", "tree/granted/a/file", data="eA==", part=".p", end=True))
print(ask("remove", "tree", recursive=True))
print(ask("remove", "tree/granted", recursive=True))
print(ask("write", "tree/granted/large", data="A" * 40000, part=".p", end=True))
print(ask("remove", "tree/granted/a", recursive=True))
print(sorted(os.listdir(root + "/tree/granted")))
`;

const unshared = ["--user", "--map-root-user", "--mount"];
const cannot = (await runProgram("unshare", [...unshared, "true"]).catch(() => undefined))?.status !== 0;

(requires(cannot ? "unshare(1) cannot make a mount namespace here" : undefined) ? test : test.skip)(
  "what is granted from the host is not taken away with what is around it",
  async () => {
    const root = mkdtempSync(join(tmpdir(), "vivarium-files-"));
    try {
      const args = [...unshared, python, "-B", "-c", MOUNTED, `${repo}/runtime`, root];
      const { stdout, stderr } = await runProgram("unshare", args);
      assert.equal(
        [stdout.trim().split("\n"), stderr],
        [
          [
            "None",
            "is mounted from the host, and not taken away with what is around it: tree/granted",
            "is mounted from the host, and not taken away with what is around it: tree/granted",
            // The folder's own disk is full, and not what the session may use.
            "no space left: tree/granted/large",
            "None",
            "['.p']",
          ],
          "",
        ],
      );
    } finally {
      rmSync(root, { recursive: true });
    }
  },
);

test.run();
