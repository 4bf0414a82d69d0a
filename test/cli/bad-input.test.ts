// @limit 300
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { test } from "uvu";
import * as assert from "uvu/assert";

import { cliCommand, cliScript, runCli } from "../support/cli.ts";
import { oldPython } from "../support/old-python.ts";
import { runProgram } from "../support/program.ts";
import { requires } from "../support/requires.ts";
import { asNobody, nobodyMissing } from "../support/run-as.ts";
import { timed } from "../support/timed.ts";
import { type Files, inPlace } from "./place.ts";

/** Bad input, and the whole of what is said about it: one line and, where something helps, a hint. */
const BAD: readonly (readonly [
  what: string,
  files: Files,
  args: readonly string[],
  status: number,
  stderr: string | RegExp,
])[] = [
  [
    "no file at all",
    {},
    [],
    2,
    "vivarium: run: names no file\nhint: write vivarium run FILE, or - for standard input\n",
  ],
  ["a missing file", {}, ["a.py"], 2, "vivarium: a.py: no such file\n"],
  [
    "a file below a file",
    { a: "" },
    ["a/b.py"],
    2,
    "vivarium: a/b.py: no such file: a part of the path is not a folder\n",
  ],
  ["a directory", { d: null }, ["d"], 2, "vivarium: d: is a directory\n"],
  ["a name that is too long", {}, ["a".repeat(5000)], 2, /^vivarium: a{5000}: the name is too long\n$/],
  ["a name with a NUL's neighbour", {}, ["\u0001.py"], 2, /^vivarium: .*no such file\n$/],
  [
    "Latin-1",
    { "a.py": Buffer.from("# caf\xe9\nprint(1)\n", "latin1") },
    ["a.py"],
    2,
    "vivarium: a.py: not UTF-8: byte 5 does not belong to a character\nhint: save the file as UTF-8; other encodings are not read\n",
  ],
  [
    "UTF-16",
    { "a.py": Buffer.from("\ufeffprint(1)", "utf16le") },
    ["a.py"],
    2,
    /^vivarium: a\.py: not UTF-8: byte 0 does not belong to a character\nhint: .*\n$/,
  ],
  [
    "a character cut at the end",
    { "a.py": Buffer.from([0x23, 0xe2, 0x82]) },
    ["a.py"],
    2,
    /^vivarium: a\.py: not UTF-8: byte 1 /,
  ],
  ["NUL bytes", { "a.py": "x = 1\0\n" }, ["a.py"], 1, /SyntaxError: .*null bytes\n$/],
  [
    "10 MB of source",
    { "a.py": "x=1\n".repeat(2_500_000) },
    ["a.py"],
    1,
    /^SyntaxError: source is too long: \d+ bytes; the policy's sourceBytes is 1048576\n$/,
  ],
  [
    "10 MB that are not UTF-8",
    { "a.py": Buffer.alloc(10_000_000, 0xff) },
    ["a.py"],
    1,
    /SyntaxError: source is too long/,
  ],
  [
    "100,000 nested brackets",
    { "a.py": "(".repeat(100_000) + ")".repeat(100_000) },
    ["a.py"],
    1,
    /^ {2}File "a\.py".*\n(.*\n)*(SyntaxError|MemoryError): .*\n$/,
  ],
  [
    "a line of 300,000 characters with an error in it",
    { "a.py": `x = "${"a".repeat(300_000)}" +` },
    ["a.py"],
    1,
    /SyntaxError/,
  ],
  [
    "a policy file that is missing",
    { "a.py": "1" },
    ["--policy=./p.json", "a.py"],
    2,
    /^vivarium: policy .*p\.json: .+\n(hint: .*\n)?$/,
  ],
  [
    "a policy file that is a directory",
    { "a.py": "1", "p.json": null },
    ["--policy=p.json", "a.py"],
    2,
    /^vivarium: policy .*p\.json: .+\n(hint: .*\n)?$/,
  ],
  [
    "a policy file that is no JSON",
    { "a.py": "1", "p.json": "{" },
    ["--policy=p.json", "a.py"],
    2,
    /^vivarium: policy .*p\.json: .+\n(hint: .*\n)?$/,
  ],
  [
    "a policy file with an unknown key",
    { "a.py": "1", "p.json": '{"reed": true}' },
    ["--policy=p.json", "a.py"],
    2,
    /^vivarium: policy .*p\.json: .*reed.*\n(hint: .*\n)?$/,
  ],
  [
    "a policy file with a wrong type",
    { "a.py": "1", "p.json": '{"limits": {"wallMs": []}}' },
    ["--policy=p.json", "a.py"],
    2,
    /^vivarium: policy .*p\.json: \/limits\/wallMs .*\n(hint: .*\n)?$/,
  ],
  [
    "policies that extend one another",
    { "a.py": "1", "p.json": '{"extends": "./q.json"}', "q.json": '{"extends": "./p.json"}' },
    ["--policy=p.json", "a.py"],
    2,
    /^vivarium: policy .*p\.json: extends itself: .* -> .*\n$/,
  ],
  [
    "an unknown policy name",
    { "a.py": "1" },
    ["--policy=strickt", "a.py"],
    2,
    /^vivarium: .*strickt.*\n(hint: .*strict.*\n)?$/,
  ],
  [
    "a missing Python",
    { "a.py": "1" },
    ["--python=no-such-python", "a.py"],
    125,
    /^vivarium: no Python: no-such-python: not found on PATH\nhint: .*\n$/,
  ],
  [
    "a Python that is none",
    { "a.py": "1" },
    ["--python=/bin/echo", "a.py"],
    125,
    /^vivarium: .*echo.*\n(hint: .*\n)?$/,
  ],
  [
    "a Python that is a directory",
    { "a.py": "1" },
    ["--python=/tmp", "a.py"],
    125,
    /^vivarium: no Python: \/tmp: no such program\nhint: .*\n$/,
  ],
];

