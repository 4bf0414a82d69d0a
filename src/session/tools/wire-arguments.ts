import type { SessionEvent } from "../../protocol/messages.ts";
import { decodeValue } from "../../protocol/values.ts";
import { isPlainObject } from "./literal.ts";
import type { Problem } from "./problem.ts";
import type { BoundTool } from "./toolbox.ts";

export type CallEvent = Extract<SessionEvent, { type: "call" }>;

/** The arguments of a call by their names, or what is wrong with them before any schema is asked. */
export type Collected =
  | { readonly value: Readonly<Record<string, unknown>> }
  | { readonly problems: readonly Problem[] };

/** Decodes what a worker sent: hostile, down to the names. Every call of this gives objects of its own. */
export function collect(sent: CallEvent["arguments"], tool: BoundTool): Collected {
  const values: [string, unknown][] = [];
  for (const { name, value } of sent) {
    try {
      values.push([name, decodeValue(value)]);
    } catch (error) {
      return wrong(name, (error as Error).message);
    }
  }
  return arrange(values, tool);
}

/** The arguments of a call, checked against the names that the tool takes. */
export function arrange(values: readonly (readonly [string, unknown])[], tool: BoundTool): Collected {
  const seen = new Set<string>();
  const kept: (readonly [string, unknown])[] = [];
  for (const [key, value] of values) {
    const parameter = tool.parameters.get(key);
    if (key === "__proto__" || (!parameter && !tool.rest)) return wrong(key, unknown(tool));
    if (seen.has(key)) return wrong(key, "is given twice");
    seen.add(key);
    if (pollutes(value)) return wrong(key, "has a key that would change the prototype of an object");
    // Code that reads `limit: int | None = None` passes None for what it leaves open.
    if (value === null && parameter && !parameter.required && !parameter.nullable) continue;
    kept.push([key, value]);
  }
  // Own properties only: fromEntries defines them, so that none of them reaches a setter.
  return { value: Object.fromEntries(kept) };
}

const wrong = (key: string, message: string): Collected => ({
  problems: [{ path: [key.slice(0, 100)], message }],
});

const unknown = ({ parameters, rest }: BoundTool): string => {
  const names = [...parameters.values()].map(({ name }) => name);
  if (rest) return "is not taken";
  return names.length === 0
    ? "is not taken: there are no arguments"
    : `is not taken; the arguments are ${names.join(", ")}`;
};

/**
 * Whether an object inside has an own `__proto__`, or a `constructor` with a `prototype`: a tool that merges its input
 * into another object would change every object of the host. The same keys as in fastify's secure-json-parse.
 */
const pollutes = (value: unknown): boolean => {
  const open: unknown[] = [value];
  // Not by push(...items), which overflows the stack for a long list.
  const add = (items: Iterable<unknown>): void => {
    for (const item of items) if (typeof item === "object" && item !== null) open.push(item);
  };
  while (open.length > 0) {
    const item = open.pop();
    if (Array.isArray(item) || item instanceof Set) add(item);
    else if (item instanceof Map) for (const pair of item) add(pair);
    else if (isPlainObject(item)) {
      if (Object.hasOwn(item, "__proto__") || holdsPrototype(item)) return true;
      add(Object.values(item));
    }
  }
  return false;
};

const holdsPrototype = (item: Readonly<Record<string, unknown>>): boolean =>
  Object.hasOwn(item, "constructor") &&
  isPlainObject(item.constructor) &&
  Object.hasOwn(item.constructor, "prototype");

/** About how many bytes a decoded JSON message holds; stops counting at `most`. */
export function weigh(value: unknown, most: number): number {
  const open: unknown[] = [value];
  let bytes = 0;
  while (open.length > 0 && bytes < most) {
    const item = open.pop();
    bytes += 8;
    if (typeof item === "string") bytes += item.length;
    else if (Array.isArray(item)) {
      bytes += 8 * item.length;
      if (bytes < most) for (const inner of item) open.push(inner);
    } else if (typeof item === "object" && item !== null) {
      for (const [key, inner] of Object.entries(item)) {
        bytes += key.length;
        open.push(inner);
      }
    }
  }
  return bytes;
}
