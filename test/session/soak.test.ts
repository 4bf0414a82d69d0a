// @limit 300
import { test } from "uvu";
import * as assert from "uvu/assert";

import { generator } from "../../bench/random.ts";
import { PythonExecutor, type Session } from "../../src/index.ts";
import { gone, type Process, runtimeProcesses } from "../support/processes.ts";
import { timed } from "../support/timed.ts";

/* Sessions whose workers die at any moment: none is lost, no state is wrong, nothing is left. `npm run soak` has more. */

const CELLS = 300;
const SESSIONS = 6;
const SEED = Number(process.env.VIVARIUM_SEED ?? Math.floor(Math.random() * 2 ** 32));

/** A cell that spoils the state and then dies: at once, in a thread a little later, in native code, or out of reach. */
const DEATHS: readonly ((ms: number) => string)[] = [
  () => "os.kill(os.getpid(), 9)",
  () => "os._exit(3)",
  () => "os.abort()",
  () => "ctypes.string_at(0)",
  (ms) =>
    `threading.Thread(target=lambda: (time.sleep(${ms / 1000}), os.kill(os.getpid(), 9))).start()\nwhile True: count -= 1`,
  (ms) =>
    `if os.fork() == 0:\n  time.sleep(${ms / 1000})\n  os.kill(os.getppid(), 9)\nwhile True: count -= 1`,
];

test(`300 cells over 6 sessions and their branches, killed at random (VIVARIUM_SEED=${SEED})`, () =>
  timed(200_000, "the soak", async () => {
    const told = { kept: 0, rolledBack: 0, lost: 0 };
    await using executor = await PythonExecutor.create({
      policy: "open",
      overlay: { limits: { graceMs: 200, wallMs: 20_000 } },
    });
    const before = new Set(runtimeProcesses().map(({ identity }) => identity));
    const seen = new Map<string, Process>();
    const look = (): void => {
      for (const found of runtimeProcesses())
        if (!before.has(found.identity)) seen.set(found.identity, found);
    };

    const soak = async (session: Session, random: () => number): Promise<void> => {
      let expected = 0;
      await session.runCode("import ctypes, os, threading, time\ncount = 0\npile = []");
      for (let cell = 0; cell < CELLS / SESSIONS; cell++) {
        const chance = random();
        if (chance < 0.2) {
          const death = DEATHS[Math.floor(random() * DEATHS.length)] as (typeof DEATHS)[number];
          const { state, ok } = await session.runCode(`count = -1\npile.clear()\n${death(random() * 4)}`);
          told[state] += 1;
          assert.equal([ok, state], [false, "rolledBack"]);
        } else if (chance < 0.3) {
          // A branch takes the place of its session, or is thrown away.
          const [branch] = (await session.fork(1)) as [Session];
          await branch.runCode("count += 1\npile.append(count)");
          if (random() < 0.5) {
            await session.adopt(branch);
            expected += 1;
          } else await branch.close();
        } else {
          const { ok, state, error } = await session.runCode("count += 1\npile.append(count)\ncount");
          told[state] += 1;
          assert.ok(ok, error?.traceback);
          expected += 1;
        }
        const { output } = await session.runCode("[count, len(pile)]");
        assert.equal(output, [expected, expected]);
        if (cell % 10 === 0) look();
      }
      look();
      await session.close();
    };

    const random = generator(SEED);
    const sessions = await Promise.all(Array.from({ length: SESSIONS }, () => executor.createSession()));
    const ends = await Promise.allSettled(sessions.map((session) => soak(session, random)));
    for (const end of ends) if (end.status === "rejected") throw end.reason;
    assert.is(told.lost, 0);
    assert.ok(told.rolledBack > 10, `${told.rolledBack} deaths`);
    await gone([...seen.values()]);
    // The zygote is ready for more.
    await using another = await executor.createSession();
    assert.is((await another.runCode("6 * 7")).output, 42);
  }));

test.run();
