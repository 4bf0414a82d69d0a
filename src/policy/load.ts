import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { basename, dirname, isAbsolute, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

import { PolicyError } from "../errors.ts";
import { checkPolicy } from "./check.ts";
import { parseJson } from "./json.ts";
import { applyLayer, type Layer, NOTHING, type ResolvedPolicy } from "./merge.ts";
import { nearest } from "./nearest.ts";
import type { PolicyInput } from "./schema.ts";
import { formatBytes } from "./units.ts";

/** The policies that come with the package, strictest first. */
export const SHIPPED_POLICIES = ["strict", "data", "open"] as const;

/**
 * Loads a policy and everything it extends: a shipped name, the path of a JSON file (recognised by a slash or `.json`)
 * relative to `cwd`, or a policy object, whose relative paths start at `cwd`. Throws a `PolicyError` that names the
 * file and the place in it.
 */
export async function loadPolicy(
  source: string | PolicyInput,
  { cwd }: { readonly cwd: string },
): Promise<ResolvedPolicy> {
  const search: Search = { cwd, layers: [], loaded: new Set() };
  if (typeof source === "string") {
    await collect(search, find(source, { folder: cwd, label: undefined }), []);
  } else {
    await collectLayer(search, { value: source, name: "custom", folder: cwd, label: "policy object" }, []);
  }
  return search.layers.reduce(applyLayer, NOTHING);
}

/** The layers found so far, parents before children; a parent that two policies share is laid down once. */
type Search = { readonly cwd: string; readonly layers: Layer[]; readonly loaded: Set<string> };

/** A file to load; `label` is how messages call it. */
type Place = { readonly path: string; readonly name: string; readonly label: string };

/** A policy that was read and not yet checked; what it extends is looked for in `folder`. */
type Loaded = {
  readonly value: unknown;
  readonly name: string;
  readonly folder: string;
  readonly label: string;
};

// Deeper or wider than any policy that a person could still review.
const MAX_DEPTH = 16;
const MAX_POLICIES = 64;
const MAX_BYTES = 2 ** 20;

const collect = async (search: Search, place: Place, chain: readonly Place[]): Promise<void> => {
  const path = [...chain, place].map(({ name, label }) =>
    isShipped(label) ? name : show(label, search.cwd),
  );
  if (chain.some((earlier) => earlier.path === place.path)) {
    throw new PolicyError(`policy ${path[0]}: extends itself: ${path.join(" -> ")}`);
  }
  if (chain.length >= MAX_DEPTH) {
    throw new PolicyError(`policy ${path[0]}: extends more than ${MAX_DEPTH} policies in a row`);
  }
  if (search.loaded.has(place.path)) return;
  search.loaded.add(place.path);
  if (search.loaded.size > MAX_POLICIES) {
    throw new PolicyError(`policy ${path[0]}: extends more than ${MAX_POLICIES} policies`);
  }
  const label = `policy ${path.at(-1)}`;
  const value = parse(await read(place.path, label), label);
  await collectLayer(search, { value, name: place.name, folder: dirname(place.path), label }, [
    ...chain,
    place,
  ]);
};

const collectLayer = async (
  search: Search,
  { value, name, folder, label }: Loaded,
  chain: readonly Place[],
): Promise<void> => {
  const finding = checkPolicy(value);
  if (finding) {
    // "/limits/wallMs must be ..." reads on; every other finding, and one about the whole file, is set off.
    const glue = finding.path !== "" && /^(must|holds) /.test(finding.problem) ? " " : ": ";
    const where = finding.path === "" ? label : `${label}: ${finding.path}`;
    throw new PolicyError(`${where}${glue}${finding.problem}`, { hint: finding.hint });
  }
  const { extends: parents = [], ...input } = value as PolicyInput;
  for (const parent of [parents].flat()) await collect(search, find(parent, { folder, label }), chain);
  search.layers.push({ input: { name, ...input }, base: folder });
};

const find = (
  source: string,
  from: { readonly folder: string; readonly label: string | undefined },
): Place => {
  if (isShipped(source)) return { path: shippedPath(source), name: source, label: source };
  if (/[/\\]|\.json$/.test(source)) {
    const path = resolve(from.folder, source);
    return { path, name: basename(path, ".json").slice(0, 64) || "custom", label: path };
  }
  const quoted = JSON.stringify(source.slice(0, 60));
  const meant = nearest(source, SHIPPED_POLICIES);
  const hint = [
    ...(meant ? [`did you mean ${JSON.stringify(meant)}?`] : []),
    `shipped policies are ${SHIPPED_POLICIES.join(", ")}; write a file as a path, such as ./mine.json`,
  ].join(" ");
  if (from.label) throw new PolicyError(`${from.label}: /extends: no policy is called ${quoted}`, { hint });
  throw new PolicyError(`no policy is called ${quoted}`, { hint });
};

const isShipped = (name: string): boolean => (SHIPPED_POLICIES as readonly string[]).includes(name);

// Both src/ and dist/ are one level below the package's root.
const shippedPath = (name: string): string =>
  fileURLToPath(new URL(`../../policies/${name}.json`, import.meta.url));

const read = async (path: string, label: string): Promise<string> => {
  try {
    // Opening a pipe would wait for its writer, and a device has no end: neither is read.
    await using file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const stat = await file.stat();
    if (stat.isDirectory()) throw new PolicyError(`${label}: is a directory, not a file`);
    if (!stat.isFile()) throw new PolicyError(`${label}: is not a regular file`);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(MAX_BYTES + 1), 0, MAX_BYTES + 1, 0);
    if (bytesRead > MAX_BYTES) throw new PolicyError(`${label}: is larger than ${formatBytes(MAX_BYTES)}`);
    return new TextDecoder("utf-8", { fatal: true }).decode(buffer.subarray(0, bytesRead));
  } catch (error) {
    if (error instanceof PolicyError) throw error;
    throw new PolicyError(`${label}: ${readFailure(error)}`, { cause: error });
  }
};

const readFailure = (error: unknown): string => {
  const code = (error as NodeJS.ErrnoException).code ?? "";
  if (code === "ENOENT" || code === "ENOTDIR") return "no such file";
  if (code === "EACCES" || code === "EPERM") return "may not be read by this user";
  if (code === "ERR_ENCODING_INVALID_ENCODED_DATA") return "is not UTF-8 text";
  return `cannot be read, ${code || String(error)}`;
};

const parse = (text: string, label: string): unknown => {
  const parsed = parseJson(text);
  if ("value" in parsed) return parsed.value;
  throw new PolicyError(
    `${label}: is not JSON: line ${parsed.line}, column ${parsed.column}: ${parsed.problem}`,
  );
};

/** A path as the reader would write it: relative below the working directory, and unable to steer a terminal. */
const show = (path: string, cwd: string): string => {
  const near = relative(cwd, path);
  return near === "" || near.startsWith("..") || isAbsolute(near) ? printable(path) : printable(near);
};

const printable = (text: string): string =>
  text.replace(/\p{Cc}/gu, (character) => JSON.stringify(character).slice(1, -1));
