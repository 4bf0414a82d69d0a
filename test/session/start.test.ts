import { test } from "uvu";
import * as assert from "uvu/assert";

import { GuestError, type SessionOptions, UnavailableError, UsageError } from "../../src/index.ts";
import { rejects } from "../support/rejects.ts";
import { timed } from "../support/timed.ts";
import { dial, error, READY } from "./wire.ts";

/* How a session begins, against a scripted keeper. */

const within = (name: string, body: () => Promise<void>): void => {
  test(name, () => timed(10_000, name, body));
};

const settled = (): Promise<void> => new Promise(setImmediate);

within("nothing is sent before the session is ready when nothing was asked for", async () => {
  const { wire, starting } = dial();
  await settled();
  assert.equal(wire.sent, []);
  wire.say(READY);
  const session = await starting;
  assert.equal([wire.sent, session.python, session.enforcement.tier], [[], "3.11.0", "namespaces"]);
});

within("what a session begins with goes out first, and then tools and variables one by one", async () => {
  const { wire, starting } = dial({
    argv: ["a"],
    additionalAuthorizedImports: ["numpy", "scipy.*"],
    checkpoint: "always",
    history: { count: 3 },
    tools: { f: { execute: () => 1 } },
    variables: { n: 5 },
    limits: { memoryBytes: 2 ** 29 },
  });
  const start = await wire.command("start");
  assert.equal(start, {
    type: "start",
    argv: ["a"],
    imports: ["numpy", "scipy.*"],
    checkpoint: "always",
    history: { count: 3, bytes: 2 ** 29 },
  });
  wire.say(READY);
  assert.equal(
    (await wire.command("tools")).tools.map(({ name }) => name),
    ["f"],
  );
  assert.equal(wire.types, ["start", "tools"]);
  await wire.answer("tools");
  assert.equal((await wire.command("assign")).variables, [{ name: "n", value: 5 }]);
  await wire.answer("assign");
  const session = await starting;
  assert.match(session.toolStubs(), /^def f\(/);
});

within("a session that does not take its variables does not start, and is ended", async () => {
  const { wire, starting } = dial({ variables: { n: 5 } });
  await settled();
  wire.say(READY);
  await wire.answer("assign", error("MemoryError", "too much", "memory"));
  await rejects(starting, GuestError, "createSession: MemoryError: too much");
  assert.is(wire.closed, 1);
});

within("a start that is given up while it gets its variables ends the session", async () => {
  const aborts = new AbortController();
  const { wire, starting } = dial({ variables: { n: 5 }, signal: aborts.signal });
  await settled();
  wire.say(READY);
  const { id } = await wire.command("assign");
  aborts.abort(new RangeError("no more"));
  assert.equal(wire.sent.at(-1), { type: "interrupt", id });
  await wire.answer("assign", error("KeyboardInterrupt", "", "interrupted"));
  await rejects(starting, RangeError, "no more");
  assert.is(wire.closed, 1);
});

within("a signal that is aborted before the session is ready gives up", async () => {
  const aborts = new AbortController();
  const { wire, starting } = dial({ signal: aborts.signal });
  await settled();
  aborts.abort(new RangeError("no more"));
  await rejects(starting, RangeError, "no more");
  assert.ok(wire.closed > 0);
});

const BAD_STARTS: readonly (readonly [
  what: string,
  event: object,
  type: typeof GuestError,
  words: string,
])[] = [
  [
    "another protocol",
    { ...READY, protocol: 99 },
    GuestError,
    "session did not start: it speaks protocol 99, not 1",
  ],
  ["a fatal word", { type: "fatal", reason: "no room" }, UnavailableError, "session did not start: no room"],
  [
    "output before it is ready",
    { type: "stdout", id: 1, text: "" },
    GuestError,
    'message refused: "stdout" while the session is greeting',
  ],
];

for (const [what, event, type, words] of BAD_STARTS) {
  within(`${what} is no start`, async () => {
    const { wire, starting } = dial();
    await settled();
    wire.say(event);
    await rejects(starting, type, words);
    assert.ok(wire.closed > 0);
  });
}

within("a line that ends before the session is ready is no start", async () => {
  const { wire, starting } = dial();
  await settled();
  wire.end("its process ended");
  await rejects(starting, GuestError, "session ended: its process ended");
});

within("what comes right behind the first word finds somebody who judges it", async () => {
  const { wire, starting } = dial();
  await settled();
  wire.say(READY, { type: "stdout", id: 1, text: "" });
  const session = await starting;
  await rejects(session.runCode("1"), GuestError, 'message refused: "stdout" while the session is idle');
});

const BAD_OPTIONS: readonly (readonly [options: unknown, words: RegExp])[] = [
  [null, /^createSession: options are null, not an object$/],
  [
    { additionalAuthorizedImports: "numpy" },
    /^createSession: additionalAuthorizedImports is not a list of module names$/,
  ],
  [{ additionalAuthorizedImports: ["numpy", "a b"] }, /^createSession: additionalAuthorizedImports\/1 /],
  [{ checkpoint: "often" }, /^createSession: checkpoint is "often", not auto, always or never$/],
  [{ history: 5 }, /^createSession: history is number, not an object$/],
  [{ history: { count: -1 } }, /^createSession: history\.count is -1, not a whole number$/],
  [{ history: { depth: 1 } }, /^createSession: history has no "depth"$/],
  [{ onInput: "yes" }, /^createSession: onInput is string, not a function$/],
  [{ approve: true }, /^createSession: approve is boolean, not a function$/],
  [{ variables: [1] }, /^createSession: variables are a list, not an object$/],
  [{ variables: { "a b": 1 } }, /^createSession: "a b" is no name that a Python variable can have$/],
  [{ tools: { class: { execute: () => 1 } } }, /^tool "class" refused: /],
  [{ signal: {} }, /^createSession: signal is object, not an AbortSignal$/],
];

for (const [options, words] of BAD_OPTIONS) {
  within(
    `options ${JSON.stringify(options)} are the caller's error, found before anything starts`,
    async () => {
      const { wire, starting } = dial(options as SessionOptions);
      await rejects(starting, UsageError, words);
      assert.equal([wire.sent, wire.closed], [[], 0]);
    },
  );
}

test.run();
