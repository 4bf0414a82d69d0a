export { GuestError, PolicyError, UnavailableError, UsageError } from "./errors.ts";
export { type ExecutorOptions, PythonExecutor } from "./executor.ts";
export type { Plan } from "./policy/plan.ts";
export type { PolicyInput } from "./policy/schema.ts";
export type { Denial, Enforcement } from "./protocol/messages.ts";
export type { CellRun } from "./session/cell-run.ts";
export type { Execution, ExecutionError, ExecutionEvent, MimeBundle } from "./session/execution.ts";
export type { RunOptions, Session, SessionOptions } from "./session/session.ts";
