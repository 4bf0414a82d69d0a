import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";

import { PolicyError } from "../../src/errors.ts";
import { loadPolicy, SHIPPED_POLICIES } from "../../src/policy/load.ts";
import type { Grant } from "../../src/policy/merge.ts";
import type { PolicyInput } from "../../src/policy/schema.ts";

const cwd = mkdtempSync(join(tmpdir(), "vivarium-policy-"));

test.after(() => rmSync(cwd, { recursive: true }));

const write = (files: Record<string, string | object>): void => {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(join(cwd, name, ".."), { recursive: true });
    writeFileSync(join(cwd, name), typeof content === "string" ? content : JSON.stringify(content));
  }
};

const targets = (grants: readonly Grant[]) => grants.map(({ target }) => target);

/** Asserts the whole text of the error that loading throws. */
const refuses = async (source: string | PolicyInput, message: string): Promise<void> => {
  const error = await loadPolicy(source, { cwd }).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.instance(error, PolicyError);
  assert.is((error as PolicyError).message, message);
};

test("the shipped policies are the files of policies/", async () => {
  const files = await readdir(new URL("../../policies/", import.meta.url));
  assert.equal(files.sort(), [...SHIPPED_POLICIES.map((name) => `${name}.json`), "schema.json"].sort());
  for (const name of SHIPPED_POLICIES) assert.is((await loadPolicy(name, { cwd })).name, name);
});

test("every grant of a shipped policy says why", async () => {
  for (const name of SHIPPED_POLICIES) {
    const { permissions, description } = await loadPolicy(name, { cwd });
    assert.ok(description, `${name} must say what it is for`);
    for (const [permission, { allow, deny }] of Object.entries(permissions)) {
      for (const { target, why } of [...allow, ...deny]) assert.ok(why, `${name}: ${permission} ${target}`);
    }
  }
});

test("no shipped policy gives a host file, the network, the environment or knowledge of the host", async () => {
  for (const name of SHIPPED_POLICIES) {
    const { read, write, net, env, sys } = (await loadPolicy(name, { cwd })).permissions;
    assert.equal(
      [read, write, net, env, sys].flatMap(({ allow }) => allow),
      [],
      name,
    );
  }
});

test("strict holds smolagents' base modules and none that only serves to reach the system", async () => {
  const list = targets((await loadPolicy("strict", { cwd })).permissions.import.allow);
  for (const module of "collections datetime itertools math queue random re stat statistics time unicodedata".split(
    " ",
  )) {
    assert.ok(list.includes(module), module);
  }
  for (const module of "os sys posix subprocess multiprocessing socket ctypes gc code pickle shelve runpy pkgutil importlib inspect pathlib shutil tempfile builtins pty".split(
    " ",
  )) {
    assert.not.ok(
      list.some((entry) => entry.split(".")[0] === module),
      module,
    );
  }
});

test("a file is found relative to the working directory and named after itself", async () => {
  write({
    "mine.json": { read: ["./data"], net: ["a"] },
    "sub/other.json": { name: "given", read: ["../x"] },
  });
  const mine = await loadPolicy("mine.json", { cwd });
  assert.equal([mine.name, targets(mine.permissions.read.allow)], ["mine", [join(cwd, "data")]]);
  const other = await loadPolicy("./sub/other.json", { cwd });
  assert.equal([other.name, targets(other.permissions.read.allow)], ["given", [join(cwd, "x")]]);
  assert.is((await loadPolicy(join(cwd, "mine.json"), { cwd: "/" })).name, "mine");
});

test("an object is a policy whose paths start at the working directory", async () => {
  write({ "mine.json": { net: ["a"] } });
  const policy = await loadPolicy(
    { extends: ["strict", "./mine.json"], import: ["numpy"], read: ["d"] },
    { cwd },
  );
  assert.is(policy.name, "custom");
  assert.ok(targets(policy.permissions.import.allow).includes("numpy"));
  assert.ok(targets(policy.permissions.import.allow).includes("json"));
  assert.equal(targets(policy.permissions.net.allow), ["a"]);
  assert.equal(targets(policy.permissions.read.allow), [join(cwd, "d")]);
});

test("extends is relative to the file that says it, parents go first, and the child's name stays", async () => {
  write({
    "deep/child.json": { extends: ["../one.json", "two.json"], net: ["child"] },
    "one.json": { name: "one", net: ["one"], limits: { wallMs: 1, processes: 1 } },
    "deep/two.json": { net: ["two"], limits: { wallMs: 2 }, read: ["./r"] },
  });
  const { name, permissions, limits } = await loadPolicy("deep/child.json", { cwd });
  assert.is(name, "child");
  assert.equal(targets(permissions.net.allow), ["one", "two", "child"]);
  assert.equal(targets(permissions.read.allow), [join(cwd, "deep/r")]);
  assert.equal(limits, { wallMs: 2, processes: 1 });
});

