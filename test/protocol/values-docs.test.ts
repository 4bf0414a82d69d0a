import { test } from "uvu";
import * as assert from "uvu/assert";

import { NDArray, PythonScalar, table } from "../../src/protocol/twins.ts";
import { decodeValue, encodeValue } from "../../src/protocol/values.ts";
import { readRepoFile } from "../support/imports.ts";
import { runProgram } from "../support/program.ts";
import { pythons } from "../support/pythons.ts";
import { requires } from "../support/requires.ts";
import { mirror, wireOf } from "./mirror.ts";

/* Every row of docs/values.md is what happens. */

type Row = readonly [here: string, there: string, back: string];

/** The rows of each table, as the code that their cells end in; a row with words alone has other tests. */
const tables = readRepoFile("docs/values.md")
  .split(/\n\n+/)
  .filter((part) => part.startsWith("|"))
  .map((part) => part.split("\n").slice(2).map(codes).filter(isRow));

function codes(line: string): string[] {
  return line.split(" | ").map((cell) => /`([^`]+)`(?: \||\s*\|)?$/.exec(cell)?.[1] ?? "");
}

function isRow(cells: string[]): cells is string[] & Row {
  return cells.length === 3 && cells.every((cell) => cell !== "");
}

const evaluate = (code: string): unknown =>
  new Function("NDArray", "PythonScalar", "table", `return (${code});`)(NDArray, PythonScalar, table);

/** A value of JavaScript as something that tells apart what `assert.equal` does not. */
const exact = (value: unknown): unknown => (Object.is(value, -0) ? "-0" : value);

/** numpy's repr of two dimensions has a line for each row. */
const oneLine = (repr: string): string => repr.replace(/\s+/g, " ");

const check = async (file: string, numpy: boolean): Promise<void> => {
  const [fromPython = [], fromNumpy = [], fromHere = [], toNumpy = []] = tables;
  const made = numpy ? fromNumpy : fromPython;
  const sent = numpy ? toNumpy : fromHere;
  assert.ok(made.length > 10 && sent.length > 1, "the tables are found");
  const first = await mirror(
    file,
    made.map(([make]) => ({ make })),
    { numpy },
  );
  const values = first.map((reflection) => decodeValue(wireOf(reflection)));
  const back = await mirror(
    file,
    values.map((value) => ({ wire: encodeValue(value) })),
    { numpy },
  );
  for (const [index, [make, there, repr]] of made.entries()) {
    assert.equal(exact(values[index]), exact(evaluate(there)), make);
    const found = back[index];
    assert.is(found?.refused === undefined && oneLine(found?.repr ?? ""), repr, make);
  }
  const there = await mirror(
    file,
    sent.map(([code]) => ({ wire: encodeValue(evaluate(code)) })),
    { numpy },
  );
  for (const [index, [code, repr, again]] of sent.entries()) {
    const found = there[index];
    assert.is(found?.refused === undefined && oneLine(found?.repr ?? ""), repr, code);
    assert.equal(exact(decodeValue(wireOf(found))), exact(evaluate(again)), code);
  }
};

for (const { file, version } of pythons()) {
  test(`the tables are true of Python ${version}`, () => check(file, false));
}

const SYSTEM = "/usr/bin/python3";
const { status } = await runProgram(SYSTEM, ["-I", "-c", "import numpy, pandas"]).catch(() => ({
  status: 1,
}));
const missing = status === 0 ? undefined : `numpy and pandas for ${SYSTEM}`;

(requires(missing) ? test : test.skip)("the tables are true of numpy and pandas", () => check(SYSTEM, true));

test.run();
