/** A JSON Schema as an object; `true` and `false` stand for themselves. */
export type JsonSchema = boolean | JsonSchemaObject;
export type JsonSchemaObject = Readonly<Record<string, unknown>>;

/** A schema with its references followed, and the name that the last one had. */
export type Resolved = { readonly schema: JsonSchema; readonly name?: string };

export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Anything as a schema: what is none allows everything, as a keyword that nobody knows does. */
export const asSchema = (value: unknown): JsonSchema =>
  typeof value === "boolean" || isRecord(value) ? value : true;

/** A keyword that holds several schemas, such as `anyOf`. */
export const schemasOf = (schema: JsonSchemaObject, keyword: string): readonly JsonSchema[] => {
  const value = schema[keyword];
  return Array.isArray(value) ? value.map(asSchema) : [];
};

/** A keyword that holds schemas by name, such as `properties`. */
export const namedSchemas = (schema: JsonSchemaObject, keyword: string): [string, JsonSchema][] => {
  const value = schema[keyword];
  return isRecord(value) ? Object.entries(value).map(([key, item]) => [key, asSchema(item)]) : [];
};

/** The property of that very name, and never one that every object has. */
export const propertyOf = (schema: JsonSchemaObject, key: string): JsonSchema | undefined => {
  const { properties } = schema;
  return isRecord(properties) && Object.hasOwn(properties, key) ? asSchema(properties[key]) : undefined;
};

/** The types that a schema names, be it one or a list; OpenAPI's `nullable` counts as `null`. */
export function typesOf(schema: JsonSchemaObject): readonly string[] {
  const { type, nullable } = schema;
  const types = (Array.isArray(type) ? type : [type]).filter((item) => typeof item === "string");
  return nullable === true && types.length > 0 && !types.includes("null") ? [...types, "null"] : types;
}

/** The keys that an object must have. */
export const requiredOf = (schema: JsonSchemaObject): readonly string[] =>
  Array.isArray(schema.required) ? schema.required.filter((item) => typeof item === "string") : [];

/**
 * Follows `$ref` inside one document: `#`, `#/$defs/Name`, and a bare name that a `$defs` entry or an `$id` has, as
 * TypeBox writes it. Undefined for a reference that leads nowhere, or round in a circle.
 */
export function resolve(schema: JsonSchema, root: JsonSchema): Resolved | undefined {
  let current: Resolved = { schema };
  for (let steps = 0; steps < LONGEST_CHAIN; steps++) {
    if (typeof current.schema === "boolean" || typeof current.schema.$ref !== "string") return current;
    const found = target(current.schema.$ref, root);
    if (found === undefined) return undefined;
    current = { schema: found, name: current.schema.$ref.replace(/^.*[/#]/, "") };
  }
  return undefined;
}

const LONGEST_CHAIN = 20;

const target = (reference: string, root: JsonSchema): JsonSchema | undefined => {
  if (reference === "#") return root;
  if (!reference.startsWith("#/")) return isRecord(root) ? byName(reference, root) : undefined;
  let at: unknown = root;
  for (const token of reference.slice(2).split("/")) {
    const key = unescapeToken(token);
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, key)) return undefined;
    at = (at as Record<string, unknown>)[key];
  }
  return typeof at === "boolean" || isRecord(at) ? at : undefined;
};

const unescapeToken = (token: string): string => {
  const pointer = token.replaceAll("~1", "/").replaceAll("~0", "~");
  try {
    return decodeURIComponent(pointer);
  } catch {
    return pointer;
  }
};

const byName = (name: string, root: JsonSchemaObject): JsonSchema | undefined => {
  const definitions = { ...(root.definitions as object | undefined), ...(root.$defs as object | undefined) };
  if (Object.hasOwn(definitions, name)) return asSchema(definitions[name as keyof typeof definitions]);
  return withId(name, root, 0);
};

/** Where an `$id` was given: TypeBox 0.34 puts it on the recursive type itself, wherever that is. */
const withId = (id: string, at: unknown, depth: number): JsonSchema | undefined => {
  if (typeof at !== "object" || at === null || depth > DEEPEST) return undefined;
  if (isRecord(at) && at.$id === id) return at;
  for (const item of Object.values(at)) {
    const found = withId(id, item, depth + 1);
    if (found !== undefined) return found;
  }
  return undefined;
};

/** Deeper than any schema that people write, and shallow enough to recurse over. */
export const DEEPEST = 64;
