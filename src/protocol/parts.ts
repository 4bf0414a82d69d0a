import Type from "typebox";

/* What the messages are made of. */

export const closed = { additionalProperties: false };
export const id = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER });
export const count = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
export const milliseconds = Type.Number({ minimum: 0, maximum: 1e15 });
export const short = Type.String({ maxLength: 2000 });
export const nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()]);

export const message = <T extends string, P extends Type.TProperties>(type: T, properties: P) =>
  Type.Object({ type: Type.Literal(type), ...properties }, closed);

export const denial = Type.Object(
  {
    permission: Type.String({ maxLength: 20 }),
    target: short,
    message: short,
    flag: Type.String({ maxLength: 600 }),
    line: nullable(count),
  },
  closed,
);

export const error = Type.Object(
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
export const wire = Type.Unknown();
/** A name that a cell gave to something; hostile, and never used for anything but showing it. */
export const name = Type.String({ maxLength: 300 });
export const names = Type.Array(name, { maxItems: 1000 });
export const toolName = Type.String({ minLength: 1, maxLength: 100 });
/** The name of a checkpoint, given by the supervisor. */
export const label = Type.String({ minLength: 1, maxLength: 200 });
export const branchId = Type.Integer({ minimum: 0, maximum: 1_000_000 });
/** Which of a session's branches a message is about; the first one, 0, is never named. */
export const branch = Type.Optional(branchId);

/** One object shown in several forms; `data` is text, base64 of bytes for images, or JSON. */
export const bundle = Type.Array(Type.Object({ mime: Type.String({ maxLength: 100 }), data: wire }, closed), {
  maxItems: 20,
});

/** What a worker may claim about its cell; everything else about it the keeper knows for itself. */
export const reported = {
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
export const call = {
  id: count,
  call: id,
  tool: toolName,
  arguments: Type.Array(Type.Object({ name: toolName, value: wire }, closed), { maxItems: 1000 }),
};
/** What `final_answer` was given. */
export const answered = { output: Type.Optional(wire), text: Type.String() };
/** A cell that wants a line of input. */
export const asked = { call: id, prompt: Type.String({ maxLength: 65_536 }) };

/** A host tool as the Python function that cells call. */
export const toolSchema = Type.Object(
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

export const path = Type.String({ maxLength: 4096 });

export const enforcement = Type.Object(
  {
    tier: Type.Union([Type.Literal("namespaces"), Type.Literal("landlock")]),
    level: Type.Union([Type.Literal("full"), Type.Literal("partial"), Type.Literal("none")]),
    layers: Type.Array(Type.Object({ name: short, detail: short }, closed), { maxItems: 50 }),
    gaps: Type.Array(short, { maxItems: 50 }),
  },
  closed,
);
