import { test } from "uvu";
import * as assert from "uvu/assert";

import { GuestError } from "../../src/index.ts";
import { Lane } from "../../src/session/lane.ts";
import { rejects } from "../support/rejects.ts";
import { timed } from "../support/timed.ts";
import { connected, result } from "./wire.ts";

/* One branch against a scripted keeper: what goes out, in which order, and what comes of what is said. */

const within = (name: string, body: () => Promise<void>): void => {
  test(name, () => timed(10_000, name, body));
};

within("what is asked goes out one at a time and in the order in which it was asked", async () => {
  const { wire, session } = await connected();
  const run = session.runCode("1");
  const set = session.setVariables({ a: 1 });
  const kept = session.checkpoint("here");
  assert.equal(wire.types, ["run"]);
  await wire.answer("run", { output: 1, text: "1" });
  assert.equal(wire.types, ["run", "assign"]);
  await wire.answer("assign");
  assert.equal(wire.types, ["run", "assign", "checkpoint"]);
  await wire.answer("checkpoint");
  assert.is((await run).output, 1);
  await Promise.all([set, kept]);
  assert.is(new Set(wire.sent.map((command) => (command as { id: number }).id)).size, 3, "no id twice");
});

within("a queued call whose signal is aborted is taken out at once and never asked", async () => {
  const { wire, session } = await connected();
  const run = session.runCode("1");
  const aborts = new AbortController();
  const { signal } = aborts;
  const calls = [
    session.setVariables({ a: 1 }, { signal }),
    session.getVariable("a", { signal }),
    session.variables({ signal }),
    session.setTools({}, { signal }),
    session.complete("a", 1, { signal }),
    session.checkpoint("a", { signal }),
    session.restore("a", { signal }),
    session.forget("a", { signal }),
    session.undo(1, { signal }),
    session.reset({ signal }),
    session.fork(2, { signal }),
  ];
  const cell = session.runCode("2", { signal });
  aborts.abort(new RangeError("no more"));
  for (const call of calls) await rejects(call, RangeError, "no more");
  assert.is((await cell).error?.kind, "interrupted");
  await wire.answer("run");
  assert.ok((await run).ok);
  assert.equal(wire.types, ["run"]);
  assert.is(wire.closed, 0);
});

within("a call under way whose signal is aborted is interrupted and waited for", async () => {
  const { wire, session } = await connected();
  const aborts = new AbortController();
  const call = session.setVariables({ a: 1 }, { signal: aborts.signal });
  const { id } = await wire.command("assign");
  aborts.abort(new RangeError("no more"));
  assert.equal(wire.sent.at(-1), { type: "interrupt", id });
  const next = session.runCode("1");
  assert.equal(wire.types, ["assign", "interrupt"]);
  const stopped = {
    kind: "interrupted",
    name: "KeyboardInterrupt",
    message: "",
    traceback: "",
    line: null,
  } as const;
  await wire.answer("assign", { error: stopped });
  await rejects(call, RangeError, "no more");
  await wire.answer("run");
  assert.ok((await next).ok);
});

within("a call that was done before its abort arrived was done", async () => {
  const { wire, session } = await connected();
  const aborts = new AbortController();
  const call = session.getVariable("a", { signal: aborts.signal });
  await wire.command("fetch");
  aborts.abort();
  await wire.answer("fetch", { output: 5, text: null });
  assert.is(await call, 5);
});

within("an abort after the end sends nothing", async () => {
  const { wire, session } = await connected();
  const aborts = new AbortController();
  const run = session.runCode("1", { signal: aborts.signal });
  await wire.answer("run");
  await run;
  aborts.abort();
  session.interrupt();
  assert.equal(wire.types, ["run"]);
});

within("interrupt is about what is under way", async () => {
  const { wire, session } = await connected();
  session.interrupt();
  const run = session.runCode("1");
  session.interrupt();
  const { id } = await wire.command("run");
  assert.equal(wire.sent.slice(1), [{ type: "interrupt", id }]);
  await wire.answer("run");
  await run;
});

