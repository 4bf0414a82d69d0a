import Type from "typebox";
import { test } from "uvu";
import * as assert from "uvu/assert";
import * as z from "zod";

import { UsageError } from "../../../src/errors.ts";
import type { Tool } from "../../../src/session/tools/tool.ts";
import { ToolBox } from "../../../src/session/tools/toolbox.ts";

const execute = (): number => 1;

/** The words of the error that keeps a tool out. */
const refusal = (name: string, one: unknown): string => {
  try {
    new ToolBox({ [name]: one as Tool });
  } catch (error) {
    assert.instance(error, UsageError);
    return (error as Error).message.split("\n")[0] ?? "";
  }
  return "taken";
};

const REFUSED: readonly (readonly [name: string, one: unknown, text: string])[] = [
  ["get-weather", { execute }, 'tool "get-weather" refused: its name is no Python identifier'],
  [
    "print",
    { execute },
    'tool "print" refused: its name is taken: Python or the session has something of that name',
  ],
  ["f", undefined, 'tool "f" refused: it is no object with an execute function'],
  ["f", execute, 'tool "f" refused: it is no object with an execute function'],
  ["f", { description: "x" }, 'tool "f" refused: it has no execute function'],
  ["f", { description: 5, execute }, 'tool "f" refused: its description is not a string'],
  ["f", { inputSchema: 5, execute }, 'tool "f" refused: inputSchema is no schema'],
  [
    "f",
    { inputSchema: { q: "string" }, execute },
    'tool "f" refused: inputSchema is no schema that is known',
  ],
  ["f", { outputSchema: null, execute }, 'tool "f" refused: outputSchema is no schema'],
  [
    "f",
    { inputSchema: Type.String(), execute },
    'tool "f" refused: inputSchema is not the schema of an object',
  ],
  ["f", { inputSchema: z.string(), execute }, 'tool "f" refused: inputSchema is not the schema of an object'],
  [
    "f",
    { inputSchema: { type: "object", properties: { a: { type: "strng" } } }, execute },
    'tool "f" refused: inputSchema: /properties/a: "strng" is no type that can be checked',
  ],
  [
    "f",
    { inputSchema: { type: "object", properties: { "a-b": {}, a_b: {} } }, execute },
    'tool "f" refused: the properties "a-b" and "a_b" are both a_b in Python',
  ],
  [
    "f",
    { inputSchema: { type: "object", properties: { "": {} } }, execute },
    'tool "f" refused: a property\'s name has not 1 to 100 characters',
  ],
  [
    "f",
    { inputSchema: { jsonSchema: Promise.resolve({}) }, execute },
    'tool "f" refused: inputSchema is not there yet: its jsonSchema is a promise; await it, and make the tool with it',
  ],
];

for (const [name, one, text] of REFUSED) {
  test(text, () => {
    assert.is(refusal(name, one), text);
  });
}

test("tools that are no object are refused", () => {
  for (const tools of [null, [], "search"])
    assert.throws(
      () => new ToolBox(tools as unknown as Record<string, Tool>),
      /^tools refused: not an object/,
    );
});

test("there may be no tools", () => {
  assert.equal([new ToolBox().wire, new ToolBox({}).stubs()], [[], ""]);
});

test("what goes to the worker has the required parameters first, and the schema's names as keys", () => {
  const inputSchema = {
    type: "object",
    properties: {
      "max-results": { type: "integer", default: 5 },
      from: { type: "string" },
      q: { type: "string" },
      big: { default: 2n ** 60n },
    },
    required: ["q", "extra"],
    additionalProperties: true,
  };
  assert.equal(new ToolBox({ search: { inputSchema, execute } }).wire, [
    {
      name: "search",
      parameters: [
        { key: "q", name: "q", required: true, annotation: "str" },
        { key: "extra", name: "extra", required: true, annotation: "Any" },
        { key: "max-results", name: "max_results", required: false, default: 5, annotation: "int" },
        { key: "from", name: "from_", required: false, annotation: "str | None" },
        {
          key: "big",
          name: "big",
          required: false,
          default: { $: "int", v: "0x1000000000000000" },
          annotation: "Any",
        },
      ],
      rest: true,
      returns: "Any",
      doc: "Args:\n    **kwargs: Further named arguments.",
    },
  ]);
});

test("alternatives are one signature: required is what all of them require", () => {
  const inputSchema = z.discriminatedUnion("by", [
    z.object({ by: z.literal("id"), id: z.number() }),
    z.object({ by: z.literal("name"), name: z.string() }),
  ]);
  const [wire] = new ToolBox({ find: { inputSchema, execute } }).wire;
  assert.equal(
    wire?.parameters.map(({ name, annotation, required }) => [name, annotation, required]),
    [
      ["by", 'Literal["id", "name"]', true],
      ["id", "float | None", false],
      ["name", "str | None", false],
    ],
  );
});

test("an intersection is one signature too", () => {
  const inputSchema = Type.Intersect([
    Type.Object({ a: Type.String() }),
    Type.Object({ b: Type.Optional(Type.Null()) }),
  ]);
  const [wire] = new ToolBox({ f: { inputSchema, execute } }).wire;
  assert.equal(
    wire?.parameters.map(({ name, annotation }) => [name, annotation]),
    [
      ["a", "str"],
      ["b", "None"],
    ],
  );
});

test("the AI SDK's earlier name for inputSchema is read as well", () => {
  const [wire] = new ToolBox({ f: { parameters: z.object({ a: z.string() }), execute } }).wire;
  assert.equal(
    wire?.parameters.map(({ name }) => name),
    ["a"],
  );
});

test("a name that every object has is no tool", () => {
  const box = new ToolBox({ f: { execute } });
  assert.equal(
    ["__proto__", "constructor", "f"].map((name) => box.find(name)?.name),
    [undefined, undefined, "f"],
  );
});

test.run();
