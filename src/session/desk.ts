import type { Limits } from "../policy/limits.ts";
import type { ResultEvent } from "../protocol/messages.ts";
import type { OnInput } from "./options.ts";
import type { Approve } from "./tools/approval.ts";
import type { ToolBox } from "./tools/toolbox.ts";

/** What the cells of one branch share on this side. */
export type Desk = {
  readonly limits: Limits;
  readonly approve: Approve | undefined;
  readonly onInput: OnInput | undefined;
  tools: ToolBox;
  /** Whether the namespace was ever given tools. */
  equipped: boolean;
  /** A loss of the namespace that no execution has told of yet. */
  owed: Pick<ResultEvent, "state" | "lost"> | undefined;
  /** How many cells there were. */
  count: number;
};

/** How long a session may take over a command that is no cell, which the keeper gives as long as one. */
export function patienceOf({ wallMs, graceMs }: Limits): number {
  return Math.max(LEAST_PATIENCE_MS, wallMs + graceMs + SLACK_MS);
}

const LEAST_PATIENCE_MS = 30_000;
const SLACK_MS = 10_000;
