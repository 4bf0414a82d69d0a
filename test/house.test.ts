import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";

import { protocolText } from "../src/protocol/emit.ts";
import { filesIn, readRepoFile, repo } from "./support/imports.ts";
import { runProgram } from "./support/program.ts";
import { pythons } from "./support/pythons.ts";

/* House rules that a reader should not have to check. */

const LONGEST = 300;

/** Files that may be longer, and why. */
const LONG: Readonly<Record<string, string>> = {};

const sources = filesIn("src", ".ts");
const runtime = filesIn("runtime", ".py");
const texts = ["src", "test", "runtime", "policies", "docs", "examples", "bench", ".ci"]
  .filter((folder) => existsSync(join(repo, folder)))
  .flatMap((folder) => filesIn(folder, ""))
  .filter((path) => !/\.(png|gz|ico|woff2)$/.test(path));

const bin = (name: string): string => join(repo, "node_modules/.bin", name);

/** The paths for which a rule does not hold. */
const offenders = (paths: readonly string[], holds: (text: string, path: string) => boolean): string[] =>
  paths.filter((path) => !holds(readRepoFile(path), path));

test("every test file runs its tests", () => {
  const tests = filesIn("test", ".test.ts");
  assert.equal(
    offenders(tests, (text) => /^\w+\.run\(\);$/m.test(text)),
    [],
  );
});

test("no test is the only one", () => {
  const tests = filesIn("test", ".test.ts");
  assert.equal(
    offenders(tests, (text) => !/^\s*\w+\.only\(/m.test(text)),
    [],
  );
});

test("exports have names", () => {
  assert.equal(
    offenders(sources, (text) => !/^export default\b|\bas default\b/m.test(text)),
    [],
  );
});

test("a file is short enough to be read at once", () => {
  const short = (text: string, path: string): boolean =>
    text.split("\n").length <= LONGEST + 1 || path in LONG;
  assert.equal(
    offenders([...sources, ...runtime, ...filesIn("test", ".ts"), ...filesIn("test", ".py")], short),
    [],
  );
});

test("biome finds nothing to say about format or style", async () => {
  const { status, stdout, stderr } = await runProgram(bin("biome"), ["check", "--colors=off", "."], {
    cwd: repo,
  });
  assert.is(status, 0, stdout + stderr);
});

test("the compiler finds nothing wrong in sources, tests, benchmarks and examples", async () => {
  const { status, stdout } = await runProgram(bin("tsc"), ["--noEmit", "--pretty", "false"], { cwd: repo });
  assert.is(status, 0, stdout);
});

test("no work is left as a note in the source", () => {
  // Put together here, so that this file keeps the rule too.
  const notes = new RegExp(`\\b(${["TO" + "DO", "FIX" + "ME", "X" + "XX"].join("|")})\\b`);
  assert.equal(
    offenders(texts, (text) => !notes.test(text)),
    [],
  );
});

test("texts end with one newline and have no carriage returns", () => {
  assert.equal(
    offenders(
      texts,
      (text) => text === "" || (text.endsWith("\n") && !text.endsWith("\n\n") && !text.includes("\r")),
    ),
    [],
  );
});

test("no text names a place of one machine", () => {
  const places = new RegExp(
    `(^|[\\s"'\`(=:])/(${["wo" + "rk", "ho" + "me/\\w+", "ro" + "ot"].join("|")})/\\w`,
    "m",
  );
  assert.equal(
    offenders(texts, (text) => !places.test(text)),
    [],
  );
});

test("protocol.json is what messages.ts says; npm run protocol writes it", () => {
  assert.is(readRepoFile("runtime/vivarium/protocol.json"), protocolText());
});

const interpreters = pythons();

test("there is a Python that the runtime promises to work with", () => {
  assert.ok(interpreters.length > 0);
});

for (const { file, version } of interpreters) {
  test(`the runtime compiles with Python ${version}, and imports only the standard library and itself`, async () => {
    const cache = mkdtempSync(join(tmpdir(), "vivarium-house-"));
    try {
      const { status, stdout, stderr } = await runProgram(
        file,
        ["-I", "-W", "error", join(repo, "test/support/check_runtime.py"), join(repo, "runtime")],
        { env: { PYTHONPYCACHEPREFIX: cache } },
      );
      assert.equal([status, stdout, stderr], [0, `${runtime.length} files\n`, ""]);
    } finally {
      rmSync(cache, { recursive: true, force: true });
    }
  });
}

test.run();
