import { fileURLToPath } from "node:url";
import { test } from "uvu";
import * as assert from "uvu/assert";

import { runProgram } from "../support/program.ts";
import { pythons } from "../support/pythons.ts";

const PROGRAM = fileURLToPath(new URL("interrupted_line.py", import.meta.url));

/* What an interrupt can leave is a moment that no test can hit at will, so the program makes it by hand. */
for (const { file, version } of pythons()) {
  test(`a reader that an interrupt ended before it read keeps no order back (Python ${version})`, async () => {
    const { status, stdout } = await runProgram(file, ["-I", "-B", PROGRAM, "reader"]);
    assert.equal([status, stdout], [0, "1\nnothing\n"]);
  });

  test(`a writer that an interrupt ended before it wrote keeps no report back (Python ${version})`, async () => {
    const { status, stdout } = await runProgram(file, ["-I", "-B", PROGRAM, "writer"]);
    assert.equal([status, stdout], [0, "1\nreport\n"]);
  });
}

test.run();
