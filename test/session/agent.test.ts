import { test } from "uvu";
import * as assert from "uvu/assert";

import { type ExecutionEvent, tool, UsageError } from "../../src/index.ts";
import { rejects } from "../support/rejects.ts";
import { answers, failure, ok, outputOf, withSessions } from "./fixture.ts";

/* What an agent needs of a real session: variables, tools, a final answer, rich results, input, completion. */

const { inSession } = withSessions({
  overlay: { import: ["asyncio", "os", "threading"], limits: { wallMs: 5000, graceMs: 300 } },
});

const search = tool({
  description: "Looks things up.",
  inputSchema: {
    type: "object",
    properties: { query: { type: "string" }, limit: { type: "integer", default: 2 } },
    required: ["query"],
  } as const,
  execute: ({ query, limit }: { query: string; limit?: number }) =>
    Array.from({ length: limit ?? 0 }, (_, index) => `${query} ${index}`),
});

inSession("a session can do what smolagents' call shape wants", async (session) => {
  await session.setVariables({ n: 40 });
  const { output, logs, isFinalAnswer } = await session.runCode("print('working')\nfinal_answer(n + 2)");
  assert.equal([output, `${logs}`, isFinalAnswer], [42, "working\n", true]);
});

inSession(
  "variables and tools that a session starts with are there in its first cell",
  async (session) => {
    assert.equal(await outputOf(session, "search('a', limit=n)"), ["a 0", "a 1", "a 2"]);
    assert.match(session.toolStubs(), /^def search\(query: str, limit: int = 2\)/);
  },
  { variables: { n: 3 }, tools: { search } },
);

inSession(
  "a module that the session was allowed besides can be imported",
  async (session) => {
    assert.is(await outputOf(session, "import socketserver\nsocketserver.__name__"), "socketserver");
    assert.is((await failure(session, "import xmlrpc.client")).kind, "import");
  },
  { additionalAuthorizedImports: ["socketserver"] },
);

inSession("variables go there and back", async (session) => {
  const date = new Date("2024-05-06T07:08:09.123Z");
  const values = { a: 1, b: [1n << 70n, null], c: new Map([[1, "x"]]), d: date, e: new Uint8Array([1, 2]) };
  await session.setVariables(values);
  await answers(session, "a, b[0] == 2 ** 70, c[1], e", [1, true, "x", new Uint8Array([1, 2])]);
  for (const [name, value] of Object.entries(values)) assert.equal(await session.getVariable(name), value);
  await rejects(session.getVariable("nobody"), UsageError, /^getVariable: .*nobody/);
  await ok(session, "f = {'a': [1, print]}");
  await rejects(session.getVariable("f"), UsageError, /^getVariable: .*a.*1/);
  const listed = await session.variables();
  assert.equal(
    listed.map(({ name, type }) => [name, type]).filter(([name]) => name === "a" || name === "f"),
    [
      ["a", "int"],
      ["f", "dict"],
    ],
  );
});

inSession("tools can be replaced, shadowed and brought back", async (session) => {
  await session.setTools({ one: { execute: () => 1 } });
  await answers(session, "one()", 1);
  await ok(session, "def one(): return 'own'");
  await answers(session, "one()", "own");
  await ok(session, "del one");
  await answers(session, "one()", 1);
  await session.setTools({ two: { execute: () => 2 } });
  assert.is((await failure(session, "one()")).name, "NameError");
  await answers(session, "two()", 2);
});

inSession("whatever state is gone back to, the tools are those of now", async (session) => {
  await session.setTools({ one: { execute: () => 1 } });
  await ok(session, "x = 1");
  await session.checkpoint("before");
  await session.setTools({ two: { execute: () => 2 } });
  await session.restore("before");
  await answers(session, "x, two()", [1, 2]);
  assert.is((await failure(session, "one()")).name, "NameError");
  await session.reset();
  await answers(session, "two()", 2);
  const [branch] = await session.fork(1);
  if (!branch) throw new Error("no branch");
  await answers(branch, "two()", 2);
  await branch.setTools({ three: { execute: () => 3 } });
  await session.adopt(branch);
  await answers(session, "three()", 3);
  await ok(session, "import os");
  assert.is((await failure(session, "os._exit(1)")).state, "rolledBack");
  await answers(session, "three()", 3);
});

inSession("a tool that fails is an error that code can catch", async (session) => {
  await session.setTools({
    fails: {
      execute: () => {
        throw new RangeError("too far");
      },
    },
  });
  const caught = await outputOf(session, "try:\n  fails()\nexcept ToolError as e:\n  r = str(e)\nr");
  assert.match(String(caught), /too far/);
});

inSession("tools run concurrently when they are awaited", async (session) => {
  const open: (() => void)[] = [];
  await session.setTools({
    wait: {
      // None ends before all have begun.
      execute: () =>
        new Promise<void>((resolve) => {
          open.push(resolve);
          if (open.length === 5) for (const end of open) end();
        }),
    },
  });
  const { toolCalls } = await ok(
    session,
    "import asyncio\nawait asyncio.gather(*(wait() for _ in range(5)))",
  );
  assert.equal(
    toolCalls.map(({ status }) => status),
    Array(5).fill("ok"),
  );
});

inSession(
  "an approver can refuse a call",
  async (session) => {
    assert.match(
      String(await outputOf(session, "try:\n  search('x')\nexcept ToolError as e:\n  r = str(e)\nr")),
      /not today/,
    );
  },
  { tools: { search }, approve: () => ({ refuse: "not today" }) },
);

inSession("a final answer stands when a cell swallows it", async (session) => {
  const execution = await session.runCode("try:\n  final_answer(1)\nexcept:\n  pass\nwhile True: pass");
  assert.equal([execution.isFinalAnswer, execution.output], [true, 1]);
  await answers(session);
});

inSession("the final answer is an event before the result", async (session) => {
  const events: ExecutionEvent[] = [];
  for await (const event of session.runCode("final_answer('a')")) events.push(event);
  assert.equal(
    events.map(({ type }) => type),
    ["finalAnswer", "result"],
  );
});

inSession("what is displayed comes as bundles, in order", async (session) => {
  const code = "class A:\n  def _repr_html_(self): return '<b>'\ndisplay(A())\nA()";
  const { results } = await ok(session, code);
  assert.equal(
    results.map((bundle) => bundle["text/html"]),
    ["<b>", "<b>"],
  );
});

inSession("input is answered, and ends when there is no more", async (session) => {
  const { output } = await ok(session, "input('name? '), input()", { input: "Ada\nLovelace\n" });
  assert.equal(output, ["Ada", "Lovelace"]);
  const prompts: string[] = [];
  const onInput = async (prompt: string): Promise<string> => {
    prompts.push(prompt);
    return "yes";
  };
  assert.is((await ok(session, "input('sure? ')", { onInput })).output, "yes");
  assert.equal(prompts, ["sure? "]);
  assert.is((await failure(session, "input()", { input: "" })).name, "EOFError");
  assert.is((await failure(session, "input()")).name, "EOFError");
});

inSession("completion knows the live namespace and counts as JavaScript does", async (session) => {
  await ok(session, "telescope = 1");
  const source = "'😀'; telesc";
  const { start, end, matches } = await session.complete(source);
  assert.equal([source.slice(start, end), matches.map(({ text }) => text)], ["telesc", ["telescope"]]);
});

test.run();
