import { readFileSync } from "node:fs";
import { test } from "uvu";
import * as assert from "uvu/assert";

import { type ExecutorOptions, PythonExecutor, type Session, type SessionOptions } from "../../src/index.ts";
import { requires } from "../support/requires.ts";
import { timed } from "../support/timed.ts";

/*
 * docs/smolagents.md compares smolagents' executors with vivarium, row by row. Each section of it has a test file, and
 * each of its rows a test of the same name, so that what the page says of vivarium stays true.
 */

export const page = readFileSync(new URL("../../docs/smolagents.md", import.meta.url), "utf8");

type Body = (session: Session) => Promise<void>;

/** Where a row is tested when the file's own executor and a plain session will not do. */
type Place = {
  readonly executor?: ExecutorOptions;
  readonly session?: SessionOptions;
  /** Why the row cannot be tested here, if it cannot. */
  readonly missing?: string | undefined;
  readonly ms?: number;
};

/** Sections of the page that have rows, with the names of these. */
export function sections(): Map<string, readonly string[]> {
  const found = new Map<string, readonly string[]>();
  for (const text of page.split(/^## /m).slice(1)) {
    const [heading = ""] = text.split("\n", 1);
    const names = [...text.matchAll(/^\| `([\w-]+)` \|/gm)].map(([, name = ""]) => name);
    if (names.length > 0) found.set(heading, names);
  }
  return found;
}

/** Tests for the rows of one section; `whole` holds that none is missing, and comes last. */
export function rowsOf(heading: string, options: ExecutorOptions = {}) {
  const executors = new Map<string, Promise<PythonExecutor>>();
  const tested: string[] = [];
  const executorFor = (of: ExecutorOptions): Promise<PythonExecutor> => {
    const key = JSON.stringify(of);
    const started = executors.get(key) ?? PythonExecutor.create(of);
    executors.set(key, started);
    return started;
  };
  test.after(async () => {
    for (const started of executors.values()) {
      await started.then(
        (executor) => executor.close(),
        () => {},
      );
    }
  });
  const row = (name: string, body: Body, place: Place = {}): void => {
    tested.push(name);
    const run = requires(place.missing) ? test : test.skip;
    const title = `${heading}: ${name}`;
    run(title, () =>
      timed(place.ms ?? 30_000, title, async () => {
        const executor = await executorFor({ ...options, ...place.executor });
        await using session = await executor.createSession(place.session);
        await body(session);
      }),
    );
  };
  const whole = (): void => {
    test(`${heading}: every row has its test, and every test its row`, () => {
      assert.equal([...tested].sort(), [...(sections().get(heading) ?? [])].sort());
    });
  };
  return { row, whole };
}
