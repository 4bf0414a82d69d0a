import { test } from "uvu";
import * as assert from "uvu/assert";

import { checkPolicy } from "../../src/policy/check.ts";
import { applyLayer, NOTHING, type ResolvedPolicy, showPolicy } from "../../src/policy/merge.ts";
import type { PolicyInput } from "../../src/policy/schema.ts";

const merge = (...inputs: PolicyInput[]): ResolvedPolicy =>
  inputs.reduce<ResolvedPolicy>((under, input) => {
    assert.is(checkPolicy(input), undefined);
    return applyLayer(under, { input, base: "/base" });
  }, NOTHING);

const targets = (grants: readonly { target: string }[]) => grants.map(({ target }) => target);

test("nothing is allowed to begin with", () => {
  for (const { allow, deny } of Object.values(NOTHING.permissions)) assert.equal([allow, deny], [[], []]);
});

test("a child's allow list is added to its parent's", () => {
  const { net } = merge({ net: ["a", "b"] }, { net: ["b", "c"] }).permissions;
  assert.equal(targets(net.allow), ["a", "b", "c"]);
});

test("an absent permission is inherited", () => {
  assert.equal(targets(merge({ net: ["a"] }, {}).permissions.net.allow), ["a"]);
});

test("false clears what was inherited, and later layers may add again", () => {
  assert.equal(targets(merge({ net: ["a"] }, { net: false }).permissions.net.allow), []);
  assert.equal(
    targets(merge({ net: true }, { net: { allow: false } }, { net: ["b"] }).permissions.net.allow),
    ["b"],
  );
});

test("true allows everything, and a list can then neither add nor narrow", () => {
  assert.equal(targets(merge({ net: ["a"] }, { net: true }).permissions.net.allow), ["*"]);
  assert.equal(targets(merge({ net: true }, { net: ["a"] }).permissions.net.allow), ["*"]);
  assert.equal(targets(merge({ import: ["json", "*"] }).permissions.import.allow), ["*"]);
});

test("deny lists add up, and nothing takes a denial back", () => {
  const { net } = merge(
    { net: { deny: ["a"] } },
    { net: { deny: ["b"] } },
    { net: { deny: false } },
    { net: false },
    { net: true },
  ).permissions;
  assert.equal(targets(net.deny), ["a", "b"]);
  assert.equal(targets(net.allow), ["*"]);
});

test("denying leaves what is allowed as it is", () => {
  const { net } = merge({ net: ["a"] }, { net: { deny: true } }).permissions;
  assert.equal([targets(net.allow), targets(net.deny)], [["a"], ["*"]]);
});

test("a permission's reason is for what it allows, and an entry's own reason goes before it", () => {
  const { net } = merge({
    net: { allow: ["a", { is: "b", why: "own" }], deny: ["c"], why: "all" },
  }).permissions;
  assert.equal(net.allow, [
    { target: "a", why: "all" },
    { target: "b", why: "own" },
  ]);
  assert.equal(net.deny, [{ target: "c" }]);
});

test("of two equal grants the child's reason stays", () => {
  const { net } = merge({ net: [{ is: "a", why: "old" }] }, { net: [{ is: "a", why: "new" }] }).permissions;
  assert.equal(net.allow, [{ target: "a", why: "new" }]);
});

test("limits, isolation, name and description are replaced one by one", () => {
  const merged = merge(
    { name: "one", description: "first", limits: { wallMs: "1s", processes: 3 }, isolation: "namespaces" },
    { name: "two", limits: { wallMs: 5 } },
  );
  assert.equal(
    [merged.name, merged.description, merged.limits, merged.isolation],
    ["two", "first", { wallMs: 5, processes: 3 }, "namespaces"],
  );
});

test("each layer's paths start at its own folder", () => {
  const first = applyLayer(NOTHING, { input: { read: ["./a"] }, base: "/one" });
  const both = applyLayer(first, { input: { read: ["./a", "/b"] }, base: "/two" });
  assert.equal(targets(both.permissions.read.allow), ["/one/a", "/two/a", "/b"]);
});

test("a layer leaves the policy under it as it was", () => {
  const under = merge({ net: ["a"] });
  const before = JSON.stringify(under);
  applyLayer(under, { input: { net: ["b"], limits: { wallMs: 1 } }, base: "/" });
  assert.is(JSON.stringify(under), before);
});

test("a shown policy is a policy file that resolves to the same", () => {
  const policy = merge({
    name: "all forms",
    description: "d",
    read: ["./a", { is: ["./b", "./c"], why: "w" }, { is: "./d", why: "x" }],
    net: { allow: true, why: "w", deny: ["a", { is: "b", why: "v" }] },
    env: { deny: true },
    run: { allow: ["@python"], deny: true },
    import: true,
    limits: { wallMs: 7 },
    isolation: "namespaces",
  });
  const again = merge(showPolicy(policy));
  assert.equal(again, { ...policy, limits: again.limits });
  assert.equal(showPolicy(again), showPolicy(policy));
});

test.run();