test("a parent that two parents share is laid down once, so it cannot undo the first of them", async () => {
  write({
    "top.json": { extends: ["left.json", "right.json"] },
    "left.json": { extends: "base.json", limits: { wallMs: 5 } },
    "right.json": { extends: "base.json" },
    "base.json": { limits: { wallMs: 1 } },
  });
  assert.equal((await loadPolicy("top.json", { cwd })).limits, { wallMs: 5 });
});

test("an unknown name lists the shipped policies", async () => {
  const shipped = "shipped policies are strict, data, open; write a file as a path, such as ./mine.json";
  await refuses("stict", `no policy is called "stict"\nhint: did you mean "strict"? ${shipped}`);
  await refuses("", `no policy is called ""\nhint: ${shipped}`);
  write({ "lost.json": { extends: "paranoid" } });
  await refuses("lost.json", `policy lost.json: /extends: no policy is called "paranoid"\nhint: ${shipped}`);
  await refuses(
    { extends: "dat" },
    `policy object: /extends: no policy is called "dat"\nhint: did you mean "data"? ${shipped}`,
  );
});

test("what cannot be read as a file says so", async () => {
  write({
    "long.json": `"${"x".repeat(2 ** 20)}"`,
    "folder.json/x": "",
    "parent.json": { extends: "./none.json" },
  });
  writeFileSync(join(cwd, "latin.json"), Buffer.from([0x7b, 0xe9, 0x7d]));
  symlinkSync(join(cwd, "loop.json"), join(cwd, "loop.json"));
  await refuses("none.json", "policy none.json: no such file");
  await refuses("parent.json", "policy none.json: no such file");
  await refuses("/none.json", "policy /none.json: no such file");
  await refuses("parent.json/x.json", "policy parent.json/x.json: no such file");
  await refuses("folder.json", "policy folder.json: is a directory, not a file");
  await refuses("/dev/null", "policy /dev/null: is not a regular file");
  await refuses("long.json", "policy long.json: is larger than 1 MiB");
  await refuses("latin.json", "policy latin.json: is not UTF-8 text");
  await refuses("loop.json", "policy loop.json: cannot be read, ELOOP");
  await refuses("a\0.json", "policy a\\u0000.json: cannot be read, ERR_INVALID_ARG_VALUE");
});

test("what is not JSON is placed by line and column", async () => {
  write({
    "empty.json": "",
    "comma.json": '{\n  "net": true,\n}',
    "twice.json": '{ "net": false,\n  "net": true }',
  });
  await refuses(
    "empty.json",
    "policy empty.json: is not JSON: line 1, column 1: expected a value, found the end of the file",
  );
  await refuses(
    "comma.json",
    "policy comma.json: is not JSON: line 3, column 1: expected a key in double quotes",
  );
  await refuses(
    "twice.json",
    'policy twice.json: is not JSON: line 2, column 3: the key "net" is written twice',
  );
});

test("what is not a policy names the file, the place and the remedy", async () => {
  write({
    "key.json": { nett: true },
    "type.json": { limits: { wallMs: 0 } },
    "list.json": [],
    "child.json": { extends: "./key.json" },
  });
  await refuses("key.json", 'policy key.json: unknown key "nett"\nhint: did you mean "net"?');
  await refuses("child.json", 'policy key.json: unknown key "nett"\nhint: did you mean "net"?');
  await refuses("list.json", "policy list.json: must be an object");
  await refuses(
    "type.json",
    'policy type.json: /limits/wallMs must be milliseconds or a string such as "30s", from 1 ms to 24 h',
  );
  await refuses(
    { net: ["a/b"] },
    'policy object: /net/0: "a/b": is not host, host:port, *.host or [IPv6]:port',
  );
  await refuses({ nett: 1 } as PolicyInput, 'policy object: unknown key "nett"\nhint: did you mean "net"?');
});

test("a cycle of extends is printed", async () => {
  write({
    "a.json": { extends: "./b.json" },
    "b.json": { extends: ["strict", "./c.json"] },
    "c.json": { extends: "./a.json" },
    "self.json": { extends: "./self.json" },
  });
  await refuses("a.json", "policy a.json: extends itself: a.json -> b.json -> c.json -> a.json");
  await refuses("self.json", "policy self.json: extends itself: self.json -> self.json");
});

test("a chain of extends has a bound", async () => {
  write(
    Object.fromEntries(
      Array.from({ length: 20 }, (_, at) => [`chain${at}.json`, { extends: `./chain${at + 1}.json` }]),
    ),
  );
  await refuses("chain0.json", "policy chain0.json: extends more than 16 policies in a row");
});

test("a tree of extends has a bound", async () => {
  const leaves = Array.from({ length: 80 }, (_, at) => `leaf${at}.json`);
  const twigs = Array.from({ length: 8 }, (_, at) => `twig${at}.json`);
  write(Object.fromEntries(leaves.map((leaf) => [leaf, {}])));
  write(
    Object.fromEntries(twigs.map((twig, at) => [twig, { extends: leaves.slice(at * 10, at * 10 + 10) }])),
  );
  write({ "tree.json": { extends: twigs } });
  await refuses("tree.json", "policy tree.json: extends more than 64 policies");
});

test.run();
