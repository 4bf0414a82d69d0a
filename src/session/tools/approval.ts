import type { ToolContext } from "./tool.ts";
import type { BoundTool } from "./toolbox.ts";
import { arrange, type Collected } from "./wire-arguments.ts";

/** A call that waits to be approved. */
export type ApprovalRequest = {
  readonly id: string;
  readonly tool: string;
  /** As the cell gave them, by the names of the tool's schema. */
  readonly arguments: Readonly<Record<string, unknown>>;
  /** Fires when the cell ends, so that a question to a person can be taken back. */
  readonly signal: AbortSignal;
};

/** Whether the call is made: with its arguments, with others, or not, and why. */
export type Approval =
  | boolean
  | { readonly refuse: string }
  | { readonly arguments: Readonly<Record<string, unknown>> };

/** Asked before every call; it may take its time, which does not count as the cell's wall time. */
export type Approve = (call: ApprovalRequest) => Approval | PromiseLike<Approval>;

/** What became of it: refused with a reason, or made, with other arguments when there are some. */
export type Verdict =
  | { readonly refused: string }
  | { readonly refused?: undefined; readonly changed?: Collected };

/** Asks `approve` for a call. Whatever is no clear consent is a refusal. */
export async function ask(approve: Approve, request: ApprovalRequest, tool: BoundTool): Promise<Verdict> {
  let approval: unknown;
  try {
    approval = await approve(request);
  } catch (error) {
    // The host's own trouble, in words that tell the cell nothing about it.
    return { refused: `it could not be approved: ${error instanceof Error ? error.name : "an error"}` };
  }
  if (approval === true) return {};
  if (typeof approval === "object" && approval !== null) {
    const { refuse, arguments: changed } = approval as { refuse?: unknown; arguments?: unknown };
    if (typeof refuse === "string") return { refused: refuse };
    if (refuse === undefined && typeof changed === "object" && changed !== null)
      return { changed: arrange(Object.entries(changed), tool) };
  }
  return { refused: "it was not approved" };
}

/** Whether a tool that asks for approval, as the AI SDK's can, may not run without somebody who gives it. */
export async function needsApproval(
  { tool }: BoundTool,
  input: unknown,
  context: ToolContext,
): Promise<boolean> {
  const { needsApproval: needs } = tool;
  if (typeof needs !== "function") return Boolean(needs);
  return Boolean(
    await (needs as (input: unknown, context: ToolContext) => unknown).call(tool, input, context),
  );
}
