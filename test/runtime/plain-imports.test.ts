import { fileURLToPath } from "node:url";
import { test } from "uvu";
import * as assert from "uvu/assert";

import { repo } from "../support/imports.ts";
import { runProgram } from "../support/program.ts";
import { pythons } from "../support/pythons.ts";

/*
 * A cell whose imports are plain is let through without parsing it. That is sound only if Python's own parser would have
 * found nothing to refuse, which is asked here of thousands of sources made to be odd.
 */

type Told = {
  readonly parsed: number;
  readonly plain: number;
  readonly refused: number;
  readonly missed: number;
  readonly examples: readonly (readonly [seed: number, source: string, refusal: string])[];
};

const judge = async (python: string, ...args: readonly string[]): Promise<Told> => {
  const script = fileURLToPath(new URL("./plain_imports.py", import.meta.url));
  const { status, stdout, stderr } = await runProgram(
    python,
    ["-I", "-B", script, `${repo}/runtime`, ...args],
    { timeoutMs: 120_000 },
  );
  assert.equal([status, stderr], [0, ""]);
  return JSON.parse(stdout);
};

for (const { file, version } of pythons()) {
  test(`what Python ${version} lets through unparsed has no import that its parser's way refuses`, async () => {
    const { examples, parsed, plain, refused } = await judge(file);
    assert.equal(examples, []);
    // Else nothing was compared.
    for (const count of [parsed, plain, refused]) assert.ok(count > 1_000, `${count}`);
  });
}

test("the comparison finds a look at lines that knows nothing of continued ones", async () => {
  const { missed } = await judge("python3", "blind");
  assert.ok(missed > 0);
});

test.run();
