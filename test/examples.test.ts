import { test } from "uvu";
import * as assert from "uvu/assert";

import { filesIn, readRepoFile } from "./support/imports.ts";
import { asNewcomer, type Newcomer } from "./support/newcomer.ts";

/* Every example is short, begins with what it shows, and prints what its last lines say. */

const MOST_LINES = 25;
const examples = filesIn("examples", ".ts");

let newcomer: Newcomer;

test.before(() => {
  newcomer = asNewcomer();
});

test.after(() => newcomer[Symbol.dispose]());

test("there are examples", () => {
  assert.ok(examples.length >= 5);
});

for (const example of examples) {
  const lines = readRepoFile(example).trimEnd().split("\n");
  const end = lines.findLastIndex((line) => !line.startsWith("// "));
  const said = lines.slice(end + 1).map((line) => `${line.slice(3)}\n`);

  test(`${example} is at most ${MOST_LINES} lines long and begins with a sentence`, () => {
    assert.ok(lines.length <= MOST_LINES);
    assert.match(lines[0] ?? "", /^\/\/ [A-Z].*\.$/);
  });

  test(`${example} prints what its last lines say`, async () => {
    assert.ok(said.length > 0);
    const { status, stdout, stderr } = await newcomer.shell(`npx tsx ${example}`);
    assert.equal([status, stdout, stderr], [0, said.join(""), ""]);
  });
}

test.run();
