// @limit 300
import { test } from "uvu";
import * as assert from "uvu/assert";

import { type Execution, PythonExecutor, type Session } from "../../src/index.ts";
import { timed } from "../support/timed.ts";
import { FORGE } from "./forge.ts";

/**
 * A cell that puts itself in the place of the code that makes copies. What says that it sleeps must be a copy by the
 * kernel's word, it is made to sleep, and whatever else came of it is ended: the keeper believes nothing.
 */
const limits = { memoryBytes: "256MiB", graceMs: 300 };
const open = await PythonExecutor.create({ policy: "open", overlay: { limits } });
const strict = await PythonExecutor.create({ policy: "strict", overlay: { import: true, limits } });

/** `evil(wakes)` is called for every copy that the keeper asks for, with the sockets that copies are to sleep on. */
const INSTEAD = `${FORGE}
import signal, threading, _socket
worker = find("Worker")
package = type(worker).__module__.rpartition(".")[0]
making = sys.modules[package + ".checkpoint"]
kept = []

def instead(evil):
    def checkpoint(worker, count):
        wakes = [_socket.socket(fileno=making.receive_descriptor(worker.handover)) for _ in range(count)]
        kept.extend(wakes)
        evil(wakes)
    sys.modules[type(worker).__module__].checkpoint = checkpoint
`;

const withSession = (
  name: string,
  executor: PythonExecutor,
  body: (session: Session) => Promise<void>,
  options: Parameters<PythonExecutor["createSession"]>[0] = {},
): void => {
  test(name, () =>
    timed(60_000, name, async () => {
      await using session = await executor.createSession(options);
      await session.runCode(INSTEAD);
      await body(session);
      assert.is((await session.runCode("20 + 22", { timeoutMs: 5_000 })).output, 42);
    }),
  );
};

const run = (session: Pick<Session, "runCode">, code: string): Promise<Execution> =>
  timed(20_000, code, session.runCode(code, { timeoutMs: 2_000 }));

/** Runs `code` again and again until its value is true: what the keeper ends, it ends when it looks. */
const becomesTrue = async (session: Session, code: string): Promise<void> => {
  for (let attempt = 0; attempt < 100; attempt++) {
    if ((await run(session, `time.sleep(0.05)\n${code}`)).output === true) return;
  }
  assert.unreachable(`never true: ${code}`);
};

/** The pretenders: what poses as a copy, and is none. */
const POSING: Readonly<Record<string, string>> = {
  "a child of the worker's that dies at once": "if os.fork() == 0: wake.send(b'z'); os._exit(0)",
  "a child of the worker's that lives": "if os.fork() == 0: wake.send(b'z'); time.sleep(1000)",
  "a child of the worker's that leads a session":
    "if os.fork() == 0: os.setsid(); wake.send(b'z'); time.sleep(1000)",
  "the worker itself": "wake.send(b'z')",
  "a copy that stayed in the worker's group": "if making._copy() == 0: wake.send(b'z'); time.sleep(1000)",
  "nobody, and a word that is none": "wake.send(b'zzz')",
  "a child that passes its word on through an orphan":
    "if os.fork() == 0:\n      if os.fork() == 0: wake.send(b'z'); time.sleep(1000)\n      os._exit(0)",
};

