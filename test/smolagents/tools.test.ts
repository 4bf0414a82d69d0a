import { test } from "uvu";
import * as assert from "uvu/assert";

import { type Session, tool } from "../../src/index.ts";
import { answers, failure, ok, outputOf } from "../session/fixture.ts";
import { rowsOf } from "./rows.ts";

const { row, whole } = rowsOf("Tools", { policy: "strict" });

const inputSchema = {
  type: "object",
  properties: { query: { type: "string" }, limit: { type: "integer", default: 2 } },
  required: ["query"],
  additionalProperties: false,
} as const;

type Query = { readonly query: string; readonly limit: number };

/** A tool that looks a word up, some times. */
const search = (find: (input: Query) => unknown = ({ query, limit }) => Array(limit).fill(query)) =>
  tool({
    description: "Finds what there is about a word.",
    inputSchema,
    execute: (input) => find(input as Query),
  });

const withSearch = { session: { tools: { search: search() } } };

row(
  "tool",
  async (session) => answers(session, "rows = search('a')\nrows + ['more']", ["a", "a", "more"]),
  withSearch,
);

const seen: string[] = [];
const remembering = search(({ query }) => seen.push(query));

row(
  "tool-closure",
  async (session) => {
    await answers(session, "search('a')\nsearch('b')", 2);
    assert.equal(seen, ["a", "b"]);
  },
  { session: { tools: { search: remembering } } },
);

row(
  "tool-arguments",
  async (session) => {
    for (const call of ["search('a', 1)", "search('a', limit=1)", "search(limit=1, query='a')"]) {
      await answers(session, call, ["a"]);
    }
    assert.match((await failure(session, "search(5)")).message, /query/);
    assert.is((await failure(session, "search('a', 'one')")).name, "ToolError");
    assert.is((await failure(session, "search('a', other=1)")).name, "TypeError");
    assert.is((await failure(session, "search()")).name, "TypeError");
    assert.is((await failure(session, "search({'query': 'a', 'limit': 1})")).name, "ToolError");
  },
  withSearch,
);

row(
  "tool-signature",
  async (session) => {
    await answers(session, "search.__name__, search.__doc__.split('.')[0]", [
      "search",
      "Finds what there is about a word",
    ]);
    const { logs } = await ok(session, "help(search)");
    assert.match(logs.stdout, /search\(query: '?str'?, limit: '?int'? = 2\)/);
  },
  withSearch,
);

const failing = search(({ query }) => {
  throw new RangeError(`nothing about ${query}`);
});

row(
  "tool-error",
  async (session) => {
    await answers(
      session,
      "try:\n  search('a')\nexcept ToolError as e:\n  said = str(e)\n'nothing about a' in said",
      true,
    );
    const { name, message, traceback } = await failure(session, "search('b')");
    assert.is(name, "ToolError");
    assert.match(message, /nothing about b/);
    assert.not.match(traceback, /\.ts\b|node_modules|file:/);
  },
  { session: { tools: { search: failing } } },
);

row(
  "tool-assigned",
  async (session) => {
    await answers(session, "search = 5\nsearch", 5);
    await answers(session, "def search(q): return 'mine'\nsearch('a')", "mine");
    await answers(session, "del search\nsearch('a', 1)", ["a"]);
  },
  withSearch,
);

/** Tools that end only when as many of them are under way at once. */
const together = (count: number) => {
  const waiting: (() => void)[] = [];
  return search(async ({ query }) => {
    await new Promise<void>((go) => {
      waiting.push(go);
      if (waiting.length === count) for (const each of waiting) each();
    });
    return query;
  });
};

row(
  "tool-awaited",
  async (session) => {
    const code = "import asyncio\nawait asyncio.gather(search('a'), search('b'), search('c'))";
    await answers(session, code, ["a", "b", "c"]);
  },
  { session: { tools: { search: together(3) } } },
);

row(
  "tool-from-a-thread",
  async (session) => {
    const code =
      "from concurrent.futures import ThreadPoolExecutor\nwith ThreadPoolExecutor(2) as pool:\n  found = list(pool.map(search, ['a', 'b']))\nfound";
    await answers(session, code, ["a", "b"]);
  },
  { session: { tools: { search: together(2) } } },
);

let aborted = 0;
const hanging = tool({
  description: "Never comes back by itself.",
  inputSchema: { type: "object", properties: {} },
  execute: (_, { signal }: { signal: AbortSignal }) =>
    new Promise((_, reject) => {
      signal.addEventListener("abort", () => {
        aborted++;
        reject(signal.reason as Error);
      });
    }),
});

/** Interrupts a cell once its tool has been called. */
const interruptedIn = async (session: Session, code: string) => {
  const run = session.runCode(code);
  for await (const event of run) if (event.type === "toolCall") session.interrupt();
  return run;
};

row(
  "tool-hangs",
  async (session) => {
    await ok(session, "kept = 1");
    const { error, state } = await interruptedIn(session, "hang()");
    assert.equal([error?.kind, state, aborted], ["interrupted", "kept", 1]);
    const late = await failure(session, "hang()");
    assert.equal([late.kind, late.state, aborted], ["timeout", "kept", 2]);
    await answers(session, "kept", 1);
  },
  {
    executor: { overlay: { limits: { wallMs: 1000, totalMs: 2000 } } },
    session: { tools: { hang: hanging } },
  },
);

row(
  "tools-replaced",
  async (session) => {
    await session.setTools({ look: search() });
    assert.equal(await outputOf(session, "look('a', 1)"), ["a"]);
    assert.is((await failure(session, "search('a')")).name, "NameError");
  },
  withSearch,
);

whole();

test.run();
