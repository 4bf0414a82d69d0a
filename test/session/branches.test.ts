import { test } from "uvu";
import * as assert from "uvu/assert";

import { GuestError, type Session, UsageError } from "../../src/index.ts";
import { rejects } from "../support/rejects.ts";
import { timed } from "../support/timed.ts";
import { answers, ok, outputOf, withSessions } from "./fixture.ts";
import { connected, error, type FakeWire, result } from "./wire.ts";

/* First against a scripted keeper, for the order of things; then with real branches. */

const within = (name: string, body: () => Promise<void>): void => {
  test(name, () => timed(10_000, name, body));
};

const forked = async (count = 2): Promise<{ wire: FakeWire; session: Session; branches: Session[] }> => {
  const { wire, session } = await connected();
  const forking = session.fork(count);
  await wire.answer("fork");
  return { wire, session, branches: await forking };
};

within("a fork is asked once, and its branches are addressed by number", async () => {
  const { wire, session, branches } = await forked();
  const [first, second] = branches as [Session, Session];
  assert.equal((await wire.command("fork")).into, [1, 2]);
  const runs = [session, first, second].map((each) => each.runCode("1"));
  assert.equal(
    wire.sent.slice(1).map((command) => (command as { branch?: number }).branch),
    [undefined, 1, 2],
  );
  // Each in its own time, and the last one first.
  for (const nth of [3, 2, 1]) await wire.answer("run", { output: nth, text: String(nth) }, nth);
  assert.equal(
    (await Promise.all(runs)).map(({ output }) => output),
    [1, 2, 3],
  );
});

