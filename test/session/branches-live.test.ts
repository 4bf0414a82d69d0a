import { test } from "uvu";
import * as assert from "uvu/assert";

import { GuestError, type Session, UsageError } from "../../src/index.ts";
import { gone, type Process, runtimeProcesses } from "../support/processes.ts";
import { rejects } from "../support/rejects.ts";
import { timed } from "../support/timed.ts";
import { answers, ok, outputOf, withSessions } from "./fixture.ts";
import { KNOWN, killWorker } from "./workers.ts";

/* Many lives of one session: what they share, what they do not, and what is left when they end. */

const { executor, inSession } = withSessions({
  policy: "open",
  overlay: { limits: { wallMs: 10_000, graceMs: 300, memoryBytes: "512MiB" } },
});

const one = async (session: Session): Promise<Session> => (await session.fork(1))[0] as Session;

const xs = (sessions: readonly Session[]): Promise<unknown[]> =>
  Promise.all(sessions.map((each) => outputOf(each, "x")));

inSession("sixteen branches have what the session has, and none sees what another does", async (session) => {
  const names = "import random\nx = [0]\nclass A:\n  shared = []\na = A()\ndef f(): return a.shared";
  await ok(session, names);
  await session.setVariables({ given: new Map([[1, "one"]]) });
  const branches = await session.fork(16);
  assert.is(branches.length, 16);
  await Promise.all(
    branches.map((each, index) =>
      ok(each, `x.append(${index}); A.shared.append(${index}); y${index} = given[1]`),
    ),
  );
  for (const [index, each] of branches.entries()) {
    const code = `x, f(), y${index}, [n for n in globals() if n.startswith('y')]`;
    await answers(each, code, [[0, index], [index], "one", [`y${index}`]]);
  }
  await answers(session, "x, f()", [[0], []]);
});

inSession("there are only so many branches, and a refusal leaves none behind", async (session) => {
  await ok(session, "x = 1");
  await rejects(session.fork(32), UsageError, "fork: a session has at most 32 branches; 1 are there");
  const branches = await session.fork(31);
  await rejects(session.fork(1), UsageError, "fork: a session has at most 32 branches; 32 are there");
  await branches[3]?.close();
  const again = await one(session);
  assert.equal(await xs([session, ...branches.filter((_, index) => index !== 3), again]), Array(32).fill(1));
});

inSession("a fork of a fork of a fork has it all, when its parents are closed too", async (session) => {
  await ok(session, "x = [1]");
  const child = await one(session);
  await ok(child, "x.append(2)");
  const grandchild = await one(child);
  await ok(grandchild, "x.append(3)");
  await child.close();
  const last = await one(grandchild);
  await session.close();
  await grandchild.close();
  await ok(last, "x.append(4)");
  assert.is((await last.runCode("x.clear()\nimport os\nos._exit(1)")).state, "rolledBack");
  await answers(last, "x", [1, 2, 3, 4]);
  await last.close();
  await rejects(last.runCode("1"), UsageError, "session used after close");
});

for (const [how, death] of [
  ["by their own hand", "x.clear()\nimport os\nos._exit(1)"],
  ["by a signal", "x.clear()\nimport os\nos.kill(os.getpid(), 9)"],
  [
    "by a hard timeout",
    "x.clear()\nimport time\nwhile True:\n  try: time.sleep(100)\n  except BaseException: pass",
  ],
]) {
  inSession(`branches that share a checkpoint all die at once ${how}, and all come back`, async (session) => {
    await ok(session, "x = [1]");
    const all = [session, ...(await session.fork(12))];
    for (let round = 0; round < 2; round++) {
      const deaths = await Promise.all(
        all.map((each) => each.runCode(death as string, { timeoutMs: 2_000 })),
      );
      assert.equal(
        deaths.map(({ state }) => state),
        all.map(() => "rolledBack"),
      );
      assert.equal(
        await xs(all),
        all.map(() => [1]),
      );
    }
  });
}

