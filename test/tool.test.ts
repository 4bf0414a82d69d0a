import { tool as aiTool, jsonSchema } from "@ai-sdk/provider-utils";
import { Type as Old } from "@sinclair/typebox";
import { type } from "arktype";
import Type from "typebox";
import { test } from "uvu";
import * as assert from "uvu/assert";
import * as v from "valibot";
import * as z from "zod";

import { type Tool, tool, toolStubs } from "../src/tool.ts";
import { cellWith, resultOf } from "./session/tools/fixture.ts";

/* That this file compiles is half of the test: `satisfies` holds the type of every input. */

const typed = {
  typebox: tool({
    inputSchema: Type.Object({ q: Type.String(), n: Type.Optional(Type.Integer()) }),
    execute: ({ q, n }) => `${q satisfies string}${(n satisfies number | undefined) ?? ""}`,
  }),
  typebox034: tool({
    inputSchema: Old.Object({ q: Old.String(), n: Old.Optional(Old.Integer()) }),
    execute: ({ q, n }) => `${q satisfies string}${(n satisfies number | undefined) ?? ""}`,
  }),
  zod: tool({
    inputSchema: z.object({ q: z.string(), n: z.number().optional() }),
    execute: ({ q, n }) => `${q satisfies string}${(n satisfies number | undefined) ?? ""}`,
  }),
  valibot: tool({
    inputSchema: v.object({ q: v.string(), n: v.optional(v.number()) }),
    execute: ({ q, n }) => `${q satisfies string}${(n satisfies number | undefined) ?? ""}`,
  }),
  arktype: tool({
    inputSchema: type({ q: "string", "n?": "number" }),
    execute: ({ q, n }) => `${q satisfies string}${(n satisfies number | undefined) ?? ""}`,
  }),
  json: tool({
    inputSchema: {
      type: "object",
      properties: { q: { type: "string" }, n: { type: "integer" } },
      required: ["q"],
    },
    execute: ({ q, n }) => `${q satisfies string}${(n satisfies number | undefined) ?? ""}`,
  }),
  aiJson: tool({
    inputSchema: jsonSchema<{ q: string; n?: number }>({
      type: "object",
      properties: { q: { type: "string" }, n: { type: "integer" } },
      required: ["q"],
    }),
    execute: ({ q, n }) => `${q satisfies string}${(n satisfies number | undefined) ?? ""}`,
  }),
};

for (const [name, one] of Object.entries(typed)) {
  test(`${name}: the input has the schema's type, and its values`, async () => {
    const cell = cellWith({ one });
    assert.equal(resultOf(await cell.call("one", { q: "a", n: 2 })), "a2");
    assert.equal(resultOf(await cell.call("one", { q: "a" })), "a");
  });
}

test("what an outputSchema says is what execute must give", async () => {
  const good = tool({ outputSchema: z.array(z.string()), execute: async () => ["a"] });
  const bad = tool({
    outputSchema: z.array(z.string()),
    // @ts-expect-error: numbers are no strings
    execute: () => [1],
  });
  assert.equal(resultOf(await cellWith({ good }).call("good")), ["a"]);
  assert.ok("error" in (await cellWith({ bad }).call("bad")));
});

test("the tool is given back as it is, so that it can be called without a session", () => {
  const definition = { execute: (): number => 5 };
  assert.is(tool(definition), definition);
});

const weather = aiTool({
  description: "Get the weather in a location",
  inputSchema: z.object({ location: z.string().describe("The location to get the weather for") }),
  execute: async ({ location }, { toolCallId, abortSignal }) => ({
    location,
    temperature: 22,
    known: toolCallId !== "" && abortSignal?.aborted === false,
  }),
});

const streaming = aiTool({
  inputSchema: z.object({ city: z.string() }),
  async *execute({ city }) {
    yield { status: "loading", text: "" };
    yield { status: "success", text: `sunny in ${city}` };
  },
});

test("a tool of the AI SDK is a tool as it is", async () => {
  const tools: Readonly<Record<string, Tool>> = { weather, streaming };
  assert.is(
    toolStubs(tools),
    `def weather(location: str) -> Any:
    """Get the weather in a location

    Args:
        location: The location to get the weather for
    """

def streaming(city: str) -> Any: ...`,
  );
  const cell = cellWith(tools);
  assert.equal(resultOf(await cell.call("weather", { location: "Bonn" })), {
    location: "Bonn",
    temperature: 22,
    known: true,
  });
  assert.equal(resultOf(await cell.call("streaming", { city: "Bonn" })), {
    status: "success",
    text: "sunny in Bonn",
  });
});

test.run();
