import { UsageError } from "../errors.ts";
import type { Lane } from "./lane.ts";
import type { ToolBox } from "./later.ts";
import { type OrderOptions, order } from "./order.ts";

type Asked = Omit<OrderOptions<void>, "read" | "callersFault">;
type WireVariable = { readonly name: string; readonly value: unknown };

/** Gives a branch its tools; `taken` runs when it has them, before anything else does. */
export function equip(
  lane: Lane,
  tools: ToolBox,
  { taken, ...asked }: Asked & { taken?: () => void },
): Promise<void> {
  return order(lane, { type: "tools", tools: [...tools.wire] }, { ...asked, read: () => taken?.() });
}

/** Sets variables in a branch. Rejects with `UsageError` what is more than a session takes at once. */
export async function assign(lane: Lane, variables: readonly WireVariable[], asked: Asked): Promise<void> {
  const bytes = variables.reduce((sum, { value }) => sum + Buffer.byteLength(JSON.stringify(value)), 0);
  const most = 2 * limits.resultBytes + SLACK_BYTES;
  if (bytes > most) {
    throw new UsageError(
      `${asked.what}: the variables are ${bytes} bytes as JSON, at most ${most} go at once`,
      {
        hint: "raise the policy's resultBytes, or write a file and let the cell read it",
      },
    );
  }
  return order(lane, { type: "assign", variables: [...variables] }, { ...asked, read: () => {} });
}

/** A keeper reads lines of at most 64 MiB; names and the rest of the message need some of it. */
const MOST_BYTES = 60 * 2 ** 20;
