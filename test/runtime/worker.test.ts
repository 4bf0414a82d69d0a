import { test } from "uvu";
import * as assert from "uvu/assert";

import { pythons } from "../support/pythons.ts";
import { type WorkerHost, wireTool, withWorker } from "./worker-host.ts";

/* The worker's loop: every order has its result, and no cell breaks the loop. */

/** Cells that do their worst to the machinery, and stay alive. */
const HOSTILE: readonly string[] = [
  "import json, threading, _thread, linecache, traceback\njson.loads = json.dumps = json.JSONDecoder = None\nthreading.Lock = _thread.allocate_lock = None\nlinecache.cache = None\ntraceback.TracebackException = None",
  "import sys\nfor name in [n for n in sys.modules if n.startswith('vivarium') or n in ('ast', 'json', '_thread')]: del sys.modules[name]",
  "import atexit\natexit.register(lambda: 1 / 0)",
  "class D:\n  def __del__(self): raise SystemExit\nd = D()\ndel d",
  "class D:\n  def __del__(self): tool(1)\nkeep = [D() for _ in range(10)]",
  "raise type('E', (Exception,), {'__str__': lambda self: 1 / 0, '__repr__': lambda self: 1 / 0})()",
  "raise type('E', (BaseException,), {'__str__': lambda self: exec('raise SystemExit')})()",
  "class M(type):\n  __name__ = property(lambda self: 1 / 0)\nclass E(Exception, metaclass=M): pass\nraise E",
  "class K(str):\n  def __eq__(self, other): raise SystemExit\n  __hash__ = str.__hash__\nglobals()[K('k')] = 1",
  "globals()[1] = globals()[(2,)] = globals()['\\ud800'] = 1",
  "def f(): f()\nf()",
  "x = []\nfor _ in range(100_000): x = [x]\nx",
  "import sys\nsys.settrace(lambda *a: 1 / 0)",
  "import sys\nsys.setprofile(lambda *a: 1 / 0)",
  "import sys\nsys.setrecursionlimit(60)\nx = 1",
  "import sys\nsys.excepthook = sys.displayhook = None\nsys.stdin = 5\n1",
  "import gc\ngc.callbacks.append(lambda *a: 1 / 0)\ngc.collect()",
  "import signal\nsignal.signal(signal.SIGALRM, lambda *a: 1 / 0)\nsignal.setitimer(signal.ITIMER_REAL, 0.0005, 0.0005)",
  "import signal\nsignal.set_wakeup_fd(-1)\nsignal.signal(signal.SIGINT, signal.SIG_DFL)",
  "import asyncio\nasyncio.new_event_loop = asyncio.set_event_loop = None",
  "del __name__, __builtins__, __doc__, __spec__",
  "globals().clear()",
];

