import { test } from "uvu";
import * as assert from "uvu/assert";

import { policyCommand } from "../../src/cli/policy.ts";
import { checkPolicy } from "../../src/policy/check.ts";

const run = async (...args: string[]) => {
  const said = { status: 0, stdout: "", stderr: "" };
  said.status = await policyCommand(args, {
    stdout: (text) => {
      said.stdout += text;
    },
    stderr: (text) => {
      said.stderr += text;
    },
    cwd: "/base",
  });
  return said;
};

test("list names the shipped policies and what they are for", async () => {
  const { status, stdout, stderr } = await run("list");
  assert.equal([status, stderr], [0, ""]);
  assert.equal(
    stdout.split("\n").map((line) => line.split(" ", 1)[0]),
    ["strict", "data", "open", ""],
  );
});

test("show prints the resolved policy as a policy file", async () => {
  const { status, stdout } = await run("show", "strict");
  assert.is(status, 0);
  const shown = JSON.parse(stdout);
  assert.is(checkPolicy(shown), undefined);
  assert.equal([shown.name, shown.net, shown.limits.memoryBytes], ["strict", false, 512 * 2 ** 20]);
});

test("flags are laid over the policy, their paths start at the working directory", async () => {
  const { stdout } = await run("show", "--allow-read=./data", "strict", "-N=example.com:443", "--timeout=1m");
  const shown = JSON.parse(stdout);
  assert.equal([shown.read, shown.net, shown.limits.wallMs], [["/base/data"], ["example.com:443"], 60_000]);
});

test("explain prints sentences", async () => {
  const { status, stdout } = await run("explain", "open");
  assert.is(status, 0);
  assert.match(stdout, /^Policy open\. .*\nA cell may import every module\.\n {2}why: /);
});

test("help is no error", async () => {
  const { status, stdout } = await run("--help");
  assert.is(status, 0);
  assert.match(stdout, /^usage: vivarium policy show NAME/);
});

const VERBS = "hint: write policy show NAME, policy explain NAME or policy list\n";

const BAD: readonly (readonly [args: string[], stderr: string])[] = [
  [[], `vivarium: policy: says nothing to do\n${VERBS}`],
  [["sho"], `vivarium: policy: has no sub-command "sho"\n${VERBS}`],
  [["show"], "vivarium: policy show: names no policy\nhint: write policy show strict\n"],
  [["show", "strict", "data"], 'vivarium: policy show: takes one policy, got "data" too\n'],
  [["explain", "strict", "--json"], "vivarium: policy explain: no such option: --json\n"],
  [["list", "strict"], 'vivarium: policy list: takes no argument, got "strict"\n'],
  [
    ["show", "strict", "--allow-nett"],
    "vivarium: --allow-nett: no such permission\nhint: did you mean --allow-net?\n",
  ],
  [["show", "./none.json"], "vivarium: policy none.json: no such file\n"],
  [
    ["show", "stict"],
    'vivarium: no policy is called "stict"\nhint: did you mean "strict"? shipped policies are strict, data, open; write a file as a path, such as ./mine.json\n',
  ],
];

for (const [args, stderr] of BAD) {
  test(`policy ${args.join(" ")} is refused with status 2`, async () => {
    assert.equal(await run(...args), { status: 2, stdout: "", stderr });
  });
}

test.run();
