import type { LimitName, Limits } from "./limits.ts";
import type { Tier } from "./schema.ts";

/**
 * A policy compiled to a flat list of typed operations, the same for every backend. Allow operations only add, deny
 * operations only take away and always win, so that the order means nothing. `"*"` as a target means everything.
 */
export type Operation =
  | {
      readonly op: "import" | "net" | "env" | "run" | "sys" | "ffi";
      readonly effect: Effect;
      readonly target: string;
    }
  /** `target` is an absolute, normalised host path, or `"*"`. */
  | { readonly op: "read" | "write"; readonly effect: Effect; readonly target: string }
  | { readonly op: "limit"; readonly name: LimitName; readonly value: number }
  | { readonly op: "floor"; readonly tier: Tier };

export type Effect = "allow" | "deny";

export type Plan = {
  /** The policy's name, for messages. */
  readonly policy: string;
  readonly operations: readonly Operation[];
};

/** The plan's limits by name; every plan has all of them. */
export function limitsOf({ operations }: Plan): Limits {
  const limits = operations.filter((operation) => operation.op === "limit");
  return Object.fromEntries(limits.map(({ name, value }) => [name, value])) as Limits;
}
