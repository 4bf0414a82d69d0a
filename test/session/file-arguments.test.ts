import { test } from "uvu";

import { UsageError } from "../../src/errors.ts";
import { SessionFiles } from "../../src/session/files.ts";
import { rejects } from "../support/rejects.ts";

/** Every file of this session is one byte that is no UTF-8. */
const files = new SessionFiles(async () => ({ type: "file", request: 1, data: "/w==", end: true }), {
  fileBytes: 1000,
});
const wrong = (value: unknown): never => value as never;

const REFUSED: readonly (readonly [call: () => Promise<unknown>, message: string])[] = [
  [() => files.read(wrong(7)), "files.read: path is number, not a string"],
  [() => files.read(""), "files.read: path is not 1 to 4095 characters without NUL"],
  [() => files.remove("a\0b"), "files.remove: path is not 1 to 4095 characters without NUL"],
  [() => files.list("a".repeat(4096)), "files.list: path is not 1 to 4095 characters without NUL"],
  [() => files.list(".", wrong(null)), "files.list: options are null, not an object"],
  [() => files.list(".", { maxEntries: -1 }), "files.list: maxEntries is -1, not a whole number from 0 on"],
  [() => files.list(".", { recursive: wrong("yes") }), "files.list: recursive is string, not a boolean"],
  [() => files.read("a", { maxBytes: 1.5 }), "files.read: maxBytes is 1.5, not a whole number from 0 on"],
  [() => files.read("a", { signal: wrong({}) }), "files.read: signal is object, not an AbortSignal"],
  [() => files.write("a/", "x"), "files.write: not a name of a file: a/"],
  [() => files.write("a/..", "x"), "files.write: not a name of a file: a/.."],
  [() => files.write("a", wrong([1])), "files.write: content is object, not a string or Uint8Array: a"],
  [() => files.write("a", "\ud83d"), "files.write: text has half a surrogate pair, which UTF-8 does not: a"],
  [() => files.readText("a"), "files.readText: not UTF-8: a"],
];

test("what cannot be asked for is refused in a sentence", async () => {
  for (const [call, message] of REFUSED) await rejects(call, UsageError, message);
});

test.run();
