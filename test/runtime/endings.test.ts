import { test } from "uvu";
import * as assert from "uvu/assert";

import type { Session } from "../../src/index.ts";
import { answers, failure, ok, withSessions } from "../session/fixture.ts";

const { inSession } = withSessions({
  policy: "open",
  overlay: { limits: { graceMs: 500, memoryBytes: "256MiB" } },
});

/** Every way in which a cell can end badly, and how it is told from the others. */
const ENDINGS: readonly {
  readonly what: string;
  readonly code: string;
  readonly kind: string;
  readonly name: string;
  readonly state: "kept" | "rolledBack";
  readonly exitCode?: number;
}[] = [
  {
    what: "sys.exit with a number",
    code: "import sys\nsys.exit(3)",
    kind: "exit",
    name: "SystemExit",
    state: "kept",
    exitCode: 3,
  },
  {
    what: "sys.exit without one",
    code: "import sys\nsys.exit()",
    kind: "exit",
    name: "SystemExit",
    state: "kept",
    exitCode: 0,
  },
  {
    what: "SystemExit(None)",
    code: "raise SystemExit(None)",
    kind: "exit",
    name: "SystemExit",
    state: "kept",
    exitCode: 0,
  },
  {
    what: "SystemExit with a text",
    code: "raise SystemExit('fatal')",
    kind: "exit",
    name: "SystemExit",
    state: "kept",
    exitCode: 1,
  },
  {
    what: "SystemExit(True)",
    code: "raise SystemExit(True)",
    kind: "exit",
    name: "SystemExit",
    state: "kept",
    exitCode: 1,
  },
  {
    what: "SystemExit(-1)",
    code: "raise SystemExit(-1)",
    kind: "exit",
    name: "SystemExit",
    state: "kept",
    exitCode: 255,
  },
  {
    what: "SystemExit(256)",
    code: "raise SystemExit(256)",
    kind: "exit",
    name: "SystemExit",
    state: "kept",
    exitCode: 0,
  },
  {
    what: "exit()",
    code: "import sys\nsys.exit(2**80 + 7)",
    kind: "exit",
    name: "SystemExit",
    state: "kept",
    exitCode: 7,
  },
  {
    what: "a KeyboardInterrupt of its own",
    code: "raise KeyboardInterrupt('mine')",
    kind: "exception",
    name: "KeyboardInterrupt",
    state: "kept",
  },
  {
    what: "GeneratorExit",
    code: "raise GeneratorExit",
    kind: "exception",
    name: "GeneratorExit",
    state: "kept",
  },
  {
    what: "a BaseException",
    code: "class B(BaseException): pass\nraise B('x')",
    kind: "exception",
    name: "B",
    state: "kept",
  },
  {
    what: "CancelledError",
    code: "import asyncio\nraise asyncio.CancelledError()",
    kind: "exception",
    name: "CancelledError",
    state: "kept",
  },
  {
    what: "os._exit(0)",
    code: "import os\nos._exit(0)",
    kind: "exit",
    name: "os._exit",
    state: "rolledBack",
    exitCode: 0,
  },
  {
    what: "os._exit(3)",
    code: "import os\nos._exit(3)",
    kind: "exit",
    name: "os._exit",
    state: "rolledBack",
    exitCode: 3,
  },
  {
    what: "a segmentation fault",
    code: "import ctypes\nctypes.string_at(0)",
    kind: "crash",
    name: "SIGSEGV",
    state: "rolledBack",
  },
  { what: "an abort", code: "import os\nos.abort()", kind: "crash", name: "SIGABRT", state: "rolledBack" },
  {
    what: "kill -9 of itself",
    code: "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)",
    kind: "crash",
    name: "SIGKILL",
    state: "rolledBack",
  },
  {
    what: "SIGTERM to itself",
    code: "import os, signal\nos.kill(os.getpid(), signal.SIGTERM)",
    kind: "crash",
    name: "SIGTERM",
    state: "rolledBack",
  },
  {
    what: "a MemoryError",
    code: "x = bytearray(10**12)",
    kind: "memory",
    name: "MemoryError",
    state: "kept",
  },
  {
    what: "memory taken bit by bit",
    code: "hold = []\nwhile True: hold.append(bytearray(1 << 20))",
    kind: "memory",
    name: "MemoryError",
    state: "kept",
  },
];

