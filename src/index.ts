export { GuestError, PolicyError, UnavailableError, UsageError } from "./errors.ts";
export { type ExecutorOptions, PythonExecutor } from "./executor.ts";
export type { Plan } from "./policy/plan.ts";
export type { PolicyInput } from "./policy/schema.ts";
export { type PoolOptions, type PoolStats, SessionPool } from "./pool.ts";
export type { Denial, Enforcement } from "./protocol/messages.ts";
export { NDArray, PythonScalar, table } from "./protocol/twins.ts";
export type { CellRun } from "./session/cell-run.ts";
export type { Execution, ExecutionError, ExecutionEvent, Logs, MimeBundle } from "./session/execution.ts";
export type { FileEntry, FileList, SessionFiles } from "./session/files.ts";
export type { Completion, Completions, Variable } from "./session/namespace.ts";
export type {
  CallOptions,
  OnInput,
  RunOptions,
  SessionEnforcement,
  SessionOptions,
} from "./session/options.ts";
export type { Session } from "./session/session.ts";
export type { Approval, ApprovalRequest, Approve } from "./session/tools/approval.ts";
export type { ToolCallEvent, ToolCallRecord } from "./session/tools/records.ts";
export { type Tool, type ToolContext, type ToolDefinition, tool, toolStubs } from "./tool.ts";
