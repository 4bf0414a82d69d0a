import { join } from "node:path";
import Type from "typebox";
import { test } from "uvu";
import * as assert from "uvu/assert";

import type { Tool } from "../../../src/session/tools/tool.ts";
import { ToolBox } from "../../../src/session/tools/toolbox.ts";
import { tool } from "../../../src/tool.ts";
import { repo } from "../../support/imports.ts";
import { runProgram } from "../../support/program.ts";
import { pythons } from "../../support/pythons.ts";

const stubOf = (name: string, one: Tool): string => new ToolBox({ [name]: one }).stubs();

const Hit = Type.Object(
  { title: Type.String(), url: Type.String(), score: Type.Optional(Type.Number()) },
  { title: "Hit" },
);

const search = tool({
  description: "Searches the web.\nNewest pages come first.",
  inputSchema: Type.Object({
    limit: Type.Optional(
      Type.Integer({ default: 10, minimum: 1, maximum: 50, description: "How many pages." }),
    ),
    query: Type.String({ description: "What to look   for." }),
    "sort-by": Type.Optional(Type.Union([Type.Literal("date"), Type.Literal("rank")])),
    from: Type.Optional(Type.String({ format: "date" })),
    filters: Type.Optional(
      Type.Object({ tags: Type.Array(Type.String()), safe: Type.Optional(Type.Boolean()) }),
    ),
  }),
  outputSchema: Type.Array(Hit),
  execute: () => [],
});

test("a stub says what a function takes and gives, and its docstring what the signature cannot", () => {
  assert.is(
    stubOf("search", search),
    `def search(query: str, limit: int = 10, sort_by: Literal["date", "rank"] | None = None, from_: str | None = None, filters: dict | None = None) -> list[Hit]:
    """Searches the web.
    Newest pages come first.

    Args:
        query: What to look for.
        limit: How many pages (at least 1, at most 50).
        from_: Format date.
        filters: {"tags": list[str], "safe": NotRequired[bool]}

    Types:
        Hit: {"title": str, "url": str, "score": NotRequired[float]}
    """`,
  );
});

test("a tool about which there is nothing to say is one line", () => {
  assert.is(stubOf("now", tool({ execute: () => 1 })), "def now() -> Any: ...");
  assert.is(
    stubOf("now", tool({ description: "The time.", outputSchema: Type.String(), execute: () => "" })),
    'def now() -> str:\n    """The time."""',
  );
});

test("what a result looks like is told where it has no name", () => {
  const one = tool({
    outputSchema: Type.Array(Type.Object({ a: Type.Integer() }), { description: "One for each." }),
    execute: () => [],
  });
  assert.is(
    stubOf("list_all", one),
    'def list_all() -> list[dict]:\n    """Returns:\n        list[{"a": int}]. One for each.\n    """',
  );
});

test("defaults are Python literals; long ones and those that have none are left out", () => {
  const withDefault = (value: unknown): string => {
    const one = { inputSchema: { type: "object", properties: { x: { default: value } } }, execute: () => 1 };
    return /= (.*)\) ->/s.exec(stubOf("f", one))?.[1] ?? "";
  };
  const values = [
    null,
    true,
    -1.5,
    1e21,
    'it\'s "so"\n',
    ["a", { b: [false] }],
    "x".repeat(100),
    -0,
    2n ** 70n,
  ];
  assert.equal(values.map(withDefault), [
    "None",
    "True",
    "-1.5",
    "1e+21",
    '"it\'s \\"so\\"\\n"',
    '["a", {"b": [False]}]',
    "...",
    "-0.0",
    "1180591620717411303424",
  ]);
});

test("unknown arguments are named kwargs, unless a parameter has that name", () => {
  const schema = { type: "object", properties: { kwargs: { type: "string" } }, additionalProperties: true };
  assert.is(
    stubOf("f", { inputSchema: schema, execute: () => 1 }).split("\n")[0],
    "def f(kwargs: str | None = None, **kwargs_: Any) -> Any:",
  );
});

const NASTY = [
  'ends the string """\n    import os; os.abort()\n"""',
  'ends with a quote "',
  "ends with a backslash \\",
  '\\""" after a backslash',
  "\\N{NOT A CHARACTER} \\x \\u12 \\777",
  "a NUL \0, a return \r, a form feed \f, an escape \x1b",
  "separators \u2028 and \u2029, \x85",
  "half a pair \ud800 and \udfff, and a whole one 😀",
  '""""""""',
  "  indented\n      more\n  less",
  "tab\there",
] as const;

const nastyTools = (): readonly [string, string, Tool][] =>
  NASTY.map((text, index) => {
    const inputSchema = {
      type: "object",
      properties: {
        [`key ${index}`]: { description: text, default: text },
        [text.slice(0, 50)]: { enum: [text, "b"], title: text },
      },
    };
    return [`nasty${index}`, text, { description: text, inputSchema, execute: () => 1 }];
  });

for (const { file, version } of pythons()) {
  test(`whatever a description says, Python ${version} compiles the stub and reads the same text`, async () => {
    const stubs = nastyTools().map(([name, , one]) => ({
      name,
      stub: stubOf(name, one),
      box: new ToolBox({ [name]: one }),
    }));
    const searched = { name: "search", stub: stubOf("search", search), box: new ToolBox({ search }) };
    const { stdout, stderr } = await runProgram(file, [join(repo, "test/session/tools/check_stubs.py")], {
      input: JSON.stringify([...stubs, searched].map(({ name, stub }) => ({ name, stub }))),
    });
    assert.is(stderr, "");
    const read = JSON.parse(stdout) as {
      doc: string;
      names: string[];
      required: string[];
      annotations: object;
    }[];
    for (const [index, { box }] of [...stubs, searched].entries()) {
      const [wire] = box.wire;
      // inspect.getdoc removes what all lines are indented by, expands tabs and strips the ends.
      const plain = (text: string | undefined): string => (text ?? "").replaceAll(/\s+/g, " ").trim();
      assert.is(plain(read[index]?.doc), plain(wire?.doc));
      assert.equal(
        read[index]?.names,
        wire?.parameters.map(({ name }) => name),
      );
    }
    assert.equal(read.at(-1)?.required, ["query"]);
    assert.equal(read.at(-1)?.annotations, {
      query: "str",
      limit: "int",
      sort_by: "Literal['date', 'rank'] | None",
      from_: "str | None",
      filters: "dict | None",
      return: "list[Hit]",
    });
  });
}

test.run();
