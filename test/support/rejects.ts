import { inspect } from "node:util";
import * as assert from "uvu/assert";

type ErrorClass<E extends Error> = abstract new (...args: never[]) => E;

/** Holds a rejection to its class and words, and gives the error back. A string is the whole message. */
export async function rejects<E extends Error>(
  work: PromiseLike<unknown> | (() => PromiseLike<unknown>),
  kind: ErrorClass<E>,
  message: string | RegExp,
): Promise<E> {
  let value: unknown;
  try {
    value = await (typeof work === "function" ? work() : work);
  } catch (error) {
    // Another class is a surprise, and its own stack tells most about it.
    if (!(error instanceof kind)) throw error;
    if (typeof message === "string") assert.is(error.message, message);
    else assert.match(error.message, message);
    return error;
  }
  throw new Error(`expected a rejection with ${kind.name}: ${message}, but got a value: ${inspect(value)}`);
}
