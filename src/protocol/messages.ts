import Type, { type Static } from "typebox";

import {
  answered,
  asked,
  branch,
  branchId,
  bundle,
  call,
  closed,
  count,
  denial,
  enforcement,
  error,
  id,
  label,
  message,
  milliseconds,
  names,
  nullable,
  path,
  reported,
  short,
  toolName,
  toolSchema,
  wire,
} from "./parts.ts";

/**
 * Every message between supervisor, zygote, keeper and worker: the one source of truth. `npm run protocol` emits
 * `runtime/vivarium/protocol.json` from it, which the Python side checks against. One message is one JSON line.
 */

/** From the supervisor to a session. What has an `id` is answered with a `result` of that id. */
export const commandSchema = Type.Union([
  message("start", {
    argv: Type.Optional(Type.Array(Type.String(), { maxItems: 10_000 })),
    /** Import patterns of this session's own, beside the policy's. */
    imports: Type.Optional(Type.Array(Type.String({ maxLength: 1000 }), { maxItems: 10_000 })),
    /** When a copy of the namespace is made after each cell. */
    checkpoint: Type.Optional(
      Type.Union([Type.Literal("auto"), Type.Literal("always"), Type.Literal("never")]),
    ),
    /** How many earlier states `undo` can go back to, and the memory that all checkpoints may take. */
    history: Type.Optional(Type.Object({ count, bytes: count }, closed)),
  }),
  message("run", {
    id,
    branch,
    code: Type.String(),
    filename: Type.Optional(Type.String({ maxLength: 1000 })),
    wallMs: Type.Optional(Type.Integer({ minimum: 1, maximum: 86_400_000 })),
    /** Whether somebody answers `input()`. */
    input: Type.Optional(Type.Boolean()),
  }),
  message("assign", {
    id,
    branch,
    variables: Type.Array(Type.Object({ name: toolName, value: wire }, closed)),
  }),
  message("fetch", { id, branch, name: Type.String({ maxLength: 1000 }) }),
  message("inspect", { id, branch }),
  message("complete", { id, branch, source: Type.String(), cursor: count }),
  message("tools", { id, branch, tools: Type.Array(toolSchema) }),
  message("checkpoint", { id, branch, name: label }),
  message("restore", { id, branch, name: label }),
  message("forget", { id, branch, name: label }),
  message("undo", { id, branch, count: id }),
  message("reset", { id, branch }),
  message("fork", { id, branch, into: Type.Array(branchId, { maxItems: 1000 }) }),
  /** The named branch takes the place of this one. */
  message("adopt", { id, branch, from: branchId }),
  message("answer", {
    id,
    branch,
    call: id,
    value: Type.Optional(wire),
    error: Type.Optional(Type.Object({ name: Type.String(), message: Type.String() }, closed)),
  }),
  message("file", {
    request: id,
    op: Type.Union([
      Type.Literal("read"),
      Type.Literal("write"),
      Type.Literal("list"),
      Type.Literal("remove"),
    ]),
    path,
    /** Where in the file, in bytes; a write at 0 begins the file anew. Above 0 for a removal that goes on. */
    offset: Type.Optional(count),
    /** How many bytes to read. */
    length: Type.Optional(count),
    /** What to write, as base64. */
    data: Type.Optional(Type.String()),
    /** The name beside the file under which it is written until its last piece, which says `end`. */
    part: Type.Optional(Type.String({ minLength: 1, maxLength: 255 })),
    end: Type.Optional(Type.Boolean()),
    recursive: Type.Optional(Type.Boolean()),
    /** The last path of the page of a folder's entries that this one follows. */
    after: Type.Optional(path),
  }),
  message("interrupt", { id, branch }),
  message("close", { branch }),
]);

