import { test } from "uvu";
import * as assert from "uvu/assert";

import {
  type Execution,
  type ExecutorOptions,
  PythonExecutor,
  type RunOptions,
  type Session,
  type SessionOptions,
} from "../../src/index.ts";
import { timed } from "../support/timed.ts";

type Body = (session: Session) => Promise<void>;

/** How long a test may take, in milliseconds, and what its session is started with. */
type Setting = SessionOptions & { readonly ms?: number };

/**
 * One executor for a whole test file, started by the first test that needs it and closed at the end. Every test gets a
 * session of its own and a deadline.
 */
export function withSessions(options: ExecutorOptions = {}) {
  let starting: Promise<PythonExecutor> | undefined;
  const executor = (): Promise<PythonExecutor> => {
    starting ??= PythonExecutor.create(options);
    return starting;
  };
  // A hook that throws would take its tests along unseen; what keeps the executor from starting fails the tests.
  test.after(async () => {
    await starting?.then(
      (started) => started.close(),
      () => {},
    );
  });
  const inSession = (name: string, body: Body, setting: number | Setting = {}): void => {
    const { ms = 30_000, ...sessionOptions } = typeof setting === "number" ? { ms: setting } : setting;
    test(name, () =>
      timed(ms, name, async () => {
        await using session = await (await executor()).createSession(sessionOptions);
        await body(session);
      }),
    );
  };
  return { executor, inSession };
}

/** Runs a cell that is meant to end well; its error, if it has one, is the failure. */
export async function ok(session: Session, code: string, options?: RunOptions): Promise<Execution> {
  const execution = await session.runCode(code, options);
  if (execution.error) throw new Error(`cell failed:\n${code}\n${execution.error.traceback}`);
  return execution;
}

/** The JavaScript value of a cell that is meant to end well. */
export async function outputOf(session: Session, code: string): Promise<unknown> {
  return (await ok(session, code)).output;
}

/** Runs a cell that is meant to fail, and gives its error with what became of the state. */
export async function failure(session: Session, code: string, options?: RunOptions) {
  const execution = await session.runCode(code, options);
  assert.not(execution.ok, `the cell should have failed: ${code}`);
  if (!execution.error) throw new Error("an execution that is not ok has an error");
  return { ...execution.error, state: execution.state, execution };
}

/** A session that still answers, with the state that it has. */
export async function answers(session: Session, code = "6 * 7", output: unknown = 42): Promise<void> {
  assert.equal(await outputOf(session, code), output);
}
