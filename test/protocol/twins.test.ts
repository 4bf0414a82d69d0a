import { test } from "uvu";
import * as assert from "uvu/assert";

import { UsageError } from "../../src/errors.ts";
import { type DType, NDArray, PythonScalar, type ScalarKind, table } from "../../src/protocol/twins.ts";

const refused = (make: () => unknown, message: string): void => {
  assert.throws(make, (error: unknown) => error instanceof UsageError && error.message === message, message);
};

test("an NDArray has the shape, the data and the kind of number that it was given", () => {
  const array = new NDArray([2, 1], new Float32Array([1, 2]));
  assert.equal([array.shape, array.dtype, array.data], [[2, 1], "float32", new Float32Array([1, 2])]);
  assert.is(new NDArray([1], new Uint8Array(1), "bool").dtype, "bool");
  assert.is(new NDArray([], new BigInt64Array(1)).dtype, "int64");
});

test("an NDArray's shape fits its data", () => {
  const data = new Int8Array(2);
  refused(() => new NDArray([3], data), "NDArray: a shape of [3] has 3 numbers, the data has 2");
  refused(() => new NDArray([-2, -1], data), "NDArray: a shape is a list of whole numbers");
  refused(() => new NDArray([0.5, 4], data), "NDArray: a shape is a list of whole numbers");
  refused(() => new NDArray([2], data, "float64"), "NDArray: the data holds int8, not float64");
  refused(() => new NDArray([2], data, "nonsense" as DType), "NDArray: the data holds int8, not nonsense");
  refused(
    () => new NDArray([2], [1, 2] as unknown as Int8Array),
    "Array: no kind of number that Python has arrays of",
  );
});

test("a scalar is its text, as a string and as JSON", () => {
  const scalar = new PythonScalar("decimal", "1.10");
  assert.is(`${scalar}`, "1.10");
  assert.is(JSON.stringify({ scalar }), '{"scalar":"1.10"}');
});

test("a scalar is of a known kind", () => {
  const message =
    "PythonScalar: a kind (complex, date, decimal, fraction, path, time, timedelta, uuid) and a text are needed";
  refused(() => new PythonScalar("eval" as ScalarKind, "1"), message);
  refused(() => new PythonScalar("decimal", 1 as unknown as string), message);
});

test("rows and columns make the same table, and what a row lacks is null", () => {
  const rows = table([{ a: 1 }, { b: 2, a: undefined }]);
  assert.equal(
    [...rows.columns],
    [
      ["a", [1, undefined]],
      ["b", [null, 2]],
    ],
  );
  assert.equal([...table({ a: [1, 2] }).columns], [["a", [1, 2]]]);
  assert.equal([...table([JSON.parse('{"__proto__":1}')]).columns], [["__proto__", [1]]]);
});

test("a table has rows that are objects, and columns of one length", () => {
  refused(
    () => table([{}, 1 as unknown as object] as Record<string, unknown>[]),
    "table: row 1 is no object",
  );
  refused(() => table([[]] as unknown as Record<string, unknown>[]), "table: row 0 is no object");
  refused(() => table({ a: [1], b: [] }), 'table: column "b" has 0 values, "a" has 1');
  refused(() => table({ a: "text" }), 'table: column "a" is no list');
});

test.run();
