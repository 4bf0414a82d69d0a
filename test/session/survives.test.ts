// @limit 400
import { test } from "uvu";
import * as assert from "uvu/assert";

import { type Execution, PythonExecutor, type Session, type SessionOptions } from "../../src/index.ts";
import { pythons } from "../support/pythons.ts";
import { timed } from "../support/timed.ts";
import { answers, ok, withSessions } from "./fixture.ts";
import { KNOWN, killWorker, workerOf } from "./workers.ts";

/* Every way in which a worker can end, under every rule for checkpoints: what is said of the state, and what is there. */

const POLICY = {
  policy: "strict",
  overlay: {
    import: ["ctypes", "mmap", "os", "signal", "sys", "threading"],
    ffi: true,
    limits: { graceMs: 300, memoryBytes: "128MiB", processes: 8 },
  },
} as const;
const { inSession } = withSessions(POLICY);

type State = Execution["state"];
type Ending = {
  readonly what: string;
  /** Brings it about, and gives the execution that has to tell. */
  readonly end: (session: Session) => PromiseLike<Execution>;
  /** What that says of the error; none when a later cell tells. */
  readonly error?: readonly [kind: string, name: string];
  /** Whether Python stopped by itself, so that no state is at stake. */
  readonly soft?: boolean;
};

const cell =
  (code: string, timeoutMs = 10_000) =>
  (session: Session) =>
    session.runCode(`held.append(2)\n${code}`, { timeoutMs });

const ENDINGS: readonly Ending[] = [
  {
    what: "a soft timeout",
    end: cell("while True: pass", 300),
    error: ["timeout", "TimeoutError"],
    soft: true,
  },
  {
    what: "a hard timeout",
    end: cell("while True:\n  try: time.sleep(1000)\n  except BaseException: pass", 300),
    error: ["timeout", "TimeoutError"],
  },
  {
    what: "a hang that no signal reaches",
    end: cell("signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))\ntime.sleep(1000)", 300),
    error: ["timeout", "TimeoutError"],
  },
  {
    what: "a MemoryError",
    end: cell("bytearray(10 ** 12)"),
    error: ["memory", "MemoryError"],
    soft: true,
  },
  {
    what: "memory that Python has no say in",
    end: cell("while True: m = mmap.mmap(-1, 1 << 24); m.write(b'x' * (1 << 24)); held.append(m)"),
    error: ["memory", "MemoryError"],
  },
  { what: "a segmentation fault", end: cell("ctypes.string_at(0)"), error: ["crash", "SIGSEGV"] },
  { what: "an abort", end: cell("os.abort()"), error: ["crash", "SIGABRT"] },
  { what: "os._exit", end: cell("os._exit(3)"), error: ["exit", "os._exit"] },
  { what: "a kill by itself", end: cell("os.kill(os.getpid(), 9)"), error: ["crash", "SIGKILL"] },
  {
    what: "a kill by a child",
    end: cell("parent = os.getpid()\nif os.fork() == 0: os.kill(parent, 9)\ntime.sleep(1000)"),
    error: ["crash", "SIGKILL"],
  },
  {
    what: "SIGKILL from outside while it runs",
    end: async (session) => {
      const { pid } = await workerOf(session);
      const onStdout = (): void => void process.kill(pid, "SIGKILL");
      return session.runCode("held.append(2)\nprint('go', flush=True)\nwhile True: pass", { onStdout });
    },
    error: ["crash", "SIGKILL"],
  },
  {
    what: "SIGKILL from outside while it is idle",
    end: async (session) => {
      await killWorker(session);
      return session.runCode("None");
    },
  },
];

/** A namespace made in every way there is; everything that a session was started with is in `STARTED`. */
const fill = async (session: Session): Promise<Execution> => {
  await ok(session, `import ctypes, mmap, os, signal, sys, time\nheld = [1]\n${KNOWN}`);
  await session.setVariables({ given: { n: 1n << 80n } });
  await session.setTools({ two: { execute: () => 2 } });
  return ok(session, "def own(n): return [n, given['n'] >> 80]");
};

const STARTED: SessionOptions = {
  argv: ["program", "argument"],
  additionalAuthorizedImports: ["xmlrpc.*"],
  tools: { one: { execute: () => 1 } },
};
/** In full, whatever became of the namespace. */
const STANDING =
  "import sys, xmlrpc.client\n[two(), sys.argv, xmlrpc.client.__name__, 'one' in dir(__builtins__)]";
const STANDS = [2, ["program", "argument"], "xmlrpc.client", false];
const NAMES = ["ctypes", "mmap", "os", "signal", "sys", "time", "held", "given", "own", "_os", "_worker_pid"];

