import Type, { type Static } from "typebox";
import { Compile } from "typebox/compile";

import { LIMITS, type LimitName } from "./limits.ts";

export type { LimitName } from "./limits.ts";

/** The eight permissions. Seven are Deno's; `import` speaks of Python modules instead of remote hosts. */
export const PERMISSION_NAMES = ["read", "write", "net", "env", "run", "sys", "ffi", "import"] as const;

/** Isolation tiers, weakest first. */
export const TIERS = ["landlock", "namespaces"] as const;

const text = (maxLength: number, description: string) =>
  Type.String({ minLength: 1, maxLength, pattern: "^[^\\u0000-\\u001f\\u007f]+$", description });

const target = text(4096, "what is meant: a path, host, variable, program, module ...");

const why = text(500, "the reason, shown by `vivarium policy explain`");

const entry = Type.Union([
  target,
  Type.Object(
    { is: Type.Union([target, Type.Array(target, { minItems: 1, maxItems: 1000 })]), why },
    { additionalProperties: false },
  ),
]);

const entries = Type.Array(entry, { maxItems: 1000 });

const permission = (description: string) =>
  Type.Optional(
    Type.Union(
      [
        Type.Boolean(),
        entries,
        Type.Object(
          {
            allow: Type.Optional(Type.Union([Type.Boolean(), entries])),
            deny: Type.Optional(Type.Union([Type.Boolean(), entries])),
            why: Type.Optional(why),
          },
          { additionalProperties: false },
        ),
      ],
      { description },
    ),
  );

const count = (name: LimitName) => {
  const { minimum, maximum, about } = LIMITS[name];
  return Type.Optional(Type.Integer({ minimum, maximum, description: about }));
};

/** A time or a size: a number, or a string with a unit. */
const amount = (name: LimitName) => {
  const { minimum, maximum, about } = LIMITS[name];
  const written = Type.String({ minLength: 1, maxLength: 32 });
  return Type.Optional(Type.Union([Type.Integer({ minimum, maximum }), written], { description: about }));
};

const limits = Type.Object(
  {
    wallMs: amount("wallMs"),
    totalMs: amount("totalMs"),
    graceMs: amount("graceMs"),
    cpuMs: amount("cpuMs"),
    memoryBytes: amount("memoryBytes"),
    processes: count("processes"),
    threads: count("threads"),
    openFiles: count("openFiles"),
    fileBytes: amount("fileBytes"),
    outputBytes: amount("outputBytes"),
    resultBytes: amount("resultBytes"),
    sourceBytes: amount("sourceBytes"),
    toolCalls: count("toolCalls"),
  },
  { additionalProperties: false },
);

/** A policy as people write it. `policies/schema.json` is emitted from it. */
export const policySchema = Type.Object(
  {
    $schema: Type.Optional(Type.String({ maxLength: 4096 })),
    name: Type.Optional(text(64, "the name in messages; a file's own name when left out")),
    description: Type.Optional(text(500, "what the policy is for, in a sentence")),
    extends: Type.Optional(
      Type.Union(
        [text(4096, "a shipped policy or a path"), Type.Array(text(4096, "a policy"), { maxItems: 16 })],
        {
          description: "policies to start from: shipped names, or paths relative to this file",
        },
      ),
    ),
    read: permission("host files and folders that a cell may read"),
    write: permission("host files and folders that a cell may write"),
    net: permission("hosts that a cell may reach: host, host:port, *.host"),
    env: permission("environment variables of the host that a cell sees: NAME or PREFIX_*"),
    run: permission('programs that a cell may start, inside the jail; "@python" is its own interpreter'),
    sys: permission("what a cell may learn about the host, in Deno's names"),
    ffi: permission("native libraries that a cell may load"),
    import: permission('Python modules that a cell may import; "@stdlib" is the standard library'),
    limits: Type.Optional(limits),
    isolation: Type.Optional(
      Type.Union([Type.Literal("landlock"), Type.Literal("namespaces")], {
        description: "the weakest isolation tier that will do",
      }),
    ),
  },
  { additionalProperties: false },
);

export type PolicyInput = Frozen<Static<typeof policySchema>>;

export type PermissionName = (typeof PERMISSION_NAMES)[number];

export type PermissionInput = NonNullable<PolicyInput[PermissionName]>;

export type Tier = (typeof TIERS)[number];

/** Checks an untrusted value: `Check` is the guard, `Errors` lists what is wrong. */
export const policyGuard = Compile(policySchema);

/** The same with every list and object readonly, so that constants can be given. */
type Frozen<T> = T extends object ? { readonly [Key in keyof T]: Frozen<T[Key]> } : T;
