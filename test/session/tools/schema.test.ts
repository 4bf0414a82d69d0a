import { jsonSchema, zodSchema } from "@ai-sdk/provider-utils";
import { Type as Old } from "@sinclair/typebox";
import { toStandardJsonSchema } from "@valibot/to-json-schema";
import { type } from "arktype";
import Type from "typebox";
import { test } from "uvu";
import * as assert from "uvu/assert";
import * as v from "valibot";
import * as z from "zod";
import * as z3 from "zod/v3";

import { signature } from "../../../src/session/tools/stub.ts";
import { ToolBox } from "../../../src/session/tools/toolbox.ts";
import { cellWith, errorOf, resultOf } from "./fixture.ts";

/** A query, a whole number of results from 1 on with 3 for a default, and perhaps a day. */
const object = {
  type: "object",
  properties: { q: { type: "string" }, n: { type: "integer", minimum: 1, default: 3 } },
  required: ["q"],
} as const;

type Library = {
  readonly schema: unknown;
  readonly signature: string;
  /** What is said of `n=0`, which is too small, and of `q=1`, which is no string. */
  readonly small: string;
  readonly noString: string;
};

const SIGNATURE = "search(q: str, n: int = 3) -> Any";

const LIBRARIES: Readonly<Record<string, Library>> = {
  "typebox 1": {
    schema: Type.Object({ q: Type.String(), n: Type.Optional(Type.Integer({ minimum: 1, default: 3 })) }),
    signature: SIGNATURE,
    small: "n: must be >= 1",
    noString: "q: must be str",
  },
  "typebox 0.34": {
    schema: Old.Object({ q: Old.String(), n: Old.Optional(Old.Integer({ minimum: 1, default: 3 })) }),
    signature: SIGNATURE,
    small: "n: must be >= 1",
    noString: "q: must be str",
  },
  "JSON Schema": {
    schema: object,
    signature: SIGNATURE,
    small: "n: must be >= 1",
    noString: "q: must be str",
  },
  "zod 4": {
    schema: z.object({ q: z.string(), n: z.number().int().min(1).default(3) }),
    signature: SIGNATURE,
    small: "n: Too small: expected number to be >=1",
    noString: "q: Invalid input: expected string, received number",
  },
  "zod 3": {
    schema: z3.object({ q: z3.string(), n: z3.number().int().min(1).default(3) }),
    signature: "search(**kwargs: Any) -> Any",
    small: "n: Number must be greater than or equal to 1",
    noString: "q: Expected string, received number",
  },
  valibot: {
    schema: v.object({ q: v.string(), n: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1)), 3) }),
    signature: "search(**kwargs: Any) -> Any",
    small: "n: Invalid value: Expected >=1 but received 0",
    noString: "q: Invalid type: Expected string but received 1",
  },
  "valibot with JSON Schema": {
    schema: standardValibot(
      v.object({ q: v.string(), n: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1)), 3) }),
    ),
    signature: SIGNATURE,
    small: "n: Invalid value: Expected >=1 but received 0",
    noString: "q: Invalid type: Expected string but received 1",
  },
  arktype: {
    schema: type({ q: "string", n: "number.integer >= 1 = 3" }),
    signature: "search(q: str, n: int | None = None) -> Any",
    small: "n: n must be at least 1 (was 0)",
    noString: "q: q must be a string (was a number)",
  },
  "the AI SDK's jsonSchema": {
    schema: jsonSchema({ ...object, required: ["q"] }),
    signature: SIGNATURE,
    small: "n: must be >= 1",
    noString: "q: must be str",
  },
  "the AI SDK's jsonSchema, made when it is needed": {
    schema: () => jsonSchema({ ...object, required: ["q"] }),
    signature: SIGNATURE,
    small: "n: must be >= 1",
    noString: "q: must be str",
  },
  "the AI SDK's zodSchema": {
    schema: zodSchema(z.object({ q: z.string(), n: z.number().int().min(1).default(3) })),
    signature: SIGNATURE,
    small: "n: Too small: expected number to be >=1",
    noString: "q: Invalid input: expected string, received number",
  },
};

