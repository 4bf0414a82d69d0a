import { existsSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";

import { UsageError } from "../../src/index.ts";
import { answers, failure, ok } from "../session/fixture.ts";
import { rejects } from "../support/rejects.ts";
import { rowsOf } from "./rows.ts";

const { row, whole } = rowsOf("State and variables", { policy: "strict" });

/** Debian's Python, where numpy and pandas are, if they are anywhere. */
const withPackages = {
  executor: { policy: "data", python: "/usr/bin/python3" },
  missing: existsSync("/usr/lib/python3/dist-packages/pandas")
    ? undefined
    : "numpy and pandas are not installed",
  ms: 60_000,
};

row("state", async (session) => {
  await ok(session, "import math\nx = [1]\ndef f(): return x + [math.floor(2.5)]\nclass A:\n  y = 3");
  await answers(session, "f() + [A.y]", [1, 2, 3]);
});

row("state-after-error", async (session) => {
  await failure(session, "a = 1\nraise ValueError('no')\na = 2");
  await answers(session, "a", 1);
});

row("state-after-timeout", async (session) => {
  await ok(session, "import time\nn = 0");
  const { kind, state } = await failure(session, "n = 1\ntime.sleep(20)\nn = 2", { timeoutMs: 200 });
  assert.equal([kind, state], ["timeout", "kept"]);
  await answers(session, "n", 1);
});

row("state-after-kill", async (session) => {
  await ok(session, "import random\nkept = [1, 2]");
  const { kind, state } = await failure(session, "kept.append(3)\nrandom._os._exit(7)");
  assert.equal([kind, state], ["exit", "rolledBack"]);
  await answers(session, "kept", [1, 2]);
});

row("variables", async (session) => {
  const mine = { rows: [1, 2] };
  await session.setVariables({ mine, n: 3 });
  await answers(session, "mine['rows'].append(n)\nmine", { rows: [1, 2, 3] });
  assert.equal(mine, { rows: [1, 2] });
});

row("variables-types", async (session) => {
  const values = {
    nothing: null,
    big: 2n ** 70n,
    nan: Number.NaN,
    when: new Date(86_400_000),
    bytes: new Uint8Array([0, 255]),
    chosen: new Set(["a"]),
    byNumber: new Map([[1, "one"]]),
  };
  await session.setVariables(values);
  await answers(
    session,
    "nothing is None, big == 2 ** 70, nan != nan, (when.year, when.day), list(bytes), chosen == {'a'}, byNumber[1]",
    [true, true, true, [1970, 2], [0, 255], true, "one"],
  );
  for (const [name, value] of Object.entries(values)) assert.equal(await session.getVariable(name), value);
});

row(
  "variables-arrays",
  async (session) => {
    await session.setVariables({ given: new Float64Array([1.5, 2]) });
    await ok(session, "import numpy\nmade = numpy.array(given) * 2");
    assert.equal(await session.getVariable("made"), new Float64Array([3, 4]));
  },
  withPackages,
);

row(
  "variables-tables",
  async (session) => {
    await ok(session, "import pandas\ntable = pandas.DataFrame({'name': ['a', 'b'], 'n': [1, 2]})");
    assert.equal(await session.getVariable("table"), [
      { name: "a", n: 1 },
      { name: "b", n: 2 },
    ]);
  },
  withPackages,
);

row("variables-refused", async (session) => {
  const given = { rows: [{ callback: () => 1 }] };
  await rejects(() => session.setVariables({ first: 1, given }), UsageError, /rows.*0.*callback/);
  await answers(session, "'first' in globals() or 'given' in globals()", false);
});

row("variables-read", async (session) => {
  await ok(session, "total = {'a': [1, 2.5]}");
  assert.equal(await session.getVariable("total"), { a: [1, 2.5] });
});

row("module-name", async (session) => {
  await ok(session, "done = []\nif __name__ == '__main__':\n  done.append('main')");
  await answers(session, "done", ["main"]);
  await answers(session, "class A: pass\nA.__module__", "__main__");
});

whole();

test.run();
