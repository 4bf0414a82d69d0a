import Type, { type Static } from "typebox";

/**
 * Every message between supervisor, zygote, keeper and worker: the one source of truth. `npm run protocol` emits
 * `runtime/vivarium/protocol.json` from it, which the Python side checks against. One message is one JSON line.
 */

const closed = { additionalProperties: false };
const id = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER });
const count = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
const milliseconds = Type.Number({ minimum: 0, maximum: 1e15 });
const short = Type.String({ maxLength: 2000 });
const nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()]);

const message = <T extends string, P extends Type.TProperties>(type: T, properties: P) =>
  Type.Object({ type: Type.Literal(type), ...properties }, closed);

const denial = Type.Object(
  {
    permission: Type.String({ maxLength: 20 }),
    target: short,
    message: short,
    flag: Type.String({ maxLength: 600 }),
    line: nullable(count),
  },
  closed,
);

const error = Type.Object(
  {
    kind: Type.Union([
      Type.Literal("exception"),
      Type.Literal("syntax"),
      Type.Literal("import"),
      Type.Literal("permission"),
      Type.Literal("timeout"),
      Type.Literal("memory"),
      Type.Literal("crash"),
      Type.Literal("interrupted"),
      Type.Literal("exit"),
    ]),
    name: Type.String({ maxLength: 200 }),
    message: Type.String({ maxLength: 65_536 }),
    traceback: Type.String({ maxLength: 131_072 }),
    line: nullable(count),
    exitCode: Type.Optional(Type.Integer({ minimum: 0, maximum: 255 })),
  },
  closed,
);

/** What a worker may claim about its cell; everything else about it the keeper knows for itself. */
const reported = {
  id: count,
  interrupted: Type.Boolean(),
  output: Type.Optional(Type.Unknown()),
  text: Type.Optional(Type.String()),
  truncated: Type.Optional(Type.Boolean()),
  error: Type.Optional(error),
};

const enforcement = Type.Object(
  {
    tier: Type.Union([Type.Literal("namespaces"), Type.Literal("landlock")]),
    level: Type.Union([Type.Literal("full"), Type.Literal("partial"), Type.Literal("none")]),
    layers: Type.Array(Type.Object({ name: short, detail: short }, closed), { maxItems: 50 }),
    gaps: Type.Array(short, { maxItems: 50 }),
  },
  closed,
);

/** From the supervisor to a session. */
export const commandSchema = Type.Union([
  message("start", { argv: Type.Array(Type.String(), { maxItems: 10_000 }) }),
  message("run", {
    id,
    code: Type.String(),
    filename: Type.Optional(Type.String({ maxLength: 1000 })),
    wallMs: Type.Optional(Type.Integer({ minimum: 1, maximum: 86_400_000 })),
  }),
  message("interrupt", { id }),
  message("close", {}),
]);

/** From a session to the supervisor. */
export const eventSchema = Type.Union([
  message("hello", { session: Type.String({ maxLength: 64 }) }),
  message("ready", { protocol: count, python: Type.String({ maxLength: 50 }), enforcement }),
  message("fatal", { reason: short }),
  message("stdout", { id, text: Type.String() }),
  message("stderr", { id, text: Type.String() }),
  message("denial", { id, denial }),
  message("result", {
    id,
    output: Type.Optional(Type.Unknown()),
    text: nullable(Type.String()),
    error: nullable(error),
    state: Type.Union([Type.Literal("kept"), Type.Literal("rolledBack"), Type.Literal("lost")]),
    truncated: Type.Object({ stdout: count, stderr: count, output: Type.Boolean() }, closed),
    usage: Type.Object({ wallMs: milliseconds, cpuMs: milliseconds, peakMemoryBytes: count }, closed),
  }),
]);

/** From a worker to its keeper: hostile from the first cell on. */
export const workerReportSchema = Type.Union([
  message("result", reported),
  message("denial", { id: count, denial }),
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