within("what is asked from a callback of a result runs after what waited before it", async () => {
  const { wire, session } = await connected();
  const seen: unknown[] = [];
  const ended = new Promise<void>((resolve) => {
    void session.runCode("1", {
      onResult: () => void session.runCode("3", { onResult: () => resolve() }),
    });
  });
  void session.runCode("2");
  for (const nth of [1, 2, 3]) {
    seen.push((await wire.command("run", nth)).code);
    await wire.answer("run", {}, nth);
  }
  await ended;
  assert.equal(seen, ["1", "2", "3"]);
});

within(
  "a keeper that does not answer in time ends the session, and it is said what was not answered",
  async () => {
    const failed = new Promise<Error>((resolve) => {
      const lane = new Lane(0, { nextId: () => 1, send: () => {}, fail: resolve });
      lane.push({
        signal: undefined,
        patienceMs: 1,
        begin: () => ({ type: "inspect" }),
        receive: () => {},
        finish: () => {},
        skip: () => {},
        fail: () => {},
      });
    });
    assert.is((await failed).message, 'session ended: no answer to "inspect" within its time');
  },
);

const ILLEGAL: readonly (readonly [what: string, say: (id: number) => object, words: RegExp])[] = [
  [
    "a result of another command",
    (id) => result({ id: id + 1 }),
    /^message refused: "result" is about command 2 while command 1 is running$/,
  ],
  ["output of another command", (id) => ({ type: "stdout", id: id + 1, text: "" }), /is about command 2/],
  ["a second greeting", () => ({ type: "hello", session: "1" }), /"hello" while the session is idle$/],
  [
    "a second ready",
    () => ({
      type: "ready",
      protocol: 1,
      python: "3",
      enforcement: { tier: "landlock", level: "none", layers: [], gaps: [] },
    }),
    /"ready" while the session is idle$/,
  ],
  [
    "a branch that never was",
    (id) => ({ ...result({ id }), branch: 7 }),
    /"result" is about branch 7, which there never was$/,
  ],
  [
    "a file that nobody asked for",
    () => ({ type: "file", request: 9 }),
    /"file" answers request 9, which nobody made$/,
  ],
  ["no message at all", () => ({ type: "result" }), /^message from the session refused: /],
];

for (const [what, say, words] of ILLEGAL) {
  within(`${what} ends the session, and whoever waits hears why`, async () => {
    const { wire, session } = await connected();
    const run = session.runCode("1");
    const waiting = session.getVariable("a");
    const reading = session.files.read("a");
    const { id } = await wire.command("run");
    wire.say(say(id));
    await rejects(run, GuestError, words);
    await rejects(waiting, GuestError, words);
    await rejects(reading, GuestError, words);
    await rejects(session.runCode("2"), GuestError, words);
    assert.match(await session.ended, words);
    assert.is(wire.closed, 1);
  });
}

const CELLS_ONLY: readonly object[] = [
  { type: "display", bundle: [] },
  { type: "call", call: 1, tool: "f", arguments: [] },
  { type: "input", call: 1, prompt: "" },
  { type: "final", text: "1" },
];

for (const event of CELLS_ONLY) {
  const { type } = event as { type: string };
  within(`"${type}" is refused outside a cell`, async () => {
    const { wire, session } = await connected();
    const call = session.variables();
    const { id } = await wire.command("inspect");
    wire.say({ id, ...event });
    await rejects(call, GuestError, `message refused: "${type}" while the session is serving`);
  });
}

within("what threads print during another command belongs to no cell", async () => {
  const { wire, session } = await connected();
  const call = session.getVariable("a");
  const { id } = await wire.command("fetch");
  wire.say({ type: "stdout", id, text: "late" }, { type: "stderr", id, text: "late" });
  await wire.answer("fetch", { output: 1 });
  assert.is(await call, 1);
  const run = session.runCode("2");
  await wire.answer("run");
  assert.equal((await run).logs, { stdout: "", stderr: "" });
});

within("what comes after the end harms nobody", async () => {
  const { wire, session } = await connected();
  await session.close();
  wire.say(result({ id: 1 }), { type: "nonsense" });
  wire.line("{");
  wire.end("gone");
  assert.is(await session.ended, "session used after close");
});

test.run();
