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

/** A value as the wire has it: JSON, with tagged objects for what JSON cannot say. */
const wire = Type.Unknown();
/** A name that a cell gave to something; hostile, and never used for anything but showing it. */
const name = Type.String({ maxLength: 300 });
const names = Type.Array(name, { maxItems: 1000 });
const toolName = Type.String({ minLength: 1, maxLength: 100 });
/** The name of a checkpoint, given by the supervisor. */
const label = Type.String({ minLength: 1, maxLength: 200 });
const branchId = Type.Integer({ minimum: 0, maximum: 1_000_000 });
/** Which of a session's branches a message is about; the first one, 0, is never named. */
const branch = Type.Optional(branchId);

/** One object shown in several forms; `data` is text, base64 of bytes for images, or JSON. */
const bundle = Type.Array(Type.Object({ mime: Type.String({ maxLength: 100 }), data: wire }, closed), {
  maxItems: 20,
});

/** What a worker may claim about its cell; everything else about it the keeper knows for itself. */
const reported = {
  id: count,
  interrupted: Type.Boolean(),
  output: Type.Optional(wire),
  text: Type.Optional(Type.String()),
  truncated: Type.Optional(Type.Boolean()),
  error: Type.Optional(error),
  /** Names that the namespace has since the last report, and that it has no more. */
  added: Type.Optional(names),
  removed: Type.Optional(names),
};

/** A call of a host tool that a cell made; `arguments` by the names of the tool's schema. */
const call = {
  id: count,
  call: id,
  tool: toolName,
  arguments: Type.Array(Type.Object({ name: toolName, value: wire }, closed), { maxItems: 1000 }),
};
/** What `final_answer` was given. */
const answered = { output: Type.Optional(wire), text: Type.String() };
/** A cell that wants a line of input. */
const asked = { call: id, prompt: Type.String({ maxLength: 65_536 }) };

/** A host tool as the Python function that cells call. */
const toolSchema = Type.Object(
  {
    name: toolName,
    doc: Type.String(),
    parameters: Type.Array(
      Type.Object(
        {
          /** The Python name, and what the tool's schema calls it. */
          name: toolName,
          key: toolName,
          required: Type.Boolean(),
          default: Type.Optional(wire),
          annotation: Type.String(),
        },
        closed,
      ),
      { maxItems: 1000 },
    ),
    /** Whether it takes keyword arguments besides. */
    rest: Type.Boolean(),
    returns: Type.String(),
  },
  closed,
);

const path = Type.String({ maxLength: 4096 });

const enforcement = Type.Object(
  {
    tier: Type.Union([Type.Literal("namespaces"), Type.Literal("landlock")]),
    level: Type.Union([Type.Literal("full"), Type.Literal("partial"), Type.Literal("none")]),
    layers: Type.Array(Type.Object({ name: short, detail: short }, closed), { maxItems: 50 }),
    gaps: Type.Array(short, { maxItems: 50 }),
  },
  closed,
);

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
  message("call", { ...call, id, branch }),
  message("input", { id, branch, ...asked }),
  message("final", { id, branch, ...answered }),
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
  /** `blocking` says that the main thread waits for it. */
  message("call", { ...call, blocking: Type.Boolean() }),
  message("input", { id: count, ...asked, blocking: Type.Boolean() }),
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
