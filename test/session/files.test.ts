import { test } from "uvu";
import * as assert from "uvu/assert";

import { GuestError, UsageError } from "../../src/errors.ts";
import { SessionFiles } from "../../src/session/files.ts";
import type { FileCommand, FileEvent } from "../../src/session/switchboard.ts";
import { rejects } from "../support/rejects.ts";
import { ok, outputOf, withSessions } from "./fixture.ts";

const { executor, inSession } = withSessions({
  additionalAuthorizedImports: ["os", "time"],
  overlay: { limits: { fileBytes: "8MiB" } },
});

const pathsOf = async (files: SessionFiles, path?: string): Promise<string[]> =>
  (await files.list(path, { recursive: true })).entries.map(({ path }) => path);

inSession("what the host writes a cell reads, and the other way round", async (session) => {
  const { files } = session;
  await files.write("in/a.txt", "grüße\n");
  assert.is(await outputOf(session, "open('in/a.txt', encoding='utf-8').read()"), "grüße\n");
  await ok(session, "open('/workspace/out.bin', 'wb').write(bytes(range(256)) * 4000)");
  const bytes = await files.read("/workspace/out.bin");
  assert.is(Object.getPrototypeOf(bytes), Uint8Array.prototype);
  assert.equal([bytes.length, bytes.buffer.byteLength], [1_024_000, 1_024_000]);
  assert.ok(bytes.every((byte, index) => byte === index % 256));
  await files.write("copy.bin", bytes);
  await files.write("empty", "");
  assert.equal(
    await outputOf(
      session,
      "[open('copy.bin', 'rb').read() == open('out.bin', 'rb').read(), open('empty').read()]",
    ),
    [true, ""],
  );
  assert.is(await files.readText("empty"), "");
});

inSession("folders are listed and removed", async (session) => {
  const { files } = session;
  await ok(
    session,
    "import os\nos.makedirs('d/e')\nopen('d/e/f', 'w').write('123')\nos.symlink('d', 'link')",
  );
  await ok(session, "os.mkfifo('pipe')\nos.utime('d/e/f', (1, 1700000000))");
  const { entries, cut } = await files.list();
  assert.equal(
    [entries.map(({ path, kind }) => `${path} ${kind}`), cut],
    [["d folder", "link link", "pipe other"], false],
  );
  assert.equal((await files.list("d/e")).entries, [
    { path: "d/e/f", kind: "file", bytes: 3, modifiedMs: 1_700_000_000_000 },
  ]);
  assert.equal(await pathsOf(files, "d"), ["d/e", "d/e/f"]);
  await rejects(
    files.remove("d"),
    UsageError,
    "files.remove: folder not empty: d\nhint: recursive: true takes away what is in it too",
  );
  await files.remove("link");
  await files.remove("d", { recursive: true });
  await files.remove("pipe");
  assert.equal(await outputOf(session, "os.listdir()"), []);
});

inSession("a list says when it is cut", async (session) => {
  await ok(session, "for n in range(1500): open(f'{n:04}', 'w').close()");
  const { files } = session;
  const { entries, cut } = await files.list(".", { maxEntries: 1200 });
  assert.equal([entries.length, entries.at(-1)?.path, cut], [1200, "1199", true]);
  assert.equal(
    [(await files.list()).entries.length, (await files.list(".", { maxEntries: 1500 })).cut],
    [1500, false],
  );
  assert.equal(await files.list(".", { maxEntries: 0 }), { entries: [], cut: true });
});

inSession("files work while a cell runs", async (session) => {
  const running = session.runCode(
    "import os, time\nopen('started', 'w').close()\nwhile not os.path.exists('go'): time.sleep(0.001)\nopen('go').read()",
  );
  while (!(await pathsOf(session.files)).includes("started"));
  await session.files.write("go", "gone");
  assert.is((await running).output, "gone");
});

inSession("a cell never sees half of a file that is written", async (session) => {
  const { files } = session;
  const texts = ["a", "b"].map((letter) => letter.repeat(1_000_000)) as [string, string];
  await files.write("file", texts[0]);
  const running = session.runCode(
    `import os
seen = set()
while not os.path.exists('stop'):
    text = open('file').read()
    seen.add((len(text), text[:1], text[-1:]))
sorted(seen)`,
  );
  for (let turn = 0; turn < 20; turn++) await files.write("file", texts[turn % 2] as string);
  await files.write("stop", "");
  const seen = (await running).output as unknown[];
  const whole = [
    [1_000_000, "a", "a"],
    [1_000_000, "b", "b"],
  ];
  assert.ok(
    seen.length > 0 && seen.every((one) => whole.some((item) => String(item) === String(one))),
    String(seen),
  );
  assert.equal(await pathsOf(files), ["file", "stop"]);
});

inSession("links that a cell planted reach nothing outside", async (session) => {
  await ok(
    session,
    `import os
open('/tmp/secret', 'w').write('s')
os.symlink('/tmp/secret', 'absolute'); os.symlink('../tmp/secret', 'relative'); os.symlink('/tmp', 'folder')
os.symlink('/proc/self/environ', 'environ'); os.symlink('/proc/1/root', 'root')`,
  );
  const { files } = session;
  for (const path of [
    "absolute",
    "relative",
    "folder/secret",
    "environ",
    "root/etc/passwd",
    "../tmp/secret",
  ]) {
    await rejects(files.read(path), UsageError, `files.read: not inside the workspace: ${path}`);
  }
  await rejects(files.list("folder"), UsageError, "files.list: not inside the workspace: folder");
  await rejects(
    files.write("folder/new", "x"),
    UsageError,
    "files.write: not inside the workspace: folder/new",
  );
  await files.write("absolute", "mine");
  await files.remove("folder", { recursive: true });
  assert.equal(await outputOf(session, "[os.listdir('/tmp'), open('/tmp/secret').read()]"), [
    ["secret"],
    "s",
  ]);
});

