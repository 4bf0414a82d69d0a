import { test } from "uvu";
import * as assert from "uvu/assert";

import { answers, failure, ok, withSessions } from "../session/fixture.ts";

const GRACE_MS = 400;
const { inSession } = withSessions({
  policy: "open",
  overlay: { limits: { graceMs: GRACE_MS, wallMs: 20_000, cpuMs: 1500 } },
});

// CPython does not let a `while True: pass` be caught by the `try` that it is alone in, and some versions not more than that, hence `str(1)`.

/** Cells that stop when they are asked to; what they leave behind is kept. */
const SOFT: readonly string[] = [
  "while True: pass",
  "import time\ntime.sleep(100)",
  "import threading\nthreading.Event().wait()",
  "import asyncio\nawait asyncio.sleep(100)",
  "import asyncio\nasyncio.run(asyncio.sleep(100))",
  "import select\nselect.select([], [], [], 100)",
  "try:\n  while True: str(1)\nexcept KeyboardInterrupt:\n  after = 'caught'",
  "try:\n  while True: str(1)\nfinally:\n  after = 'finally'",
  "def f():\n  yield 1\n  while True: pass\nlist(f())",
];

for (const code of SOFT) {
  inSession(`interrupted, the state is kept: ${JSON.stringify(code)}`, async (session) => {
    await ok(session, "kept = 1");
    const error = await failure(session, code, { timeoutMs: 250 });
    assert.equal([error.kind, error.name, error.state], ["timeout", "TimeoutError", "kept"]);
    assert.is(error.message, "the cell ran longer than 250 ms and was interrupted; its state is kept");
    await answers(session, "kept", 1);
  });
}

/** Cells that do not: they are killed after the grace period. */
const HARD: readonly string[] = [
  // In a function of its own: some versions deliver an interrupt outside the `try` whose loop it hits, but not outside a call.
  "def spin():\n  while True: str(1)\nwhile True:\n  try: spin()\n  except KeyboardInterrupt: pass",
  "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: pass",
  "import signal\nsignal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])\nwhile True: pass",
  "sum(range(10**12))",
  "(b'a' * 60000).count(b'b' * 3) + sum(range(10**12))",
  "import os\nif os.fork() == 0:\n  while True: pass\nsum(range(10**12))",
];

for (const code of HARD) {
  inSession(
    `killed after the grace period, the state is that of before: ${JSON.stringify(code)}`,
    async (session) => {
      await ok(session, "kept = 1");
      const error = await failure(session, code, { timeoutMs: 250 });
      assert.equal([error.kind, error.name, error.state], ["timeout", "TimeoutError", "rolledBack"]);
      assert.is(
        error.message,
        `the cell ran longer than 250 ms, did not stop within ${GRACE_MS} ms of being interrupted, ` +
          "and was killed; the session is as it was before the cell",
      );
      assert.ok(error.execution.usage.wallMs < 250 + GRACE_MS + 1000, `${error.execution.usage.wallMs} ms`);
      const next = await ok(session, "'kept' in globals()");
      assert.equal([next.output, next.state], [true, "kept"]);
    },
  );
}

inSession(
  "a cell that ends its process when it is interrupted has still run out of time",
  async (session) => {
    const code = "import os\ntry:\n  while True: str(1)\nexcept KeyboardInterrupt:\n  os._exit(0)";
    const error = await failure(session, code, { timeoutMs: 200 });
    assert.equal([error.kind, error.state], ["timeout", "rolledBack"]);
    await answers(session);
  },
);

inSession("a cell that exits when it is interrupted has still run out of time", async (session) => {
  const code = "import sys\ntry:\n  while True: str(1)\nexcept KeyboardInterrupt:\n  sys.exit(0)";
  const error = await failure(session, code, { timeoutMs: 200 });
  assert.equal([error.kind, error.state], ["timeout", "kept"]);
});

inSession("the trace of a timeout says where the time went", async (session) => {
  const error = await failure(session, "def slow():\n  while True:\n    pass\n\nslow()", { timeoutMs: 200 });
  assert.match(error.traceback, /File "<cell 1>", line 5, in <module>\n {4}slow\(\)/);
  assert.match(error.traceback, /, in slow\n/);
  assert.match(error.traceback, /\nTimeoutError: the cell ran longer than 200 ms and was interrupted/);
  assert.ok(error.line === 2 || error.line === 3, `line ${error.line}`);
});

inSession("processor time is limited, and told from wall time", async (session) => {
  const error = await failure(session, "while True: pass");
  assert.equal([error.kind, error.state], ["timeout", "kept"]);
  assert.is(
    error.message,
    "the cell ran longer than 1500 ms of processor time and was interrupted; its state is kept",
  );
  assert.ok(error.execution.usage.cpuMs >= 1500 && error.execution.usage.cpuMs < 4000);
  await ok(session, "import time\ntime.sleep(2)");
});