within("a branch goes on counting cells where it began, and has the tools that were set", async () => {
  const { wire, session } = await connected({ tools: { f: { execute: () => 1 } } });
  const run = session.runCode("1");
  await wire.answer("run");
  await run;
  const forking = session.fork(1);
  await wire.answer("fork");
  const [branch] = (await forking) as [Session];
  const second = branch.runCode("2");
  assert.is((await wire.command("run", 2)).filename, "<cell 2>");
  await wire.answer("run", {}, 2);
  assert.is((await second).executionCount, 2);
  assert.match(branch.toolStubs(), /^def f\(/);
});

within(
  "a fork that the keeper refuses is the caller's to hear of, and its numbers are not used again",
  async () => {
    const { wire, session } = await connected();
    const forking = session.fork(3);
    await wire.answer("fork", error("ForkError", "a session has at most 3 branches"));
    await rejects(forking, UsageError, "fork: a session has at most 3 branches");
    const again = session.fork(1);
    assert.equal((await wire.command("fork", 2)).into, [4]);
    await wire.answer("fork", {}, 2);
    assert.is((await again).length, 1);
  },
);

for (const count of [0, -1, 1.5, 1001, Number.NaN, "2"]) {
  within(`fork(${JSON.stringify(count)}) is the caller's error`, async () => {
    const { wire, session } = await connected();
    await rejects(session.fork(count as number), UsageError, /^fork: count is /);
    assert.equal(wire.types, []);
  });
}

within("closing a branch ends it alone, and closing the last one ends the session", async () => {
  const { wire, session, branches } = await forked();
  const [first, second] = branches as [Session, Session];
  await session.close();
  assert.equal(wire.sent.at(-1), { type: "close" });
  await first.close();
  await first.close();
  assert.equal(wire.sent.at(-1), { type: "close", branch: 1 });
  await rejects(first.runCode("1"), UsageError, "session used after close");
  const run = second.runCode("1");
  await wire.answer("run");
  assert.ok((await run).ok);
  assert.is(wire.closed, 0);
  await second.close();
  assert.is(wire.closed, 1);
});

within("what a branch said before it heard that it was closed is ignored", async () => {
  const { wire, session, branches } = await forked();
  const [first] = branches as [Session];
  const lost = first.runCode("1");
  const { id } = await wire.command("run");
  await first.close();
  await rejects(lost, UsageError, "session used after close");
  wire.say({ type: "stdout", id, branch: 1, text: "late" }, result({ id, branch: 1 }));
  const run = session.runCode("2");
  await wire.answer("run", {}, 2);
  assert.ok((await run).ok);
});

within("the end of the line ends every branch", async () => {
  const { wire, session, branches } = await forked();
  const runs = [session, ...branches].map((each) => each.runCode("1"));
  wire.end("its process ended");
  for (const run of runs) await rejects(run, GuestError, "session ended: its process ended");
  for (const each of [session, ...branches]) {
    assert.is(await each.ended, "session ended: its process ended");
    await each.close();
  }
});

within("a branch is adopted when both are done with what was sent before", async () => {
  const { wire, session, branches } = await forked();
  const [first, second] = branches as [Session, Session];
  const before = first.runCode("before");
  const adopting = session.adopt(first);
  const after = first.runCode("after");
  const next = session.runCode("next");
  assert.equal(wire.types, ["fork", "run"]);
  await wire.answer("run");
  assert.ok((await before).ok);
  assert.is((await wire.command("adopt")).from, 1);
  assert.equal(wire.types, ["fork", "run", "adopt"]);
  await wire.answer("adopt");
  await adopting;
  await rejects(after, UsageError, "session was adopted");
  await rejects(first.runCode("1"), UsageError, "session was adopted");
  assert.is(await first.ended, "session was adopted");
  await first.close();
  await wire.answer("run", {}, 2);
  // The branch had run one cell, and so the number after it is free.
  assert.is((await next).executionCount, 2);
  assert.is((await wire.command("run", 2)).branch, undefined);
  assert.not(wire.types.includes("close"), "an adopted branch is over without a word");
  await second.close();
});

within("an adoption that fails leaves both as they are", async () => {
  const { wire, session, branches } = await forked();
  const [first] = branches as [Session];
  const adopting = session.adopt(first);
  const waiting = first.runCode("1");
  await wire.answer("adopt", error("AdoptError", "the branch is gone"));
  await rejects(adopting, UsageError, "adopt: the branch is gone");
  await wire.answer("run");
  assert.ok((await waiting).ok);
});

within("an adoption that is given up while it waits lets the branch go on", async () => {
  const { wire, session, branches } = await forked();
  const [first] = branches as [Session];
  const busy = session.runCode("1");
  const aborts = new AbortController();
  const adopting = session.adopt(first, { signal: aborts.signal });
  const held = first.runCode("2");
  assert.equal(wire.types, ["fork", "run"]);
  aborts.abort(new RangeError("no more"));
  await rejects(adopting, RangeError, "no more");
  await wire.answer("run", {}, 2);
  await wire.answer("run");
  assert.ok((await held).ok);
  assert.ok((await busy).ok);
});

within("branches that adopt one another do not wait for ever: the first to ask wins", async () => {
  const { wire, branches } = await forked();
  const [first, second] = branches as [Session, Session];
  const one = first.adopt(second);
  const other = second.adopt(first);
  await wire.answer("adopt");
  await one;
  await rejects(other, UsageError, "session was adopted");
  const run = first.runCode("1");
  await wire.answer("run");
  assert.ok((await run).ok);
});

within("a branch that is closed while it is to be adopted fails the adoption", async () => {
  const { wire, session, branches } = await forked();
  const [first] = branches as [Session];
  const busy = first.runCode("1");
  const adopting = session.adopt(first);
  await first.close();
  await rejects(busy, UsageError, "session used after close");
  await rejects(adopting, UsageError, "session used after close");
  const run = session.runCode("2");
  await wire.answer("run", {}, 2);
  assert.ok((await run).ok);
});

within("only another branch of the same session can be adopted", async () => {
  const { session } = await connected();
  const { session: stranger } = await connected();
  for (const bad of [session, stranger, {}, undefined]) {
    await rejects(session.adopt(bad as Session), UsageError, "adopt: not another branch of this session");
  }
});

const { inSession } = withSessions();

inSession("branches begin with the same state and go their own ways", async (session) => {
  await ok(session, "x = [1]");
  const branches = await session.fork(3);
  await Promise.all(branches.map((branch, index) => ok(branch, `x.append(${index})`)));
  assert.equal(await Promise.all(branches.map((branch) => outputOf(branch, "x"))), [
    [1, 0],
    [1, 1],
    [1, 2],
  ]);
  await answers(session, "x", [1]);
  await session.adopt(branches[1] as Session);
  await answers(session, "x", [1, 1]);
  await rejects((branches[1] as Session).runCode("1"), UsageError, "session was adopted");
  await answers(branches[2] as Session, "x", [1, 2]);
});

inSession("a branch outlives the session that it was made from", async (session) => {
  await ok(session, "x = 5");
  const [branch] = (await session.fork(1)) as [Session];
  await session.close();
  await answers(branch, "x", 5);
  await branch.close();
  await rejects(branch.runCode("1"), UsageError, "session used after close");
});

inSession("branches run at the same time, and one that hangs holds up no other", async (session) => {
  const [busy, free] = (await session.fork(2)) as [Session, Session];
  const aborts = new AbortController();
  const hanging = busy.runCode("while True: pass", { signal: aborts.signal });
  await answers(free);
  await answers(session);
  aborts.abort();
  assert.is((await hanging).error?.kind, "interrupted");
});

inSession("a branch of a branch can be adopted by the first one", async (session) => {
  const [child] = (await session.fork(1)) as [Session];
  await ok(child, "x = 1");
  const [grandchild] = (await child.fork(1)) as [Session];
  await ok(grandchild, "x += 1");
  await session.adopt(grandchild);
  await answers(session, "x", 2);
  await answers(child, "x", 1);
});

test.run();