inSession("names that are no UTF-8 can be read and removed", async (session) => {
  await ok(session, "open(b'f\\xff', 'w').write('raw')");
  const [path = ""] = await pathsOf(session.files);
  assert.is(await session.files.readText(path), "raw");
  await session.files.remove(path);
  assert.equal(await pathsOf(session.files), []);
});

inSession("a full workspace is said, and nothing of the file is left", async (session) => {
  const { files } = session;
  await rejects(
    files.write("big", new Uint8Array(9 << 20)),
    UsageError,
    "files.write: no space left: big: a session's private files take at most 8 MiB together (fileBytes)",
  );
  assert.equal(await pathsOf(files), []);
  await ok(
    session,
    "import os\ntry:\n  for n in range(100000): open(str(n), 'w').close()\nexcept OSError: pass",
  );
  await rejects(
    files.write("one-more", "x"),
    UsageError,
    /^files\.write: no space left: one-more: a session's private folders hold at most \d+ files$/,
  );
  await ok(session, "for name in os.listdir(): os.unlink(name)");
  await files.write("one-more", "x");
});

inSession("many requests at once are answered each with its own", async (session) => {
  const { files } = session;
  const names = Array.from({ length: 40 }, (_, index) => `folder/${index}`);
  await Promise.all(names.map((name) => files.write(name, name.repeat(1000))));
  const texts = await Promise.all(names.map((name) => files.readText(name)));
  assert.equal(
    texts,
    names.map((name) => name.repeat(1000)),
  );
  assert.is((await files.list("folder")).entries.length, 40);
});

inSession("a session that is closed has no files", async (session) => {
  const late = session.files.read("a");
  await Promise.all([session.close(), rejects(late, UsageError, "session used after close")]);
  await rejects(session.files.write("a", "b"), UsageError, "session used after close");
});

test("the largest file that is read is the policy's fileBytes, if nothing else is said", async () => {
  await using session = await (await executor()).createSession();
  await ok(session, "f = open('sparse', 'wb'); f.truncate(4 << 20); f.close()");
  assert.is((await session.files.read("sparse")).length, 4 << 20);
  await rejects(
    session.files.read("sparse", { maxBytes: 1000 }),
    UsageError,
    "files.read: larger than 1000 bytes: sparse\nhint: maxBytes says how much may be read",
  );
});

/** Files of a session that answers as told. */
const scripted = (answer: (command: FileCommand, asked: number) => Partial<FileEvent>) => {
  const asked: FileCommand[] = [];
  const files = new SessionFiles(
    async (command, { signal }) => {
      asked.push(command);
      signal?.throwIfAborted();
      return { type: "file", request: asked.length, ...answer(command, asked.length) };
    },
    { fileBytes: 1 << 20 },
  );
  return { files, asked };
};

const piece = Buffer.from("half").toString("base64");

test("a file that is replaced while it is read is read anew, three times", async () => {
  const twice = scripted(({ offset }, asked) => ({
    data: piece,
    version: asked < 3 ? `${asked}` : "3",
    end: offset !== 0,
  }));
  assert.is(await twice.files.readText("f"), "halfhalf");
  assert.equal(
    twice.asked.map((command) => command.offset),
    [0, 4, 0, 4],
  );
  const ever = scripted(({ offset }, asked) => ({ data: piece, version: `${asked}`, end: offset !== 0 }));
  await rejects(
    ever.files.read("f"),
    UsageError,
    "files.read: replaced again and again while it was read: f",
  );
  assert.is(ever.asked.length, 6);
});

test("a file that grows as it is read ends at maxBytes", async () => {
  const { files } = scripted(() => ({ data: piece, version: "1", end: false, entries: [] }));
  await rejects(files.read("f", { maxBytes: 10 }), UsageError, /^files\.read: larger than 10 bytes: f/);
});

test("a session that answers with nothing is not asked for ever", async () => {
  const { files } = scripted(() => ({}));
  await rejects(files.read("f"), GuestError, "files.read: the session answered with nothing");
  await rejects(files.list(), GuestError, "files.list: the session answered with nothing");
  await rejects(files.remove("f"), UsageError, "files.remove: filled by a cell as fast as it is emptied: f");
});

test("an aborted write takes its half away", async () => {
  const abort = new AbortController();
  const { files, asked } = scripted((_, count) => {
    if (count === 2) abort.abort(new Error("enough"));
    return {};
  });
  await rejects(files.write("d/f", new Uint8Array(3 << 20), { signal: abort.signal }), Error, "enough");
  const [first, , , last] = asked;
  assert.equal([asked.length, first?.part?.startsWith(".vivarium-")], [4, true]);
  assert.equal(last, { op: "remove", path: `d/${first?.part}` });
});

inSession("an aborted call does nothing", async ({ files }) => {
  const signal = AbortSignal.abort(new Error("no"));
  for (const call of [
    files.read("a", { signal }),
    files.write("a", "", { signal }),
    files.list(".", { signal }),
    files.remove("a", { signal }),
  ]) {
    await rejects(call, Error, "no");
  }
  assert.equal(await pathsOf(files), []);
});

test.run();
