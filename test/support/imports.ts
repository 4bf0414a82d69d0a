import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The repository's folder, without a slash at its end. */
export const repo = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");

/** Every file below a folder of the repository whose name ends so, as sorted paths from the repository. */
export function filesIn(folder: string, ending: string): string[] {
  return readdirSync(join(repo, folder), { recursive: true, withFileTypes: true, encoding: "utf8" })
    .filter((entry) => entry.isFile() && entry.name.endsWith(ending))
    .map((entry) => join(entry.parentPath, entry.name).slice(repo.length + 1))
    .filter((path) => !path.includes("__pycache__"))
    .sort();
}

export const readRepoFile = (path: string): string => readFileSync(join(repo, path), "utf8");

/** What a TypeScript source imports, exports from and imports dynamically, as it is written there. */
export function importsOf(source: string): string[] {
  const code = source.replaceAll(COMMENT, (found) => (/^["'`]/.test(found) ? found : " "));
  return [...code.matchAll(IMPORT)].map(
    ({ 1: named, 2: bare, 3: dynamic }) => named ?? bare ?? dynamic ?? "",
  );
}

/** Comments, and the strings before them, so that `//` in an address is none. */
const COMMENT = /"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`|\/\/[^\n]*|\/\*[\s\S]*?\*\//g;

const IMPORT = new RegExp(
  [
    // A declaration has nothing between its first word and `from` that a statement would have.
    /(?<![\w"'`.$-])(?:import|export)\s[^"'`;()=]*?\bfrom\s*["']([^"']+)["']/,
    /(?<![\w"'`.$-])import\s*["']([^"']+)["']/,
    /\bimport\(\s*["'`]([^"'`]+)["'`]/,
  ]
    .map(({ source }) => source)
    .join("|"),
  "g",
);
