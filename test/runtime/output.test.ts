import { test } from "uvu";
import * as assert from "uvu/assert";

import type { Session } from "../../src/index.ts";
import { answers, ok, withSessions } from "../session/fixture.ts";

const KEPT = 1000;
const { inSession } = withSessions({
  policy: "open",
  overlay: { limits: { graceMs: 500, outputBytes: KEPT, processes: 8 } },
});

const printed = async (session: Session, code: string): Promise<readonly [string, string]> => {
  const { logs } = await ok(session, code);
  return [logs.stdout, logs.stderr];
};

inSession("print and sys.stderr are told apart", async (session) => {
  assert.equal(await printed(session, "import sys\nprint('out')\nprint('err', file=sys.stderr)"), [
    "out\n",
    "err\n",
  ]);
});

inSession("output without an end of line is there when the cell ends", async (session) => {
  assert.equal(await printed(session, "import sys\nprint('a', end='')\nsys.stderr.write('b')"), ["a", "b"]);
});

inSession("output of one cell does not come in the next one", async (session) => {
  assert.equal(await printed(session, "print('one', end='')"), ["one", ""]);
  assert.equal(await printed(session, "print('two')"), ["two\n", ""]);
  assert.equal(await printed(session, "pass"), ["", ""]);
});

inSession("bytes written to the descriptors are captured", async (session) => {
  assert.equal(await printed(session, "import os\n_ = os.write(1, b'raw')\n_ = os.write(2, b'err')"), [
    "raw",
    "err",
  ]);
});

inSession("output of child processes is captured", async (session) => {
  const code =
    "import subprocess, sys\nrun = subprocess.run([sys.executable, '-c', 'import sys; print(1); print(2, file=sys.stderr)'])\nrun.returncode";
  assert.equal(await printed(session, code), ["1\n", "2\n"]);
});

inSession("output of C code is captured", async (session) => {
  const code = "import ctypes\nlibc = ctypes.CDLL(None)\n_ = libc.puts(b'from C')\n_ = libc.fflush(None)";
  assert.equal(await printed(session, code), ["from C\n", ""]);
});

inSession("what is printed at the same time on both streams keeps its order on each", async (session) => {
  const code = "import sys\nfor i in range(20):\n  print(i)\n  print(-i, file=sys.stderr)";
  const numbers = (sign: string) => Array.from({ length: 20 }, (_, i) => `${i ? sign : ""}${i}\n`).join("");
  assert.equal(await printed(session, code), [numbers(""), numbers("-")]);
});

inSession("invalid UTF-8 is replaced and the rest stays", async (session) => {
  assert.equal(await printed(session, "import os\n_ = os.write(1, b'a\\xff\\xfeb\\xc3')"), [
    "a\ufffd\ufffdb\ufffd",
    "",
  ]);
});

inSession("a character whose bytes come one by one is one character", async (session) => {
  const code =
    "import os, time\nfor byte in '\u{1f40d}é'.encode():\n  _ = os.write(1, bytes([byte]))\n  time.sleep(0.01)";
  assert.equal(await printed(session, code), ["\u{1f40d}é", ""]);
});

inSession("lone surrogates are printed as escapes", async (session) => {
  assert.equal(await printed(session, "print('\\ud800')"), ["\\ud800\n", ""]);
});

inSession("one long line is cut in the middle and what is cut is counted exactly", async (session) => {
  const { logs, truncated } = await ok(session, "print('h' * 5_000_000 + 't' * 5_000_000, end='')");
  const cut = 10_000_000 - KEPT;
  assert.is(logs.stdout, `${"h".repeat(KEPT / 2)}\n... [${cut} bytes cut] ...\n${"t".repeat(KEPT / 2)}`);
  assert.equal(truncated, { stdout: cut, stderr: 0, output: false, displays: 0, toolCalls: 0 });
});

inSession("a million lines keep their head and their tail", async (session) => {
  const { logs, truncated } = await ok(session, "for i in range(1_000_000): print(i)");
  const all = 6_888_890;
  assert.is(truncated.stdout, all - KEPT);
  assert.match(logs.stdout, /^0\n1\n2\n/);
  assert.match(logs.stdout, new RegExp(`\\n\\.\\.\\. \\[${all - KEPT} bytes cut\\] \\.\\.\\.\\n`));
  assert.match(logs.stdout, /\n999998\n999999\n$/);
});

