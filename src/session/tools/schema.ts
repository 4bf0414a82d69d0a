import type { Static } from "typebox";

import { isRecord, type JsonSchema } from "./json-schema.ts";
import type { Parsed, Problem } from "./problem.ts";
import { compileJsonSchema } from "./validator.ts";

/** A schema of any library, as a tool needs it. */
export type ReadSchema = {
  /** What its values look like; undefined when its library cannot say. */
  readonly json: JsonSchema | undefined;
  /** Whether `parse` looks at nothing but `json`, so that defaults written there are ours to fill in. */
  readonly plain: boolean;
  parse(value: unknown): Parsed | PromiseLike<Parsed>;
};

/**
 * Reads a schema: Standard Schema (zod, valibot, arktype), the AI SDK's `jsonSchema(...)`, also as a function that makes
 * one, TypeBox 1 and `@sinclair/typebox` 0.34, or plain JSON Schema. Calls `fail` with what is wrong.
 */
export function readSchema(
  schema: unknown,
  side: "input" | "output",
  fail: (what: string) => never,
): ReadSchema {
  const standard = (schema as { "~standard"?: unknown } | null | undefined)?.["~standard"];
  if (isRecord(standard)) return readStandard(standard as StandardProps, side, fail);
  if (typeof schema === "function") return readSchema((schema as () => unknown)(), side, fail);
  if (!isRecord(schema)) return fail(`${side}Schema is no schema`);
  if (isAiSchema(schema)) return readAi(schema, side, fail);
  if (!KEYWORDS.some((keyword) => keyword in schema)) return fail(`${side}Schema is no schema that is known`);
  const parse = compileJsonSchema(schema, (what) => fail(`${side}Schema: ${what}`));
  return { json: schema, plain: true, parse };
}

/** What a plain JSON Schema has at least one of; TypeBox's `Any` has none of them, and only a kind. */
const KEYWORDS =
  "type properties $ref anyOf oneOf allOf enum const not additionalProperties patternProperties $defs ~kind".split(
    " ",
  );

/** https://standardschema.dev, as far as it is used here. */
type StandardProps = {
  readonly vendor?: unknown;
  validate(value: unknown): StandardResult | PromiseLike<StandardResult>;
  readonly jsonSchema?: Readonly<Record<"input" | "output", (options: object) => unknown>>;
};

type StandardResult = { readonly value?: unknown; readonly issues?: readonly StandardIssue[] | undefined };

type StandardIssue = {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
};

const readStandard = (
  standard: StandardProps,
  side: "input" | "output",
  fail: (what: string) => never,
): ReadSchema => {
  if (typeof standard.validate !== "function")
    return fail(`${side}Schema is a Standard Schema without validate`);
  const parsed = ({ value, issues }: StandardResult): Parsed =>
    issues && issues.length > 0 ? { problems: issues.slice(0, 5).map(fromIssue) } : { value };
  return {
    json: describe(standard, side),
    plain: false,
    parse: (value) => {
      const result = standard.validate(value);
      return "then" in result ? result.then(parsed) : parsed(result);
    },
  };
};

const fromIssue = ({ message, path = [] }: StandardIssue): Problem => ({
  message: String(message),
  path: path.map((segment) => (typeof segment === "object" ? segment.key : segment)),
});

/** The JSON Schema that the library makes of it, when it can. */
const describe = (
  { jsonSchema, vendor }: StandardProps,
  side: "input" | "output",
): JsonSchema | undefined => {
  if (typeof jsonSchema?.[side] !== "function") return undefined;
  try {
    const json = jsonSchema[side]({
      target: "draft-2020-12",
      libraryOptions: LENIENT[String(vendor)] ?? {},
    });
    return isRecord(json) ? json : undefined;
  } catch {
    // Not everything can be said in JSON Schema, and validation does not need it.
    return undefined;
  }
};