inSession("processor time of threads counts together", async (session) => {
  const error = await failure(
    session,
    "import threading, hashlib\ndef burn():\n  while True: hashlib.sha256(b'a' * 10_000_000)\nfor _ in range(2): threading.Thread(target=burn, daemon=True).start()\nthreading.Event().wait()",
  );
  assert.match(error.message, /1500 ms of processor time/);
});

inSession("processor time of child processes counts too", async (session) => {
  const error = await failure(
    session,
    "import subprocess, sys\nsubprocess.run([sys.executable, '-c', 'while True: pass'])",
    { timeoutMs: 6_000 },
  );
  assert.match(error.message, /1500 ms of processor time/);
});

inSession("a signal stops a cell as the timeout does", async (session) => {
  await ok(session, "kept = 1");
  const controller = new AbortController();
  const error = await failure(session, "print('go', flush=True)\nwhile True: pass", {
    signal: controller.signal,
    onStdout: () => controller.abort(),
  });
  assert.equal([error.kind, error.name, error.state], ["interrupted", "KeyboardInterrupt", "kept"]);
  assert.is(error.message, "the cell was interrupted; its state is kept");
  await answers(session, "kept", 1);
});

inSession("a cell that ignores the signal is killed", async (session) => {
  const controller = new AbortController();
  const error = await failure(
    session,
    "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nprint('go', flush=True)\nwhile True: pass",
    {
      signal: controller.signal,
      onStdout: () => controller.abort(),
    },
  );
  assert.equal([error.kind, error.state], ["interrupted", "rolledBack"]);
  await answers(session);
});

inSession("session.interrupt stops the running cell only", async (session) => {
  const first = session.runCode("print('go', flush=True)\nwhile True: pass", {
    onStdout: () => session.interrupt(),
  });
  const second = session.runCode("5");
  assert.is((await first).error?.kind, "interrupted");
  assert.is((await second).output, 5);
});

inSession(
  "interrupts between cells are harmless",
  async (session) => {
    await ok(session, "count = 0");
    let done = 0;
    for (let round = 0; round < 1000; round++) {
      const run = session.runCode("count += 1");
      // At every phase of a cell: before it left, under way, nearly back, and after its end.
      if (round % 4 === 0) session.interrupt();
      if (round % 4 === 1) setImmediate(() => session.interrupt());
      if (round % 4 === 2) setTimeout(() => session.interrupt(), 1);
      const execution = await run;
      if (round % 4 === 3) session.interrupt();
      assert.is(execution.state, "kept");
      if (execution.ok) done++;
      else assert.is(execution.error?.kind, "interrupted");
    }
    const { output } = await ok(session, "count");
    // An interrupt may hit the cell after it has counted and before it has said so.
    assert.ok((output as number) >= done, `${output} counted, ${done} done`);
    assert.ok(done >= 250, `${done} done`);
  },
  60_000,
);

inSession("a cell that interrupts itself is not the keeper's interrupt", async (session) => {
  const error = await failure(
    session,
    "import signal\nsignal.raise_signal(signal.SIGINT)\nwhile True: pass",
    { timeoutMs: 3000 },
  );
  assert.equal([error.kind, error.name, error.state], ["exception", "KeyboardInterrupt", "kept"]);
});

inSession("a handler of the cell's own does not stay for the next cell", async (session) => {
  await ok(session, "import signal\nold = signal.signal(signal.SIGINT, signal.SIG_IGN)");
  const error = await failure(session, "while True: pass", { timeoutMs: 200 });
  assert.equal([error.kind, error.state], ["timeout", "kept"]);
});

inSession("a masked signal does not stay for the next cell", async (session) => {
  await ok(session, "import signal\nold = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])");
  const error = await failure(session, "while True: pass", { timeoutMs: 200 });
  assert.equal([error.kind, error.state], ["timeout", "kept"]);
});

inSession("input has nothing to read and says so", async (session) => {
  for (const code of [
    "input()",
    "input('name? ')",
    "import sys\nsys.stdin.read()",
    "import sys\nsys.stdin.readline()",
    "import sys\nlist(sys.stdin)",
  ]) {
    const error = await failure(session, code);
    assert.equal(
      [error.name, error.message],
      [
        "EOFError",
        "input() has nothing to read: this session has no standard input; " +
          "to answer it, the host gives runCode an onInput function",
      ],
    );
  }
  const execution = await ok(session, "import os\nos.read(0, 10)");
  assert.equal(execution.output, new Uint8Array());
});

test.run();
