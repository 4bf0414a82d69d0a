import type { Returned, Tool, ToolDefinition } from "./session/tools/tool.ts";
import { ToolBox } from "./session/tools/toolbox.ts";

export type { Tool, ToolContext, ToolDefinition } from "./session/tools/tool.ts";

/**
 * Gives its argument back, with the type of `input` taken from the schema: TypeBox, Standard Schema (zod, valibot,
 * arktype) or a JSON Schema written out.
 */
export function tool<
  const Input = undefined,
  const Output = undefined,
  Result extends Returned<Output> = Returned<Output>,
>(definition: ToolDefinition<Input, Output, Result>): ToolDefinition<Input, Output, Result> {
  return definition;
}

/**
 * The tools as Python stubs, for the prompt of a model: one `def` with its docstring for each. Throws `UsageError` for
 * tools that a session would not take.
 */
export function toolStubs(tools: Readonly<Record<string, Tool>>): string {
  return new ToolBox(tools).stubs();
}