inSession("output of exactly the limit is whole, one byte more is cut by one", async (session) => {
  const whole = await ok(session, `print('a' * ${KEPT}, end='')`);
  assert.equal([whole.logs.stdout.length, whole.truncated.stdout], [KEPT, 0]);
  const more = await ok(session, `print('a' * ${KEPT + 1}, end='')`);
  assert.is(more.truncated.stdout, 1);
  assert.match(more.logs.stdout, /\[1 bytes? cut\]/);
});

inSession("what is cut is counted exactly also where the cut falls inside a character", async (session) => {
  const { logs, truncated } = await ok(session, "print('€' * 2000, end='')");
  const shown = Buffer.byteLength(logs.stdout.replace(/\n\.\.\. \[\d+ bytes cut\] \.\.\.\n/, ""));
  assert.is(shown + truncated.stdout, 6000);
  assert.not.match(logs.stdout, /\ufffd/);
});

inSession("limits hold for each stream and start again with each cell", async (session) => {
  const { truncated } = await ok(
    session,
    "import sys\nprint('a' * 2000, end='')\nprint('b' * 3000, end='', file=sys.stderr)",
  );
  assert.equal([truncated.stdout, truncated.stderr], [1000, 2000]);
  assert.equal(await printed(session, "print('again')"), ["again\n", ""]);
});

inSession("a flood is stopped by the timeout and the supervisor stays small", async (session) => {
  await ok(session, "kept = 1");
  global.gc?.();
  const before = process.memoryUsage().rss;
  const { error, state, logs, truncated } = await session.runCode("while True: print('flood' * 1000)", {
    timeoutMs: 2000,
  });
  assert.equal([error?.kind, state], ["timeout", "kept"]);
  assert.ok(logs.stdout.length < 2 * KEPT, `${logs.stdout.length} characters`);
  assert.ok(truncated.stdout > 10_000_000, `${truncated.stdout} bytes cut`);
  const grown = process.memoryUsage().rss - before;
  assert.ok(grown < 64 << 20, `grown by ${grown} bytes`);
  await answers(session, "kept", 1);
});

inSession("the head of the output comes while the cell still runs", async (session) => {
  let heard!: () => void;
  const first = new Promise<void>((resolve) => {
    heard = resolve;
  });
  const controller = new AbortController();
  const run = session.runCode("print('started')\nwhile True: pass", {
    signal: controller.signal,
    onStdout: (text) => text === "started\n" && heard(),
  });
  await first;
  controller.abort();
  const { logs, error, state } = await run;
  assert.equal([logs.stdout, error?.kind, state], ["started\n", "interrupted", "kept"]);
});

inSession("what a thread prints after the end of its cell belongs to the next one", async (session) => {
  const code =
    "import threading\ngo, done = threading.Event(), threading.Event()\ndef late():\n  go.wait()\n  print('late')\n  done.set()\nthreading.Thread(target=late, daemon=True).start()";
  assert.equal(await printed(session, `${code}\nprint('first')`), ["first\n", ""]);
  assert.equal(await printed(session, "_ = go.set()\n_ = done.wait()"), ["late\n", ""]);
});

inSession("a pipe made as large as the kernel lets it is emptied with its cell", async (session) => {
  const code = "import fcntl, os\ntry:\n  _ = fcntl.fcntl(1, 1031, 1 << 20)\nexcept OSError:\n  pass\n";
  const first = await ok(session, `${code}import sys\n_ = os.write(1, b'a' * 900_000)`);
  assert.is(first.truncated.stdout, 900_000 - KEPT);
  assert.equal(await printed(session, "print('b')"), ["b\n", ""]);
});

inSession("a cell that replaces sys.stdout is still heard through the descriptors", async (session) => {
  await ok(session, "import sys, io, os\nold = sys.stdout\nsys.stdout = io.StringIO()\nprint('hidden')");
  assert.equal(await printed(session, "_ = os.write(1, b'seen')"), ["seen", ""]);
  assert.equal(await printed(session, "sys.stdout = old\nprint('back')"), ["back\n", ""]);
});

inSession("a sys.stdout whose flush fails does no harm", async (session) => {
  await ok(
    session,
    "import sys\nclass Bad:\n  def write(self, text): return len(text)\n  def flush(self): raise SystemExit(9)\nsys.stdout = Bad()",
  );
  await answers(session);
  const { logs } = await ok(session, "sys.__stdout__.write('through')\nNone");
  assert.is(logs.stdout, "through");
});

inSession("sys.stdout closed by a cell costs an error, not the session", async (session) => {
  const { state } = await session.runCode("import sys, os\nsys.stdout.close()");
  assert.is(state, "kept");
  await answers(session);
  await ok(session, "os.close(1)");
  await answers(session);
});

test.run();
