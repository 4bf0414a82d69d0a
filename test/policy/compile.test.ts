import { readFileSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";

import { compilePolicy } from "../../src/policy/compile.ts";
import { LIMIT_NAMES } from "../../src/policy/limits.ts";
import { loadPolicy, SHIPPED_POLICIES } from "../../src/policy/load.ts";
import type { Operation } from "../../src/policy/plan.ts";

const compile = async (policy: Parameters<typeof loadPolicy>[0]) =>
  compilePolicy(await loadPolicy(policy, { cwd: "/base" }));

/** An operation on one line, so that a golden file reads like a list. */
const line = (operation: Operation): string => {
  switch (operation.op) {
    case "limit":
      return `limit ${operation.name} ${operation.value}`;
    case "floor":
      return `floor ${operation.tier}`;
    default:
      return `${operation.effect} ${operation.op} ${operation.target}`;
  }
};

for (const name of SHIPPED_POLICIES) {
  test(`${name} compiles to its golden plan`, async () => {
    const { policy, operations } = await compile(name);
    assert.is(policy, name);
    const golden = readFileSync(new URL(`./golden/${name}.txt`, import.meta.url), "utf8");
    assert.fixture(`${operations.map(line).join("\n")}\n`, golden);
  });
}

test("a policy that says nothing allows nothing, and still has every limit and a floor", async () => {
  const { operations } = await compile({});
  assert.equal(operations.filter(({ op }) => op !== "limit").map(line), [
    "deny import ctypes",
    "deny import _ctypes",
    "deny import cffi",
    "deny import _cffi_backend",
    "floor landlock",
  ]);
  assert.equal(
    operations.flatMap((operation) => (operation.op === "limit" ? [operation.name] : [])),
    [...LIMIT_NAMES],
  );
});

test("each thing allowed or denied is one operation, in the order of the permissions", async () => {
  const { operations } = await compile({
    read: ["./a", "/b"],
    write: true,
    net: { allow: ["H:1"], deny: ["e"] },
    ffi: ["libm.so"],
    import: { allow: ["json"], deny: ["json.tool"] },
    isolation: "namespaces",
  });
  assert.equal(operations.filter(({ op }) => op !== "limit").map(line), [
    "allow read /base/a",
    "allow read /b",
    "allow write *",
    "allow net h:1",
    "deny net e",
    "allow ffi libm.so",
    "allow import json",
    "deny import json.tool",
    "floor namespaces",
  ]);
});

test("denying ffi altogether denies its modules, and none is denied twice", async () => {
  const { operations } = await compile({
    ffi: { allow: true, deny: true },
    import: { allow: true, deny: ["ctypes"] },
  });
  assert.equal(operations.filter(({ op }) => op === "import").map(line), [
    "allow import *",
    "deny import ctypes",
    "deny import _ctypes",
    "deny import cffi",
    "deny import _cffi_backend",
  ]);
});

test("a plan is plain data", async () => {
  const plan = await compile("strict");
  assert.equal(JSON.parse(JSON.stringify(plan)), plan);
});

test.run();
