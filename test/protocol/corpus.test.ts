import { fileURLToPath } from "node:url";
import { Compile } from "typebox/compile";
import { test } from "uvu";
import * as assert from "uvu/assert";

import { parseEvent, parseZygoteReply } from "../../src/protocol/check.ts";
import { LineReader } from "../../src/protocol/lines.ts";
import { protocolSchemas } from "../../src/protocol/messages.ts";
import { readRepoFile, repo } from "../support/imports.ts";
import { runProgram } from "../support/program.ts";
import { pythons } from "../support/pythons.ts";

/* Both languages read the same lines and must say the same. Where they cannot, the case says how and why. */

type SchemaName = keyof typeof protocolSchemas;

type Verdict = "accepted" | "refused";

type Case = {
  readonly schema: SchemaName;
  readonly about: string;
  /** A text, or pieces of one; a pair is a text and how often it is repeated. */
  readonly line?: string | readonly (string | readonly [text: string, times: number])[];
  /** The line's bytes, where no text will do. */
  readonly hex?: string;
  readonly verdict: Verdict;
  /** Python's verdict, where it is another one, and the reason. */
  readonly python?: Verdict;
  readonly because?: string;
};

const corpus = "test/protocol/corpus.json";
const { cases } = JSON.parse(readRepoFile(corpus)) as { cases: readonly Case[] };

const bytesOf = ({ line = "", hex }: Case): Buffer => {
  if (hex !== undefined) return Buffer.from(hex, "hex");
  const parts = typeof line === "string" ? [line] : line;
  return Buffer.from(
    parts.map((part) => (typeof part === "string" ? part : part[0].repeat(part[1]))).join(""),
  );
};

const textOf = (one: Case): string => {
  const bytes = bytesOf(one);
  const [text = ""] = new LineReader(bytes.length).feed(Buffer.concat([bytes, Buffer.from("\n")]));
  return text;
};

const guards = Object.fromEntries(
  Object.entries(protocolSchemas).map(([name, schema]) => [name, Compile(schema)]),
) as unknown as Record<SchemaName, { Check(value: unknown): boolean }>;

const verdictOf = (one: Case): Verdict => {
  let value: unknown;
  try {
    value = JSON.parse(textOf(one));
  } catch {
    return "refused";
  }
  return guards[one.schema].Check(value) ? "accepted" : "refused";
};

/** The functions that the supervisor really calls, for the schemas that it reads. */
const parsers: Partial<Record<SchemaName, (line: string) => unknown>> = {
  Event: parseEvent,
  ZygoteReply: parseZygoteReply,
};

for (const one of cases) {
  test(`${one.schema}: ${one.about}: ${one.verdict}`, () => {
    assert.is(verdictOf(one), one.verdict);
    const parse = parsers[one.schema];
    if (parse && one.verdict === "accepted") parse(textOf(one));
    if (parse && one.verdict === "refused") assert.throws(() => parse(textOf(one)), /^message .*refused: /);
  });
}

for (const { file, version } of pythons()) {
  test(`Python ${version} says the same of every line`, async () => {
    const script = fileURLToPath(new URL("./check_corpus.py", import.meta.url));
    const args = ["-I", "-B", script, `${repo}/runtime`, `${repo}/${corpus}`];
    const { status, stdout, stderr } = await runProgram(file, args);
    assert.equal([status, stderr], [0, ""]);
    const verdicts = JSON.parse(stdout) as string[];
    // Only what differs: a list of every line would bury it.
    const others = cases.flatMap((one, index) => {
      const wanted = one.python ?? one.verdict;
      return verdicts[index] === wanted
        ? []
        : [`${one.schema}: ${one.about}: ${verdicts[index]}, not ${wanted}`];
    });
    assert.equal([verdicts.length, others], [cases.length, []]);
  });
}

test("the corpus has lines of both verdicts for every type of every message", () => {
  for (const [name, schema] of Object.entries(protocolSchemas)) {
    for (const { properties } of schema.anyOf) {
      const type = properties.type.const;
      const own = cases.filter((one) => one.schema === name && bytesOf(one).includes(`"type":"${type}"`));
      assert.equal(
        [...new Set(own.map(({ verdict }) => verdict))].sort(),
        ["accepted", "refused"],
        `${name} ${type}`,
      );
    }
  }
});

test("where the languages differ, the corpus says why", () => {
  assert.equal(
    cases.filter(
      ({ verdict, python, because }) =>
        (python === undefined) !== (because === undefined) || python === verdict,
    ),
    [],
  );
});

test.run();