for (const { what, code, kind, name, state, exitCode } of ENDINGS) {
  inSession(`${what} ends a cell as ${kind} ${name}, the state is ${state}`, async (session) => {
    await ok(session, "kept = 1");
    const error = await failure(session, `print('before')\n${code}`);
    assert.equal([error.kind, error.name, error.state, error.exitCode], [kind, name, state, exitCode]);
    assert.is(error.execution.logs.stdout, "before\n");
    await answers(session, "kept", 1);
  });
}

inSession("a stack overflow in native code is a crash", async (session) => {
  const code =
    "import sys\nsys.setrecursionlimit(10**9)\nimport ast\nclass R:\n  def __eq__(self, other): return [self] == [other]\nR() == R()";
  const execution = await session.runCode(code, { timeoutMs: 20_000 });
  assert.not(execution.ok);
  assert.ok(
    ["crash", "exception", "memory"].includes(execution.error?.kind ?? ""),
    execution.error?.traceback,
  );
  await answers(session);
});

inSession("a MemoryError that the cell catches is the cell's own business", async (session) => {
  const code = "try:\n  x = bytearray(10**12)\nexcept MemoryError:\n  x = 'caught'\nx";
  assert.is((await ok(session, code)).output, "caught");
});

inSession("memory that is given back can be had again", async (session) => {
  for (let round = 0; round < 3; round++)
    assert.is((await ok(session, "x = bytearray(150 << 20)\nlen(x)\ndel x\n1")).output, 1);
});

inSession("a text given to sys.exit is the error's message", async (session) => {
  const error = await failure(session, "import sys\nsys.exit('fatal: no input')");
  assert.is(error.message, "fatal: no input");
});

inSession("what the worker printed before it died is not lost", async (session) => {
  const error = await failure(session, "import os\nprint('flushed')\nos.write(1, b'raw')\nos.abort()");
  assert.is(error.execution.logs.stdout, "flushed\nraw");
});

inSession("a child process that dies is not the cell's death", async (session) => {
  const code =
    "import subprocess, sys\nsubprocess.run([sys.executable, '-c', 'import os; os.abort()']).returncode";
  assert.is((await ok(session, code)).output, -6);
});

inSession("a fork that returns to the session's loop is no second session", async (session) => {
  await ok(session, "kept = 1");
  const first = await session.runCode("import os\npid = os.fork()", { timeoutMs: 5_000 });
  assert.is(first.executionCount, 1 + 1);
  // The child tells of the same cell, and is ended for it with the whole worker; this cell waits for that.
  await session.runCode("if pid: os.waitpid(pid, 0)", { timeoutMs: 5_000 });
  await answers(session, "1 + 1", 2);
});

/** Leaves a thread that ends the worker when it is told to, which is with the last line. */
const END_LATER = [
  "import os, threading\nread, write = os.pipe()",
  "threading.Thread(target=lambda: (os.read(read, 1), os._exit(4)), daemon=True).start()",
  "os.write(write, b'x')",
];

/** Runs cells until one is told that the state of those before it is lost, or finds it so. */
const untilLost = async (session: Session): Promise<void> => {
  while ((await session.runCode("'write' in globals()")).output === true);
};

inSession("a worker that ends between two cells is told with the next one", async (session) => {
  for (const line of END_LATER) await session.runCode(line);
  await untilLost(session);
  await answers(session, "'write' in globals()", false);
});

inSession(
  "a worker that ends while the next cell's source is looked at costs no session",
  async (session) => {
    await ok(
      session,
      "import os, threading, time\nthreading.Thread(target=lambda: (time.sleep(0.3), os._exit(4)), daemon=True).start()",
    );
    // Source of this size is parsed aside, which takes longer than the thread waits.
    const { state } = await session.runCode(`${"x = 1\n".repeat(120_000)}x`);
    assert.is(state, "lost");
    await answers(session);
  },
);

inSession(
  "a worker that ends between two cells hundreds of times leaves nothing open",
  async (session) => {
    for (let round = 0; round < 200; round++) {
      for (const line of END_LATER) await session.runCode(line);
      await untilLost(session);
    }
    await answers(session, "1 + 1", 2);
  },
  60_000,
);

inSession(
  "a hundred crashes leave a session that works",
  async (session) => {
    for (let round = 0; round < 100; round++) {
      const { state } = await session.runCode("import os\nos._exit(1)");
      assert.is(state, "rolledBack");
    }
    await answers(session);
  },
  60_000,
);

test.run();
