// @limit 300
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";

import { repo } from "./support/imports.ts";
import { runProgram } from "./support/program.ts";
import { requires } from "./support/requires.ts";

/** The benchmark is no part of the repository; it lies beside it, or is named by the variable HUMANEVAL. */
const data = process.env.HUMANEVAL ?? join(repo, "../shared/data/HumanEval.jsonl.gz");

(requires(existsSync(data) ? undefined : "HumanEval.jsonl.gz is not there") ? test : test.skip)(
  "every canonical solution of HumanEval passes its tests in a strict session",
  async () => {
    const script = join(repo, "bench/humaneval.ts");
    const args = ["--import", import.meta.resolve("tsx"), script, data];
    const { status, stdout, stderr } = await runProgram(process.execPath, args, { timeoutMs: 280_000 });
    assert.match(stdout, /^164 of 164 passed in /, `${stdout}${stderr}`);
    assert.equal([status, stderr], [0, ""]);
  },
);

test.run();
