import { test } from "uvu";
import * as assert from "uvu/assert";

import { answers, failure, ok } from "../session/fixture.ts";
import { rowsOf } from "./rows.ts";

const { row, whole } = rowsOf("Limits", { policy: "strict", overlay: { limits: { graceMs: 500 } } });

row("limit-of-loops", async (session) => {
  await answers(session, "n = 0\nwhile n < 1_100_000:\n  n += 1\nn", 1_100_000);
});

row("limit-of-time", async (session) => {
  for (const code of ["while True: pass", "import time\ntime.sleep(20)"]) {
    const began = performance.now();
    const { kind, state } = await failure(session, code, { timeoutMs: 300 });
    assert.equal([kind, state], ["timeout", "kept"], code);
    assert.ok(performance.now() - began < 10_000);
  }
});

row("limit-of-time-in-c", async (session) => {
  await ok(session, "kept = 1");
  const began = performance.now();
  const { kind, state } = await failure(session, "kept = 2\nsum(range(10 ** 12))", { timeoutMs: 300 });
  assert.equal([kind, state], ["timeout", "rolledBack"]);
  assert.ok(performance.now() - began < 10_000);
  await answers(session, "kept", 1);
});

row("limit-of-memory", async (session) => {
  const { kind } = await failure(session, "x = 'a' * (2 << 30)");
  assert.is(kind, "memory");
  await answers(session);
});

row("limit-of-files", async (session) => {
  await ok(session, "with open('notes.txt', 'w') as f:\n  f.write('kept')");
  await answers(session, "open('/workspace/notes.txt').read()", "kept");
  assert.is((await failure(session, "open('/etc/shadow')")).name, "FileNotFoundError");
});

row("limit-of-network", async (session) => {
  const { name, kind } = await failure(
    session,
    "import asyncio\nawait asyncio.open_connection('127.0.0.1', 80)",
  );
  assert.ok(kind === "permission" || /PermissionError|PermissionDenied/.test(name), `${kind} ${name}`);
});

row("limit-of-input", async (session) => {
  const { name } = await failure(session, "input('your name? ')");
  assert.is(name, "EOFError");
  const { output } = await ok(session, "input('your name? ')", { onInput: (prompt) => `asked ${prompt}` });
  assert.is(output, "asked your name? ");
});

row("threads", async (session) => {
  const code =
    "from concurrent.futures import ThreadPoolExecutor\nwith ThreadPoolExecutor(4) as pool:\n  squares = list(pool.map(lambda n: n * n, range(5)))\nsquares";
  await answers(session, code, [0, 1, 4, 9, 16]);
  const many =
    "import threading\nstop = threading.Event()\ntry:\n  for n in range(500):\n    threading.Thread(target=stop.wait).start()\nfinally:\n  stop.set()";
  assert.is((await failure(session, many)).name, "RuntimeError");
});

whole();

test.run();
