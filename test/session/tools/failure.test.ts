import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { test } from "uvu";
import * as assert from "uvu/assert";

import { type Tool, tool } from "../../../src/tool.ts";
import { cellWith, errorOf } from "./fixture.ts";

const throwing = (error: unknown): Readonly<Record<string, Tool>> => ({
  f: tool({
    execute: () => {
      throw error;
    },
  }),
});

const failureOf = async (error: unknown): Promise<string> =>
  errorOf(await cellWith(throwing(error)).call("f"));

class QuotaError extends Error {
  override name = "QuotaError";
}

test("an error comes with its name and message, and never with its stack", async () => {
  assert.is(await failureOf(new QuotaError("no more today")), "QuotaError: no more today");
  assert.is(await failureOf(new Error("")), "Error: the tool failed without a message");
  const error = new TypeError("outer", { cause: new Error("inner secret") });
  assert.is(await failureOf(error), "TypeError: outer");
  const copied = new Error("failed");
  copied.message = `failed: ${copied.stack}`;
  assert.not.match(await failureOf(copied), /failure\.test\.ts|\n/);
});

test("a promise that rejects is the same as an error that is thrown", async () => {
  const f = tool({ execute: () => Promise.reject(new RangeError("later")) });
  assert.is(errorOf(await cellWith({ f }).call("f")), "RangeError: later");
});

test("things that are no errors can be thrown as well", async () => {
  assert.is(await failureOf("just words"), "Error: just words");
  assert.is(await failureOf(undefined), "Error: undefined");
  assert.is(await failureOf(Object.create(null)), "Error: the tool failed");
  const broken = Object.defineProperty(new Error("x"), "message", {
    get() {
      throw new Error("no message for you");
    },
  });
  assert.is(await failureOf(broken), "Error: the tool failed");
  assert.is(await failureOf(Object.assign(new Error("x"), { name: "two\nlines" })), "Error: x");
});

test("places of the host are taken out, but not what the call named itself", async () => {
  const missing = `${homedir()}/secrets/token.txt`;
  const read = tool({
    inputSchema: { type: "object", properties: { path: { type: "string" } } },
    execute: ({ path }) => readFile(path ?? missing, "utf8"),
  });
  const cell = cellWith({ read });
  assert.is(errorOf(await cell.call("read")), "Error: ENOENT: no such file or directory, open '<path>'");
  assert.is(
    errorOf(await cell.call("read", { path: "/no/such/file" })),
    "Error: ENOENT: no such file or directory, open '/no/such/file'",
  );
  assert.is(
    await failureOf(new Error(`cannot load ${process.cwd()}/keys`)),
    "Error: cannot load <path>/keys",
  );
});

test("a message is bounded", async () => {
  const text = await failureOf(new Error("é".repeat(1e6)));
  assert.is(text.length, "Error: ".length + 4000);
});

test.run();
