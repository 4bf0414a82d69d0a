import { UsageError } from "../../errors.ts";
import { encodeValue } from "../../protocol/values.ts";
import { type Approve, ask, needsApproval } from "./approval.ts";
import { complete } from "./complete.ts";
import { type CallError, describeFailure, refusal } from "./failure.ts";
import { shown } from "./literal.ts";
import { type Parsed, type Problem, pathText } from "./problem.ts";
import type { ToolContext } from "./tool.ts";
import type { BoundTool } from "./toolbox.ts";
import { type CallEvent, collect } from "./wire-arguments.ts";

/** What a call came to: a value of the wire, or an error with whose doing it was. */
export type Outcome =
  | { readonly status: "ok"; readonly value: unknown }
  | { readonly status: "failed" | "refused"; readonly error: CallError };

export type Conditions = {
  readonly id: string;
  /** Fires when the cell ends first. Made when somebody asks for it, which few tools do. */
  readonly signal: AbortSignal;
  /** Whether the cell has ended, which asks for no signal. */
  over(): boolean;
  readonly approve: Approve | undefined;
  /** The most bytes that a result may have as JSON. */
  readonly resultBytes: number;
  /** Called with the arguments when they are known to fit, and again when an approval changed them. */
  begun(values: Readonly<Record<string, unknown>>): void;
};

/** Makes one call: its arguments are checked, then approved, then the tool runs, then its result is checked. Never throws. */
export async function carryOut(tool: BoundTool, event: CallEvent, conditions: Conditions): Promise<Outcome> {
  const { id, approve, begun } = conditions;
  let phase: "arguments" | "call" = "arguments";
  try {
    const sent = collect(event.arguments, tool);
    let input = "problems" in sent ? sent : await parseInput(sent.value, tool);
    if ("problems" in input) return badArguments(tool, input.problems, { given: sent });
    // Copies, so that neither the tool nor an approval changes what the record says.
    begun(copyOf(event, tool));
    const context = contextOf(conditions);
    if (approve) {
      const verdict = await ask(
        approve,
        { id, tool: tool.name, arguments: copyOf(event, tool), signal: conditions.signal },
        tool,
      );
      if (verdict.refused !== undefined)
        return refused("CallRefused", `call of ${tool.name} refused: ${verdict.refused}`);
      if (verdict.changed) {
        const { changed } = verdict;
        input = "problems" in changed ? changed : await parseInput(changed.value, tool);
        if ("problems" in input)
          return badArguments(tool, input.problems, { given: changed, prefix: CHANGED });
        if ("value" in changed) begun(changed.value);
      }
    } else if (tool.tool.needsApproval && (await needsApproval(tool, input.value, context))) {
      return refused(
        "CallRefused",
        `call of ${tool.name} refused: it needs an approval, and nobody here gives one`,
      );
    }
    // While it was held the cell may have ended, and then nothing more must happen.
    if (conditions.over()) return refused("CallRefused", `call of ${tool.name} refused: the cell is over`);
    phase = "call";
    return await encodeResult(
      await lastOf(tool.tool.execute(input.value as never, context), conditions),
      tool,
      conditions,
    );
  } catch (error) {
    const described = describeFailure(error, () => JSON.stringify(event.arguments));
    if (phase === "call") return { status: "failed", error: described };
    return refused(
      "InvalidArguments",
      `arguments of ${tool.name} refused: they could not be checked: ${described.message}`,
    );
  }
}

/** Getters, so that a signal is made for the tools that look at it. */
const contextOf = (conditions: Conditions): ToolContext => ({
  get signal() {
    return conditions.signal;
  },
  callId: conditions.id,
  get abortSignal() {
    return conditions.signal;
  },
  toolCallId: conditions.id,
  messages: [],
});

const refused = (name: Parameters<typeof refusal>[0], message: string): Outcome => ({
  status: "refused",
  error: refusal(name, message),
});

const copyOf = (event: CallEvent, tool: BoundTool): Readonly<Record<string, unknown>> => {
  const copy = collect(event.arguments, tool);
  return "value" in copy ? withDefaults(copy.value, tool) : {};
};

const withDefaults = (value: Readonly<Record<string, unknown>>, { input }: BoundTool) =>
  (input.json === undefined
    ? value
    : complete(value, input.json, { root: input.json, defaults: input.plain })) as Readonly<
    Record<string, unknown>
  >;

const parseInput = (
  value: Readonly<Record<string, unknown>>,
  tool: BoundTool,
): Parsed | PromiseLike<Parsed> => tool.input.parse(withDefaults(value, tool));

const CHANGED = "the approval changed them: ";

/** In words by which whoever wrote the call can mend it: the argument, what it must be, what it is, and the signature. */
const badArguments = (
  tool: BoundTool,
  problems: readonly Problem[],
  { given, prefix = "" }: { given: Parsed; prefix?: string },
): Outcome => {
  const rename = (key: string): string => tool.parameters.get(key)?.name ?? key;
  const value = "value" in given ? given.value : undefined;
  const parts = problems.slice(0, 5).map(({ path, message }) => {
    const where = path.length === 0 ? "" : `${pathText(path, rename)}: `;
    const at = "value" in given && path.length > 0 ? lookUp(value, path) : undefined;
    return `${where}${message}${at === undefined ? "" : `; it is ${shown(at.value)}`}`;
  });
  const text = `arguments of ${tool.name} refused: ${prefix}${parts.join("\n  ")}`;
  return refused("InvalidArguments", `${text}\nsignature: ${tool.signature}`);
};

const lookUp = (value: unknown, path: readonly PropertyKey[]): { readonly value: unknown } | undefined => {
  let at = value;
  for (const key of path) {
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, key)) return undefined;
    at = (at as Record<PropertyKey, unknown>)[key];
  }
  return { value: at };
};

/** The value, or the last one of a tool that gives several. One that is aborted in between is asked for no more. */
const lastOf = async (result: unknown, { over }: Conditions): Promise<unknown> => {
  const value = await result;
  if (typeof value !== "object" || value === null || !(Symbol.asyncIterator in value)) return value;
  let last: unknown;
  for await (const item of value as AsyncIterable<unknown>) {
    last = item;
    if (over()) break;
  }
  return last;
};

const encodeResult = async (
  value: unknown,
  tool: BoundTool,
  { resultBytes }: Conditions,
): Promise<Outcome> => {
  const failed = (name: "InvalidResult" | "ResultTooLarge", message: string): Outcome => ({
    status: "failed",
    error: refusal(name, `result of ${tool.name} refused: ${message}`),
  });
  const parsed: Parsed = tool.output ? await tool.output.parse(value) : { value };
  if ("problems" in parsed) {
    const [first] = parsed.problems;
    const where = first && first.path.length > 0 ? `${pathText(["result", ...first.path])}: ` : "";
    return failed("InvalidResult", `it is not as its outputSchema says: ${where}${first?.message ?? ""}`);
  }
  let wire: unknown;
  try {
    wire = encodeValue(parsed.value, "result") ?? null;
  } catch (error) {
    if (error instanceof UsageError) return failed("InvalidResult", error.message);
    throw error;
  }
  const bytes = sizeOf(wire);
  if (bytes > resultBytes)
    return failed("ResultTooLarge", `it is ${bytes} bytes; the policy's resultBytes is ${resultBytes}`);
  return { status: "ok", value: wire };
};

/** As JSON in UTF-8. */
const sizeOf = (wire: unknown): number => {
  try {
    return Buffer.byteLength(JSON.stringify(wire));
  } catch {
    // Longer than a string can be.
    return Number.POSITIVE_INFINITY;
  }
};
