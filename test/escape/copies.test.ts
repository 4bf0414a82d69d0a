import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "uvu";
import * as assert from "uvu/assert";

import { PythonExecutor } from "../../src/index.ts";
import { runProgram } from "../support/program.ts";
import { timed } from "../support/timed.ts";
import { MARK } from "./attack.ts";
import { attackOn, WAYS } from "./copies.ts";

/* A cell cannot harm the copy of its session that would take over from it; outside the same program harms its victim. */

const executor = await PythonExecutor.create({
  policy: "open",
  python: "/usr/bin/python3",
  overlay: { limits: { memoryBytes: "256MiB" } },
});
const OTHERS = "[int(p) for p in os.listdir('/proc') if p.isdigit() and int(p) not in (1, os.getpid())]";
const DEATH = "os._exit(7)";

for (const way of Object.keys(WAYS) as (keyof typeof WAYS)[]) {
  test(`a copy is out of reach of: ${way}`, async () => {
    await using session = await executor.createSession();
    await session.runCode("kept = [1, 2, 3]");
    const attack = await timed(20_000, "the attack", session.runCode(attackOn(OTHERS, way)));
    assert.not.match(attack.logs.stdout, MARK, attack.logs.stdout);
    assert.match(attack.logs.stdout, /PermissionError|OSError/, attack.error?.traceback);
    await session.runCode("kept.append(4)");
    const died = await timed(20_000, "the death", session.runCode(`import os\n${DEATH}`));
    assert.equal([died.error?.kind, died.state], ["exit", "rolledBack"]);
    const after = await timed(20_000, "the next cell", session.runCode("kept"));
    assert.equal(after.output, [1, 2, 3, 4]);
  });

  // What would kill everything on this machine has no control here.
  if (way === "kill of everything") continue;
  test(`control: outside, it works: ${way}`, async () => {
    const victim = spawn("/usr/bin/python3", ["-c", "import time; print(flush=True); time.sleep(60)"], {
      detached: true,
      stdio: ["ignore", "pipe", "ignore"],
    });
    try {
      await once(victim.stdout, "data");
      const { stdout } = await runProgram("/usr/bin/python3", ["-c", attackOn(`[${victim.pid}]`, way)]);
      assert.match(stdout, `${MARK} ${victim.pid}`, stdout);
    } finally {
      victim.kill("SIGKILL");
    }
  });
}

/** What a cell does to the machinery of copies just before it dies; the state before it must come back. */
const DYING: Readonly<Record<string, string>> = {
  "a child that holds every pipe and socket open": "if os.fork() == 0: time.sleep(1000)\nos._exit(7)",
  "children that lead groups and sessions of their own":
    "for _ in range(5):\n  if os.fork() == 0:\n    os.setsid(); time.sleep(1000)\nos._exit(7)",
  "a fork bomb": "while True:\n  try:\n    os.fork()\n  except OSError:\n    os._exit(7)",
  "half a line on every socket":
    'for fd in range(3, 64):\n  try: os.write(fd, b\'{"type":"result","id":\')\n  except OSError: pass\nos._exit(7)',
  "every descriptor closed": "os.closerange(0, 4096)\nos._exit(7)",
  "every descriptor a copy of another":
    "for fd in range(3, 64):\n  try: os.dup2(1, fd)\n  except OSError: pass\nos._exit(7)",
  "a kill by its own hand": "os.kill(os.getpid(), 9)",
  "a stop and a kill": "os.kill(os.getpid(), signal.SIGSTOP)\ntime.sleep(100)",
  "a handler for every signal":
    "for n in range(1, 64):\n  try: signal.signal(n, lambda *a: None)\n  except (OSError, ValueError): pass\nos.abort()",
  "memory without end":
    "x = []\nimport mmap\nwhile True:\n  m = mmap.mmap(-1, 1 << 24); m.write(b'x' * (1 << 24)); x.append(m)",
};

for (const [what, code] of Object.entries(DYING)) {
  test(`the state of before comes back after ${what}`, async () => {
    await using session = await executor.createSession();
    await session.runCode("import os, time, signal\nkept = {'a': [1, 2, 3]}");
    const died = await timed(
      30_000,
      "the death",
      session.runCode(`kept.clear()\n${code}`, { timeoutMs: 3_000 }),
    );
    assert.not(died.ok);
    if (died.error?.kind !== "exception" && died.error?.kind !== "memory") {
      assert.is(died.state, "rolledBack", died.error?.message);
      assert.equal((await timed(20_000, "the next cell", session.runCode("kept"))).output, { a: [1, 2, 3] });
    }
    assert.equal((await timed(20_000, "the processes", session.runCode(`len(${OTHERS}) <= 2`))).output, true);
  });
}

test("the executor ends", () => executor.close());

test.run();
