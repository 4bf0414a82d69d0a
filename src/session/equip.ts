import { UsageError } from "../errors.ts";
import { bytesOfLine, toLine } from "../protocol/line.ts";
import type { Lane } from "./lane.ts";
import { type OrderOptions, order } from "./order.ts";
import type { ToolBox } from "./tools/toolbox.ts";

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
  const bytes = variables.reduce((sum, { value }) => sum + bytesOfLine(toLine(value)), 0);
  if (bytes > MOST_BYTES) {
    throw new UsageError(
      `${asked.what}: the variables are ${bytes} bytes as JSON, and at most ${MOST_BYTES} go at once`,
      { hint: "set them one by one, or write a file that the cell reads" },
    );
  }
  return order(lane, { type: "assign", variables: [...variables] }, { ...asked, read: () => {} });
}

/** A keeper reads lines of at most 64 MiB; names and the rest of the message need some of it. */
const MOST_BYTES = 60 * 2 ** 20;
