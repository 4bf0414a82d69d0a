// @limit 600
import { test } from "uvu";
import * as assert from "uvu/assert";

import { requires } from "../support/requires.ts";
import { asNobody, nobodyMissing } from "../support/run-as.ts";

/** The same attacks by a user without rights, whose sessions all share one uid of the host. */
const asAnyone = requires(nobodyMissing()) ? test : test.skip;

for (const file of ["escape", "isolation", "orphans", "forgery", "deny"]) {
  asAnyone(`every attack of ${file}.test.ts is stopped for an unprivileged user too`, async () => {
    using nobody = asNobody();
    // Controls that need root are not played again; CI counts them where root runs them.
    const { status, stdout, stderr } = await nobody.node(`test/escape/${file}.test.ts`, [], {
      timeoutMs: 300_000,
    });
    const failed = stdout.slice(stdout.indexOf("FAIL"));
    assert.is(status, 0, `${failed.slice(0, 8000)}\n${stderr.slice(-2000)}`);
    assert.match(stdout, /Total: +\d+/);
  });
}

test.run();
