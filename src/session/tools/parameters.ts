import type { WireTool } from "../../protocol/messages.ts";
import { encodeValue } from "../../protocol/values.ts";
import type { Annotations } from "./annotations.ts";
import {
  type JsonSchema,
  type JsonSchemaObject,
  namedSchemas,
  requiredOf,
  resolve,
  schemasOf,
  typesOf,
} from "./json-schema.ts";
import { LONGEST, pythonName } from "./names.ts";

/** One parameter of a tool: as Python has it, and the schema of its value. */
export type Parameter = WireTool["parameters"][number] & {
  readonly schema: JsonSchema;
  /** Whether `None` is a value of it; where it is not, it stands for a value that was left out. */
  readonly nullable: boolean;
};

export type Parameters = {
  /** Those that must be given come first, as Python demands. */
  readonly list: readonly Parameter[];
  /** Whether other keyword arguments are taken as well. */
  readonly rest: boolean;
};

/**
 * The parameters of a tool whose input is such an object. Alternatives count together: what is required in each of them
 * is required. Calls `fail` with what is wrong.
 */
export function readParameters(
  root: JsonSchema | undefined,
  annotations: Annotations,
  fail: (what: string) => never,
): Parameters {
  // A library that cannot describe its schemas still checks them.
  if (root === undefined || root === true) return { list: [], rest: true };
  const shape = gather(root, root, 0);
  if (shape === undefined) return fail("inputSchema is not the schema of an object");
  const list: Parameter[] = [];
  for (const [key, schema] of shape.properties) {
    if (schema === false) continue;
    if (key === "" || key.length > LONGEST) fail(`a property's name has not 1 to ${LONGEST} characters`);
    const name = pythonName(key);
    const clash = list.find((other) => other.name === name);
    if (clash) fail(`the properties ${quoted(clash.key)} and ${quoted(key)} are both ${name} in Python`);
    if (name.length > LONGEST) fail(`the property ${quoted(key)} is too long a name in Python`);
    list.push(readParameter({ key, name, schema, required: shape.required.has(key) }, root, annotations));
  }
  if (list.length > MOST) fail(`inputSchema has more than ${MOST} properties`);
  return {
    list: [...list.filter((item) => item.required), ...list.filter((item) => !item.required)],
    rest: shape.rest,
  };
}

/** As the protocol bounds them. */
const MOST = 1000;

const quoted = (text: string): string => JSON.stringify(text);

const readParameter = (
  { key, name, schema, required }: { key: string; name: string; schema: JsonSchema; required: boolean },
  root: JsonSchema,
  annotations: Annotations,
): Parameter => {
  const annotation = annotations.of(schema);
  const found = resolve(schema, root)?.schema;
  const given =
    typeof schema === "object" && "default" in schema ? schema : typeof found === "object" ? found : {};
  const byDefault = "default" in given ? encodeValue(given.default) : undefined;
  const known = { key, name, schema, nullable: /^Any$|(?:^|\| )None$/.test(annotation) };
  // What has a default need not be given, whatever `required` says: TypeBox lists such properties there.
  if (byDefault !== undefined) return { ...known, required: false, default: byDefault, annotation };
  // `None` says in Python what an absent key says in JavaScript.
  const shown = required || known.nullable ? annotation : `${annotation} | None`;
  return { ...known, required, annotation: shown };
};

type Shape = {
  readonly properties: ReadonlyMap<string, JsonSchema>;
  readonly required: ReadonlySet<string>;
  readonly rest: boolean;
};

/** What is known of an object's keys; undefined for what is no object. */
const gather = (schema: JsonSchema, root: JsonSchema, depth: number): Shape | undefined => {
  const found = resolve(schema, root)?.schema;
  if (typeof found !== "object" || depth > 8) return undefined;
  const types = typesOf(found);
  if (types.length > 0 && !types.includes("object")) return undefined;
  const parts = [ownShape(found)];
  const deeper = (keyword: string): (Shape | undefined)[] =>
    schemasOf(found, keyword).map((item) => gather(item, root, depth + 1));
  for (const part of deeper("allOf")) if (part) parts.push(part);
  for (const keyword of ["anyOf", "oneOf"]) {
    const alternatives = deeper(keyword).filter((part) => part !== undefined);
    if (alternatives.length > 0) parts.push(either(alternatives));
  }
  const known = parts.reduce(both);
  // What must be there and is not described is anything.
  const undescribed = [...known.required].filter((key) => !known.properties.has(key));
  const together = {
    ...known,
    properties: new Map([...known.properties, ...undescribed.map((key) => [key, true] as const)]),
  };
  const says = types.length > 0 || together.properties.size > 0 || "additionalProperties" in found;
  return says || parts.length > 1 ? together : undefined;
};

const ownShape = (schema: JsonSchemaObject): Shape => {
  const { additionalProperties, patternProperties } = schema;
  return {
    properties: new Map(namedSchemas(schema, "properties")),
    required: new Set(requiredOf(schema)),
    // JSON Schema lets unknown keys pass; a function that takes them has to say so.
    rest:
      additionalProperties === true ||
      (typeof additionalProperties === "object" && additionalProperties !== null) ||
      patternProperties !== undefined,
  };
};

const both = (one: Shape, other: Shape): Shape => ({
  properties: new Map([...one.properties, ...other.properties]),
  required: new Set([...one.required, ...other.required]),
  rest: one.rest || other.rest,
});

const either = (alternatives: readonly Shape[]): Shape => {
  const properties = new Map<string, JsonSchema>();
  for (const { properties: own } of alternatives) {
    for (const [key, schema] of own) {
      const known = properties.get(key);
      properties.set(key, known === undefined ? schema : { anyOf: [known, schema] });
    }
  }
  const [first, ...others] = alternatives;
  const inAll = [...(first?.required ?? [])].filter((key) => others.every((part) => part.required.has(key)));
  return { properties, required: new Set(inAll), rest: alternatives.some((part) => part.rest) };
};
