import { fillLimits, LIMIT_NAMES, type Limits } from "./limits.ts";
import { type EntryList, readPermission } from "./permission.ts";
import {
  PERMISSION_NAMES,
  type PermissionInput,
  type PermissionName,
  type PolicyInput,
  type Tier,
} from "./schema.ts";
import { parseTarget } from "./targets.ts";
import { parseLimit } from "./units.ts";

/** One thing that is allowed or denied; `"*"` is everything, paths are absolute. */
export type Grant = { readonly target: string; readonly why?: string };

export type Grants = { readonly allow: readonly Grant[]; readonly deny: readonly Grant[] };

/** A policy with everything it extends laid together. Limits are those that were named; the rest have defaults. */
export type ResolvedPolicy = {
  readonly name: string;
  readonly description?: string;
  readonly permissions: { readonly [Name in PermissionName]: Grants };
  readonly limits: Partial<Limits>;
  readonly isolation: Tier;
};

/** A checked policy of its own, before it is laid over others; relative paths in it start at `base`. */
export type Layer = { readonly input: Omit<PolicyInput, "extends">; readonly base: string };

/** What every policy starts from: nothing is allowed. */
export const NOTHING: ResolvedPolicy = {
  name: "nothing",
  permissions: mapPermissions(() => ({ allow: [], deny: [] })),
  limits: {},
  isolation: "landlock",
};

/**
 * Lays a policy over another: its allow lists are added, `false` clears what was allowed and `true` allows everything,
 * deny lists add up, and limits and isolation replace one by one. The layer must have passed `checkPolicy`.
 */
export function applyLayer(under: ResolvedPolicy, { input, base }: Layer): ResolvedPolicy {
  const description = input.description ?? under.description;
  return {
    name: input.name ?? under.name,
    ...(description === undefined ? {} : { description }),
    permissions: mapPermissions((name) =>
      applyPermission({ name, under: under.permissions[name], base }, input[name]),
    ),
    limits: { ...under.limits, ...readLimits(input.limits) },
    isolation: input.isolation ?? under.isolation,
  };
}

/** The resolved policy as a policy file that resolves to the same: what `vivarium policy show` prints. */
export function showPolicy({
  name,
  description,
  permissions,
  limits,
  isolation,
}: ResolvedPolicy): PolicyInput {
  return {
    name,
    ...(description === undefined ? {} : { description }),
    ...mapPermissions((permission) => showPermission(permissions[permission])),
    limits: fillLimits(limits),
    isolation,
  };
}

function mapPermissions<Value>(value: (name: PermissionName) => Value): { [Name in PermissionName]: Value } {
  const entries = PERMISSION_NAMES.map((name) => [name, value(name)] as const);
  return Object.fromEntries(entries) as { [Name in PermissionName]: Value };
}

type Context = { readonly name: PermissionName; readonly under: Grants; readonly base: string };

const applyPermission = ({ name, under, base }: Context, input: PermissionInput | undefined): Grants => {
  if (input === undefined) return under;
  const { allow, deny, why } = readPermission(input);
  return {
    allow: addGrants(allow === false ? [] : under.allow, readGrants(allow ?? false, { name, base, why })),
    deny: addGrants(under.deny, readGrants(deny ?? false, { name, base })),
  };
};

const readGrants = (
  list: EntryList,
  { name, base, why }: { name: PermissionName; base: string; why?: string | undefined },
): Grant[] => {
  if (list === false) return [];
  if (list === true) return [{ target: "*", ...(why === undefined ? {} : { why }) }];
  return list.map((entry) => {
    const read = parseTarget(name, entry.text, base);
    if ("problem" in read) throw new TypeError(`unchecked policy: ${name} ${entry.text}`);
    return { target: read.target, ...(entry.why === undefined ? {} : { why: entry.why }) };
  });
};

/** Once everything is granted the rest of a list says nothing; of two equal grants the later one's reason stays. */
const addGrants = (under: readonly Grant[], over: readonly Grant[]): Grant[] => {
  const byTarget = new Map([...under, ...over].map((grant) => [grant.target, grant]));
  const everything = byTarget.get("*");
  return everything ? [everything] : [...byTarget.values()];
};

const readLimits = (limits: PolicyInput["limits"] = {}): Partial<Limits> => {
  const entries = LIMIT_NAMES.flatMap((name) => {
    const value = limits[name];
    return value === undefined ? [] : [[name, parseLimit(name, value)] as const];
  });
  return Object.fromEntries(entries);
};

const showPermission = ({ allow, deny }: Grants): PermissionInput => {
  const list = showGrants(allow);
  const why = list === true ? allow[0]?.why : undefined;
  if (deny.length === 0 && why === undefined) return list;
  return {
    allow: list,
    ...(deny.length === 0 ? {} : { deny: showGrants(deny) }),
    ...(why === undefined ? {} : { why }),
  };
};

type Shown = boolean | (string | { is: string[]; why: string })[];

const showGrants = (grants: readonly Grant[]): Shown => {
  if (grants.length === 0) return false;
  if (grants[0]?.target === "*") return true;
  const shown: Exclude<Shown, boolean> = [];
  for (const { target, why } of grants) {
    const last = shown.at(-1);
    if (why === undefined) shown.push(target);
    else if (typeof last === "object" && last.why === why) last.is.push(target);
    else shown.push({ is: [target], why });
  }
  return shown;
};
