import type { Execution } from "../session/execution.ts";

/** Exit statuses of the command line. */
export const STATUS = {
  ok: 0,
  /** A Python exception or syntax error. */
  exception: 1,
  usage: 2,
  /** A resource limit or a crash. */
  resource: 122,
  /** Refused by policy: an import or a permission. */
  refused: 123,
  /** As coreutils' `timeout`. */
  timeout: 124,
  /** The backend is unavailable, or its enforcement is below the policy's floor. */
  unavailable: 125,
  /** As a shell says of a program that was interrupted: 128 and SIGINT's number. */
  interrupted: 130,
} as const;

/** The exit status for an execution; `SystemExit` and `os._exit` keep their own. */
export function statusOf({ error }: Execution): number {
  switch (error?.kind) {
    case undefined:
      return STATUS.ok;
    case "exception":
    case "syntax":
      return STATUS.exception;
    case "import":
    case "permission":
      return STATUS.refused;
    case "timeout":
      return STATUS.timeout;
    case "memory":
    case "crash":
      return STATUS.resource;
    case "interrupted":
      return STATUS.interrupted;
    case "exit":
      return error?.exitCode ?? STATUS.exception;
  }
}
