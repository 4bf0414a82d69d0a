import { SIMPLE } from "./annotations.ts";
import {
  DEEPEST,
  isRecord,
  type JsonSchema,
  type JsonSchemaObject,
  resolve,
  typesOf,
} from "./json-schema.ts";
import { isPlainObject } from "./literal.ts";

/**
 * A JSON Schema as the validator must have it, from one that a user wrote: `object` is a plain object (not a Map, which
 * is what a dict with other keys comes as), `nullable` is heeded, and TypeBox 0.34's `Date` and `Uint8Array` are
 * checked. What the validator would wave through unseen, an unknown type or a reference to nowhere, goes to `fail`.
 */
export function strict(schema: JsonSchema, fail: (what: string) => never): JsonSchema {
  return tighten(schema, { root: schema, path: "", depth: 0, fail });
}

type Place = {
  readonly root: JsonSchema;
  readonly path: string;
  readonly depth: number;
  readonly fail: (what: string) => never;
};

const tighten = (schema: JsonSchema, place: Place): JsonSchema => {
  if (typeof schema === "boolean") return schema;
  const { root, path, depth, fail } = place;
  if (depth > DEEPEST) return fail(`${path.slice(0, 80)}...: is nested deeper than ${DEEPEST}`);
  if (typeof schema.$ref === "string" && resolve(schema, root) === undefined)
    fail(`${path || "/"}: $ref ${JSON.stringify(schema.$ref)} leads nowhere`);
  // With what TypeBox keeps out of sight: its kinds and refinements.
  const copy: Record<PropertyKey, unknown> = Object.create(
    Object.getPrototypeOf(schema) as object | null,
    Object.getOwnPropertyDescriptors(schema),
  );
  const set = (key: string, value: unknown): void => {
    Object.defineProperty(copy, key, { value, enumerable: true, writable: true, configurable: true });
  };
  const inside = (item: unknown, key: string): unknown =>
    isRecord(item) ? tighten(item, { ...place, path: `${path}/${key}`, depth: depth + 1 }) : item;
  for (const key of ONE) if (isRecord(schema[key])) set(key, inside(schema[key], key));
  for (const key of MANY) {
    const items = schema[key];
    if (Array.isArray(items))
      set(
        key,
        items.map((item, index) => inside(item, `${key}/${index}`)),
      );
  }
  for (const key of NAMED) {
    const items = schema[key];
    if (isRecord(items))
      set(
        key,
        mapValues(items, (item, name) => inside(item, `${key}/${name}`)),
      );
  }
  return typed(schema, copy, { place, set });
};

/** Keywords with one schema, a list of them, or some by name. Under `not` and `if`, stricter would be laxer. */
const ONE = ["items", "additionalProperties", "additionalItems", "contains", "then", "else"];
const MANY = ["anyOf", "oneOf", "allOf", "prefixItems", "items"];
const NAMED = ["properties", "patternProperties", "$defs", "definitions", "dependentSchemas"];

const mapValues = (items: JsonSchemaObject, each: (item: unknown, name: string) => unknown): object => {
  const mapped = {};
  for (const [name, item] of Object.entries(items)) {
    const value = each(item, name);
    Object.defineProperty(mapped, name, { value, enumerable: true, writable: true, configurable: true });
  }
  return mapped;
};

type Refinement = { check(value: unknown): boolean; error(): string };

const typed = (
  schema: JsonSchemaObject,
  copy: Record<PropertyKey, unknown>,
  { place, set }: { place: Place; set: (key: string, value: unknown) => void },
): JsonSchema => {
  const types = typesOf(schema);
  for (const type of types) {
    if (!JSON_TYPES.has(type) && !Object.hasOwn(SPECIAL, type))
      place.fail(`${place.path || "/"}: ${JSON.stringify(type)} is no type that can be checked`);
  }
  const special = types.filter((type) => Object.hasOwn(SPECIAL, type));
  if (special.length > 0 && types.length > 1)
    place.fail(`${place.path || "/"}: ${special[0]} stands beside other types`);
  const refinements: Refinement[] = Array.isArray(schema["~refine"]) ? [...schema["~refine"]] : [];
  const [name] = special;
  if (name !== undefined) {
    delete copy.type;
    refinements.push({
      check: (value) => SPECIAL[name]?.(value, schema) ?? false,
      error: () => `must be ${SIMPLE[name]}`,
    });
  } else if (types.length > 0) {
    set("type", types.length === 1 ? types[0] : types);
    if (types.includes("object"))
      refinements.push({
        check: (value) =>
          typeof value !== "object" || value === null || Array.isArray(value) || isPlainObject(value),
        error: () => "must be a dict whose keys are strings",
      });
  }
  if (refinements.length > 0) set("~refine", refinements);
  // OpenAPI 3.0 lets an enum leave out the null that `nullable` allows.
  if (schema.nullable === true && types.length > 0 && Array.isArray(schema.enum))
    set("enum", [...schema.enum, null]);
  return copy;
};

/** What the validator checks of itself. */
const JSON_TYPES: ReadonlySet<string> = new Set(
  "object array string number integer boolean null bigint undefined void".split(" "),
);

/** What only TypeBox 0.34 has. */
const SPECIAL: Readonly<Record<string, (value: unknown, schema: JsonSchemaObject) => boolean>> = {
  Date: (value, schema) =>
    value instanceof Date && within(value.getTime(), schema, "Timestamp") && !Number.isNaN(value.getTime()),
  Uint8Array: (value, schema) => value instanceof Uint8Array && within(value.length, schema, "ByteLength"),
};

const within = (size: number, schema: JsonSchemaObject, unit: string): boolean => {
  const bound = (name: string, instead: number): number => {
    const value = schema[`${name}${unit}`];
    return typeof value === "number" ? value : instead;
  };
  const short = unit === "ByteLength";
  return (
    size >= bound(short ? "min" : "minimum", -Infinity) &&
    size <= bound(short ? "max" : "maximum", Infinity) &&
    size > bound("exclusiveMinimum", -Infinity) &&
    size < bound("exclusiveMaximum", Infinity)
  );
};
