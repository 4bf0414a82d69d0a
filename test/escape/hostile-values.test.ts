import { test } from "uvu";
import * as assert from "uvu/assert";

import { type Execution, PythonExecutor, type Session } from "../../src/index.ts";
import { timed } from "../support/timed.ts";
import { FORGE } from "./forge.ts";

/**
 * Values and hooks that misbehave when somebody looks at them, and a Python that was taken apart. Whatever they do, there
 * is an answer, and the state is what the answer says.
 */
const executor = await PythonExecutor.create({
  policy: "open",
  overlay: { limits: { memoryBytes: "256MiB", graceMs: 300, resultBytes: "1MiB" } },
});

const EVIL = `
import sys, os, time, builtins
kept = 1
def evil(act):
    def method(self, *arguments):
        return act()
    names = "__repr__ __str__ __eq__ __hash__ __len__ __iter__ __getattr__ __reduce__ __format__ __bool__ __dir__ __del__ _repr_html_ _repr_mimebundle_ keys items".split()
    return type("Evil", (Exception,), {name: method for name in names})
def raising(): raise SystemExit(9)
def hanging():
    while True: pass
def recursing(): return recursing()
def lying(): return 7
def dying(): os._exit(5)
`;

const inSession = (name: string, body: (session: Session) => Promise<void>): void => {
  test(name, () =>
    timed(60_000, name, async () => {
      await using session = await executor.createSession();
      await session.runCode(EVIL);
      await body(session);
      assert.is((await session.runCode("20 + 22", { timeoutMs: 5_000 })).output, 42);
    }),
  );
};

const run = (session: Session, code: string): Promise<Execution> =>
  timed(20_000, code, session.runCode(code, { timeoutMs: 1_000 }));

/** The state is what is said about it; what was there before is lost only when that is said too. */
const isTrue = async (session: Session, { state }: Pick<Execution, "state">): Promise<void> => {
  if (state === "lost") return;
  const { output, ok, state: next } = await run(session, "kept");
  if (ok && next === "kept") assert.is(output, 1);
};

const USES: Readonly<Record<string, string>> = {
  "as the last value": "thing",
  "in a list": "[thing]",
  "as a key": "{1: thing}",
  "when it is displayed": "display(thing)",
  "as the final answer": "final_answer(thing)",
  "as an exception": "raise thing",
  "as the cause of one": "raise ValueError('x') from thing",
  "as an argument of print": "print(thing)",
};

for (const act of ["raising", "hanging", "recursing", "lying", "dying"]) {
  inSession(
    `an object whose methods are all ${act} costs its own cell, however it is used`,
    async (session) => {
      for (const use of Object.values(USES)) {
        const execution = await run(session, `thing = evil(${act})()\n${use}`);
        await isTrue(session, execution);
        if (execution.state === "lost") await session.runCode(EVIL);
      }
    },
  );

  inSession(
    `an object whose methods are all ${act} can be listed, fetched and completed`,
    async (session) => {
      await run(session, `thing = evil(${act})()`);
      const listed = await timed(
        20_000,
        "the listing",
        session.variables().catch((error: Error) => error),
      );
      if (!(listed instanceof Error))
        assert.ok(listed.some(({ name }) => name === "thing" || name === "kept"));
      const fetched = await timed(
        20_000,
        "the value",
        session.getVariable("thing").catch((error: Error) => error),
      );
      assert.instance(fetched, Error);
      const completed = await timed(
        20_000,
        "completions",
        session.complete("thing.", 6).catch((error: Error) => error),
      );
      assert.ok(completed);
    },
  );
}

