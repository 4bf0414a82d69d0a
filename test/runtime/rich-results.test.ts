import { test } from "uvu";
import * as assert from "uvu/assert";

import { answers, failure, ok, withSessions } from "../session/fixture.ts";
import { runProgram } from "../support/program.ts";
import { requires } from "../support/requires.ts";
import { sizeOfPng } from "./display-cells.ts";

const PYTHON = "/usr/bin/python3";
const { inSession } = withSessions({ policy: "data", python: PYTHON, overlay: { limits: { graceMs: 500 } } });

const SHOWS = `class Shows:
  def __init__(self, html): self.html = html
  def __repr__(self): return "Shows"
  def _repr_html_(self): return self.html() if callable(self.html) else self.html
`;

inSession(
  "displays and the last value's forms come in order, none before what was printed before it",
  async (session) => {
    const run = session.runCode(
      `${SHOWS}print("a", end=""); display(Shows("1")); print("b", end=""); Shows("2")`,
    );
    const seen: string[] = [];
    for await (const event of run) {
      if (event.type === "stdout") seen.push(event.text);
      if (event.type === "display") seen.push(String(event.bundle["text/html"]));
    }
    // Text comes another way than displays, and may overtake them.
    assert.equal(
      seen.filter((text) => /\d/.test(text)),
      ["1", "2"],
    );
    assert.ok(seen[0]?.startsWith("a"), `${seen}`);
    assert.is(seen.at(-1), "2");
    const { results, text } = await run;
    assert.equal(results, [
      { "text/plain": "Shows", "text/html": "1" },
      { "text/plain": "Shows", "text/html": "2" },
    ]);
    assert.is(text, "Shows");
  },
);

inSession("an assignment has a value and displays nothing", async (session) => {
  const { results, text } = await ok(session, `${SHOWS}x = Shows("1")`);
  assert.equal([results, text], [[], "Shows"]);
});

inSession(
  "a form that hangs is interrupted with its cell, and what was displayed before stays",
  async (session) => {
    await ok(session, SHOWS);
    const code = "def hang():\n  while True: pass\ndisplay(Shows('1'))\nShows(hang)";
    const error = await failure(session, code, { timeoutMs: 300 });
    assert.equal([error.kind, error.state, error.execution.results.length], ["timeout", "kept", 1]);
    await answers(session);
  },
);

inSession("a form that raises or is huge costs itself and not its cell", async (session) => {
  await ok(session, SHOWS);
  const raised = await ok(session, "def no(): raise ValueError('no')\nShows(no)");
  assert.equal(raised.results, [{ "text/plain": "Shows\n[_repr_html_ raised ValueError: no]" }]);
  const huge = await ok(session, "Shows('x' * 50_000_000)");
  assert.match(String(huge.results[0]?.["text/plain"]), /^Shows\n\[text\/html left out: \d+ bytes/);
  await answers(session);
});

inSession("a thread that displays after its cell harms nobody", async (session) => {
  const code = `import threading
go = threading.Event()
def late():
  go.wait()
  for _ in range(100): display("late")
thread = threading.Thread(target=late)
thread.start()
1`;
  await ok(session, code);
  const { results } = await ok(session, "go.set(); thread.join(); 2");
  assert.ok(results.length <= 100);
  await answers(session);
});

const { status } = await runProgram(PYTHON, ["-I", "-c", "import matplotlib, pandas"]);
const withLibraries = requires(status === 0 ? undefined : `no matplotlib and pandas for ${PYTHON}`);

if (withLibraries) {
  inSession(
    "figures are results without a call of show, also of a cell that fails",
    async (session) => {
      const { results } = await ok(session, "import matplotlib.pyplot as plt\nplt.plot([1, 4, 9])");
      assert.is(results.length, 1);
      const [width, height] = sizeOfPng(results[0]?.["image/png"]);
      assert.ok(width > 400 && height > 300);
      const { execution } = await failure(session, "plt.plot([1])\n1 / 0");
      assert.is(execution.results.length, 1);
      assert.equal((await ok(session, "plt.get_fignums()")).output, []);
    },
    60_000,
  );

  inSession(
    "a table is a result as HTML and as data",
    async (session) => {
      const { results } = await ok(session, "import pandas as pd\npd.DataFrame({'a': [1, 2]})");
      assert.match(String(results[0]?.["text/html"]), /<table/);
      const data = results[0]?.["application/vnd.dataresource+json"] as { data: unknown };
      assert.equal(data.data, [
        { index: 0, a: 1 },
        { index: 1, a: 2 },
      ]);
    },
    60_000,
  );
}

test.run();
