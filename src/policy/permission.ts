import type { PermissionInput } from "./schema.ts";

/** One entry of a list, with the place it was written at (a JSON pointer within the permission). */
export type Entry = { readonly at: string; readonly text: string; readonly why?: string };

/** The one normal form of the many ways to write a permission: everything, nothing, or these. */
export type EntryList = boolean | readonly Entry[];

export type Permission = {
  readonly allow?: EntryList;
  readonly deny?: EntryList;
  /** The reason for `allow: true`; entries carry their own. */
  readonly why?: string;
};

/** Brings a permission into its normal form; `why` of the whole permission is the reason for what it allows. */
export function readPermission(input: PermissionInput): Permission {
  if (typeof input === "boolean") return { allow: input };
  if (Array.isArray(input)) return { allow: readEntries(input, "") };
  const { allow, deny, why } = input as Exclude<PermissionInput, boolean | readonly unknown[]>;
  return {
    ...(allow === undefined ? {} : { allow: readList(allow, "/allow", why) }),
    ...(deny === undefined ? {} : { deny: readList(deny, "/deny") }),
    ...(why === undefined ? {} : { why }),
  };
}

type ListInput = boolean | readonly EntryInput[];
type EntryInput = string | { readonly is: string | readonly string[]; readonly why: string };

const readList = (list: ListInput, at: string, why?: string): EntryList =>
  typeof list === "boolean" ? list : readEntries(list, at, why);

const readEntries = (list: readonly EntryInput[], at: string, why?: string): Entry[] =>
  list.flatMap((entry, index): Entry[] => {
    if (typeof entry === "string") return [{ at: `${at}/${index}`, text: entry, ...(why ? { why } : {}) }];
    if (typeof entry.is === "string") return [{ at: `${at}/${index}/is`, text: entry.is, why: entry.why }];
    return entry.is.map((text, inner) => ({ at: `${at}/${index}/is/${inner}`, text, why: entry.why }));
  });