inSession("branches of a state that has no checkpoint lose it each for itself", async (session) => {
  await ok(
    session,
    "import threading, os\nx = 1\nstop = threading.Event()\nt = threading.Thread(target=stop.wait)\nt.start()",
  );
  const [first, second] = (await session.fork(2)) as [Session, Session];
  // No thread came along, and the first cell of a branch is followed by a copy like any other.
  assert.is((await ok(first, "threading.active_count()")).unprotected, undefined);
  assert.is((await first.runCode("os._exit(1)")).state, "rolledBack");
  const { state, lost } = await second.runCode("os._exit(1)");
  assert.is(state, "lost");
  assert.ok(lost?.includes("x"));
  assert.equal(await xs([session, first]), [1, 1]);
});

inSession("one branch that is killed from outside is no other's loss", async (session) => {
  await ok(session, "x = 1");
  const [first, second] = (await session.fork(2)) as [Session, Session];
  await ok(first, `x = 2\n${KNOWN}`);
  await killWorker(first);
  assert.equal(await xs([session, first, second]), [1, 2, 1]);
});

inSession("random numbers differ between branches, and from those of the session", async (session) => {
  await ok(session, "import random\nrandom.seed(1)");
  const all = [session, ...(await session.fork(8))];
  const draw = () => Promise.all(all.map((each) => outputOf(each, "str(random.getrandbits(64))")));
  const drawn = [...(await draw()), ...(await draw())];
  assert.is(new Set(drawn).size, drawn.length);
});

inSession("branches share names of states that there were, and none that come", async (session) => {
  await ok(session, "x = 1");
  await session.checkpoint("shared");
  await ok(session, "x = 2");
  const branch = await one(session);
  await branch.restore("shared");
  await session.forget("shared");
  await branch.restore("shared");
  assert.equal(await xs([session, branch]), [2, 1]);
  await ok(branch, "x = 3");
  await branch.checkpoint("own");
  await rejects(session.restore("own"), UsageError, 'restore: there is no checkpoint "own"; there are: none');
  await session.adopt(branch);
  await session.restore("own");
  await answers(session, "x", 3);
});

inSession(
  "a branch is adopted with its state, and the one before is undone to",
  async (session) => {
    await ok(session, "x = 1");
    const branch = await one(session);
    await ok(branch, "x = 2");
    await session.adopt(branch);
    assert.is(await session.getVariable("x"), 2);
    assert.is((await session.runCode("x = 3\nimport os\nos._exit(1)")).state, "rolledBack");
    assert.is(await session.getVariable("x"), 2);
    await session.undo();
    assert.is(await session.getVariable("x"), 1);
  },
  { history: { count: 5 } },
);

inSession("adopting twice, oneself, a closed branch or a stranger is the caller's error", async (session) => {
  await ok(session, "x = 1");
  const [first, second] = (await session.fork(2)) as [Session, Session];
  await session.adopt(first);
  await rejects(session.adopt(first), UsageError, "session was adopted");
  await rejects(session.adopt(session), UsageError, "adopt: not another branch of this session");
  await second.close();
  await rejects(session.adopt(second), UsageError, "session used after close");
  await using stranger = await (await executor()).createSession();
  const theirs = await one(stranger);
  await rejects(session.adopt(theirs), UsageError, "adopt: not another branch of this session");
  await answers(theirs);
  await answers(session, "x", 1);
});

inSession("a branch that has just run, or has just died, can be adopted at once", async (session) => {
  await ok(session, "x = 0");
  for (let round = 1; round <= 10; round++) {
    const branch = await one(session);
    const death = round % 2 ? "" : "\nimport os\nos._exit(1)";
    await ok(branch, `x = ${round}`);
    void branch.runCode(`None${death}`);
    await session.adopt(branch);
    await answers(session, "x", round);
  }
});

inSession("a branch that is closed while it is being adopted costs the adoption at most", async (session) => {
  await ok(session, "x = 1");
  for (let round = 0; round < 20; round++) {
    const branch = await one(session);
    const run = branch.runCode("x = 2");
    const adopting = session.adopt(branch).then(
      () => undefined,
      (error: unknown) => error,
    );
    await run;
    if (round % 2) await new Promise(setImmediate);
    await branch.close();
    const error = await timed(3_000, "the adoption", adopting);
    if (error)
      assert.match(String(error), /^UsageError: (session used after close|adopt: there is no such branch)/);
    await ok(session, "x = 1");
  }
});

