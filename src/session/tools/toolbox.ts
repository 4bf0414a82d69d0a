import { UsageError } from "../../errors.ts";
import type { WireTool } from "../../protocol/messages.ts";
import { Annotations } from "./annotations.ts";
import { docstring } from "./docstring.ts";
import { isRecord, type JsonSchema } from "./json-schema.ts";
import { faultOfToolName } from "./names.ts";
import { type Parameter, readParameters } from "./parameters.ts";
import { type ReadSchema, readSchema } from "./schema.ts";
import { signature, stub } from "./stub.ts";
import type { Tool } from "./tool.ts";

/** One tool, read and ready to be called. */
export type BoundTool = {
  readonly name: string;
  readonly tool: Tool & { readonly execute: NonNullable<Tool["execute"]> };
  readonly input: ReadSchema;
  readonly output: ReadSchema | undefined;
  /** By the key that the schema has for it. */
  readonly parameters: ReadonlyMap<string, Parameter>;
  readonly rest: boolean;
  readonly signature: string;
};

/** The tools of a session: checked, described for Python, and found by name. */
export class ToolBox {
  /** As the session's worker is told about them. */
  readonly wire: readonly WireTool[];
  readonly #tools: ReadonlyMap<string, BoundTool>;

  /** Throws `UsageError` that names the tool and what is wrong with it. */
  constructor(tools: Readonly<Record<string, Tool>> = {}) {
    if (!isRecord(tools)) throw new UsageError("tools refused: not an object of tools by their names");
    const entries = Object.entries(tools).map(([name, tool]) => bind(name, tool));
    if (entries.length > MOST_TOOLS) throw new UsageError(`tools refused: more than ${MOST_TOOLS}`);
    this.wire = entries.map(({ wire }) => wire);
    this.#tools = new Map(entries.map(({ bound }) => [bound.name, bound]));
  }

  find(name: string): BoundTool | undefined {
    return this.#tools.get(name);
  }

  get names(): readonly string[] {
    return [...this.#tools.keys()];
  }

  /** Python stubs of all tools, for a prompt; ends without a newline. */
  stubs(): string {
    return this.wire.map(stub).join("\n\n");
  }
}

const MOST_TOOLS = 1000;

const NOTHING: JsonSchema = { type: "object", properties: {}, additionalProperties: false };

const bind = (name: string, tool: Tool): { bound: BoundTool; wire: WireTool } => {
  const fail = (what: string, hint?: string): never => {
    throw new UsageError(`tool ${JSON.stringify(name.slice(0, 120))} refused: ${what}`, { hint });
  };
  const fault = faultOfToolName(name);
  if (fault)
    fail(`its name ${fault}`, "the name is the property that holds it, and becomes a Python function");
  if (!isRecord(tool)) fail("it is no object with an execute function");
  const { description, inputSchema, parameters: earlier, outputSchema } = tool;
  if (typeof tool.execute !== "function") fail("it has no execute function");
  if (description !== undefined && typeof description !== "string") fail("its description is not a string");
  const input = readSchema(inputSchema ?? earlier ?? NOTHING, "input", fail);
  const output = outputSchema === undefined ? undefined : readSchema(outputSchema, "output", fail);
  const shapes = new Map<string, string>();
  const annotations = new Annotations(input.json ?? true, shapes);
  const { list, rest } = readParameters(input.json, annotations, fail);
  const returned = output?.json === undefined ? undefined : new Annotations(output.json, shapes);
  const returns = returned && output?.json !== undefined ? returned.of(output.json) : "Any";
  const wire: WireTool = {
    name,
    parameters: list.map(({ schema: _, nullable: __, ...parameter }) => parameter),
    rest,
    returns,
    doc: docstring({
      description,
      parameters: list,
      rest,
      input: { root: input.json ?? true, annotations },
      ...(returned && output?.json !== undefined
        ? { output: { root: output.json, annotations: returned } }
        : {}),
      shapes,
    }),
  };
  const parameters = new Map(list.map((parameter) => [parameter.key, parameter]));
  const bound = {
    name,
    tool: tool as BoundTool["tool"],
    input,
    output,
    parameters,
    rest,
    signature: signature(wire),
  };
  return { bound, wire };
};
