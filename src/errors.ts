/**
 * Everything the library throws, and the words of it. A class says whose fault it is; a Python error is never thrown,
 * it is data in an `Execution`. Messages follow one template: what failed: which object, cause; a hint on its own line.
 */

abstract class VivariumError extends Error {
  /** What to do about it, when there is something to do. */
  readonly hint: string | undefined;

  constructor(message: string, options: { hint?: string | undefined; cause?: unknown } = {}) {
    super(options.hint ? `${message}\nhint: ${options.hint}` : message, { cause: options.cause });
    this.hint = options.hint;
    this.name = new.target.name;
  }
}

/** The policy's author: a file that cannot be read, an unknown key, a cycle of `extends`. */
export class PolicyError extends VivariumError {}

/** This machine: no Python, no user namespaces, enforcement below the policy's floor. */
export class UnavailableError extends VivariumError {}

/** The session: it broke the protocol, or it is gone. */
export class GuestError extends VivariumError {}

/** The caller: an argument out of range, a session used after `close`. */
export class UsageError extends VivariumError {}

export type { VivariumError };
