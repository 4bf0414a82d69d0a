/** Import patterns as a policy's plan lists them; deny wins. */
export type ImportPatterns = { readonly allow: readonly string[]; readonly deny: readonly string[] };

/**
 * Whether a cell may `import module`, a full dotted name. The Python guard follows the same table, and both are held
 * to `test/policy/import-corpus.json`:
 *
 * | pattern   | in `allow` lets through                            | in `deny` takes away               |
 * |-----------|----------------------------------------------------|------------------------------------|
 * | `*`       | every module                                       | every module                       |
 * | `@stdlib` | every module whose first part is one of `stdlib`   | the same                           |
 * | `a.b`     | `a.b` and all below it; and the plain `import a`,  | `a.b` and all below it             |
 * |           | which Python runs and binds on the way             |                                    |
 * | `a.b.*`   | the same as `a.b`                                  | all below `a.b`, not itself        |
 *
 * A module is importable when an allow pattern lets it through and no deny pattern takes it away. Names are compared
 * by case, after NFKC, as Python reads identifiers. A name with an empty part is never importable.
 *
 * Every `import` that smolagents' `additional_authorized_imports` lets through is let through by the same list here;
 * its plain `numpy`, which leaves the submodules out, is `allow: ["numpy"], deny: ["numpy.*"]`.
 */
export function importAllowed(
  patterns: ImportPatterns,
  module: string,
  stdlib: ReadonlySet<string>,
): boolean {
  const name = normalise(module);
  if (name === undefined || isDenied(patterns.deny, name, stdlib)) return false;
  return patterns.allow.some(
    (pattern) => covers(pattern, name, stdlib) || isWithin(withoutStar(pattern), name),
  );
}

/**
 * Whether a cell may run `from module import name`. The name may be a module too, and nobody knows before it is
 * imported. So: `module` must not be taken away, nor `module.name` (but `module.*` in `deny` is left to the import of
 * the submodule itself, else it would refuse every function); and a pattern must cover `module` itself, not only
 * something below it, or let `module.name` through. `name` may be `*`, which needs `module` covered.
 */
export function importFromAllowed(
  patterns: ImportPatterns,
  from: { readonly module: string; readonly name: string },
  stdlib: ReadonlySet<string>,
): boolean {
  const module = normalise(from.module);
  if (module === undefined || isDenied(patterns.deny, module, stdlib)) return false;
  const covered = patterns.allow.some((pattern) => covers(pattern, module, stdlib));
  if (from.name === "*") return covered;
  const deny = patterns.deny.filter((pattern) => pattern !== `${module}.*`);
  const inner = `${module}.${from.name}`;
  if (covered) return !isDenied(deny, inner.normalize("NFKC"), stdlib);
  return importAllowed({ allow: patterns.allow, deny }, inner, stdlib);
}

/** The name as Python compares it, or undefined for one that it cannot have. */
const normalise = (module: string): string | undefined => {
  const name = module.normalize("NFKC");
  return name.split(".").includes("") ? undefined : name;
};

const covers = (pattern: string, name: string, stdlib: ReadonlySet<string>): boolean => {
  if (pattern === "*") return true;
  if (pattern === "@stdlib") return stdlib.has(firstPart(name));
  return isWithin(name, withoutStar(pattern));
};

const isDenied = (deny: readonly string[], name: string, stdlib: ReadonlySet<string>): boolean =>
  deny.some((pattern) => covers(pattern, name, stdlib) && name !== withoutOwnStar(pattern));

const firstPart = (name: string): string => name.split(".", 1)[0] ?? "";

const withoutStar = (pattern: string): string => withoutOwnStar(pattern) ?? pattern;

const withoutOwnStar = (pattern: string): string | undefined =>
  pattern.endsWith(".*") ? pattern.slice(0, -2) : undefined;

const isWithin = (name: string, base: string): boolean => name === base || name.startsWith(`${base}.`);