for (const [what, files, args, status, stderr] of BAD) {
  inPlace(`${what} is said in one line, exit status ${status}`, files, async ({ run }) => {
    const ran = await run(...args);
    assert.equal([ran.status, ran.stdout], [status, ""], ran.stderr.slice(0, 2000));
    if (typeof stderr === "string") assert.is(ran.stderr, stderr);
    else assert.match(ran.stderr, stderr);
    assert.ok(ran.stderr.length < 20_000, `${ran.stderr.length} characters`);
  });
}

const PRINTS = { "a.py": "print('ran')" };

inPlace("a PATH without Python still finds Debian's, if it is there", PRINTS, async ({ folder, env }) => {
  const ran = await runCli(["run", "a.py"], { cwd: folder, env: { ...env, PATH: "/nowhere" } });
  if (existsSync("/usr/bin/python3")) assert.equal([ran.status, ran.stdout], [0, "ran\n"], ran.stderr);
  else assert.is(ran.status, 125);
});

inPlace("a Python that is too old is named, exit status 125", PRINTS, async ({ folder, run }) => {
  const ran = await run(`--python=${oldPython(folder)}`, "a.py");
  assert.equal([ran.status, ran.stdout], [125, ""]);
  assert.match(
    ran.stderr,
    /^vivarium: .*Python 3\.8 at .* is too old, 3\.9 or later is needed\nhint: .*--python.*\n$/,
  );
});

/** Hosts that refuse what isolation needs: played by a seccomp filter around the whole command. */
const HOSTS: readonly (readonly [what: string, calls: string, error: string, stderr: RegExp])[] = [
  [
    "that forbids namespaces",
    "unshare,clone,clone3",
    "EPERM",
    /^vivarium: .*cannot isolate a session: .*\nhint: .*namespaces.*\n$/,
  ],
  [
    "without Landlock",
    "landlock_create_ruleset,landlock_add_rule,landlock_restrict_self",
    "ENOSYS",
    /^vivarium: .*cannot isolate a session: .*Landlock.*\nhint: .*[Ll]andlock.*\n$/,
  ],
  [
    "whose Landlock is switched off",
    "landlock_create_ruleset,landlock_add_rule,landlock_restrict_self",
    "EOPNOTSUPP",
    /^vivarium: .*cannot isolate a session: .*Landlock.*\nhint: .*[Ll]andlock.*\n$/,
  ],
];

const WITHOUT = fileURLToPath(new URL("../support/without_syscalls.py", import.meta.url));

for (const [what, calls, error, stderr] of HOSTS) {
  const said = `a host ${what} is said in one line with a hint, exit status 125`;
  inPlace(said, PRINTS, async ({ folder, env }) => {
    const command = [WITHOUT, error, calls, ...cliCommand(), "run", "a.py"];
    const ran = await runProgram("/usr/bin/python3", command, { cwd: folder, env });
    assert.equal([ran.status, ran.stdout], [125, ""], ran.stderr);
    assert.match(ran.stderr, stderr);
  });

  (requires(nobodyMissing()) ? test : test.skip)(
    `an unprivileged user of a host ${what} is told the same`,
    () =>
      timed(120_000, what, async () => {
        using nobody = asNobody();
        const without = join(nobody.repo, "test/support/without_syscalls.py");
        const ran = await nobody.run(
          "/usr/bin/python3",
          [without, error, calls, ...nobody.command(cliScript()), "run", "-"],
          { input: "print('ran')", cwd: nobody.repo },
        );
        assert.equal([ran.status, ran.stdout], [125, ""], ran.stderr);
        assert.match(ran.stderr, stderr);
      }),
  );
}

test("the filter around the command is no hindrance where it refuses nothing that is needed", async () => {
  const ran = await runProgram(
    "/usr/bin/python3",
    [WITHOUT, "ENOSYS", "clone3", ...cliCommand(), "run", "-"],
    { input: "print('ran')" },
  );
  assert.equal([ran.status, ran.stdout, ran.stderr], [0, "ran\n", ""]);
});

test.run();
