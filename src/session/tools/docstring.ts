import type { Annotations } from "./annotations.ts";
import { type JsonSchema, type JsonSchemaObject, resolve } from "./json-schema.ts";
import { shown, wholeCharacters } from "./literal.ts";
import type { Parameter } from "./parameters.ts";
import { restName } from "./stub.ts";

/** What a docstring is made of. */
export type Described = {
  readonly description: string | undefined;
  readonly parameters: readonly Parameter[];
  readonly rest: boolean;
  readonly input: { readonly root: JsonSchema; readonly annotations: Annotations };
  readonly output?: { readonly root: JsonSchema; readonly annotations: Annotations };
  /** What each named object looks like. */
  readonly shapes: ReadonlyMap<string, string>;
};

/**
 * The docstring of a tool, as `help` shows it: its description, then `Args:`, `Returns:` and `Types:` as far as there
 * is something to say that the signature does not say already. Plain text, without an indent.
 */
export function docstring({ description, parameters, rest, input, output, shapes }: Described): string {
  const args = parameters.flatMap((parameter) => {
    const text = aboutParameter(parameter, input);
    return text === "" ? [] : [`${parameter.name}: ${text}`];
  });
  if (rest && parameters.length > 0) args.push(`**${restName(parameters)}: Further named arguments.`);
  const types = [...shapes].map(([name, shape]) => `${name}: ${shape}`);
  const returns = output ? aboutResult(output) : "";
  return (
    [
      wholeCharacters((description ?? "").trim().replaceAll(/\r\n?/g, "\n"), LONGEST_DESCRIPTION),
      section("Args", args),
      section("Returns", returns === "" ? [] : [returns]),
      section("Types", types),
    ]
      .filter((part) => part !== "")
      .join("\n\n")
      // Python 3.13 refuses a docstring with half a surrogate pair.
      .replaceAll(/\p{Cs}/gu, "\ufffd")
  );
}

const LONGEST_DESCRIPTION = 8000;
const LONGEST_NOTE = 600;

const section = (title: string, lines: readonly string[]): string =>
  lines.length === 0 ? "" : [`${title}:`, ...lines.map((line) => `    ${line}`)].join("\n");

const aboutParameter = (
  { schema, annotation }: Parameter,
  { root, annotations }: { root: JsonSchema; annotations: Annotations },
): string => {
  const inline = annotations.inline(schema);
  // The signature shows everything but the keys of an object that has no name.
  const shape = inline === annotations.of(schema) || annotation.includes(inline) ? "" : inline;
  return sentences([shape, noteOf(schema, root)]);
};

const aboutResult = ({ root, annotations }: { root: JsonSchema; annotations: Annotations }): string => {
  const inline = annotations.inline(root);
  return sentences([inline === annotations.of(root) ? "" : inline, noteOf(root, root)]);
};

const sentences = (parts: readonly string[]): string => parts.filter((part) => part !== "").join(". ");

/** The description with what the value is held to, on one line. */
const noteOf = (schema: JsonSchema, root: JsonSchema): string => {
  const found = resolve(schema, root)?.schema;
  const own = typeof schema === "object" ? schema : {};
  const target = typeof found === "object" ? found : {};
  const text = [own.description, target.description].find((item) => typeof item === "string");
  const line = wholeCharacters(
    String(text ?? "")
      .replaceAll(/\s+/g, " ")
      .trim(),
    LONGEST_NOTE,
  );
  const bounds = constraintsOf(target);
  if (bounds === "") return line;
  return line === "" ? capital(bounds) : `${line.replace(/\.$/, "")} (${bounds}).`;
};

const capital = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;

/** What a value is held to besides its type, in words. */
const constraintsOf = (schema: JsonSchemaObject): string => {
  const words = Object.entries(CONSTRAINTS).flatMap(([keyword, word]) => {
    const value = schema[keyword];
    return typeof value === "number" && !isSafeIntegerBound(keyword, value) ? [word(String(value))] : [];
  });
  if (typeof schema.pattern === "string" && schema.pattern.length <= 120)
    words.push(`matches ${schema.pattern}`);
  else if (typeof schema.format === "string" && schema.format.length <= 40)
    words.push(`format ${schema.format}`);
  const [example] = Array.isArray(schema.examples) ? schema.examples : [];
  if (example !== undefined && words.length === 0)
    words.push(`such as ${shown(example).replace(/ \(\w+\)$/, "")}`);
  return words.join(", ");
};

const CONSTRAINTS: Readonly<Record<string, (bound: string) => string>> = {
  minimum: (bound) => `at least ${bound}`,
  exclusiveMinimum: (bound) => `more than ${bound}`,
  maximum: (bound) => `at most ${bound}`,
  exclusiveMaximum: (bound) => `less than ${bound}`,
  multipleOf: (bound) => `a multiple of ${bound}`,
  minLength: (bound) => `at least ${bound} characters`,
  maxLength: (bound) => `at most ${bound} characters`,
  minItems: (bound) => `at least ${bound} items`,
  maxItems: (bound) => `at most ${bound} items`,
};

/** zod writes the range of safe integers into every integer, which tells nobody anything. */
const isSafeIntegerBound = (keyword: string, value: number): boolean =>
  (keyword === "minimum" || keyword === "maximum") && Math.abs(value) === Number.MAX_SAFE_INTEGER;