inSession(
  "a fork that is aborted leaves a session that works, and no branch without an owner",
  async (session) => {
    await ok(session, "x = 1");
    for (let round = 0; round < 10; round++) {
      const aborts = new AbortController();
      const forking = session.fork(4, { signal: aborts.signal });
      if (round % 2) await new Promise(setImmediate);
      aborts.abort(new RangeError("no more"));
      const branches = await forking.catch((error: unknown) => {
        assert.instance(error, RangeError);
        return [];
      });
      await Promise.all(branches.map((each) => each.close()));
      await answers(session, "x", 1);
    }
    const all = await session.fork(31);
    assert.is(all.length, 31);
  },
);

test("closing every branch, in any order, leaves no process", () =>
  timed(30_000, "closing", async () => {
    const started = await executor();
    const before = new Set(runtimeProcesses().map(({ identity }) => identity));
    for (const last of ["session", "branch", "together"]) {
      const session = await started.createSession({ history: { count: 3 } });
      await ok(session, "x = 1");
      const branches = await session.fork(6);
      await Promise.all(branches.map((each) => ok(each, "x = 2")));
      const made = runtimeProcesses().filter(({ identity }) => !before.has(identity));
      // A keeper, seven workers, and their states.
      assert.ok(made.length >= 8, `${made.length} processes`);
      if (last === "together") await Promise.all([session, ...branches].map((each) => each.close()));
      else {
        const order = last === "session" ? [...branches, session] : [session, ...branches];
        for (const each of order) await each.close();
      }
      await gone(made);
    }
  }));

inSession("a branch that is closed takes its own processes along, and no others", async (session) => {
  await ok(session, "x = 1");
  await session.getVariable("x");
  const look = (): Process[] => runtimeProcesses();
  const before = look();
  const [first, second] = (await session.fork(2)) as [Session, Session];
  await ok(first, "import os, time\nif os.fork() == 0: time.sleep(1000)");
  await ok(second, "import os, time\nif os.fork() == 0: time.sleep(1000)");
  await second.getVariable("x");
  const known = new Set(before.map(({ identity }) => identity));
  await first.close();
  await answers(second, "os.waitpid(-1, os.WNOHANG)", [0, 0]);
  await second.close();
  await answers(session, "x", 1);
  await session.getVariable("x");
  const left = look().filter(({ identity }) => !known.has(identity));
  // The session has made a new copy of itself since, and let the old one go.
  assert.ok(left.length <= 1, left.map(({ command }) => command).join("\n"));
});

inSession(
  "a process that leads a session of its own ends with its branch, and with no other",
  async (session) => {
    await ok(session, "import os, time");
    const [first, second] = (await session.fork(2)) as [Session, Session];
    const start = `read, write = os.pipe()
child = os.fork()
if child == 0:
  os.setsid()
  os.write(write, b'started')
  time.sleep(1000)
os.read(read, 7)`;
    for (const each of [first, second]) await ok(each, start);
    assert.is((await second.runCode("os._exit(1)")).state, "rolledBack");
    await answers(first, "os.waitpid(child, os.WNOHANG)", [0, 0]);
    await second.close();
    await answers(first, "os.waitpid(child, os.WNOHANG)", [0, 0]);
  },
);

inSession("the death of the keeper ends every branch, in words", async (session) => {
  await ok(session, "x = 1");
  const branches = await session.fork(2);
  const keeper = runtimeProcesses().find(({ parent, pid }, _, all) =>
    all.some((other) => other.parent === pid && all.some(({ pid }) => pid === parent)),
  );
  const running = branches.map((each) => each.runCode("while True: pass"));
  if (!keeper) throw new Error("no keeper");
  process.kill(keeper.pid, "SIGKILL");
  for (const each of running) await rejects(each, GuestError, /^session ended: /);
  for (const each of [session, ...branches]) await rejects(each.runCode("1"), GuestError, /^session ended: /);
});

test.run();
