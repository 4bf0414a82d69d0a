import { test } from "uvu";
import * as assert from "uvu/assert";

import { answers, failure, ok, outputOf } from "../session/fixture.ts";
import { rowsOf } from "./rows.ts";

const { row, whole } = rowsOf("Imports and names", { policy: "strict" });

/** What smolagents' local executor allows by itself. */
const BASE = "collections datetime itertools math queue random re stat statistics time unicodedata".split(
  " ",
);

row("imports-base", async (session) => {
  await ok(session, BASE.map((name) => `import ${name}`).join("\n"));
  await answers(session, "math.sqrt(4)", 2);
});

row(
  "imports-additional",
  async (session) => {
    await answers(session, "import os\nos.path.join('a', 'b')", "a/b");
    assert.is((await failure(session, "import sys")).kind, "import");
  },
  { executor: { additionalAuthorizedImports: ["os"] } },
);

row(
  "imports-wildcards",
  async (session) => {
    await ok(session, "import xml.dom.minidom, email.message, email");
    assert.is((await failure(session, "import urllib.request")).kind, "import");
    assert.is((await failure(session, "import json.tool")).kind, "import");
  },
  {
    executor: {
      additionalAuthorizedImports: ["xml.*", "email"],
      overlay: { import: { deny: ["json.tool"] } },
    },
  },
);

row(
  "imports-submodule",
  async (session) => {
    await answers(session, "import os.path\nos.path.join('a', 'b')", "a/b");
    await answers(session, "from os import path\npath.basename('a/b')", "b");
    await answers(session, "import xml.etree.ElementTree\nxml.etree.ElementTree.fromstring('<a/>').tag", "a");
  },
  { executor: { additionalAuthorizedImports: ["os.path"] } },
);

row("imports-refused", async (session) => {
  const { kind, name, message, line, execution } = await failure(session, "x = 1\nimport os");
  assert.equal([kind, name, line], ["import", "PermissionDenied", 2]);
  assert.match(message, /import of "os" \(line 2\).*--allow-import=os/);
  assert.equal(
    execution.denials.map(({ permission, target, flag }) => [permission, target, flag]),
    [["import", "os", "--allow-import=os"]],
  );
});

row("imports-refused-before", async (session) => {
  const { execution } = await failure(session, "print('ran')\nx = 1\nimport os");
  assert.is(execution.logs.stdout, "");
  await answers(session, "'x' in globals()", false);
});

row("imports-in-try", async (session) => {
  const execution = await ok(session, "try:\n  import os\nexcept ImportError:\n  os = None\nos is None");
  assert.equal([execution.output, execution.denials.length], [true, 1]);
});

row(
  "imports-missing",
  async (session) => {
    const { kind, name } = await failure(session, "import there_is_no_such_module");
    assert.equal([kind, name], ["exception", "ModuleNotFoundError"]);
  },
  { executor: { additionalAuthorizedImports: ["there_is_no_such_module"] } },
);

row("imports-indirect", async (session) => {
  await ok(session, "import random\nos = random._os");
  assert.not.equal(await outputOf(session, "os.system('true')"), 0);
  assert.is((await failure(session, "os.fork()")).state, "kept");
  await answers(session, "os.path.exists('/etc/passwd') and 'root' in open('/etc/passwd').read()", false);
});

row("names-of-python", async (session) => {
  await answers(session, "repr(b''), hash(1), hex(5), sorted(frozenset([2, 1]))", ["b''", 1, "0x5", [1, 2]]);
  await answers(session, "open('a', 'w').write('text')\nopen('a').read(), 'open' in dir(__builtins__)", [
    "text",
    true,
  ]);
});

row("names-dangerous", async (session) => {
  await answers(session, "x = 2\neval('x + 1'), globals()['x'], (1).__class__.__name__", [3, 2, "int"]);
  await answers(session, "exec('y = 4')\ny", 4);
  assert.is((await failure(session, "__import__('os')")).kind, "import");
});

row("names-given", async (session) => {
  await answers(session, "callable(final_answer) and callable(display)", true);
  for (const name of ["sqrt", "math"]) assert.is((await failure(session, name)).name, "NameError");
});

row("names-of-builtins", async (session) => {
  await answers(session, "sum = 4\nlist = [1]\nsum, list", [4, [1]]);
  await answers(session, "del sum, list\nsum(list((1, 2)))", 3);
});

whole();

test.run();
