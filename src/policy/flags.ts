import { UsageError } from "../errors.ts";
import type { LimitName } from "./limits.ts";
import { nearest } from "./nearest.ts";
import { PERMISSION_NAMES, type PermissionName, type PolicyInput } from "./schema.ts";
import { parseTarget } from "./targets.ts";
import { limitWords, parseLimit } from "./units.ts";

/** A flag and its value, `true` when it has none: `["--allow-read", "./a,./b"]`. */
export type Flag = readonly [name: string, value: string | true];

/** What flags add on top of a policy. */
export type Overlay = Omit<PolicyInput, "extends" | "name" | "description">;

/** Deno's short letters; `run` and `ffi` have none. */
export const SHORT_FLAGS: Readonly<Record<string, string>> = {
  "-A": "--allow-all",
  "-R": "--allow-read",
  "-W": "--allow-write",
  "-N": "--allow-net",
  "-E": "--allow-env",
  "-S": "--allow-sys",
  "-I": "--allow-import",
};

/** Splits `--allow-read=./a` or `-R=./a`; undefined when the argument is no flag that a policy knows. */
export function splitPolicyFlag(argument: string): Flag | undefined {
  const [, name = "", value] = /^(-[A-Z]|--[a-z-]+)(?:=(.*))?$/s.exec(argument) ?? [];
  const known = name in SHORT_FLAGS || name in LIMIT_FLAGS || /^--(allow|deny)-/.test(name);
  return known ? [name, value ?? true] : undefined;
}

/**
 * Reads Deno's permission flags, `--timeout` and `--memory` into a policy to lay over the chosen one: what is allowed
 * is added, what is denied wins. Throws a `UsageError` that names the flag.
 */
export function parseFlags(flags: readonly Flag[]): Overlay {
  const overlay: Mutable = { permissions: new Map(), limits: {} };
  for (const [name, value] of flags) {
    const long = SHORT_FLAGS[name] ?? name;
    const limit = LIMIT_FLAGS[long];
    if (limit) overlay.limits[limit] = readLimit(name, limit, value);
    else if (long === "--allow-all") allowAll(overlay, name, value);
    else addPermission(overlay, { name, long, value });
  }
  return {
    ...Object.fromEntries(overlay.permissions),
    ...(Object.keys(overlay.limits).length === 0 ? {} : { limits: overlay.limits }),
  };
}

type Lists = { allow?: true | string[]; deny?: true | string[] };
type Mutable = { permissions: Map<PermissionName, Lists>; limits: Partial<Record<LimitName, number>> };

const LIMIT_FLAGS: Readonly<Record<string, LimitName>> = { "--timeout": "wallMs", "--memory": "memoryBytes" };

const readLimit = (name: string, limit: LimitName, value: string | true): number => {
  const number = value === true ? undefined : parseLimit(limit, value);
  if (number === undefined) throw new UsageError(`${name}: must be ${flagWords(limit)}`);
  return number;
};

/** On a command line there are only strings, and a time without a unit would be read as seconds by half its readers. */
const flagWords = (limit: LimitName): string =>
  limitWords(limit).replace(/^milliseconds or a string/, "a time");

const allowAll = ({ permissions }: Mutable, name: string, value: string | true): void => {
  if (value !== true) throw new UsageError(`${name}: takes no value`);
  for (const permission of PERMISSION_NAMES) {
    permissions.set(permission, { ...permissions.get(permission), allow: true });
  }
};

const addPermission = (
  { permissions }: Mutable,
  { name, long, value }: { readonly name: string; readonly long: string; readonly value: string | true },
): void => {
  const [, effect, word = ""] = /^--(allow|deny)-(.*)$/s.exec(long) ?? [];
  const permission = PERMISSION_NAMES.find((known) => known === word);
  if ((effect !== "allow" && effect !== "deny") || !permission) throw unknownFlag(name);
  const lists = permissions.get(permission) ?? {};
  const earlier = lists[effect];
  lists[effect] =
    value === true || earlier === true ? true : [...(earlier ?? []), ...readValues(name, permission, value)];
  permissions.set(permission, lists);
};

const readValues = (name: string, permission: PermissionName, value: string): string[] => {
  const values = value.split(",");
  if (values.includes("")) {
    throw new UsageError(`${name}: has an empty value`, {
      hint: `write ${name} for everything, or ${name}=a,b`,
    });
  }
  for (const text of values) {
    const read = parseTarget(permission, text, "/");
    if ("problem" in read) throw new UsageError(`${name}: ${JSON.stringify(text)}: ${read.problem}`);
  }
  return values;
};

const unknownFlag = (name: string): UsageError => {
  const known = ["allow", "deny"].flatMap((effect) => PERMISSION_NAMES.map((word) => `--${effect}-${word}`));
  const meant = nearest(name, [...known, "--allow-all"]);
  return new UsageError(`${name}: no such permission`, {
    hint: meant ? `did you mean ${meant}?` : `permissions are ${PERMISSION_NAMES.join(", ")}`,
  });
};