const survive = async (session: Session, { end, error, soft }: Ending, expected: State): Promise<void> => {
  const { unprotected } = await fill(session);
  assert.is(unprotected, expected === "lost" ? "checkpoints are switched off" : undefined);
  const told = await end(session);
  // A state that was kept all along is no news: an idle worker that is killed behind its copy has lost nothing.
  const state = soft || (!error && expected !== "lost") ? "kept" : expected;
  const { kind, name, message } = told.error ?? {};
  assert.equal([kind, name, told.state], [error?.[0], error?.[1], state], message);
  assert.equal([...(told.lost ?? [])].sort(), state === "lost" ? [...NAMES].sort() : []);
  if (state === "lost") await answers(session, "'held' in globals()", false);
  else await answers(session, "held, own(3)", [soft ? [1, 2] : [1], [3, 1]]);
  await answers(session, STANDING, STANDS);
  // And once more, from what took over.
  const again = await session.runCode("import os\nos._exit(1)");
  assert.equal([again.error?.exitCode, again.state], [1, expected]);
  await answers(session, STANDING, STANDS);
};

for (const ending of ENDINGS) {
  for (const checkpoint of ["auto", "always", "never"] as const) {
    const expected = checkpoint === "never" ? "lost" : "rolledBack";
    inSession(
      `${ending.what} with checkpoint: ${checkpoint}`,
      (session) => survive(session, ending, expected),
      { ...STARTED, checkpoint },
    );
  }
}

const CORE = [
  "a soft timeout",
  "a hard timeout",
  "a segmentation fault",
  "SIGKILL from outside while it is idle",
];

for (const { file, version } of pythons().filter(({ version }) => /^3\.(9|13)\./.test(version))) {
  test(`the state survives under Python ${version} too`, () =>
    timed(60_000, version, async () => {
      await using executor = await PythonExecutor.create({ ...POLICY, python: file });
      for (const ending of ENDINGS.filter(({ what }) => CORE.includes(what))) {
        for (const [checkpoint, expected] of [
          ["auto", "rolledBack"],
          ["never", "lost"],
        ] as const) {
          await using session = await executor.createSession({ ...STARTED, checkpoint });
          await survive(session, ending, expected);
        }
      }
    }));
}

inSession("a state with native threads is not copied unasked, and says so", async (session) => {
  await ok(session, KNOWN);
  const thread = "import threading\nstop = threading.Event()\nthreading.Thread(target=stop.wait).start()";
  const { unprotected } = await ok(session, `${thread}\n${KNOWN}`);
  assert.is(unprotected, "a native thread was running, which no copy would have");
  const more = await ok(session, "threading.Thread(target=stop.wait).start()");
  assert.is(more.unprotected, "2 native threads were running, which no copy would have");
  await killWorker(session);
  const { state, lost, ok: well } = await session.runCode("'threading' in globals()");
  assert.equal([well, state], [true, "lost"]);
  assert.equal([...(lost ?? [])].sort(), ["_os", "_worker_pid", "stop", "threading"]);
});

inSession("a state whose threads have ended is copied again", async (session) => {
  await ok(
    session,
    "import os, threading\nstop = threading.Event()\nt = threading.Thread(target=stop.wait)\nt.start()",
  );
  assert.is((await ok(session, "stop.set()\nt.join()\nx = 5")).unprotected, undefined);
  assert.is((await session.runCode("os._exit(1)")).state, "rolledBack");
  await answers(session, "x, stop.is_set(), t.is_alive()", [5, true, false]);
});

inSession(
  "with checkpoint: always, a state with threads comes back without them",
  async (session) => {
    const code =
      "import os, threading\nstop = threading.Event()\nt = threading.Thread(target=stop.wait)\nt.start()";
    assert.is((await ok(session, code)).unprotected, undefined);
    assert.is((await session.runCode("os._exit(1)")).state, "rolledBack");
    await answers(session, "threading.active_count(), t.is_alive()", [1, false]);
  },
  { checkpoint: "always" },
);

const LARGE = "held = bytearray(300 << 20)\nfor at in range(0, len(held), 4096): held[at] = 1\nlen(held)";
const large = withSessions({ policy: "open", overlay: { limits: { memoryBytes: "1GiB" } } });

large.inSession("a state above 256 MiB is not copied unasked, and says so", async (session) => {
  assert.match(
    (await ok(session, LARGE)).unprotected ?? "",
    /^the namespace takes 3\d\d MiB, more than the 256 MiB that are copied unasked$/,
  );
  const { state, lost } = await session.runCode("import os\nos._exit(1)");
  assert.is(state, "lost");
  assert.ok(lost?.includes("held"));
  await answers(session, "'held' in globals()", false);
});

large.inSession(
  "with checkpoint: always it is copied, and comes back",
  async (session) => {
    assert.is((await ok(session, LARGE)).unprotected, undefined);
    assert.is((await session.runCode("held.clear()\nimport os\nos._exit(1)")).state, "rolledBack");
    await answers(session, "len(held), held[4096]", [300 << 20, 1]);
  },
  { checkpoint: "always" },
);

inSession("random numbers are others in what takes over", async (session) => {
  await ok(session, "import os, random\nrandom.seed(1)\nx = random.getrandbits(64)");
  const seen = new Set<string>();
  for (let death = 0; death < 3; death++) {
    seen.add(String((await ok(session, "str(random.getrandbits(64))")).output));
    await session.runCode("random.seed(2)\nos._exit(1)");
  }
  assert.is(seen.size, 3);
});

test.run();
