import { test } from "uvu";
import * as assert from "uvu/assert";

import { failure, ok } from "../session/fixture.ts";
import { rowsOf } from "./rows.ts";

const { row, whole } = rowsOf("Last value", { policy: "strict" });

/** A row whose cells, one after another, give these values; `undefined` is a value without a twin. */
const gives = (
  name: string,
  cells: readonly (readonly [code: string, output: unknown, text: string | null])[],
) =>
  row(name, async (session) => {
    for (const [code, output, text] of cells) {
      const execution = await ok(session, code);
      assert.equal([execution.output, execution.text], [output, text], code);
    }
  });

row("call-shape", async (session) => {
  const { output, logs, isFinalAnswer } = await session.runCode("print('seen')\n6 * 7");
  assert.equal([output, logs.stdout, logs.stderr, isFinalAnswer], [42, "seen\n", "", false]);
});

gives("last-expression", [["x = 20\nx + 1", 21, "21"]]);

gives("last-assignment", [
  ["x = 7", 7, "7"],
  ["a, b = 1, 2", [1, 2], "(1, 2)"],
  ["a = b = [6]", [6], "[6]"],
  ["d = {}\nd['k'] = 5", 5, "5"],
]);

gives("last-augmented", [
  ["x = 7\nx += 1", 8, "8"],
  ["rows = [1]\nrows += [2]", [1, 2], "[1, 2]"],
]);

gives("last-annotated", [
  ["x: int = 4", 4, "4"],
  ["y: int", null, null],
]);

gives("last-block", [
  ["if True:\n  3", null, null],
  ["for i in range(3):\n  i", null, null],
  ["try:\n  5\nfinally:\n  pass", null, null],
  ["def f(): return 3", null, null],
  ["class A: pass", null, null],
  ["import math", null, null],
  ["f()", 3, "3"],
]);

gives("last-semicolon", [["5;", 5, "5"]]);

gives("last-none", [
  ["None", null, null],
  ["pass", null, null],
]);

gives("output-type", [
  ["1 + 1", 2, "2"],
  ["'2'", "2", "'2'"],
  ["{'a': (1, None)}", { a: [1, null] }, "{'a': (1, None)}"],
]);

row("output-without-twin", async (session) => {
  const { output, text } = await ok(session, "class A:\n  def __repr__(self): return 'an A'\nA()");
  assert.equal([output, text], [undefined, "an A"]);
  const { execution } = await failure(session, "1/0");
  assert.equal([execution.output, execution.text], [null, null]);
});

whole();

test.run();
