import { existsSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";

import type { Session } from "../../src/index.ts";
import { failure, ok } from "../session/fixture.ts";
import { rowsOf } from "./rows.ts";

const { row, whole } = rowsOf("What is printed", { policy: "strict" });

const stdoutOf = async (session: Session, code: string): Promise<string> =>
  (await ok(session, code)).logs.stdout;

row("print", async (session) => {
  const code = "print('a', end='')\nprint('b', 'c', sep='-')\nprint('d', flush=True)";
  assert.is(await stdoutOf(session, code), "ab-c\nd\n");
});

row("print-by-another-name", async (session) => {
  assert.is(await stdoutOf(session, "p = print\np(1)\nlist(map(print, [2, 3]))"), "1\n2\n3\n");
});

row(
  "print-elsewhere",
  async (session) => {
    const code =
      "import sys, logging, os, subprocess\nsys.stdout.write('a\\n')\nprint('b', file=sys.stderr)\nlogging.warning('c')\n" +
      "sys.stdout.flush()\nos.write(1, b'd\\n')\nsubprocess.run([sys.executable, '-c', 'print(\"e\")'])\npass";
    const { logs } = await ok(session, code);
    assert.equal([logs.stdout, logs.stderr], ["a\nd\ne\n", "b\nWARNING:root:c\n"]);
  },
  { executor: { policy: "data" } },
);

row("print-redirected", async (session) => {
  const code =
    "import io, contextlib\ncaught = io.StringIO()\nwith contextlib.redirect_stdout(caught):\n  print('x')\ncaught.getvalue()";
  const { output, logs } = await ok(session, code);
  assert.equal([output, logs.stdout], ["x\n", ""]);
});

row("print-from-a-thread", async (session) => {
  const first =
    "import threading\nt = threading.Thread(target=lambda: print('at once'))\nt.start()\nt.join()";
  assert.is(await stdoutOf(session, first), "at once\n");
  await ok(
    session,
    "go = threading.Event()\nlate = threading.Thread(target=lambda: (go.wait(), print('late')))\nlate.start()",
  );
  assert.is(await stdoutOf(session, "go.set()\nlate.join()"), "late\n");
});

row("print-before-error", async (session) => {
  const { execution } = await failure(session, "print('seen')\n1/0");
  assert.is(execution.logs.stdout, "seen\n");
});

row("print-truncated", async (session) => {
  const { logs, truncated } = await ok(session, "print('a' * 60_000 + 'z' * 60_000, end='')");
  const [head, tail] = logs.stdout.split("\n... [70000 bytes cut] ...\n");
  assert.equal([head, tail], ["a".repeat(25_000), "z".repeat(25_000)]);
  assert.is(truncated.stdout, 70_000);
});

row("output-truncated", async (session) => {
  const { output, text, truncated } = await ok(session, "'y' * 200_000");
  assert.is(output, "y".repeat(200_000));
  assert.ok(text !== null && text.length < 100_000 && truncated.output);
  const larger = await ok(session, "'y' * (2 << 20)");
  assert.equal([larger.output, larger.truncated.output], [undefined, true]);
});

row(
  "figures",
  async (session) => {
    const { results } = await ok(
      session,
      "import matplotlib.pyplot as plt\nfor n in range(2):\n  plt.figure()\n  plt.plot([n, 1])\npass",
    );
    assert.is(results.length, 2);
    for (const bundle of results) {
      const bytes = Buffer.from(String(bundle["image/png"]), "base64");
      assert.is(bytes.subarray(1, 4).toString("latin1"), "PNG");
    }
  },
  {
    executor: { policy: "data", python: "/usr/bin/python3" },
    missing: existsSync("/usr/lib/python3/dist-packages/matplotlib")
      ? undefined
      : "matplotlib is not installed",
    ms: 60_000,
  },
);

whole();

test.run();
