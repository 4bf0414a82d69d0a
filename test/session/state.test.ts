import { test } from "uvu";
import * as assert from "uvu/assert";

import { UsageError } from "../../src/index.ts";
import { rejects } from "../support/rejects.ts";
import { answers, failure, ok, withSessions } from "./fixture.ts";

/* Going back to earlier states, in real sessions. */

const { inSession } = withSessions({ overlay: { import: ["os"], limits: { wallMs: 5000, graceMs: 300 } } });

inSession("a state that was kept under a name can be gone back to, as often as wanted", async (session) => {
  await ok(session, "x = [1]");
  await session.checkpoint("one");
  for (const added of [2, 3]) {
    await ok(session, `x.append(${added})`);
    await session.restore("one");
    await answers(session, "x", [1]);
  }
  await session.forget("one");
  await rejects(session.restore("one"), UsageError, /^restore: there is no checkpoint "one"/);
  await answers(session, "x", [1]);
});

inSession("a name is given anew, and a name that there is not is the caller's error", async (session) => {
  await ok(session, "x = 1");
  await session.checkpoint("a");
  await ok(session, "x = 2");
  await session.checkpoint("a");
  await ok(session, "x = 3");
  await session.restore("a");
  await answers(session, "x", 2);
  await rejects(session.forget("b"), UsageError, /^forget: there is no checkpoint "b"/);
  for (const name of ["", "x".repeat(201), 5]) {
    await rejects(
      session.checkpoint(name as string),
      UsageError,
      /^checkpoint: name is not a string of 1 to 200/,
    );
  }
});

inSession(
  "undo goes back cell by cell, as far as the history goes",
  async (session) => {
    for (const n of [1, 2, 3, 4]) await ok(session, `x = ${n}`);
    await session.undo();
    await answers(session, "x", 3);
    await session.undo(2);
    await answers(session, "x", 2);
    await rejects(session.undo(99), UsageError, /^undo: /);
    await rejects(session.undo(0), UsageError, "undo: count is 0, not a whole number from 1 to 1000000");
    await answers(session, "x", 2);
  },
  { history: { count: 5 } },
);

inSession("without a history there is nothing to undo", async (session) => {
  await ok(session, "x = 1");
  await rejects(session.undo(), UsageError, /^undo: no earlier state is kept/);
  await answers(session, "x", 1);
});

inSession("reset empties the namespace and leaves files, argv and tools", async (session) => {
  await ok(session, "x = 1\nopen('/workspace/a', 'w').write('kept')");
  await session.reset();
  await answers(session, "'x' in globals(), open('/workspace/a').read()", [false, "kept"]);
});

inSession("a cell that kills its process costs itself", async (session) => {
  await ok(session, "x = [1]");
  const { kind, state } = await failure(session, "import os\nx.append(2)\nos._exit(3)");
  assert.equal([kind, state], ["exit", "rolledBack"]);
  await answers(session, "x", [1]);
});

inSession(
  "without checkpoints a cell that kills its process loses the state, and the names are told",
  async (session) => {
    const { unprotected } = await ok(session, "x = [1]\ny = 2");
    assert.type(unprotected, "string");
    const { state, execution } = await failure(session, "import os\nos._exit(3)");
    assert.is(state, "lost");
    assert.equal([...(execution.lost ?? [])].filter((name) => name !== "os").sort(), ["x", "y"]);
    await answers(session, "'x' in globals()", false);
  },
  { checkpoint: "never" },
);

test.run();
