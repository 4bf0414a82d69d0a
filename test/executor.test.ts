import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { test } from "uvu";
import * as assert from "uvu/assert";

import {
  type ExecutorOptions,
  PolicyError,
  PythonExecutor,
  UnavailableError,
  UsageError,
} from "../src/index.ts";
import { ok, outputOf } from "./session/fixture.ts";
import { oldPython } from "./support/old-python.ts";
import { processes } from "./support/processes.ts";
import { rejects } from "./support/rejects.ts";
import { timed } from "./support/timed.ts";

const within = (name: string, body: () => Promise<void>): void => {
  test(name, () => timed(60_000, name, body));
};

const withFolder = async (body: (folder: string) => Promise<void>): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), "vivarium-test-"));
  try {
    await body(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

const valueIn = async (options: ExecutorOptions, code: string): Promise<unknown> => {
  await using executor = await PythonExecutor.create(options);
  await using session = await executor.createSession();
  return await outputOf(session, code);
};

const zygotes = () =>
  processes().filter(({ parent, command }) => parent === process.pid && command.includes("zygote.py"));

within("the default policy is strict and its limits are those of the executor", async () => {
  await using executor = await PythonExecutor.create();
  assert.equal(
    [executor.plan.policy, executor.limits.wallMs, executor.limits.sourceBytes],
    ["strict", 30_000, 1 << 20],
  );
  await using session = await executor.createSession();
  assert.is(session.enforcement.tier, "namespaces");
  assert.match(session.python, /^3\.\d+\.\d+$/);
});

within("additionalAuthorizedImports allows modules beside the policy's", async () => {
  assert.is(await valueIn({ additionalAuthorizedImports: ["os"] }, "import os, math\nos.getpid() > 0"), true);
  assert.is(await valueIn({ additionalAuthorizedImports: ["*"] }, "import socket\nTrue"), true);
});

within("env is what sessions see, and the host's variables are not", async () => {
  process.env.VIVARIUM_TEST_SECRET = "s3cret";
  const code = "import os\n[os.environ.get('A'), os.environ.get('VIVARIUM_TEST_SECRET')]";
  assert.equal(await valueIn({ policy: "open", env: { A: "ä=b" } }, code), ["ä=b", null]);
});

within("argv is the session's sys.argv", async () => {
  await using executor = await PythonExecutor.create({ policy: "open" });
  await using session = await executor.createSession({ argv: ["prog", "--x", "ä 🐍", ""] });
  assert.equal(await outputOf(session, "import sys\nsys.argv"), ["prog", "--x", "ä 🐍", ""]);
  await using plain = await executor.createSession();
  assert.equal(await outputOf(plain, "import sys\nsys.argv"), [""]);
});

within("preloaded modules are there and a module that cannot be preloaded is no error", async () => {
  assert.is(
    await valueIn(
      { policy: "data", preload: ["decimal", "no_such_module"] },
      "import sys\n'decimal' in sys.modules",
    ),
    true,
  );
});

within("relative paths of the overlay start at cwd", async () => {
  await withFolder(async (folder) => {
    mkdirSync(join(folder, "data"));
    writeFileSync(join(folder, "data", "a.txt"), "content");
    const file = join(folder, "data", "a.txt");
    assert.is(
      await valueIn({ cwd: folder, overlay: { read: ["./data"] } }, `open(${JSON.stringify(file)}).read()`),
      "content",
    );
  });
});

within("closing ends every session, twice is once, and nothing is left", async () => {
  const executor = await PythonExecutor.create();
  const session = await executor.createSession();
  const run = session.runCode("while True: pass");
  await Promise.all([executor.close(), executor.close()]);
  await rejects(run, Error, /session/);
  await rejects(executor.createSession(), UsageError, "executor used after close");
  assert.equal(zygotes(), []);
});

within("closing while a session starts leaves nothing", async () => {
  const executor = await PythonExecutor.create();
  const starting = executor.createSession().then(
    (session) =>
      session.runCode("1").then(
        () => "ran",
        (error) => error,
      ),
    (error) => error,
  );
  await executor.close();
  assert.instance(await starting, Error);
  assert.equal(zygotes(), []);
});

const BAD_PYTHONS: readonly (readonly [what: string, make: (folder: string) => string, message: RegExp])[] = [
  ["that is missing", (folder) => join(folder, "none"), /^no Python: .*none: no such program\nhint: /],
  [
    "that is not on PATH",
    () => "no-such-python-anywhere",
    /^no Python: no-such-python-anywhere: not found on PATH\nhint: /,
  ],
  ["that is a directory", (folder) => folder, /^no Python: .*: no such program\nhint: /],
  [
    "that may not be run",
    (folder) => script(folder, "#!/bin/sh\n", 0o644),
    /^no Python: .*: no such program\nhint: /,
  ],
  ["that is a script of another kind", (folder) => script(folder, "#!/bin/sh\necho hello\n"), /python/i],
  ["that prints for ever", (folder) => script(folder, "#!/bin/sh\nexec yes\n"), /python/i],
  ["that ends at once", () => "/bin/true", /the zygote ended \(status 0\)/],
  ["that fails", () => "/bin/false", /the zygote ended \(status 1\)/],
  ["that has no interpreter", (folder) => script(folder, "#!/no/such/interpreter\n"), /ENOENT/],
  ["that is no program at all", (folder) => script(folder, "\x7fELFnot really"), /./],
];

const script = (folder: string, text: string, mode = 0o755): string => {
  const file = join(folder, "python3");
  writeFileSync(file, text);
  chmodSync(file, mode);
  return file;
};

for (const [what, make, message] of BAD_PYTHONS) {
  within(`a Python ${what} makes the executor unavailable`, () =>
    withFolder(async (folder) => {
      await rejects(PythonExecutor.create({ python: make(folder) }), UnavailableError, message);
      assert.equal(zygotes(), []);
    }),
  );
}

within("a Python that is too old is named with its version", () =>
  withFolder(async (folder) => {
    const error = await rejects(
      PythonExecutor.create({ python: oldPython(folder) }),
      UnavailableError,
      /Python 3\.8 at .* is too old, 3\.9 or later is needed/,
    );
    assert.match(error.hint ?? "", /--python/);
  }),
);

const BAD_OPTIONS: readonly (readonly [
  what: string,
  options: unknown,
  kind: typeof UsageError | typeof PolicyError,
])[] = [
  ["an unknown backend", { backend: "teleport" }, UsageError],
  ["an unknown policy", { policy: "strickt" }, PolicyError],
  ["a policy that is a number", { policy: 5 }, PolicyError],
  ["a policy with an unknown key", { policy: { reed: true } }, PolicyError],
  ["an overlay with an unknown key", { overlay: { reed: true } }, PolicyError],
  ["an overlay with a wrong type", { overlay: { limits: { wallMs: "soon" } } }, PolicyError],
  ["imports that are no list", { additionalAuthorizedImports: "numpy" }, UsageError],
  ["an import pattern that is none", { additionalAuthorizedImports: ["a b"] }, PolicyError],
  ["a variable with a NUL", { env: { A: "a\0b" } }, UsageError],
  ["a variable that is no string", { env: { A: 5 } }, UsageError],
  ["a variable's name with an equals sign", { env: { "A=B": "c" } }, UsageError],
  ["a Python that is a number", { python: 5 }, UsageError],
];

for (const [what, options, kind] of BAD_OPTIONS) {
  within(`${what} is the caller's error`, async () => {
    const create = async (): Promise<void> => {
      await using _ = await PythonExecutor.create(options as ExecutorOptions);
    };
    await rejects(create, kind, /./);
    assert.equal(zygotes(), []);
  });
}

for (const [what, argv] of [
  ["no list", "abc"],
  ["a list of numbers", [1]],
] as const) {
  within(`argv that is ${what} is the caller's error and the executor goes on`, async () => {
    await using executor = await PythonExecutor.create();
    await rejects(
      timed(10_000, "createSession", () => executor.createSession({ argv: argv as unknown as string[] })),
      UsageError,
      /argv/,
    );
    await using session = await executor.createSession();
    await ok(session, "1");
  });
}

test.run();
