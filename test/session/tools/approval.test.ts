import { test } from "uvu";
import * as assert from "uvu/assert";

import type { Approval, ApprovalRequest, Approve } from "../../../src/session/tools/approval.ts";
import { type Tool, tool } from "../../../src/tool.ts";
import { cellWith, errorOf, resultOf } from "./fixture.ts";

const send = tool({
  inputSchema: {
    type: "object",
    properties: { to: { type: "string", minLength: 1 }, from: { type: "string", default: "me" } },
    required: ["to"],
  },
  execute: ({ to, from }) => `${from} to ${to}`,
});

const withApproval = (approve: Approve, tools: Readonly<Record<string, Tool>> = { send }) =>
  cellWith(tools, { approve });

test("a call that is approved is made; it was asked with its arguments, defaults included", async () => {
  const asked: ApprovalRequest[] = [];
  const cell = withApproval((request) => {
    asked.push(request);
    return true;
  });
  assert.is(resultOf(await cell.call("send", { to: "you" })), "me to you");
  const [request] = asked;
  assert.equal([request?.tool, request?.arguments], ["send", { to: "you", from: "me" }]);
  assert.is(request?.id, cell.calls.records[0]?.id);
});

test("a call that is refused is not made, and the cell learns why", async () => {
  const refusals: readonly (readonly [Approval, string])[] = [
    [false, "it was not approved"],
    [{ refuse: "not to strangers" }, "not to strangers"],
  ];
  for (const [approval, why] of refusals) {
    let ran = 0;
    const cell = withApproval(async () => approval, { f: tool({ execute: () => ran++ }) });
    assert.is(errorOf(await cell.call("f")), `CallRefused: call of f refused: ${why}`);
    assert.equal([ran, cell.calls.records[0]?.status], [0, "refused"]);
  }
});

test("whatever is no clear consent is a refusal", async () => {
  const unclear = [
    undefined,
    null,
    1,
    "yes",
    {},
    [],
    { approved: true },
    { refuse: 1 },
    { refuse: "", arguments: {} },
  ];
  for (const approval of unclear) {
    const cell = withApproval(() => approval as Approval, { f: tool({ execute: () => 1 }) });
    assert.match(errorOf(await cell.call("f")), /^CallRefused: call of f refused: /, String(approval));
  }
});

test("an approval that fails refuses, and says nothing of the host's trouble", async () => {
  const cell = withApproval(() => {
    throw new TypeError("cannot open /etc/approvers");
  });
  assert.is(
    errorOf(await cell.call("send", { to: "you" })),
    "CallRefused: call of send refused: it could not be approved: TypeError",
  );
});

test("changed arguments are checked as the first ones were, and recorded", async () => {
  const change = (values: Record<string, unknown>) => withApproval(() => ({ arguments: values }));
  const cell = change({ to: "her", from: "him" });
  assert.is(resultOf(await cell.call("send", { to: "you" })), "him to her");
  assert.equal(cell.calls.records[0]?.arguments, { to: "her", from: "him" });
  assert.is(resultOf(await change({ to: "her" }).call("send", { to: "you" })), "me to her");
  const prefix = "InvalidArguments: arguments of send refused: the approval changed them: ";
  assert.ok(
    errorOf(await change({ to: "" }).call("send", { to: "you" })).startsWith(`${prefix}to: must not have`),
  );
  assert.ok(
    errorOf(await change({ to: "x", cc: "y" }).call("send", { to: "you" })).startsWith(
      `${prefix}cc: is not taken; the arguments are to, from`,
    ),
  );
});

test("an approval cannot change the call by writing into what it was shown", async () => {
  const f = {
    inputSchema: { type: "object", properties: { list: { type: "array" } }, required: ["list"] },
    execute: ({ list }: { list: unknown[] }) => list,
  };
  const cell = withApproval(
    (request) => {
      (request.arguments.list as unknown[]).push("smuggled");
      return true;
    },
    { f },
  );
  assert.equal(resultOf(await cell.call("f", { list: [1] })), [1]);
  assert.equal(cell.calls.records[0]?.arguments, { list: [1] });
});

test("arguments that do not fit are refused before anybody is asked", async () => {
  let asked = 0;
  const cell = withApproval(() => {
    asked += 1;
    return true;
  });
  assert.match(errorOf(await cell.call("send", { to: 1 })), /^InvalidArguments/);
  assert.is(asked, 0);
});

test("a call whose cell ended while it was held is not made", async () => {
  let ran = 0;
  let consent: (approval: Approval) => void = () => {};
  let signal: AbortSignal | undefined;
  const cell = withApproval(
    (request) => {
      signal = request.signal;
      return new Promise((resolve) => {
        consent = resolve;
      });
    },
    { f: tool({ execute: () => ran++ }) },
  );
  void cell.call("f").catch(() => {});
  await new Promise((resolve) => setImmediate(resolve));
  assert.is(cell.calls.records[0]?.status, "pending");
  cell.calls.end();
  assert.is(signal?.aborted, true);
  consent(true);
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal([ran, cell.calls.records[0]?.status, cell.answers], [0, "aborted", []]);
});

test("a tool that needs an approval does not run where nobody gives one", async () => {
  const words = "CallRefused: call of f refused: it needs an approval, and nobody here gives one";
  const f = tool({ needsApproval: true, execute: () => 1 });
  assert.is(errorOf(await cellWith({ f }).call("f")), words);
  assert.is(resultOf(await withApproval(() => true, { f }).call("f")), 1);
});

test("a tool that asks whether it needs an approval is asked with its input", async () => {
  const f: Tool = {
    inputSchema: { type: "object", properties: { n: { type: "integer" } }, required: ["n"] },
    needsApproval: async ({ n }: { n: number }) => n > 10,
    execute: ({ n }: { n: number }) => n,
  };
  const cell = cellWith({ f });
  assert.is(resultOf(await cell.call("f", { n: 10 })), 10);
  assert.match(errorOf(await cell.call("f", { n: 11 })), /it needs an approval/);
});

test.run();
