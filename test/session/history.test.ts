import { test } from "uvu";
import * as assert from "uvu/assert";

import { type Session, UsageError } from "../../src/index.ts";
import { gone, runtimeProcesses } from "../support/processes.ts";
import { rejects } from "../support/rejects.ts";
import { answers, ok, outputOf, withSessions } from "./fixture.ts";
import { KNOWN, killWorker } from "./workers.ts";

/* How far undo goes, what counts as a step, what its bounds do, and what its errors say. */

const { executor: started, inSession } = withSessions({
  policy: "open",
  overlay: {
    import: { deny: ["socketserver"] },
    limits: { wallMs: 10_000, graceMs: 300, memoryBytes: "512MiB" },
  },
});

const NOTHING = "undo: no earlier state is kept; how many are, the session's history option says";

/** Cells that leave x at 1, 2, 3 ... */
const count = async (session: Session, last: number): Promise<void> => {
  for (let x = 1; x <= last; x++) await ok(session, `x = ${x}`);
};

/** Without a step of its own, which a cell would be. */
const xOf = (session: Session): Promise<unknown> => session.getVariable("x");

inSession(
  "undo goes back one cell at a time to the empty namespace, and no further",
  async (session) => {
    await count(session, 3);
    for (const x of [2, 1]) {
      await session.undo();
      assert.is(await xOf(session), x);
    }
    await session.undo();
    await rejects(xOf(session), UsageError, /^getVariable: /);
    await rejects(session.undo(), UsageError, NOTHING);
    await answers(session);
  },
  { history: { count: 10 } },
);

inSession(
  "undo goes on from where it went, also in a session with tools, which are those of now",
  async (session) => {
    await count(session, 4);
    await session.setTools({ two: { execute: () => 2 } });
    for (const x of [3, 2, 1]) {
      await session.undo();
      assert.is(await xOf(session), x);
    }
    await answers(session, "x, two(), 'one' in dir(__builtins__)", [1, 2, false]);
  },
  { history: { count: 10 }, tools: { one: { execute: () => 1 } } },
);

inSession(
  "what only looks is no step, and what sets variables is one",
  async (session) => {
    await count(session, 2);
    await session.variables();
    await session.complete("x");
    await session.checkpoint("here");
    await session.forget("here");
    await session.setVariables({ x: "set" });
    await session.undo();
    assert.is(await xOf(session), 2);
    await session.undo();
    assert.is(await xOf(session), 1);
  },
  { history: { count: 10 } },
);

inSession(
  "a cell that fails is a step, and one that was refused before it ran is none",
  async (session) => {
    await count(session, 2);
    assert.is((await session.runCode("x = 5\n1 / 0")).error?.name, "ZeroDivisionError");
    assert.is((await session.runCode("x = 6\nimport socketserver")).error?.kind, "import");
    await session.undo();
    assert.is(await xOf(session), 2);
  },
  { history: { count: 10 } },
);

inSession(
  "a cell that was rolled back is no step",
  async (session) => {
    await count(session, 2);
    assert.is((await session.runCode("import os\nos._exit(1)")).state, "rolledBack");
    await session.undo();
    assert.is(await xOf(session), 1);
  },
  { history: { count: 10 } },
);

inSession(
  "only so many states are kept as were asked for, and an undo beyond them changes nothing",
  async (session) => {
    await count(session, 6);
    const words = (depth: string) => `undo: ${depth} kept; how many are, the session's history option says`;
    await rejects(session.undo(3), UsageError, words("only 2 earlier states are"));
    assert.is(await xOf(session), 6);
    await session.undo();
    await rejects(session.undo(2), UsageError, words("one earlier state is"));
    await session.undo();
    assert.is(await xOf(session), 4);
    await rejects(session.undo(), UsageError, NOTHING);
    // Room is there again for what comes.
    await ok(session, "x = 7");
    await session.undo();
    assert.is(await xOf(session), 4);
  },
  { history: { count: 2 } },
);

inSession(
  "undo by many at once is one step back for each",
  async (session) => {
    await count(session, 8);
    await session.undo(5);
    assert.is(await xOf(session), 3);
    await session.undo(2);
    assert.is(await xOf(session), 1);
  },
  { history: { count: 20 } },
);