/** valibot's own schema stays what validates; the wrapper only adds the description. */
function standardValibot(schema: v.GenericSchema): unknown {
  return toStandardJsonSchema(schema);
}

for (const [name, library] of Object.entries(LIBRARIES)) {
  const tools = { search: { inputSchema: library.schema, execute: (input: unknown) => input } };

  test(`${name}: a cell sees the signature`, () => {
    const [wire] = new ToolBox(tools).wire;
    assert.is(wire && signature(wire), library.signature);
  });

  test(`${name}: arguments are checked, and defaults filled in`, async () => {
    const cell = cellWith(tools);
    assert.equal(resultOf(await cell.call("search", { q: "x" })), { q: "x", n: 3 });
    assert.equal(resultOf(await cell.call("search", { q: "x", n: 7 })), { q: "x", n: 7 });
    const said = (text: string, given: string): string =>
      `InvalidArguments: arguments of search refused: ${text}; it is ${given}\nsignature: ${library.signature}`;
    assert.is(errorOf(await cell.call("search", { q: "x", n: 0 })), said(library.small, "0 (int)"));
    assert.is(errorOf(await cell.call("search", { q: 1 })), said(library.noString, "1 (int)"));
  });
}

test("an argument that is missing is refused by every library", async () => {
  for (const [name, { schema }] of Object.entries(LIBRARIES)) {
    const cell = cellWith({ search: { inputSchema: schema, execute: () => 1 } });
    assert.match(
      errorOf(await cell.call("search", {})),
      /^InvalidArguments: arguments of search refused: q: /,
      name,
    );
  }
});

const day = new Date("2026-01-02T03:04:05.000Z");

const DATES: Readonly<Record<string, unknown>> = {
  "typebox 0.34": Old.Object({ day: Old.Date(), size: Old.BigInt(), data: Old.Optional(Old.Uint8Array()) }),
  zod: z.object({ day: z.date(), size: z.bigint() }),
  arktype: type({ day: "Date", size: "bigint" }),
  valibot: standardValibot(v.object({ day: v.date(), size: v.bigint() })),
};

for (const [name, inputSchema] of Object.entries(DATES)) {
  test(`${name}: dates and integers of any size come as what the schema wants`, async () => {
    const seen: unknown[] = [];
    const execute = (input: unknown): number => seen.push(input);
    const cell = cellWith({ note: { inputSchema, execute } });
    const [wire] = new ToolBox({ note: { inputSchema, execute } }).wire;
    assert.is(wire?.parameters.find(({ name }) => name === "day")?.annotation, "datetime");
    assert.is(wire?.parameters.find(({ name }) => name === "size")?.annotation, "int");
    resultOf(await cell.call("note", { day, size: 5 }));
    resultOf(await cell.call("note", { day, size: 2n ** 70n }));
    assert.equal(seen, [
      { day, size: 5n },
      { day, size: 2n ** 70n },
    ]);
    assert.match(
      errorOf(await cell.call("note", { day: "today", size: 5 })),
      /refused: day: .*; it is 'today' \(str\)/,
    );
  });
}

test("a Standard Schema's transforms and its asynchronous checks are heeded", async () => {
  const inputSchema = z.object({
    list: z.string().transform((text) => text.split(",")),
    name: z.string().refine(async (text) => text !== "taken", "is taken"),
  });
  const cell = cellWith({ add: { inputSchema, execute: (input: unknown) => input } });
  assert.equal(resultOf(await cell.call("add", { list: "a,b", name: "free" })), {
    list: ["a", "b"],
    name: "free",
  });
  assert.match(
    errorOf(await cell.call("add", { list: "a", name: "taken" })),
    /name: is taken; it is 'taken' \(str\)/,
  );
});

test("a check that throws is a refusal, and the tool does not run", async () => {
  let ran = 0;
  const inputSchema = {
    "~standard": {
      version: 1,
      vendor: "mine",
      validate() {
        throw new TypeError("the check is broken");
      },
    },
  };
  const cell = cellWith({ f: { inputSchema, execute: () => ran++ } });
  assert.is(
    errorOf(await cell.call("f", { a: 1 })),
    "InvalidArguments: arguments of f refused: they could not be checked: the check is broken",
  );
  assert.is(ran, 0);
});

test.run();
