import { test } from "uvu";
import * as assert from "uvu/assert";

import { PythonExecutor } from "../../src/index.ts";
import { timed } from "../support/timed.ts";

// A worker that takes over from a dead one is confined by another way than the first: under every shipped policy.
for (const policy of ["strict", "data", "open"]) {
  test(`under ${policy} a session goes on after its worker died, three times`, async () => {
    await using executor = await PythonExecutor.create({ policy });
    await using session = await executor.createSession();
    for (let death = 0; death < 3; death++) {
      const before = await timed(30_000, "a cell", session.runCode("x = 1\nprint('alive')\nx"));
      assert.is(before.output, 1);
      assert.is(before.logs.stdout, "alive\n");
      const died = await timed(30_000, "a death", session.runCode("__import__('logging').os._exit(3)"));
      assert.is(died.error?.kind, "exit");
      assert.is(died.error?.exitCode, 3);
      assert.is(died.state, "rolledBack");
      const after = await timed(30_000, "the next cell", session.runCode("'x' in globals()"));
      assert.is(after.output, true);
      assert.is(after.state, "kept");
      const socket = await timed(
        30_000,
        "a refusal",
        session.runCode("__import__('asyncio').base_events.socket.socket()"),
      );
      assert.is(socket.error?.kind, "permission");
    }
  });
}

test.run();
