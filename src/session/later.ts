// Stands in for src/session/tools/{tool,toolbox,calls}.ts until they are there.
import type { Denial, WireTool } from "../protocol/messages.ts";
export type Tool = object;
export type Approve = (call: unknown) => unknown;
export type ToolCallRecord = { readonly tool: string; readonly denial?: Denial };
export type ToolCallEvent = { readonly type: "toolCall"; readonly call: ToolCallRecord };
export class ToolBox {
  readonly wire: readonly WireTool[] = [];
  readonly tools: Readonly<Record<string, Tool>>;
  constructor(tools: Readonly<Record<string, Tool>>) {
    this.tools = tools;
  }
  stubs(): string {
    return "";
  }
}
export type ToolAnswer = { call: number; value?: unknown; error?: { name: string; message: string } };
export class ToolCalls {
  readonly records: readonly ToolCallRecord[] = [];
  readonly parts: Parts;
  constructor(parts: Parts) {
    this.parts = parts;
  }
  receive(event: { call: number }): void {
    this.parts.answer({ call: event.call, error: { name: "ToolError", message: "no tools yet" } });
  }
  end(_reason: string): void {}
}
type Parts = {
  toolbox: ToolBox;
  limits: unknown;
  approve: Approve | undefined;
  answer(answer: ToolAnswer): void;
  emit(event: ToolCallEvent): void;
};
