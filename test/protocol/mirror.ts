import { fileURLToPath } from "node:url";
import * as assert from "uvu/assert";

import { repo } from "../support/imports.ts";
import { runProgram } from "../support/program.ts";

/** What Python says of one value: what it encodes as and its repr, or why it does not cross. */
export type Reflection =
  | { readonly wire: unknown; readonly repr: string; readonly type: string; readonly refused?: undefined }
  | { readonly refused: string };

export type Request = { readonly wire: unknown } | { readonly make: string };

/** Holds values up to a real Python, which decodes or makes each and encodes it again; `budget` is in bytes. */
export async function mirror(
  python: string,
  requests: readonly Request[],
  { budget = 1 << 24, numpy = false }: { budget?: number; numpy?: boolean } = {},
): Promise<Reflection[]> {
  const script = fileURLToPath(new URL("./values_mirror.py", import.meta.url));
  const args = ["-I", "-B", script, `${repo}/runtime`, String(budget), ...(numpy ? ["numpy"] : [])];
  const input = requests.map((request) => `${JSON.stringify(request)}\n`).join("");
  const { status, stdout, stderr } = await runProgram(python, args, { input });
  assert.equal([status, stderr], [0, ""]);
  const reflections = stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Reflection);
  assert.is(reflections.length, requests.length);
  return reflections;
}

/** The wire value of one that is meant to cross. */
export function wireOf(reflection: Reflection | undefined): unknown {
  if (reflection?.refused === undefined) return reflection?.wire;
  throw new Error(`refused: ${reflection.refused}`);
}
