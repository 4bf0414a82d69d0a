import { readFileSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";

import { importAllowed, importFromAllowed } from "../../src/policy/match.ts";

type Case = { allow: string[]; deny: string[]; module: string; from?: string; allowed: boolean };

const corpus = JSON.parse(readFileSync(new URL("./import-corpus.json", import.meta.url), "utf8")) as {
  stdlib: string[];
  cases: Case[];
};

const stdlib = new Set(corpus.stdlib);

for (const { allow, deny, module, from, allowed } of corpus.cases) {
  const statement = from === undefined ? `import ${module}` : `from ${module} import ${from}`;
  test(`allow [${allow}] deny [${deny}] ${allowed ? "lets through" : "refuses"} "${statement}"`, () => {
    const patterns = { allow, deny };
    const found =
      from === undefined
        ? importAllowed(patterns, module, stdlib)
        : importFromAllowed(patterns, { module, name: from }, stdlib);
    assert.is(found, allowed);
  });
}

test("a list without denials lets through every import that smolagents does", () => {
  const names = ["a", "a.b", "a.b.c", "a.c", "b", "b.a.c.d", "ab", "c.c"];
  const lists = [["a"], ["a.b"], ["a.*"], ["*"], ["b", "a.b.c"], ["a.b.*"], ["c.*", "b.a.*"]];
  for (const list of lists) {
    for (const name of names.filter((name) => smolagentsAccepts(list, name))) {
      assert.ok(importAllowed({ allow: list, deny: [] }, name, stdlib), `${list} must let ${name} through`);
    }
  }
});

/** Its rule, part by part: a star at this level lets everything through, else some listed path must go on this way. */
const smolagentsAccepts = (list: readonly string[], name: string): boolean => {
  const parts = name.split(".");
  for (const at of parts.keys()) {
    if (list.includes([...parts.slice(0, at), "*"].join("."))) return true;
    const way = `${parts.slice(0, at + 1).join(".")}.`;
    if (!list.some((path) => `${path}.`.startsWith(way))) return false;
  }
  return true;
};

test.run();