for (const [who, code] of Object.entries(POSING)) {
  withSession(
    `${who} is not taken for a copy, to be gone back to, branched off or undone`,
    open,
    async (session) => {
      await run(session, `def evil(wakes):\n  for wake in wakes:\n    ${code}\ninstead(evil)`);
      const branches = await session.fork(1).catch((error: Error) => error);
      assert.match(branches instanceof Error ? branches.message : "", /no copy of the session's process/);
      await run(session, "1");
      const undone = await session.undo(1).catch((error: Error) => error.message);
      assert.match(undone ?? "", /no checkpoint of that state/);
      // It was never told that its state is safe.
      const died = await run(session, "os._exit(3)");
      assert.equal([died.error?.kind, died.state], ["exit", "lost"]);
    },
    { history: { count: 5 } },
  );
}

withSession("the worker of another branch is not taken for a copy", open, async (session) => {
  await run(
    session,
    `import socket
pair = socket.socketpair()
def evil(wakes):
    for wake in wakes: socket.send_fds(pair[0], [b"x"], [wake.fileno()])`,
  );
  const [branch] = await session.fork(1);
  assert.ok(branch);
  const posing = run(
    branch,
    "_, fds, _, _ = socket.recv_fds(pair[1], 1, 1)\nos.write(fds[0], b'z')\n'posed'",
  );
  await run(session, "instead(evil)");
  assert.is((await posing).output, "posed");
  assert.is((await run(session, "os._exit(3)")).state, "lost");
  assert.is((await run(branch, "2")).output, 2);
});

/** A copy that says that it sleeps and then writes what time it has into a file, for ever. */
const SLEEPLESS = `
def evil(wakes):
    for wake in wakes:
        if making._copy() == 0:
            os.setsid()
            for number in range(1, 65):
                try: signal.signal(number, signal.SIG_IGN)
                except (OSError, ValueError): pass
            wake.send(b"z")
            with open("/tmp/awake", "w", buffering=1) as file:
                while True: file.write("x\\n")
instead(evil)`;

for (const [policy, executor] of [
  ["open", open],
  ["strict", strict],
] as const) {
  withSession(`a copy that goes on is stopped all the same, under ${policy}`, executor, async (session) => {
    await run(session, SLEEPLESS);
    const sizes = await run(
      session,
      "size = lambda: os.path.exists('/tmp/awake') and os.stat('/tmp/awake').st_size\nfirst = size()\ntime.sleep(0.3)\n(first, size())",
    );
    const [first, second] = sizes.output as [number, number];
    assert.is(second, first);
  });
}

withSession(
  "what is forked under cover of a copy is ended where a policy starts no processes",
  strict,
  async (session) => {
    await run(
      session,
      `threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()
def evil(wakes):
    for _ in range(0 if pids else 5):
        try:
            pid = os.fork()
            if pid == 0: time.sleep(1000)
            pids.append(pid)
        except OSError: pass
    for wake in kept: wake.close()
pids = []
instead(evil)`,
    );
    assert.is((await run(session, "len(pids)")).output, 2);
    // Dead, and waited for by nobody.
    await becomesTrue(
      session,
      `all(open(f"/proc/{pid}/stat").read().rpartition(")")[2].split()[0] == "Z" for pid in pids)`,
    );
  },
  { checkpoint: "always" },
);

/** Ways to clone(2) a sibling that would be no proper copy, by their flags. */
const FLAGS: Readonly<Record<string, string>> = {
  "shares memory": "0x8000 | 0x100 | 17",
  "shares descriptors": "0x8000 | 0x400 | 17",
  "ends without a word": "0x8000",
  "lets its parent wait": "0x8000 | 0x4000 | 17",
};

for (const [what, flags] of Object.entries(FLAGS)) {
  withSession(`a copy that ${what} is refused`, open, async (session) => {
    await run(
      session,
      `import ctypes
libc = ctypes.CDLL(None, use_errno=True)
errors = []
def evil(wakes):
    for wake in wakes:
        if libc.syscall(56, ctypes.c_long(${flags}), 0, 0, 0, 0) == 0:
            time.sleep(1000)
        errors.append(ctypes.get_errno())
    for wake in kept: wake.close()
instead(evil)`,
    );
    assert.equal((await run(session, "errors[:1]")).output, [1]);
  });
}

withSession("a copy is asked for once, and made once", open, async (session) => {
  await run(
    session,
    `def evil(wakes):
    for _ in range(3):
        try: made.append(making._copy() or time.sleep(1000))
        except OSError as error: made.append(error.errno)
    for wake in kept: wake.close()
made = []
instead(evil)`,
  );
  const { output } = await run(session, "[n if n == 1 else 'made' for n in made[:3]]");
  assert.equal(output, ["made", 1, 1]);
});

withSession(
  "memory that processes share counts for the history that keeps it",
  open,
  async (session) => {
    for (let cell = 0; cell < 4; cell++) {
      await run(
        session,
        "import mmap\nheld = None\nheld = mmap.mmap(-1, 60 << 20)\nfor n in range(60): held[n << 20:(n + 1) << 20] = bytes(1 << 20)",
      );
    }
    const undone = await session.undo(4).catch((error: Error) => error.message);
    assert.match(undone ?? "it could", /earlier states? (is|are) kept/);
  },
  { history: { count: 8, bytes: 150 << 20 } },
);

/** Hooks that Python calls around every fork. Whatever they do, there is an answer, and it says what became of the state. */
const HOOKS = {
  raises: "raise ValueError(1)",
  exits: "os._exit(4)",
  "kills itself": "os.kill(os.getpid(), 9)",
  hangs: "time.sleep(1000)",
} as const;

for (const when of ["before", "after_in_parent", "after_in_child"] as const) {
  for (const [what, code] of Object.entries(HOOKS)) {
    withSession(
      `a fork hook that ${what} (${when}) leaves the truth about the state`,
      open,
      async (session) => {
        await run(session, "kept = 1");
        const { state } = await run(
          session,
          `def hook():\n  ${code}\nos.register_at_fork(${when}=hook)\nkept = 2`,
        );
        assert.is(state, "kept");
        let value: unknown = 2;
        for (let n = 0; n < 3; n++) {
          const next = await run(session, "globals().get('kept', 0)");
          if (next.state === "lost") value = 0;
          // The copy that it hung over, or the one before.
          else if (next.state === "rolledBack") value = undefined;
          if (next.ok && value === undefined) value = next.output;
          if (next.ok) assert.is(next.output, value, `${next.state} is not what the cell found`);
        }
        await session.reset();
      },
    );
  }
}

test.after(async () => {
  await open.close();
  await strict.close();
});

test.run();
