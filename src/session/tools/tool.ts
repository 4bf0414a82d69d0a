import type { InputOf, ResultOf } from "./schema.ts";

/** What `execute` gets besides its input. The AI SDK's names for the same things are there too. */
export type ToolContext = {
  /** Fires when the cell that made the call ends, whatever ended it. */
  readonly signal: AbortSignal;
  /** One of a kind. */
  readonly callId: string;
  readonly abortSignal: AbortSignal;
  readonly toolCallId: string;
  /** Always empty: no conversation led to the call. */
  readonly messages: never[];
};

/**
 * A host function for cells, with everything that a session looks at. The AI SDK's tools are such tools as they are;
 * `tool()` makes one whose `execute` has a typed input.
 */
export type Tool = {
  readonly description?: string | undefined;
  /** What it takes: an object. Without a schema it takes nothing. */
  readonly inputSchema?: unknown;
  /** The AI SDK's earlier name for `inputSchema`. */
  readonly parameters?: unknown;
  /** What it gives; a result that is not so is refused, and code sees it in the signature. */
  readonly outputSchema?: unknown;
  /** With `true`, the tool only runs where the session has an `approve`. */
  readonly needsApproval?: unknown;
  /** Gives a value or a promise of one, or values one after another of which the last one counts. */
  execute?(input: never, context: ToolContext): unknown;
};

/** What `tool()` is given and gives back. */
export type ToolDefinition<Input, Output, Result> = {
  /** What it is for; the first part of its docstring. */
  readonly description?: string | undefined;
  readonly inputSchema?: Input;
  readonly outputSchema?: Output;
  /** Whether it only runs where the session has an `approve`. Default: false. */
  readonly needsApproval?: boolean;
  execute(input: InputOf<Input>, context: ToolContext): Result;
};

/** What an `execute` may return for an output schema. */
export type Returned<Output> =
  | ResultOf<Output>
  | PromiseLike<ResultOf<Output>>
  | AsyncIterable<ResultOf<Output>>;
