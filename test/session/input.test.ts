import { test } from "uvu";
import * as assert from "uvu/assert";

import { type ExecutionEvent, UsageError } from "../../src/index.ts";
import { rejects } from "../support/rejects.ts";
import { timed } from "../support/timed.ts";
import { connected, running } from "./wire.ts";

/* What answers `input()`, against a scripted keeper. */

const within = (name: string, body: () => Promise<void>): void => {
  test(name, () => timed(10_000, name, body));
};

within("input is read from a text line by line, and then ends", async () => {
  const { wire, run, say, id, command } = await running({ input: "one\r\ntwo\n" });
  assert.is(command.input, true);
  say(...[1, 2, 3].map((call) => ({ type: "input", call, prompt: "? " })));
  for (const [index, value] of ["one", "two", null].entries()) {
    assert.equal(await wire.command("answer", index + 1), { type: "answer", id, call: index + 1, value });
  }
  await wire.answer("run");
  assert.ok((await run).ok);
});

within("a cell's onInput comes before the session's, and is an event", async () => {
  const { wire, run, say, session } = await running(
    { onInput: async (prompt) => `to ${prompt}` },
    { onInput: () => "from the session\n" },
  );
  say({ type: "input", call: 1, prompt: "a" });
  assert.is((await wire.command("answer")).value, "to a");
  await wire.answer("run");
  const events: ExecutionEvent[] = [];
  for await (const event of run) events.push(event);
  assert.equal(events[0], { type: "input", prompt: "a" });
  const second = session.runCode("2");
  const { id } = await wire.command("run", 2);
  wire.say({ type: "input", id, call: 1, prompt: "b" });
  assert.is((await wire.command("answer", 2)).value, "from the session");
  await wire.answer("run", {}, 2);
  await second;
});

for (const [what, onInput, words] of [
  [
    "throws",
    () => {
      throw new RangeError("no keyboard");
    },
    "no keyboard",
  ],
  ["rejects", () => Promise.reject(new RangeError("no keyboard")), "no keyboard"],
  ["gives a number", () => 5 as never, "onInput: gave a number, not a string or null"],
  ["gives two lines", () => "a\nb", "onInput: gave more than one line"],
] as const) {
  within(
    `an onInput that ${what} is the end of input for Python, and fails the run when it is over`,
    async () => {
      const { wire, run, say } = await running({ onInput });
      say({ type: "input", call: 1, prompt: "" });
      assert.is((await wire.command("answer")).value, null);
      await wire.answer("run");
      await rejects(run, words.startsWith("onInput") ? UsageError : RangeError, words);
    },
  );
}

within("an answer that comes after the cell goes nowhere, and its onInput is told to stop", async () => {
  let answer = (_: string): void => {};
  let stopped: AbortSignal | undefined;
  const { wire, run, say } = await running({
    onInput: (_, { signal }) => {
      stopped = signal;
      return new Promise((resolve) => {
        answer = resolve;
      });
    },
  });
  say({ type: "input", call: 1, prompt: "" });
  await wire.answer("run");
  await run;
  assert.ok(stopped?.aborted);
  answer("late");
  await new Promise(setImmediate);
  assert.not(wire.types.includes("answer"));
});

for (const [what, options, words] of [
  ["input that is no string", { input: 5 }, "runCode: input is number, not a string"],
  [
    "both input and onInput",
    { input: "", onInput: () => "" },
    "runCode: input and onInput exclude each other",
  ],
  ["an onToolCall that is none", { onToolCall: 1 }, "runCode: onToolCall is number, not a function"],
] as const) {
  within(`${what} is the caller's error`, async () => {
    const { session } = await connected();
    await rejects(async () => session.runCode("1", options as never), UsageError, words);
  });
}

test.run();
