import { UsageError } from "../errors.ts";
import type { ResultEvent } from "../protocol/messages.ts";
import type { Lane } from "./lane.ts";
import { type OrderOptions, order } from "./order.ts";
import type { Switchboard } from "./switchboard.ts";

type Asked = Pick<OrderOptions<unknown>, "signal" | "patienceMs">;

/** Makes `count` branches of what a branch has come to when its turn comes, and gives their lanes. */
export function forkLane(
  board: Switchboard,
  lane: Lane,
  { count, ...asked }: Asked & { readonly count: number },
): Promise<Lane[]> {
  const into = board.reserve(count);
  return order(
    lane,
    { type: "fork", into },
    {
      ...asked,
      what: "fork",
      callersFault: true,
      // At once, so that whatever ends the session from here on ends them too.
      read: () => into.map((branch) => board.open(branch)),
    },
  );
}

/**
 * Puts another branch in the place of this one, when both have come to their turn; the other one is over then. `read`
 * runs before either goes on.
 */
export function adoptLane(
  board: Switchboard,
  { lane, from, read, ...asked }: Asked & Adoption,
): Promise<void> {
  const hold = holdLane(from);
  return order(
    lane,
    async () => {
      await hold.begun;
      return { type: "adopt", from: from.branch };
    },
    {
      ...asked,
      what: "adopt",
      callersFault: true,
      onFailure: hold.release,
      read: (event) => {
        read(event);
        board.drop(from, new UsageError("session was adopted"));
      },
    },
  );
}

type Adoption = { readonly lane: Lane; readonly from: Lane; readonly read: (event: ResultEvent) => void };

/**
 * Keeps a branch for itself once all that was sent before is done. The two places in the two queues are taken at once,
 * so that branches that adopt one another do not wait for one another for ever.
 */
const holdLane = (lane: Lane): { readonly begun: Promise<void>; readonly release: () => void } => {
  let release = (): void => {};
  const released = new Promise<undefined>((resolve) => {
    release = () => resolve(undefined);
  });
  const begun = new Promise<void>((resolve, reject) => {
    lane.push({
      signal: undefined,
      patienceMs: 0,
      begin: () => {
        resolve();
        return released;
      },
      receive: () => {},
      finish: () => {},
      skip: () => {},
      fail: reject,
    });
  });
  // Nobody waits for it when the adoption is given up first.
  begun.catch(() => {});
  return { begun, release };
};
