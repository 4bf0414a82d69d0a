import { LIMIT_NAMES, type LimitName } from "./limits.ts";
import { nearest } from "./nearest.ts";
import { readPermission } from "./permission.ts";
import { PERMISSION_NAMES, type PolicyInput, policyGuard, policySchema } from "./schema.ts";
import { parseTarget } from "./targets.ts";
import { limitWords, parseLimit } from "./units.ts";

/** The first thing wrong with a policy: where (a JSON pointer), what, and what to do. */
export type Finding = { readonly path: string; readonly problem: string; readonly hint?: string };

/** Checks an untrusted value against the schema, then every limit's range and every entry's form. */
export function checkPolicy(value: unknown): Finding | undefined {
  if (!policyGuard.Check(value)) return checkShape(value);
  return checkLimits(value) ?? checkEntries(value);
}

const checkShape = (value: unknown): Finding => {
  // A union reports every branch; the deepest place is the branch that the author meant.
  const errors = policyGuard
    .Errors(value)
    .filter(({ keyword }) => keyword !== "anyOf" && keyword !== "boolean");
  const depth = (path: string) => path.split("/").length;
  const deepest = errors.reduce((most, { instancePath }) => Math.max(most, depth(instancePath)), 0);
  const here = errors.filter(({ instancePath }) => depth(instancePath) === deepest);
  const extra = here.find(({ keyword }) => keyword === "additionalProperties");
  if (extra) {
    const { additionalProperties } = extra.params as { additionalProperties: string[] };
    return unknownKey(extra.instancePath, additionalProperties[0] ?? "");
  }
  const long = here.find(({ keyword }) => keyword === "maxItems");
  if (long) {
    const { limit } = long.params as { limit: number };
    return { path: long.instancePath, problem: `holds more than ${limit} entries` };
  }
  const path = here[0]?.instancePath ?? "";
  return { path, problem: `must be ${expected(path)}` };
};

const unknownKey = (path: string, key: string): Finding => {
  const known = knownKeys(path);
  const meant = nearest(key, known);
  return {
    path,
    problem: `unknown key ${quote(key)}`,
    hint: meant ? `did you mean ${quote(meant)}?` : `known keys: ${known.join(", ")}`,
  };
};

const knownKeys = (path: string): readonly string[] => {
  if (path === "") return Object.keys(policySchema.properties).filter((key) => key !== "$schema");
  if (path === "/limits") return LIMIT_NAMES;
  return isPermission(path.slice(1)) ? ["allow", "deny", "why"] : ["is", "why"];
};

/** What belongs at a place of a policy, in words, to follow "must be". */
const expected = (path: string): string => {
  const [first = "", second = "", ...rest] = path.split("/").slice(1);
  if (first === "") return "an object";
  if (first === "limits") return second === "" ? "an object" : limitWords(second as LimitName);
  if (first === "isolation") return '"landlock" or "namespaces"';
  if (first === "extends") return "the name or path of a policy, or a list of them";
  if (first === "name") return words(64);
  if (!isPermission(first)) return first === "description" ? words(500) : "a string";
  if (second === "") return 'true, false, a list, or an object with "allow" and "deny"';
  if (second === "why" || rest.at(-1) === "why") return words(500);
  if (rest.length === 0 && /^(allow|deny)$/.test(second)) return "true, false or a list";
  if (second === "is" || rest.includes("is")) return "a string, or a list of strings";
  return 'a string that is not empty, or { "is": ..., "why": ... }';
};

const words = (most: number): string => `a string of 1 to ${most} printable characters`;

const checkLimits = ({ limits = {} }: PolicyInput): Finding | undefined => {
  for (const name of LIMIT_NAMES) {
    const value = limits[name];
    if (value !== undefined && parseLimit(name, value) === undefined) {
      return { path: `/limits/${name}`, problem: `must be ${limitWords(name)}` };
    }
  }
  return undefined;
};

const checkEntries = (policy: PolicyInput): Finding | undefined => {
  for (const name of PERMISSION_NAMES) {
    const { allow, deny } = readPermission(policy[name] ?? false);
    for (const { at, text } of [allow, deny].flatMap((list) => (typeof list === "object" ? list : []))) {
      const read = parseTarget(name, text, "/");
      if ("problem" in read) return { path: `/${name}${at}`, problem: `${quote(text)}: ${read.problem}` };
    }
  }
  return undefined;
};

const isPermission = (name: string): boolean => (PERMISSION_NAMES as readonly string[]).includes(name);

/** Quoted and bounded, so that a policy's own text can neither flood a terminal nor steer it. */
const quote = (text: string): string => JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}...` : text);