/** How each library is told to describe dates and large integers, which JSON has no word for, instead of giving up. */
const LENIENT: Readonly<Record<string, object>> = {
  zod: {
    unrepresentable: "any",
    override({ zodSchema, jsonSchema }: { zodSchema: ZodLike; jsonSchema: Record<string, unknown> }) {
      const type = { date: "Date", bigint: "bigint" }[zodSchema?._zod?.def?.type ?? ""];
      if (type !== undefined) jsonSchema.type = type;
    },
  },
  arktype: {
    fallback: {
      date: ({ base }: { base: object }) => ({ ...base, type: "Date" }),
      domain: ({ base, domain }: { base: object; domain: string }) =>
        domain === "bigint" ? { ...base, type: "bigint" } : base,
      default: ({ base }: { base: object }) => base,
    },
  },
  valibot: {
    errorMode: "ignore",
    overrideSchema({ valibotSchema, jsonSchema }: { valibotSchema: { type: string }; jsonSchema: object }) {
      const type = { date: "Date", bigint: "bigint" }[valibotSchema.type];
      return type === undefined ? undefined : { ...jsonSchema, type };
    },
  },
};

type ZodLike = { readonly _zod?: { readonly def?: { readonly type?: string } } };

/** What the AI SDK's `jsonSchema(...)` and `zodSchema(...)` give: https://ai-sdk.dev/docs/reference/ai-sdk-core/json-schema */
type AiSchema = {
  readonly jsonSchema: unknown;
  readonly validate?: ((value: unknown) => AiResult | PromiseLike<AiResult>) | undefined;
};

type AiResult =
  | { readonly success: true; readonly value: unknown }
  | { readonly success: false; readonly error: Error };

const isAiSchema = (schema: Readonly<Record<string, unknown>>): schema is AiSchema =>
  Object.hasOwn(schema, "jsonSchema") && !("type" in schema);

const readAi = (schema: AiSchema, side: "input" | "output", fail: (what: string) => never): ReadSchema => {
  const { jsonSchema: json, validate } = schema;
  if (isRecord(json) && typeof json.then === "function")
    return fail(
      `${side}Schema is not there yet: its jsonSchema is a promise; await it, and make the tool with it`,
    );
  if (!validate) return readSchema(json, side, fail);
  const parsed = (result: AiResult): Parsed =>
    result.success ? { value: result.value } : { problems: fromAiError(result.error) };
  return {
    json: isRecord(json) ? json : undefined,
    plain: false,
    parse: (value) => {
      const result = validate(value);
      return "then" in result ? result.then(parsed) : parsed(result);
    },
  };
};

/** zod's issues when the error carries them, which say where. */
const fromAiError = (error: Error & { issues?: unknown }): readonly Problem[] => {
  const issues = Array.isArray(error.issues) ? (error.issues as StandardIssue[]) : undefined;
  return issues?.length ? issues.slice(0, 5).map(fromIssue) : [{ path: [], message: error.message }];
};

/** The type of what a schema lets through; `input` is before the transforms of a Standard Schema, `output` after. */
type TypeOf<Schema, Side extends "input" | "output"> = Schema extends {
  readonly "~standard": { readonly types?: infer Types };
}
  ? NonNullable<Types> extends { readonly [Key in Side]: infer Type }
    ? Type
    : unknown
  : Schema extends { readonly _type: infer Type; readonly jsonSchema: unknown }
    ? Type
    : Schema extends () => { readonly _type: infer Type }
      ? Type
      : Schema extends { readonly static: infer Type; readonly params: unknown }
        ? Type
        : Schema extends object
          ? Static<Schema>
          : unknown;

/** What `execute` is given when the tool's input has such a schema: nothing without one. */
export type InputOf<Schema> = Schema extends object ? TypeOf<Schema, "output"> : Record<string, never>;

/** What `execute` may give when the tool's output has such a schema: anything without one. */
export type ResultOf<Schema> = TypeOf<Schema, "input">;
