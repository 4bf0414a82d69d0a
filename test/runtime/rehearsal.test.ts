import { test } from "uvu";
import * as assert from "uvu/assert";

import { withSessions } from "../session/fixture.ts";

const narrow = withSessions({ policy: "open", overlay: { limits: { sourceBytes: 1, outputBytes: 1 } } });
const wide = withSessions({ policy: "open" });

narrow.inSession(
  "a policy under which the rehearsal's cells are refused starts sessions all the same",
  async (session) => {
    assert.is((await session.runCode("1")).output, 1);
    assert.is((await session.runCode("1+1")).error?.kind, "syntax");
  },
);

wide.inSession("nothing of the rehearsal is left for a session to find", async (session) => {
  const first = await session.runCode("[name for name in dir() if not name.startswith('__')]");
  assert.equal(first.output, []);
  assert.is(first.executionCount, 1);
  assert.equal(first.toolCalls, []);
  assert.equal(first.logs, { stdout: "", stderr: "" });
});

test.run();