for (const { file, version } of pythons()) {
  const inWorker = (name: string, body: (worker: WorkerHost) => Promise<void>): void => {
    test(`${name} (Python ${version})`, () => withWorker(file, body));
  };

  for (const code of HOSTILE) {
    inWorker(`the session survives ${JSON.stringify(code).slice(0, 70)}`, async (worker) => {
      await worker.tools(wireTool("tool", ["x"]));
      await worker.run(code, { answer: () => 1 });
      // A timer that a cell set goes on until another cell stops it.
      for (let round = 0; round < 50; round++) {
        const { result } = await worker.run("import signal\nsignal.setitimer(signal.ITIMER_REAL, 0)", {
          answer: () => 1,
        });
        if (!result.error) break;
      }
      await worker.run("import sys\nsys.settrace(None)\nsys.setprofile(None)\nsys.setrecursionlimit(1000)", {
        answer: () => 1,
      });
      await worker.run("import gc\ngc.callbacks.clear()", { answer: () => 1 });
      const { result } = await worker.run("tool(20) + 1", { answer: () => 20 });
      assert.equal([result.output, result.error], [21, undefined]);
    });
  }

  inWorker("variables are assigned, fetched and listed", async (worker) => {
    const variables = [
      { name: "n", value: 3 },
      { name: "s", value: { $: "set", v: [1] } },
    ];
    const assigned = await worker.order({ type: "assign", variables });
    assert.equal([assigned.result.added, assigned.result.error], [["n", "s"], undefined]);
    assert.is((await worker.run("n + len(s)")).result.output, 4);
    assert.is((await worker.order({ type: "fetch", name: "n" })).result.output, 3);
    const missing = await worker.order({ type: "fetch", name: "nobody" });
    assert.equal(
      [missing.result.error?.kind, missing.result.error?.name, missing.result.error?.message],
      ["exception", "NameError", "name 'nobody' is not defined"],
    );
    await worker.run("s = [1, {'f': len}]");
    const noTwin = await worker.order({ type: "fetch", name: "s" });
    assert.is(noTwin.result.error?.name, "NoTwin");
    assert.match(noTwin.result.error?.message ?? "", /^s\[1\]\["f"\]|^s\[1\]\.f/);
    await worker.run("s = 'a' * 1_000_000");
    assert.is((await worker.order({ type: "fetch", name: "s" })).result.error?.name, "TooLarge");
    const listed = (await worker.order({ type: "inspect" })).result.output as { name: string }[];
    assert.equal(
      listed.map(({ name }) => name),
      ["n", "s"],
    );
  });

  inWorker("variables are assigned all or none", async (worker) => {
    const variables = [
      { name: "fine", value: 1 },
      { name: "not fine", value: 2 },
    ];
    const { result } = await worker.order({ type: "assign", variables });
    assert.is(result.error?.name, "BadName");
    assert.is((await worker.run("'fine' in globals()")).result.output, false);
  });

  inWorker("source is completed from the live namespace", async (worker) => {
    await worker.run("import math\nvalue_of_mine = 1");
    const { result } = await worker.order({ type: "complete", source: "value_of_", cursor: 9 });
    assert.equal(result.output, { start: 0, end: 9, matches: [{ text: "value_of_mine", kind: "name" }] });
  });

  inWorker("each result tells what names came and went", async (worker) => {
    const told = async (code: string) => {
      const { added, removed } = (await worker.run(code)).result;
      return [added, removed];
    };
    assert.equal(await told("a = 1\ndef f(): pass\n_private = 2"), [["a", "f", "_private"], undefined]);
    assert.equal(await told("a = 2"), [undefined, undefined]);
    assert.equal(await told("del a\nb = 1"), [["b"], ["a"]]);
    assert.equal(await told("x.y"), [undefined, undefined]);
    assert.equal(await told("for i in range(3): pass\n1 / 0"), [["i"], undefined]);
    const many = await worker.run("for n in range(1500): globals()[f'v{n}'] = n");
    assert.is(many.result.added?.length, 1000);
    assert.is((await worker.run("1")).result.added?.length, 501);
    assert.equal(await told("1"), [undefined, undefined]);
  });

  inWorker(
    "an object with richer forms is displayed before the result, and displays keep their order",
    async (worker) => {
      const code =
        "class H:\n  def _repr_html_(self): return '<b>h</b>'\n  def __repr__(self): return 'H'\ndisplay(1)\ndisplay(H(), 'two')\nH()";
      const { displays, result } = await worker.run(code);
      const forms = displays.map(({ bundle }) => bundle.map(({ mime, data }) => [mime, data]));
      const html = [
        ["text/plain", "H"],
        ["text/html", "<b>h</b>"],
      ];
      assert.equal(forms, [[["text/plain", "1"]], html, [["text/plain", "'two'"]], html]);
      assert.equal([result.text, result.output], ["H", undefined]);
      // What is assigned is not shown.
      assert.equal((await worker.run("h = H()")).displays, []);
    },
  );

  inWorker("a refused import is recorded while the cell runs", async (worker) => {
    const { denials, result } = await worker.run("__import__('antigravity')");
    assert.equal([denials[0]?.denial.target, result.error?.kind], ["antigravity", "import"]);
  });

  inWorker("interrupts between cells and orders are harmless", async (worker) => {
    await worker.run("n = 0");
    let done = 0;
    for (let round = 0; round < 200; round++) {
      if (round % 3 === 0) worker.interrupt();
      const ran = worker.run("n += 1");
      if (round % 3 === 1) worker.interrupt();
      const { result } = await ran;
      if (round % 3 === 2) worker.interrupt();
      if (!result.error) done++;
      assert.is(
        (await worker.order({ type: "fetch", name: "n" })).result.error?.name ?? "KeyboardInterrupt",
        "KeyboardInterrupt",
      );
    }
    const { output } = (await worker.run("n")).result;
    assert.ok((output as number) >= done && done > 50, `${output} counted, ${done} done`);
  });
}

test.run();
