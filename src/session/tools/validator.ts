import { Compile, Errors } from "typebox/schema";

import { Annotations } from "./annotations.ts";
import { explain } from "./explain.ts";
import type { JsonSchema } from "./json-schema.ts";
import type { Parsed, Problem } from "./problem.ts";
import { strict } from "./strict.ts";

/**
 * Compiles a JSON Schema, TypeBox's included, into a check. Calls `fail` for a schema that cannot be checked: what is
 * wrong with a schema is known when a session gets its tools, and not at the first call.
 */
export function compileJsonSchema(
  schema: JsonSchema,
  fail: (what: string) => never,
): (value: unknown) => Parsed {
  const tightened = strict(schema, fail);
  const validator = compile(tightened, fail);
  return (value) => {
    if (validator.Check(value)) return { value };
    const context = { root: tightened, annotations: new Annotations(tightened) };
    const problems = explain(value, tightened, context);
    return { problems: problems.length > 0 ? problems : reported(tightened, value) };
  };
}

const compile = (schema: JsonSchema, fail: (what: string) => never) => {
  try {
    return Compile(schema);
  } catch (error) {
    return fail((error as Error).message);
  }
};

/** The validator's own words. */
const reported = (schema: JsonSchema, value: unknown): readonly Problem[] => {
  const [, errors] = Errors(schema, value);
  const problems = errors
    .slice(0, 3)
    .map(({ instancePath, message }) => ({ path: instancePath.split("/").slice(1).map(token), message }));
  return problems.length > 0 ? problems : [{ path: [], message: "is not as the schema says" }];
};

const token = (text: string): string | number =>
  /^\d+$/.test(text) ? Number(text) : text.replaceAll("~1", "/").replaceAll("~0", "~");
