import {
  asSchema,
  DEEPEST,
  isRecord,
  type JsonSchema,
  type JsonSchemaObject,
  namedSchemas,
  propertyOf,
  resolve,
  schemasOf,
  typesOf,
} from "./json-schema.ts";

/**
 * A value with what its schema lets the caller leave open: defaults where `defaults` says so (a library that checks its
 * own schemas fills in its own), and integers as bigint where the schema wants one, since Python has only one kind. What
 * was given is not changed.
 */
export function complete(value: unknown, schema: JsonSchema, options: Options): unknown {
  return at(value, schema, { ...options, depth: 0 });
}

type Options = { readonly root: JsonSchema; readonly defaults: boolean };
type Place = Options & { readonly depth: number };

const at = (value: unknown, given: JsonSchema, place: Place): unknown => {
  const schema = resolve(given, place.root)?.schema;
  if (typeof schema !== "object" || place.depth > DEEPEST) return value;
  const deeper = { ...place, depth: place.depth + 1 };
  if (typeof value === "number")
    return Number.isInteger(value) && wantsBigint(schema, place) ? BigInt(value) : value;
  if (Array.isArray(value)) return inItems(value, schema, deeper);
  if (!isRecord(value)) return value;
  const whole = schemasOf(schema, "allOf").reduce<unknown>((so, part) => at(so, part, deeper), value);
  return isRecord(whole) ? inProperties(whole, schema, deeper) : whole;
};

const wantsBigint = (schema: JsonSchemaObject, { root }: Place): boolean => {
  const alternatives = [...schemasOf(schema, "anyOf"), ...schemasOf(schema, "oneOf")].map(
    (item) => resolve(item, root)?.schema,
  );
  const types = [schema, ...alternatives].flatMap((item) => (typeof item === "object" ? typesOf(item) : []));
  return types.includes("bigint") && !types.includes("integer") && !types.includes("number");
};

const inItems = (value: readonly unknown[], schema: JsonSchemaObject, place: Place): readonly unknown[] => {
  if (!isRecord(schema.items)) return value;
  const items = asSchema(schema.items);
  const completed = value.map((item) => at(item, items, place));
  return completed.some((item, index) => item !== value[index]) ? completed : value;
};

const inProperties = (
  value: Readonly<Record<string, unknown>>,
  schema: JsonSchemaObject,
  place: Place,
): Readonly<Record<string, unknown>> => {
  const changed: [string, unknown][] = [];
  for (const [key, item] of Object.entries(value)) {
    const completed = at(item, propertyOf(schema, key) ?? asSchema(schema.additionalProperties), place);
    if (completed !== item) changed.push([key, completed]);
  }
  for (const [key, property] of place.defaults ? namedSchemas(schema, "properties") : []) {
    const target = resolve(property, place.root)?.schema;
    const holder = [property, target].find((item) => typeof item === "object" && "default" in item);
    if (typeof holder === "object" && !Object.hasOwn(value, key)) {
      // A default inside of a default counts too; a copy, since the tool may change what it is given.
      const copy = typeof holder.default === "object" ? structuredClone(holder.default) : holder.default;
      changed.push([key, at(copy, property, place)]);
    }
  }
  if (changed.length === 0) return value;
  return Object.fromEntries([...Object.entries(value), ...changed]);
};
