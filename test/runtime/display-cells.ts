import { fileURLToPath } from "node:url";
import * as assert from "uvu/assert";

import { repo } from "../support/imports.ts";
import { runProgram } from "../support/program.ts";

export type Forms = Readonly<Record<string, unknown>>;

export type Shown = {
  /** The displays of one cell in order: data by MIME type. */
  readonly bundles: readonly Forms[];
  /** The name of what it raised. */
  readonly error: string | null;
  readonly printed: string;
};

/** Runs cells as a worker does, in one plain Python process without walls, and gives what each displayed. */
export async function displayCells(
  python: string,
  cells: readonly string[],
  { budget = 1 << 20, args = ["-I", "-B"] }: { budget?: number; args?: readonly string[] } = {},
): Promise<readonly Shown[]> {
  const input = JSON.stringify(cells);
  const run = await runProgram(python, [...args, script, `${repo}/runtime`, `${budget}`], { input });
  assert.equal([run.status, run.stderr], [0, ""]);
  return (JSON.parse(run.stdout) as Raw[]).map(({ bundles, error, printed }) => ({
    bundles: bundles.map((forms) => Object.fromEntries(forms.map(({ mime, data }) => [mime, data]))),
    error,
    printed,
  }));
}

type Raw = { bundles: { mime: string; data: unknown }[][]; error: string | null; printed: string };

const script = fileURLToPath(new URL("./display_cells.py", import.meta.url));

/** Width and height of a PNG picture in base64. */
export function sizeOfPng(data: unknown): [width: number, height: number] {
  const bytes = Buffer.from(String(data), "base64");
  assert.is(bytes.subarray(1, 4).toString("latin1"), "PNG");
  return [bytes.readUInt32BE(16), bytes.readUInt32BE(20)];
}
