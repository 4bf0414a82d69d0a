/** One thing that is wrong with a value, and where inside it. */
export type Problem = { readonly path: readonly PropertyKey[]; readonly message: string };

/** A value that passed, as its schema gives it back, or what is wrong with it. */
export type Parsed = { readonly value: unknown } | { readonly problems: readonly Problem[] };

/** A place inside a value as Python writes it: `filters["tags"][2]`. */
export function pathText(
  path: readonly PropertyKey[],
  rename: (key: string) => string = (key) => key,
): string {
  const [first, ...rest] = path.slice(0, DEEPEST);
  const head = first === undefined ? "" : typeof first === "string" ? rename(first) : `[${String(first)}]`;
  return rest.reduce<string>(
    (text, key) => `${text}[${typeof key === "string" ? JSON.stringify(key) : String(key)}]`,
    head,
  );
}

const DEEPEST = 16;
