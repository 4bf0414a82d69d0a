import { test } from "uvu";
import * as assert from "uvu/assert";

import { UsageError } from "../../src/errors.ts";
import { checkPolicy } from "../../src/policy/check.ts";
import { type Flag, parseFlags, splitPolicyFlag } from "../../src/policy/flags.ts";
import { PERMISSION_NAMES } from "../../src/policy/schema.ts";

/** Asserts the whole text of the error that these flags throw. */
const refuses = (flags: Flag[], message: string): void => {
  try {
    parseFlags(flags);
  } catch (error) {
    assert.instance(error, UsageError);
    assert.is((error as UsageError).message, message);
    return;
  }
  assert.unreachable("the flags must be refused");
};

test("an argument is split at its first equals sign", () => {
  assert.equal(splitPolicyFlag("--allow-read=./a=b,./c"), ["--allow-read", "./a=b,./c"]);
  assert.equal(splitPolicyFlag("--deny-net"), ["--deny-net", true]);
  assert.equal(splitPolicyFlag("-R=./a"), ["-R", "./a"]);
  assert.equal(splitPolicyFlag("-A"), ["-A", true]);
  assert.equal(splitPolicyFlag("--allow-net="), ["--allow-net", ""]);
  assert.equal(splitPolicyFlag("--timeout=1s"), ["--timeout", "1s"]);
  assert.equal(splitPolicyFlag("--allow-nett"), ["--allow-nett", true]);
});

test("what is no policy flag is left to others", () => {
  for (const argument of ["--json", "-q", "-Z", "x.py", "-", "--", "allow-read", "--constructor", "-RW"]) {
    assert.is(splitPolicyFlag(argument), undefined, argument);
  }
});

test("no flags add nothing", () => {
  assert.equal(parseFlags([]), {});
});

test("a flag without a value means everything, with one it means a list", () => {
  assert.equal(
    parseFlags([
      ["--allow-read", "./a,./b"],
      ["--allow-net", true],
      ["--deny-env", "SECRET"],
      ["--deny-run", true],
    ]),
    { read: { allow: ["./a", "./b"] }, net: { allow: true }, env: { deny: ["SECRET"] }, run: { deny: true } },
  );
});

test("flags of one permission add up, and everything stays everything", () => {
  assert.equal(
    parseFlags([
      ["--allow-import", "numpy"],
      ["-I", "pandas"],
      ["--deny-import", "os"],
    ]),
    { import: { allow: ["numpy", "pandas"], deny: ["os"] } },
  );
  assert.equal(
    parseFlags([
      ["--allow-net", true],
      ["-N", "a"],
    ]),
    { net: { allow: true } },
  );
});

test("the short letters are Deno's", () => {
  const letters = ["-R", "-W", "-N", "-E", "-S", "-I"].map((letter): Flag => [letter, true]);
  assert.equal(Object.keys(parseFlags(letters)), ["read", "write", "net", "env", "sys", "import"]);
});

test("allowing all allows every permission and keeps what is denied", () => {
  for (const name of ["-A", "--allow-all"]) {
    const overlay = parseFlags([
      ["--deny-net", "a"],
      [name, true],
    ]);
    assert.equal(overlay.net, { deny: ["a"], allow: true });
    for (const permission of PERMISSION_NAMES)
      assert.is((overlay[permission] as { allow: true }).allow, true);
    assert.is(overlay.limits, undefined);
  }
});

test("time and memory become limits", () => {
  assert.equal(
    parseFlags([
      ["--timeout", "10s"],
      ["--memory", "512MiB"],
    ]),
    {
      limits: { wallMs: 10_000, memoryBytes: 512 * 2 ** 20 },
    },
  );
});

test("what flags make is a policy", () => {
  const overlay = parseFlags([
    ["-A", true],
    ["--deny-read", "/etc"],
    ["--timeout", "1s"],
  ]);
  assert.is(checkPolicy(overlay), undefined);
});

test("a bad flag is refused in its own words", () => {
  refuses([["--allow-nett", true]], "--allow-nett: no such permission\nhint: did you mean --allow-net?");
  refuses(
    [["--deny-everything", true]],
    "--deny-everything: no such permission\nhint: permissions are read, write, net, env, run, sys, ffi, import",
  );
  refuses(
    [["--deny-all", true]],
    "--deny-all: no such permission\nhint: permissions are read, write, net, env, run, sys, ffi, import",
  );
  refuses([["-A", "x"]], "-A: takes no value");
  refuses(
    [["--allow-read", ""]],
    "--allow-read: has an empty value\nhint: write --allow-read for everything, or --allow-read=a,b",
  );
  refuses([["-N", "a,,b"]], "-N: has an empty value\nhint: write -N for everything, or -N=a,b");
  refuses(
    [["--allow-net", "https://a"]],
    '--allow-net: "https://a": a host has no scheme, write host or host:port',
  );
  refuses([["--allow-net", "*"]], '--allow-net: "*": means everything, which is written without a list');
  refuses([["--timeout", "10"]], '--timeout: must be a time such as "30s", from 1 ms to 24 h');
  refuses([["--timeout", true]], '--timeout: must be a time such as "30s", from 1 ms to 24 h');
  refuses(
    [["--memory", "1KiB"]],
    '--memory: must be bytes or a string such as "512MiB", from 16 MiB to 1024 GiB',
  );
});

test.run();