inSession(
  "a state that was not kept is a gap that undo refuses to stop at and can pass",
  async (session) => {
    await count(session, 2);
    const { unprotected } = await ok(
      session,
      "import threading\nstop = threading.Event()\nt = threading.Thread(target=stop.wait)\nt.start()",
    );
    assert.type(unprotected, "string");
    await ok(session, "stop.set()\nt.join()\nx = 4");
    await rejects(session.undo(), UsageError, "undo: there is no checkpoint of that state");
    assert.is(await xOf(session), 4);
    await session.undo(2);
    assert.is(await xOf(session), 2);
    await answers(session, "'threading' in globals()", false);
  },
  { history: { count: 10 } },
);

inSession(
  "where nothing is kept unasked there is nothing to undo to",
  async (session) => {
    await count(session, 3);
    await rejects(session.undo(), UsageError, "undo: there is no checkpoint of that state");
    assert.is(await xOf(session), 3);
  },
  { history: { count: 10 }, checkpoint: "never" },
);

inSession(
  "a restore is a step that can be undone, and so is a reset",
  async (session) => {
    await count(session, 2);
    await session.checkpoint("two");
    await ok(session, "x = 3");
    await session.restore("two");
    assert.is(await xOf(session), 2);
    await session.undo();
    assert.is(await xOf(session), 3);
    await session.reset();
    await session.undo();
    assert.is(await xOf(session), 3);
    await session.undo();
    assert.is(await xOf(session), 2);
  },
  { history: { count: 10 } },
);

inSession(
  "an undone state survives a kill, and the states before it are still there",
  async (session) => {
    await count(session, 4);
    await session.undo(2);
    await ok(session, KNOWN);
    await killWorker(session);
    assert.is(await xOf(session), 2);
    assert.is((await session.runCode("x = 9\n_os._exit(1)")).state, "rolledBack");
    await session.undo(2);
    assert.is(await xOf(session), 1);
  },
  { history: { count: 10 } },
);

const MIB = 2 ** 20;

inSession(
  "the history takes no more memory than it may: the oldest states go first",
  async (session) => {
    await ok(session, "x = 0\nheld = []");
    const add =
      "block = bytearray(20 << 20)\nfor at in range(0, len(block), 4096): block[at] = 1\nheld.append(block)";
    for (let x = 1; x <= 6; x++) await ok(session, `${add}\nx = ${x}`);
    // States of about 40, 60, 80 and 100 MiB: 200 have room for two of them, the present one not counted.
    await rejects(session.undo(3), UsageError, /^undo: only 2 earlier states are kept/);
    await session.undo(2);
    await answers(session, "x, len(held)", [4, 4]);
  },
  { history: { count: 30, bytes: 200 * MIB } },
);

inSession(
  "a history leaves no more processes than its states, and none when it is dropped",
  async (session) => {
    const processes = () => runtimeProcesses().length;
    await ok(session, "x = 0");
    await xOf(session);
    const before = processes();
    await count(session, 12);
    await xOf(session);
    const dropped = runtimeProcesses();
    // Twelve cells, and the state from before them.
    assert.is(processes() - before, 5);
    await session.undo(5);
    assert.is(await xOf(session), 7);
    const left = new Set(runtimeProcesses().map(({ identity }) => identity));
    await gone(dropped.filter(({ identity }) => !left.has(identity)));
    for (let round = 0; processes() > before; round++) {
      if (round > 50) assert.is(processes(), before);
      await xOf(session);
    }
  },
  { history: { count: 5 } },
);

for (const [history, words] of [
  [{ count: -1 }, "createSession: history.count is -1, not a whole number"],
  [{ count: 1.5 }, "createSession: history.count is 1.5, not a whole number"],
  [{ count: 33 }, "createSession: history.count is 33; at most 32 states are kept"],
  [{ bytes: Number.NaN }, "createSession: history.bytes is NaN, not a whole number"],
  [{ depth: 5 }, 'createSession: history has no "depth"'],
  [5, "createSession: history is number, not an object"],
] as const) {
  test(`a history of ${JSON.stringify(history)} is the caller's error`, async () => {
    const executor = await started();
    await rejects(executor.createSession({ history: history as never }), UsageError, words);
  });
}

inSession(
  "an undo that was aborted before its turn did nothing",
  async (session) => {
    await count(session, 2);
    const aborts = new AbortController();
    const running = session.runCode("import time\nprint('go', flush=True)\ntime.sleep(0.1)\nx = 3", {
      onStdout: () => aborts.abort(new RangeError("no more")),
    });
    await rejects(session.undo(1, { signal: aborts.signal }), RangeError, "no more");
    assert.ok((await running).ok);
    assert.is(await outputOf(session, "x"), 3);
  },
  { history: { count: 10 } },
);

test.run();
