import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { test } from "uvu";
import * as assert from "uvu/assert";

import { runCli } from "../support/cli.ts";
import type { Ran } from "../support/program.ts";
import { timed } from "../support/timed.ts";

/** A folder to run the command line in, and an environment whose temporary folder is private. */
export type Place = {
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
  /** Runs `vivarium run ARGS` there. */
  run(...args: readonly string[]): Promise<Ran>;
};

/** What is in the folder: texts and bytes are files, null is a folder. */
export type Files = Readonly<Record<string, string | Uint8Array | null>>;

/** A test in a place of its own, of whose temporary files nothing may be left. */
export function inPlace(name: string, files: Files, body: (place: Place) => Promise<void>): void {
  test(name, () =>
    timed(90_000, name, async () => {
      const folder = mkdtempSync(join(tmpdir(), "vivarium-test-"));
      const tmp = mkdtempSync(join(tmpdir(), "vivarium-test-"));
      try {
        for (const [path, content] of Object.entries(files)) {
          if (content === null) mkdirSync(join(folder, path));
          else writeFileSync(join(folder, path), content);
        }
        const env = { ...process.env, TMPDIR: tmp };
        await body({ folder, env, run: (...args) => runCli(["run", ...args], { cwd: folder, env }) });
        // tsx keeps a cache of its own beside them.
        const left = readdirSync(tmp).filter((found) => found.startsWith("vivarium-"));
        assert.equal(left, [], "temporary files are left");
      } finally {
        for (const path of [folder, tmp]) rmSync(path, { recursive: true, force: true });
      }
    }),
  );
}

/** The same with `program.py` in the folder. */
export function withProgram(
  name: string,
  program: string | Uint8Array,
  body: (place: Place) => Promise<void>,
): void {
  inPlace(name, { "program.py": program }, body);
}
