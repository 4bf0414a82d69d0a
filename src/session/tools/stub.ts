import type { WireTool } from "../../protocol/messages.ts";
import { decodeValue } from "../../protocol/values.ts";
import { pythonLiteral } from "./literal.ts";

/** The tool's signature as Python writes it: `search(query: str, limit: int = 10) -> list[Result]`. */
export function signature({ name, parameters, rest, returns }: WireTool): string {
  const list = parameters.map(({ name, annotation, required, default: byDefault }) => {
    if (required) return `${name}: ${annotation}`;
    const value = byDefault === undefined ? "None" : pythonLiteral(decodeValue(byDefault));
    return `${name}: ${annotation} = ${value}`;
  });
  if (rest) list.push(`**${restName(parameters)}: Any`);
  return `${name}(${list.join(", ")}) -> ${returns}`;
}

/** The name of what gathers further arguments; the worker finds the same one. */
export function restName(parameters: readonly { readonly name: string }[]): string {
  let name = "kwargs";
  while (parameters.some((other) => other.name === name)) name += "_";
  return name;
}

/** The tool as a stub that Python compiles, whatever its description says. */
export function stub(tool: WireTool): string {
  const head = `def ${signature(tool)}:`;
  if (tool.doc === "") return `${head} ...`;
  const lines = escaped(tool.doc).split("\n");
  const [only] = lines;
  if (lines.length === 1) return `${head}\n    """${only}"""`;
  const body = lines.map((line) => (line.trim() === "" ? "" : `    ${line}`)).join("\n");
  return `${head}\n    """${body.slice(4)}\n    """`;
}

/** A text inside of three double quotes: nothing in it ends the string, and every character stays what it is. */
const escaped = (text: string): string =>
  text
    .replaceAll("\\", "\\\\")
    .replaceAll(/"{3,}|"+$/g, (quotes) => '\\"'.repeat(quotes.length))
    .replaceAll(UNPRINTABLE, (found) => {
      const code = found.charCodeAt(0);
      return code < 256 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u${code.toString(16)}`;
    });

/** Controls but the newline and the tab, and separators that editors take for a newline. */
const UNPRINTABLE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not come through
  /[\0-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]/g;
