import { UsageError } from "../errors.ts";

/* What Python has and JavaScript has not, as small classes. docs/values.md has the table of what becomes what. */

export type TypedArray =
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array
  | Float32Array
  | Float64Array;

export type DType = keyof typeof ITEM_KINDS;

/** What numpy calls a kind of number, and what the wire does. */
export const ITEM_KINDS = {
  int8: "i1",
  uint8: "u1",
  int16: "i2",
  uint16: "u2",
  int32: "i4",
  uint32: "u4",
  int64: "i8",
  uint64: "u8",
  float32: "f4",
  float64: "f8",
  bool: "b1",
} as const;

/**
 * A numpy array of any number of dimensions but one, which is a typed array itself. `data` has the numbers row by row
 * (the last index runs fastest); booleans are bytes of 0 and 1 with the `dtype` "bool".
 */
export class NDArray {
  readonly shape: readonly number[];
  readonly data: TypedArray;
  readonly dtype: DType;

  /** `dtype` is by default what `data` holds. Throws `UsageError` when the shape does not fit the data. */
  constructor(shape: readonly number[], data: TypedArray, dtype: DType = dtypeOf(data)) {
    if (!shape.every((length) => Number.isSafeInteger(length) && length >= 0)) {
      throw new UsageError("NDArray: a shape is a list of whole numbers");
    }
    const size = shape.reduce((product, length) => product * length, 1);
    if (size !== data.length) {
      throw new UsageError(`NDArray: a shape of [${shape}] has ${size} numbers, the data has ${data.length}`);
    }
    if (dtype !== dtypeOf(data) && !(dtype === "bool" && data instanceof Uint8Array)) {
      throw new UsageError(`NDArray: the data holds ${dtypeOf(data)}, not ${dtype}`);
    }
    this.shape = [...shape];
    this.data = data;
    this.dtype = dtype;
  }
}

/** The kind of number that a typed array holds; throws `UsageError` for one that Python's arrays have not. */
export function dtypeOf(data: TypedArray): DType {
  const name = Object.prototype.toString.call(data).slice(8, -1);
  const dtype = Object.hasOwn(DTYPES, name) ? DTYPES[name] : undefined;
  if (!dtype) throw new UsageError(`${name}: no kind of number that Python has arrays of`);
  return dtype;
}

const DTYPES: Readonly<Record<string, DType>> = {
  Int8Array: "int8",
  Uint8Array: "uint8",
  Uint8ClampedArray: "uint8",
  Int16Array: "int16",
  Uint16Array: "uint16",
  Int32Array: "int32",
  Uint32Array: "uint32",
  BigInt64Array: "int64",
  BigUint64Array: "uint64",
  Float32Array: "float32",
  Float64Array: "float64",
};

export const SCALAR_KINDS = [
  "complex",
  "date",
  "decimal",
  "fraction",
  "path",
  "time",
  "timedelta",
  "uuid",
] as const;

export type ScalarKind = (typeof SCALAR_KINDS)[number];

/**
 * A Python value that is all in one text, such as `Decimal("1.10")`: as a string, and as JSON, it is that text, and
 * back in Python it is what it was. Dates, times and timedeltas are written as `Temporal` reads them.
 */
export class PythonScalar {
  readonly kind: ScalarKind;
  readonly text: string;

  /** Throws `UsageError` for an unknown kind; whether the text is one of that kind is found out in Python. */
  constructor(kind: ScalarKind, text: string) {
    if (!SCALAR_KINDS.includes(kind) || typeof text !== "string") {
      throw new UsageError(`PythonScalar: a kind (${SCALAR_KINDS.join(", ")}) and a text are needed`);
    }
    this.kind = kind;
    this.text = text;
  }

  toString(): string {
    return this.text;
  }

  toJSON(): string {
    return this.text;
  }
}

/** Columns that become a `pandas.DataFrame`; made by `table`. */
export class Table {
  readonly columns: ReadonlyMap<string, ArrayLike<unknown>>;

  constructor(columns: ReadonlyMap<string, ArrayLike<unknown>>) {
    this.columns = columns;
  }
}

/**
 * Marks rows (a list of objects) or columns (an object of lists or typed arrays) to become a `pandas.DataFrame`. A key
 * that some rows lack is `None` there. Throws `UsageError` for rows that are none, and columns of several lengths.
 */
export function table(
  data: readonly Readonly<Record<string, unknown>>[] | Readonly<Record<string, ArrayLike<unknown>>>,
): Table {
  return new Table(Array.isArray(data) ? columnsOf(data) : checkedColumns(Object.entries(data)));
}

const columnsOf = (rows: readonly unknown[]): Map<string, unknown[]> => {
  const columns = new Map<string, unknown[]>();
  for (const [index, row] of rows.entries()) {
    if (typeof row !== "object" || row === null || Array.isArray(row)) {
      throw new UsageError(`table: row ${index} is no object`);
    }
    for (const [key, value] of Object.entries(row)) {
      let column = columns.get(key);
      if (!column) {
        column = new Array<unknown>(rows.length).fill(null);
        columns.set(key, column);
      }
      column[index] = value;
    }
  }
  return columns;
};

const checkedColumns = (
  entries: readonly (readonly [string, ArrayLike<unknown>])[],
): Map<string, ArrayLike<unknown>> => {
  const [first] = entries;
  for (const [name, column] of entries) {
    if (!Array.isArray(column) && !ArrayBuffer.isView(column)) {
      throw new UsageError(`table: column ${JSON.stringify(name)} is no list`);
    }
    if (first && column.length !== first[1].length) {
      throw new UsageError(
        `table: column ${JSON.stringify(name)} has ${column.length} values, ${JSON.stringify(first[0])} has ${first[1].length}`,
      );
    }
  }
  return new Map(entries);
};
