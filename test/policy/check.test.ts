import { test } from "uvu";
import * as assert from "uvu/assert";

import { checkPolicy, type Finding } from "../../src/policy/check.ts";

const FORMS = 'must be true, false, a list, or an object with "allow" and "deny"';
const ENTRY = 'must be a string that is not empty, or { "is": ..., "why": ... }';
const ROOT_KEYS =
  "known keys: name, description, extends, read, write, net, env, run, sys, ffi, import, limits, isolation";

const BAD: readonly (readonly [what: string, policy: unknown, finding: Finding])[] = [
  ["a number", 5, { path: "", problem: "must be an object" }],
  ["null", null, { path: "", problem: "must be an object" }],
  ["a list", [], { path: "", problem: "must be an object" }],
  [
    "a misspelt key",
    { nett: true },
    { path: "", problem: 'unknown key "nett"', hint: 'did you mean "net"?' },
  ],
  ["a strange key", { permissions: {} }, { path: "", problem: 'unknown key "permissions"', hint: ROOT_KEYS }],
  [
    "a key that objects inherit",
    JSON.parse('{"__proto__": {"net": true}}'),
    { path: "", problem: 'unknown key "__proto__"', hint: ROOT_KEYS },
  ],
  [
    "a misspelt limit",
    { limits: { walMs: 5 } },
    { path: "/limits", problem: 'unknown key "walMs"', hint: 'did you mean "wallMs"?' },
  ],
  [
    "a misspelt effect",
    { net: { alow: [] } },
    { path: "/net", problem: 'unknown key "alow"', hint: 'did you mean "allow"?' },
  ],
  [
    "a strange key of an entry",
    { net: [{ is: "a", why: "b", because: "c" }] },
    { path: "/net/0", problem: 'unknown key "because"', hint: "known keys: is, why" },
  ],
  ["a permission that is a number", { net: 5 }, { path: "/net", problem: FORMS }],
  ["a permission that is a string", { import: "numpy" }, { path: "/import", problem: FORMS }],
  ["a permission that is null", { net: null }, { path: "/net", problem: FORMS }],
  ["an entry that is a number", { net: ["a", 5] }, { path: "/net/1", problem: ENTRY }],
  ["an empty entry", { net: [""] }, { path: "/net/0", problem: ENTRY }],
  ["an entry without a reason", { net: [{ is: "a" }] }, { path: "/net/0", problem: ENTRY }],
  [
    "an entry about a number",
    { net: [{ is: 5, why: "w" }] },
    { path: "/net/0/is", problem: "must be a string, or a list of strings" },
  ],
  [
    "an allow list that is a string",
    { net: { allow: "a" } },
    { path: "/net/allow", problem: "must be true, false or a list" },
  ],
  ["a denied number", { net: { deny: [5] } }, { path: "/net/deny/0", problem: ENTRY }],
  [
    "a reason that is a number",
    { net: { why: 5 } },
    { path: "/net/why", problem: "must be a string of 1 to 500 printable characters" },
  ],
  [
    "a list without end",
    { import: Array.from({ length: 1001 }, (_, index) => `m${index}`) },
    { path: "/import", problem: "holds more than 1000 entries" },
  ],
  [
    "many wrong entries",
    { import: Array.from({ length: 50 }, () => 5) },
    { path: "/import/0", problem: ENTRY },
  ],
  ["limits that are a list", { limits: [] }, { path: "/limits", problem: "must be an object" }],
  [
    "a limit of zero",
    { limits: { wallMs: 0 } },
    { path: "/limits/wallMs", problem: 'must be milliseconds or a string such as "30s", from 1 ms to 24 h' },
  ],
  [
    "a limit without a unit",
    { limits: { wallMs: "30" } },
    { path: "/limits/wallMs", problem: 'must be milliseconds or a string such as "30s", from 1 ms to 24 h' },
  ],
  [
    "a limit with an ambiguous unit",
    { limits: { memoryBytes: "512M" } },
    {
      path: "/limits/memoryBytes",
      problem: 'must be bytes or a string such as "512MiB", from 16 MiB to 1024 GiB',
    },
  ],
  [
    "a count with a unit",
    { limits: { processes: "5" } },
    { path: "/limits/processes", problem: "must be a whole number from 0 to 4096" },
  ],
  [
    "half a process",
    { limits: { processes: 0.5 } },
    { path: "/limits/processes", problem: "must be a whole number from 0 to 4096" },
  ],
  [
    "an unknown tier",
    { isolation: "vm" },
    { path: "/isolation", problem: 'must be "landlock" or "namespaces"' },
  ],
  [
    "extends of a number",
    { extends: 5 },
    { path: "/extends", problem: "must be the name or path of a policy, or a list of them" },
  ],
  [
    "extends of an object",
    { extends: [{}] },
    { path: "/extends/0", problem: "must be the name or path of a policy, or a list of them" },
  ],
  [
    "a name that steers the terminal",
    { name: "\u001b[2J" },
    { path: "/name", problem: "must be a string of 1 to 64 printable characters" },
  ],
  [
    "a description that is no text",
    { description: 5 },
    { path: "/description", problem: "must be a string of 1 to 500 printable characters" },
  ],
  [
    "a URL instead of a host",
    { net: ["https://example.com"] },
    { path: "/net/0", problem: '"https://example.com": a host has no scheme, write host or host:port' },
  ],
  [
    "a bad module in a list with a reason",
    { import: { deny: [{ is: ["os", "a b"], why: "w" }] } },
    { path: "/import/deny/0/is/1", problem: '"a b": is not a module, module.*, * or @stdlib' },
  ],
];

for (const [what, policy, finding] of BAD) {
  test(`${what} is found`, () => assert.equal(checkPolicy(policy), finding));
}

test("a long key is cut in the message", () => {
  const problem = checkPolicy({ ["k".repeat(5000)]: 1 })?.problem ?? "";
  assert.is(problem, `unknown key "${"k".repeat(60)}..."`);
});

test("a good policy has nothing to find", () => {
  assert.is(
    checkPolicy({ extends: ["strict"], net: ["a:1"], limits: { wallMs: "1s", processes: 3 } }),
    undefined,
  );
});

test.run();
