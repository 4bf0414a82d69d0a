import {
  asSchema,
  DEEPEST,
  type JsonSchema,
  type JsonSchemaObject,
  namedSchemas,
  requiredOf,
  resolve,
  schemasOf,
  typesOf,
} from "./json-schema.ts";
import { pythonLiteral, pythonString } from "./literal.ts";
import { isPythonName } from "./names.ts";

/**
 * Python annotations for the schemas of one tool: `list[str]`, `Literal["a", "b"] | None`. An object with a name of its
 * own (a `title`, or its place in `$defs`) is that name, and `shapes` says what each is; one without is `dict`, or its
 * keys where the text is for a docstring.
 */
export class Annotations {
  readonly #root: JsonSchema;
  /** The shape of each named object, in the order they were met; empty while it is being written. */
  readonly #shapes: Map<string, string>;
  readonly #named = new Map<JsonSchemaObject, string>();
  /** The unnamed objects around the one being written, so that one inside itself ends. */
  readonly #open = new Set<JsonSchemaObject>();

  /** The input and the output of a tool have a root each, and one set of names. */
  constructor(root: JsonSchema, shapes: Map<string, string> = new Map()) {
    this.#root = root;
    this.#shapes = shapes;
  }

  /** As it stands in a signature. */
  of(schema: JsonSchema): string {
    return bounded(this.#write(schema, { depth: 0, inline: false }));
  }

  /** As it is explained in a docstring: objects without a name show their keys. */
  inline(schema: JsonSchema): string {
    return bounded(this.#write(schema, { depth: 0, inline: true }), LONGEST_SHAPE);
  }

  #write(schema: JsonSchema, place: Place): string {
    const found = resolve(schema, this.#root);
    if (found === undefined || found.schema === true || place.depth > DEEPEST_TEXT) return "Any";
    if (found.schema === false) return "Never";
    return this.#object(found.schema, found.name, place);
  }

  #object(schema: JsonSchemaObject, name: string | undefined, place: Place): string {
    const deeper = { ...place, depth: place.depth + 1 };
    if ("const" in schema) return union([member(schema.const)]);
    if (Array.isArray(schema.enum)) return union(schema.enum.map(member));
    const alternatives = [...schemasOf(schema, "anyOf"), ...schemasOf(schema, "oneOf")];
    if (alternatives.length > 0) return union(alternatives.map((item) => this.#write(item, deeper)));
    const types = typesOf(schema);
    if (types.length > 0) return union(types.map((type) => this.#typed(type, schema, name, place)));
    if (isObject(schema)) return this.#typed("object", schema, name, place);
    const all = schemasOf(schema, "allOf").map((item) => this.#write(item, deeper));
    return all.find((text) => text !== "Any") ?? "Any";
  }

  #typed(type: string, schema: JsonSchemaObject, name: string | undefined, place: Place): string {
    const deeper = { ...place, depth: place.depth + 1 };
    if (type === "array") {
      const items = Array.isArray(schema.items)
        ? schemasOf(schema, "items")
        : schemasOf(schema, "prefixItems");
      const texts = items.map((item) => this.#write(item, deeper));
      if (!Array.isArray(schema.items) && "items" in schema && schema.items !== false)
        texts.push(this.#write(asSchema(schema.items), deeper));
      return texts.length === 0 ? "list" : listOf(union(texts));
    }
    if (type !== "object") return Object.hasOwn(SIMPLE, type) ? String(SIMPLE[type]) : "Any";
    if (namedSchemas(schema, "properties").length > 0) return this.#keyed(schema, name, place);
    const values = asSchema(schema.additionalProperties ?? namedSchemas(schema, "patternProperties")[0]?.[1]);
    const text = typeof values === "object" ? this.#write(values, deeper) : "Any";
    return text === "Any" ? "dict" : `dict[str, ${text}]`;
  }

  /** An object whose keys are known. */
  #keyed(schema: JsonSchemaObject, name: string | undefined, place: Place): string {
    const known = this.#named.get(schema) ?? this.#claim(schema, name);
    if (known !== undefined) return known;
    if (!place.inline || this.#open.has(schema)) return "dict";
    this.#open.add(schema);
    const text = this.#shape(schema, place.depth);
    this.#open.delete(schema);
    return text;
  }

  /** Gives the object its name, and writes its shape once; undefined when it has none that is free. */
  #claim(schema: JsonSchemaObject, name: string | undefined): string | undefined {
    const wanted = [schema.title, name].find((text) => typeof text === "string" && isTypeName(text));
    if (typeof wanted !== "string" || this.#shapes.size >= MOST_SHAPES) return undefined;
    const taken = this.#shapes.get(wanted);
    // What the input calls `Item` and the output calls `Item` is mostly the same thing, described in each.
    this.#named.set(schema, wanted);
    if (taken === undefined) this.#shapes.set(wanted, "");
    const shape = this.#shape(schema, 0);
    if (taken === undefined) this.#shapes.set(wanted, shape);
    else if (taken !== shape) {
      this.#named.delete(schema);
      return undefined;
    }
    return wanted;
  }

  #shape(schema: JsonSchemaObject, depth: number): string {
    const required = requiredOf(schema);
    const properties = namedSchemas(schema, "properties");
    const keys = properties.slice(0, MOST_KEYS).map(([key, item]) => {
      const text = this.#write(item, { depth: depth + 1, inline: true });
      return `${pythonString(key)}: ${required.includes(key) ? text : `NotRequired[${text}]`}`;
    });
    if (properties.length > MOST_KEYS) keys.push("...");
    return bounded(`{${keys.join(", ")}}`, LONGEST_SHAPE, "dict");
  }
}

type Place = { readonly depth: number; readonly inline: boolean };

/** Bounds for a text that a model reads in every prompt. */
const DEEPEST_TEXT = Math.min(6, DEEPEST);
const LONGEST_ANNOTATION = 240;
const LONGEST_SHAPE = 600;
const MOST_SHAPES = 12;
const MOST_KEYS = 24;

const bounded = (text: string, longest = LONGEST_ANNOTATION, instead = "Any"): string =>
  text.length <= longest ? text : instead;

/** JSON Schema's types, and those of TypeBox and zod that JSON has no word for. */
export const SIMPLE: Readonly<Record<string, string>> = {
  string: "str",
  integer: "int",
  bigint: "int",
  number: "float",
  boolean: "bool",
  null: "None",
  undefined: "None",
  void: "None",
  Date: "datetime",
  Uint8Array: "bytes",
};

const isObject = (schema: JsonSchemaObject): boolean =>
  namedSchemas(schema, "properties").length > 0 || typeof schema.additionalProperties === "object";

const listOf = (item: string): string => (item === "Any" ? "list" : `list[${item}]`);

/** One value that is allowed; Python's Literal takes strings, integers and booleans. */
const member = (value: unknown): string => {
  if (value === null) return "None";
  // Python 3.13 cannot read half a surrogate pair in an annotation.
  if (typeof value === "string" && /\p{Cs}/u.test(value)) return "str";
  if (typeof value === "string" || typeof value === "boolean" || Number.isSafeInteger(value))
    return `Literal[${pythonLiteral(value, LONGEST_ANNOTATION)}]`;
  return typeof value === "number"
    ? "float"
    : Array.isArray(value)
      ? "list"
      : typeof value === "object"
        ? "dict"
        : "Any";
};

/** `X | Y | None` without repetition; neighbours `Literal["a"] | Literal["b"]` are one. */
const union = (texts: readonly string[]): string => {
  const parts = [...new Set(texts.flatMap((text) => splitUnion(text)))];
  if (parts.includes("Any") || parts.length === 0) return "Any";
  const literals = parts.filter((part) => part.startsWith("Literal["));
  const rest = parts.filter((part) => !part.startsWith("Literal[") && part !== "None" && part !== "Never");
  const merged =
    literals.length > 0 ? [`Literal[${literals.map((part) => part.slice(8, -1)).join(", ")}]`] : [];
  const all = [...merged.map(shortLiteral), ...rest, ...(parts.includes("None") ? ["None"] : [])];
  return all.length === 0 ? "Never" : [...new Set(all)].join(" | ");
};

/** At the bars that are in no bracket and no string. */
const splitUnion = (text: string): string[] => {
  const parts: string[] = [];
  let depth = 0;
  let from = 0;
  for (const { 0: token, index } of text.matchAll(/"(?:\\.|[^"\\])*"|[[\]{}]| \| /g)) {
    if (token === "[" || token === "{") depth += 1;
    else if (token === "]" || token === "}") depth -= 1;
    else if (token === " | " && depth === 0) {
      parts.push(text.slice(from, index));
      from = index + token.length;
    }
  }
  return [...parts, text.slice(from)];
};

/** A list of values that nobody would read is only their type. */
const shortLiteral = (text: string): string => {
  if (text.length <= LONGEST_ANNOTATION / 2) return text;
  if (text.startsWith('Literal["')) return "str";
  return /^Literal\[-?\d/.test(text) ? "int" : "Any";
};

/** A name that reads as a type, and is none of Python's own. */
const isTypeName = (text: string): boolean =>
  /^[A-Z][A-Za-z0-9_]{0,40}$/.test(text) && isPythonName(text) && !OTHER_TYPES.has(text);

const OTHER_TYPES: ReadonlySet<string> = new Set(["Any", "Literal", "Never", "NotRequired", "None"]);
