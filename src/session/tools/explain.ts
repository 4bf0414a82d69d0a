import { Errors } from "typebox/schema";

import type { Annotations } from "./annotations.ts";
import {
  asSchema,
  DEEPEST,
  isRecord,
  type JsonSchema,
  type JsonSchemaObject,
  namedSchemas,
  propertyOf,
  requiredOf,
  resolve,
  schemasOf,
  typesOf,
} from "./json-schema.ts";
import { isPlainObject, pythonLiteral } from "./literal.ts";
import type { Problem } from "./problem.ts";

/**
 * What is wrong with a value that a JSON Schema refused, in Python's words and at the place where it is wrong. The
 * validator's own list says the branches of a union one by one, in words of JavaScript, which sends a model astray.
 * Empty when the reason lies in a keyword that this does not look at.
 */
export function explain(value: unknown, schema: JsonSchema, context: Context): readonly Problem[] {
  return at(value, schema, { ...context, path: [] }).slice(0, MOST);
}

export type Context = {
  readonly root: JsonSchema;
  readonly annotations: Annotations;
};

/** More of them would not help to mend the call. */
const MOST = 5;

type Place = Context & { readonly path: readonly (string | number)[] };

const at = (value: unknown, given: JsonSchema, place: Place): readonly Problem[] => {
  const schema = resolve(given, place.root)?.schema ?? true;
  if (schema === true || place.path.length > DEEPEST) return [];
  if (schema === false) return [problem(place, "is not taken")];
  const alternatives = [...schemasOf(schema, "anyOf"), ...schemasOf(schema, "oneOf")];
  if (alternatives.length > 0) {
    const found = inAlternatives(value, schema, alternatives, place);
    if (found.length > 0) return found;
  }
  const mustBe = `must be ${place.annotations.of(schema)}`;
  if (!isOfType(value, typesOf(schema))) return [problem(place, hintFor(value, typesOf(schema)) ?? mustBe)];
  if ("const" in schema && !equal(value, schema.const))
    return [problem(place, `must be ${pythonLiteral(schema.const)}`)];
  if (Array.isArray(schema.enum) && !schema.enum.some((item) => equal(value, item)))
    return [problem(place, mustBe)];
  if (value === null && typesOf(schema).includes("null")) return [];
  return [
    ...schemasOf(schema, "allOf").flatMap((item) => at(value, item, place)),
    ...(Array.isArray(value) ? inItems(value, schema, place) : []),
    ...(isRecord(value) ? inProperties(value, schema, place) : []),
    ...ownBounds(value, schema, place),
  ];
};

const problem = ({ path }: Place, message: string): Problem => ({ path, message });

/** A union fails as a whole, but for the branch that the value claims to be, by a constant or as the only object. */
const inAlternatives = (
  value: unknown,
  schema: JsonSchemaObject,
  alternatives: readonly JsonSchema[],
  place: Place,
): readonly Problem[] => {
  const tried = alternatives.map((item) => ({ item, found: at(value, item, place) }));
  if (tried.some(({ found }) => found.length === 0)) return [];
  const claimed = tried.filter(({ item }) => isRecord(value) && claims(value, item, place.root));
  const [only, ...others] = claimed;
  if (only && others.length === 0) return only.found;
  return [problem(place, `must be ${place.annotations.inline(schema)}`)];
};

const claims = (value: Readonly<Record<string, unknown>>, item: JsonSchema, root: JsonSchema): boolean => {
  const schema = resolve(item, root)?.schema;
  if (typeof schema !== "object" || !isOfType(value, typesOf(schema))) return false;
  return namedSchemas(schema, "properties").every(
    ([key, property]) =>
      typeof property === "boolean" || !("const" in property) || equal(value[key], property.const),
  );
};

const isOfType = (value: unknown, types: readonly string[]): boolean =>
  types.length === 0 || types.some((type) => IS[type]?.(value) ?? true);

const IS: Readonly<Record<string, (value: unknown) => boolean>> = {
  string: (value) => typeof value === "string",
  boolean: (value) => typeof value === "boolean",
  null: (value) => value === null,
  number: Number.isFinite,
  integer: Number.isInteger,
  bigint: (value) => typeof value === "bigint",
  array: Array.isArray,
  object: isPlainObject,
  Date: (value) => value instanceof Date,
  Uint8Array: (value) => value instanceof Uint8Array,
};

/** Where the annotation alone would be no help, since the value seems to be just that. */
const hintFor = (value: unknown, types: readonly string[]): string | undefined => {
  const numeric = types.includes("integer") || types.includes("number");
  if (numeric && typeof value === "bigint") return "must be between -2**53 and 2**53";
  if (types.includes("number") && typeof value === "number") return "must be a finite number";
  if (types.includes("object") && value instanceof Map) return "must be a dict whose keys are strings";
  return undefined;
};

const equal = (one: unknown, other: unknown): boolean =>
  one === other ||
  (typeof one === "object" && typeof other === "object" && JSON.stringify(one) === JSON.stringify(other));

const inItems = (value: readonly unknown[], schema: JsonSchemaObject, place: Place): readonly Problem[] => {
  const tuple = Array.isArray(schema.items) ? schemasOf(schema, "items") : schemasOf(schema, "prefixItems");
  const rest = Array.isArray(schema.items) ? true : asSchema(schema.items);
  const found: Problem[] = [];
  for (const [index, item] of value.entries()) {
    if (found.length >= MOST) break;
    found.push(...at(item, tuple[index] ?? rest, { ...place, path: [...place.path, index] }));
  }
  return found;
};

const inProperties = (
  value: Readonly<Record<string, unknown>>,
  schema: JsonSchemaObject,
  place: Place,
): readonly Problem[] => {
  const found: Problem[] = [];
  const deeper = (key: string): Place => ({ ...place, path: [...place.path, key] });
  for (const key of requiredOf(schema)) {
    if (!Object.hasOwn(value, key)) found.push(problem(deeper(key), "is missing"));
  }
  const others = "patternProperties" in schema ? true : asSchema(schema.additionalProperties);
  for (const [key, item] of Object.entries(value)) {
    if (found.length >= MOST) break;
    const property = propertyOf(schema, key) ?? others;
    if (property === false) found.push(problem(deeper(key), unknownKey(schema)));
    else found.push(...at(item, property, deeper(key)));
  }
  return found;
};

const unknownKey = (schema: JsonSchemaObject): string => {
  const keys = namedSchemas(schema, "properties").map(([key]) => JSON.stringify(key));
  return `is no key that is known${keys.length > 0 && keys.length <= 12 ? `; there are ${keys.join(", ")}` : ""}`;
};

/** Bounds of the value itself, as the validator words them. */
const ownBounds = (value: unknown, schema: JsonSchemaObject, place: Place): readonly Problem[] => {
  const own = Object.fromEntries(Object.entries(schema).filter(([key]) => !STRUCTURE.has(key)));
  const refined = schema["~refine"];
  const [, errors] = Errors(refined === undefined ? own : { ...own, "~refine": refined }, value);
  return errors.slice(0, 2).map(({ message }) => problem(place, message));
};

const STRUCTURE: ReadonlySet<string> = new Set(
  `$ref $defs definitions $id type properties patternProperties additionalProperties required items prefixItems
  additionalItems anyOf oneOf allOf not if then else const enum unevaluatedProperties unevaluatedItems dependentSchemas
  dependencies propertyNames contains`.split(/\s+/),
);
