import { test } from "uvu";
import * as assert from "uvu/assert";

import { filesIn, readRepoFile } from "../support/imports.ts";
import { page, sections } from "./rows.ts";

test("every section of the page with rows has a test file", () => {
  const tested = filesIn("test/smolagents", ".test.ts").flatMap((path) =>
    [...readRepoFile(path).matchAll(/^const .* = rowsOf\("([^"]+)"/gm)].map(([, heading = ""]) => heading),
  );
  assert.equal(tested.sort(), [...sections().keys()].sort());
});

test("every row of the page has a name of its own", () => {
  const names = [...sections().values()].flat();
  assert.equal(names.length, new Set(names).size);
});

test("every row of a table has all of its columns", () => {
  let columns = 0;
  for (const line of page.split("\n")) {
    const cells = line.startsWith("|") ? line.split(/(?<!\\)\|/).length : 0;
    assert.ok(columns === 0 || cells === 0 || cells === columns, line);
    columns = cells;
  }
});

test("the rows that the rest of the page names are there", () => {
  const [, about = ""] = page.split("## Where they disagree");
  const named = [...about.matchAll(/`([a-z]+(?:-[a-z]+)+)`/g)].map(([, name = ""]) => name);
  const names = new Set([...sections().values()].flat());
  assert.ok(named.length > 10);
  assert.equal(
    named.filter((name) => !names.has(name)),
    [],
  );
});

test.run();