/** From a session to the supervisor. */
export const eventSchema = Type.Union([
  message("hello", { session: Type.String({ maxLength: 64 }) }),
  message("ready", { protocol: count, python: Type.String({ maxLength: 50 }), enforcement }),
  message("fatal", { reason: short }),
  message("stdout", { id, branch, text: Type.String() }),
  message("stderr", { id, branch, text: Type.String() }),
  message("denial", { id, branch, denial }),
  message("display", { id, branch, bundle }),
  // What the worker said of itself comes along: the keeper passes these lines on as they are.
  message("call", { ...call, id, branch }),
  message("input", { id, branch, ...asked }),
  message("final", { id, branch, ...answered, aside: Type.Optional(Type.Boolean()) }),
  message("file", {
    request: id,
    /** Bytes read as base64, or the entries of a folder, and whether that was the end of what was asked for. */
    data: Type.Optional(Type.String()),
    end: Type.Optional(Type.Boolean()),
    /** Which file was read: another one under its name has another. */
    version: Type.Optional(Type.String({ maxLength: 100 })),
    /** Whether entries are left out that no further page will have. */
    cut: Type.Optional(Type.Boolean()),
    entries: Type.Optional(
      Type.Array(
        Type.Object(
          {
            path,
            kind: Type.Union([
              Type.Literal("file"),
              Type.Literal("folder"),
              Type.Literal("link"),
              Type.Literal("other"),
            ]),
            bytes: count,
            modifiedMs: Type.Number(),
          },
          closed,
        ),
      ),
    ),
    error: Type.Optional(short),
  }),
  message("result", {
    id,
    branch,
    output: Type.Optional(wire),
    text: nullable(Type.String()),
    error: nullable(error),
    state: Type.Union([Type.Literal("kept"), Type.Literal("rolledBack"), Type.Literal("lost")]),
    /** The names that were lost with the namespace. */
    lost: Type.Optional(names),
    /** Why there is no checkpoint of the state that the cell left. */
    unprotected: Type.Optional(short),
    truncated: Type.Object({ stdout: count, stderr: count, output: Type.Boolean(), displays: count }, closed),
    usage: Type.Object({ wallMs: milliseconds, cpuMs: milliseconds, peakMemoryBytes: count }, closed),
  }),
]);

/** From a worker to its keeper: hostile from the first cell on. */
export const workerReportSchema = Type.Union([
  message("result", reported),
  message("denial", { id: count, denial }),
  message("display", { id: count, bundle }),
  message("call", call),
  message("input", { id: count, ...asked }),
  /** `aside`: not the main thread said it, or not in a plain call, so that its exception need not end the cell. */
  message("final", { id: count, ...answered, aside: Type.Boolean() }),
]);

/** From the supervisor to a zygote, after its first line. */
export const zygoteRequestSchema = Type.Union([
  message("fork", { session: Type.String({ maxLength: 64 }) }),
  message("kill", { session: Type.String({ maxLength: 64 }) }),
]);

/** From a zygote to the supervisor. */
export const zygoteReplySchema = Type.Union([
  message("started", {
    python: Type.String({ maxLength: 50 }),
    implementation: Type.String({ maxLength: 50 }),
    landlock: count,
    uids: count,
    notPreloaded: Type.Array(Type.String()),
  }),
  message("unavailable", { reason: Type.String(), facts: Type.Unknown() }),
  message("failed", { session: Type.String({ maxLength: 64 }), reason: Type.String() }),
  message("ended", { session: Type.String({ maxLength: 64 }), status: Type.Integer() }),
]);

export type Command = Static<typeof commandSchema>;
export type SessionEvent = Static<typeof eventSchema>;
export type ZygoteRequest = Static<typeof zygoteRequestSchema>;
export type ZygoteReply = Static<typeof zygoteReplySchema>;
export type ResultEvent = Extract<SessionEvent, { type: "result" }>;
export type ReadyEvent = Extract<SessionEvent, { type: "ready" }>;
export type Denial = Static<typeof denial>;
export type Enforcement = Static<typeof enforcement>;
export type WireBundle = Static<typeof bundle>;
export type WireTool = Static<typeof toolSchema>;

/** What `protocol.json` holds, by the names that the Python side asks for. */
export const protocolSchemas = {
  Command: commandSchema,
  Event: eventSchema,
  WorkerReport: workerReportSchema,
  ZygoteRequest: zygoteRequestSchema,
  ZygoteReply: zygoteReplySchema,
};

/** The version that a session's `ready` must name. */
export const PROTOCOL_VERSION = 1;