/** What a cell does to its Python for those that follow; with what becomes of the next cell, if it must not be well. */
const APART: Readonly<Record<string, string>> = {
  "json taken apart": "import json\nfor name in list(vars(json)): setattr(json, name, None)",
  "no builtins": "builtins.__dict__.clear()",
  "no print, len and isinstance": "del builtins.print, builtins.len, builtins.isinstance",
  "an __import__ that raises": "builtins.__import__ = lambda *a, **k: 1 / 0",
  "no modules": "sys.modules.clear()",
  "streams that raise":
    "class Bad:\n  def __getattr__(self, name): raise SystemExit(3)\nsys.stdout = sys.stderr = sys.stdin = Bad()",
  "closed streams": "sys.stdout.close(); sys.stderr.close(); sys.stdin.close()",
  "a trace that raises": "def trace(*a): raise ValueError('trace')\nsys.settrace(trace)",
  "a profile that raises": "def profile(*a): raise ValueError('profile')\nsys.setprofile(profile)",
  "an excepthook that exits": "sys.excepthook = lambda *a: os._exit(9)",
  "a displayhook that exits": "sys.displayhook = lambda *a: os._exit(9)",
  "a gc callback that raises": "import gc\ngc.callbacks.append(lambda *a: 1 / 0)",
  "functions to call at its end": "import atexit\natexit.register(lambda: time.sleep(1000))",
  "a handler for every signal":
    "import signal\nfor n in range(1, 65):\n  try: signal.signal(n, lambda *a: None)\n  except (OSError, ValueError): pass",
  "an alarm ten times a second":
    "import signal\nsignal.signal(signal.SIGALRM, lambda *a: 1 / 0)\nsignal.setitimer(signal.ITIMER_REAL, 0.1, 0.1)",
  "no room to recurse": "sys.setrecursionlimit(60)",
  "a namespace without itself": "globals().clear()",
  "names that are no text": "globals()[5] = globals()[None] = globals()[(1, 2)] = 1",
  "a name that lies":
    "class S(str):\n  def __eq__(self, o): raise ValueError\n  __hash__ = str.__hash__\nglobals()[S('x')] = 1",
  "ten thousand names": "globals().update((f'n{n}', n) for n in range(10000))",
  "os.fork that returns to the loop twice": "import _thread\nif os.fork() == 0: pass",
};

for (const [what, code] of Object.entries(APART)) {
  inSession(`${what}: the cells after it get answers, and the truth about the state`, async (session) => {
    const first = await run(session, code);
    for (let n = 0; n < 3; n++) await run(session, "print(globals().get('kept'))");
    const died = await run(session, "import os\nos._exit(5)");
    assert.not(died.ok);
    assert.match(first.state, /^(kept|rolledBack|lost)$/);
    await session.reset();
  });
}

/** Process names that look like the lines in which the kernel tells of a process. */
for (const name of ["Threads:x", "Threads: 9", "RssAnon: x kB", "RssShmem:-1 kB", ") R 1 1 1 (x"]) {
  inSession(`a process may be called ${JSON.stringify(name)}`, async (session) => {
    const code = `import ctypes\nctypes.CDLL(None).prctl(15, ${JSON.stringify(name)}.encode(), 0, 0, 0)\nopen("/proc/self/comm").read()`;
    const { output, unprotected } = await run(session, code);
    assert.equal([output, unprotected], [`${name}\n`, undefined]);
    assert.is((await run(session, "kept")).output, 1);
  });
}

inSession("processes that are called like no memory at all are counted all the same", async (session) => {
  const code = `
import ctypes, mmap
ctypes.CDLL(None).prctl(15, b"RssAnon:\\t0 kB", 0, 0, 0)
for _ in range(8):
    if os.fork() == 0:
        held = bytearray(b"x") * (100 << 20)
        time.sleep(1000)
time.sleep(10)`;
  const { error } = await timed(20_000, "memory", session.runCode(code, { timeoutMs: 15_000 }));
  assert.is(error?.kind, "memory", error?.message);
});

inSession("answers about the namespace that are forged are refused, and end nothing", async (session) => {
  await session.runCode(FORGE);
  const forge = (output: string): string => `
runner = type(find("Runner"))
def finish(self, report, real=runner.finish):
    report = real(self, report)
    if "output" in report and "text" not in report: report["output"] = ${output}
    return report
runner.finish = finish`;
  const wrongs = [
    "5",
    "[5]",
    '[{"name": 5, "type": "x", "text": "y"}]',
    '{"start": -1, "end": 2**60, "matches": 7}',
  ];
  for (const wrong of wrongs) {
    await session.runCode(forge(wrong));
    const listed = await session.variables().catch((error: Error) => error);
    assert.instance(listed, Error, wrong);
    const completed = await session.complete("x", 1).catch((error: Error) => error);
    assert.instance(completed, Error, wrong);
  }
});

test.after(() => executor.close());

test.run();
