import { fileURLToPath } from "node:url";
import { test } from "uvu";
import * as assert from "uvu/assert";

import { readRepoFile, repo } from "../support/imports.ts";
import { runProgram } from "../support/program.ts";
import { pythons } from "../support/pythons.ts";

type Case = { allow: string[]; deny: string[]; module: string; from?: string; allowed: boolean };

const corpus = "test/policy/import-corpus.json";
const { cases } = JSON.parse(readRepoFile(corpus)) as { cases: readonly Case[] };

const told = ({ allow, deny, module, from }: Case, allowed: unknown): string =>
  `allow [${allow}] deny [${deny}]: ${from === undefined ? "" : `from ${module} `}import ${from ?? module}: ${allowed}`;

/** What is no module's name is refused by Python itself, whatever the guard says. */
const isName = ({ module }: Case): boolean => !module.split(".").includes("");

const runPython = async (file: string, script: string, ...args: string[]): Promise<unknown> => {
  const path = fileURLToPath(new URL(script, import.meta.url));
  const { status, stdout, stderr } = await runProgram(file, ["-I", "-B", path, `${repo}/runtime`, ...args]);
  assert.equal([status, stderr], [0, ""]);
  return JSON.parse(stdout);
};

for (const { file, version } of pythons()) {
  test(`the guard of Python ${version} follows the table of import patterns`, async () => {
    const verdicts = (await runPython(file, "./check_imports.py", `${repo}/${corpus}`)) as boolean[];
    assert.is(verdicts.length, cases.length);
    const judged = cases
      .map((one, index) => ({ one, verdict: verdicts[index] }))
      .filter(({ one }) => isName(one));
    assert.equal(
      judged.map(({ one, verdict }) => told(one, verdict)),
      judged.map(({ one }) => told(one, one.allowed)),
    );
  });

  test(`Python ${version} knows its standard library`, async () => {
    const names = (await runPython(file, "./list_stdlib.py")) as string[];
    for (const name of ["os", "json", "sys", "math", "_socket", "unittest", "zoneinfo", "posix"]) {
      assert.ok(names.includes(name), name);
    }
    for (const name of ["numpy", "pip", "setuptools", "site-packages", "dist-packages", "__pycache__", ""]) {
      assert.not.ok(names.includes(name), name);
    }
  });
}

test.run();
