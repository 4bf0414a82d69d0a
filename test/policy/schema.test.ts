import { readFileSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";

import { LIMIT_NAMES } from "../../src/policy/limits.ts";
import { PERMISSION_NAMES, policyGuard, policySchema } from "../../src/policy/schema.ts";

test("policies/schema.json is what src/policy/emit.ts writes today", () => {
  const path = new URL("../../policies/schema.json", import.meta.url);
  const { $schema, title, ...emitted } = JSON.parse(readFileSync(path, "utf8"));
  assert.is($schema, "https://json-schema.org/draft/2020-12/schema");
  assert.is(title, "vivarium policy");
  assert.equal(emitted, JSON.parse(JSON.stringify(policySchema)));
});

test("the schema has every permission and every limit", () => {
  const { properties } = policySchema;
  for (const name of PERMISSION_NAMES) assert.ok(name in properties, name);
  assert.equal(Object.keys(properties.limits.properties).sort(), [...LIMIT_NAMES].sort());
});

test("a permission may be written in every form of the documentation", () => {
  for (const net of [
    true,
    false,
    [],
    ["a"],
    [{ is: "a", why: "w" }],
    ["a", { is: ["b", "c"], why: "w" }],
    { allow: true },
    { allow: ["a"], deny: [{ is: "b", why: "w" }], why: "w" },
    { deny: true },
  ]) {
    assert.ok(policyGuard.Check({ net }), JSON.stringify(net));
  }
});

test("an empty policy is a policy", () => {
  assert.ok(policyGuard.Check({}));
});

test.run();
