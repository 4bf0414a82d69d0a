// @limit 400
import { test } from "uvu";
import * as assert from "uvu/assert";

import { type Execution, PythonExecutor, type Session } from "../../src/index.ts";
import { requires } from "../support/requires.ts";
import { timed } from "../support/timed.ts";
import { type Attack, MARK, readAttacks } from "./attack.ts";
import { Host } from "./host.ts";

/**
 * Every program of attacks/ runs twice: as a plain program, where it must get what it wants (else it proves nothing),
 * and in a session, where it must be refused in the way that its header says, and the session must work afterwards.
 */
const attacks = readAttacks();
const isRoot = process.getuid?.() === 0;
const machine = process.arch === "x64" ? "x86_64" : "aarch64";

let host: Host;
const executors = new Map<string, PythonExecutor>();

test.before(async () => {
  host = await Host.open();
});

test.after(async () => {
  await Promise.all([...executors.values()].map((executor) => executor.close()));
  await host[Symbol.asyncDispose]();
});

for (const attack of attacks) {
  const elsewhere = attack.machine !== undefined && attack.machine !== machine;
  const here = requires(elsewhere ? `${attack.name} needs ${attack.machine}` : undefined) ? test : test.skip;
  const missing =
    attack.control?.includes("root") && !isRoot ? `the control of ${attack.name} needs root` : undefined;
  (!elsewhere && requires(missing) ? test : test.skip)(`${attack.name} works outside`, async () => {
    const { stdout, stderr } = await host.control(attack);
    if (attack.control === "ENOSYS") return assert.match(stdout, /ENOSYS|ATTACK-SUCCEEDED/);
    assert.match(stdout, MARK, `${stdout}${stderr}`);
    for (const way of ways(attack)) assert.match(stdout, `${MARK} ${way}`, `${stdout}${stderr}`);
  });
  for (const policy of attack.policies) {
    here(`${attack.name} is stopped under ${policy} by: ${attack.layer}`, async () => {
      const executor = await executorOf(policy, attack.asShipped);
      await using session = await executor.createSession({ argv: [attack.file, ...host.arguments("jail")] });
      const execution = await timed(attack.timeoutMs + 30_000, attack.name, run(session, attack));
      judge(attack, policy, execution);
      assert.is((await timed(25_000, "the next cell", session.runCode("1 + 1"))).output, 2);
      await using next = await timed(25_000, "the next session", executor.createSession());
      assert.is((await timed(25_000, "its first cell", next.runCode("1 + 2"))).output, 3);
    });
  }
}

/** The ways in that a header names one by one; each must be shown to be one. */
const ways = (attack: Attack): string[] =>
  attack.expected
    .flatMap((pattern) => /^refused (\S+) \S+$/.exec(pattern)?.[1] ?? [])
    .filter((way) => way !== "after" && !attack.lacks.includes(way) && (way !== "shadow" || isRoot));

const executorOf = async (policy: string, asShipped: boolean): Promise<PythonExecutor> => {
  const key = `${policy} ${asShipped}`;
  const overlay = asShipped ? {} : { import: true, ffi: true };
  const executor = executors.get(key) ?? (await PythonExecutor.create({ policy, overlay }));
  executors.set(key, executor);
  return executor;
};

const run = (session: Session, { source, timeoutMs }: Attack) => session.runCode(source, { timeoutMs });

const judge = (attack: Attack, policy: string, execution: Execution): void => {
  const { logs, error, denials, state, truncated } = execution;
  const told = `stdout: ${logs.stdout.slice(-2000)}\nstderr: ${logs.stderr.slice(-500)}\nerror: ${error?.traceback}`;
  assert.not.match(logs.stdout, MARK, told);
  assert.not.match(logs.stdout, host.secretText, told);
  if (attack.error) assert.match(`${error?.kind} ${error?.name}`, new RegExp(`^${attack.error}`), told);
  else assert.is(error, undefined, told);
  for (const line of attack.expected) assert.match(logs.stdout, new RegExp(`^${line}$`, "m"), told);
  if (attack.state) assert.is(state, attack.state, told);
  if (attack.cut) assert.ok(truncated[attack.cut as "stdout" | "stderr"] > 0, told);
  assert.ok(logs.stdout.length + logs.stderr.length < 110_000, "the output is bounded");
  if (attack.denial && (attack.denialUnder ?? policy) === policy) {
    assert.ok(
      denials.some(({ permission }) => permission === attack.denial),
      told,
    );
  }
};

test.run();
