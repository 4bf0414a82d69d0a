// @limit 300
import { test } from "uvu";
import * as assert from "uvu/assert";

import { requires } from "../support/requires.ts";
import { asNobody, nobodyMissing } from "../support/run-as.ts";

const asAnyone = requires(nobodyMissing()) ? test : test.skip;

asAnyone("states are kept, restored and survive for an unprivileged user too", async () => {
  using nobody = asNobody();
  for (const file of ["checkpoints", "soak"]) {
    const { status, stdout, stderr } = await nobody.node(`test/session/${file}.test.ts`, [], {
      timeoutMs: 120_000,
    });
    const failed = stdout.slice(stdout.indexOf("FAIL"));
    assert.is(status, 0, `${failed.slice(0, 8000)}\n${stderr.slice(-2000)}`);
    assert.match(stdout, /Total: +\d+/);
  }
});

test.run();
