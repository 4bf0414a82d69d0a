import { test } from "uvu";
import * as assert from "uvu/assert";

import { answers, failure, ok, outputOf, withSessions } from "../session/fixture.ts";

const { inSession } = withSessions({
  overlay: { import: { allow: ["importlib", "sys", "builtins"], deny: ["xml.etree.ElementTree"] } },
});

inSession("every refused module is listed with its line and nothing of the cell runs", async (session) => {
  const code =
    "print('ran')\nimport math, os, socket as s\nfrom subprocess import run\nimport os.path\nimport os";
  const error = await failure(session, code);
  assert.equal([error.kind, error.name, error.state, error.line], ["import", "PermissionDenied", "kept", 2]);
  assert.is(
    error.message,
    'import of "os" (line 2), "socket" (line 2), "subprocess" (line 3), "os.path" (line 4), "os" (line 5) ' +
      'is not allowed by policy "strict"; to allow it: --allow-import=os,socket,subprocess',
  );
  assert.is(error.execution.logs.stdout, "");
  assert.equal(
    error.execution.denials.map(({ permission, target, flag, line }) => [permission, target, flag, line]),
    [
      ["import", "os", "--allow-import=os", 2],
      ["import", "socket", "--allow-import=socket", 2],
      ["import", "subprocess", "--allow-import=subprocess", 3],
      ["import", "os.path", "--allow-import=os", 4],
      ["import", "os", "--allow-import=os", 5],
    ],
  );
  assert.is(
    error.execution.denials[0]?.message,
    'PermissionDenied: import of "os" (<cell 1>, line 2); to allow it: --allow-import=os',
  );
});

const REFUSED: readonly (readonly [code: string, target: string])[] = [
  ["import os as fine", "os"],
  ["import os.path as fine", "os.path"],
  ["from os import *", "os"],
  ["from os import path as p", "os"],
  ["from os.path import join", "os.path"],
  ["def later():\n  import os", "os"],
  ["class A:\n  import os", "os"],
  ["if False:\n  import os", "os"],
  ["try:\n  pass\nexcept ImportError:\n  import os", "os"],
  ["try:\n  import os\nexcept KeyError:\n  os = None", "os"],
  ["try:\n  import os\nfinally:\n  os = None", "os"],
  ["__import__('os')", "os"],
  ["import builtins\nbuiltins.__import__('os')", "os"],
  ["import importlib\nimportlib.import_module('os')", "os"],
  ["from importlib import import_module\nimport_module('os')", "os"],
  ["import ｏｓ", "os"],
  ["from xml.etree import ElementTree", "xml.etree.ElementTree"],
  ["import collections, subprocess", "subprocess"],
  ["async def f():\n  await f()\n  import socket", "socket"],
  ["x = lambda: __import__('os')", "os"],
  ["f'{__import__(\"os\")}'", "os"],
];

for (const [code, target] of REFUSED) {
  inSession(`refused before anything runs: ${JSON.stringify(code)}`, async (session) => {
    const error = await failure(session, `print('ran')\n${code}`);
    assert.equal([error.kind, error.execution.logs.stdout], ["import", ""]);
    assert.equal(
      error.execution.denials.map((denial) => denial.target),
      [target],
    );
    await answers(session);
  });
}

const DYNAMIC: readonly string[] = [
  "__import__('o' + 's')",
  "__import__('o' + 's', fromlist=['path'])",
  "__import__('os.' + 'path')",
  "exec('import os')",
  "exec('from os import path')",
  "eval('__import__(\"os\")')",
  "import importlib\nimportlib.import_module('o' + 's')",
  "import importlib\nimportlib.__import__('o' + 's')",
  "import builtins\ngetattr(builtins, '__imp' + 'ort__')('os')",
  "exec(compile('import os', '<other>', 'exec'), {})",
  "exec('import os', {'__builtins__': __builtins__, '__name__': 'json', '__spec__': None})",
  "name = 'o' + 's'\ndef f(): return __import__(name)\nf()",
];

for (const code of DYNAMIC) {
  inSession(`refused while it runs, with its line: ${JSON.stringify(code)}`, async (session) => {
    const error = await failure(session, `print('ran')\n${code}`);
    assert.equal(
      [error.kind, error.name, error.state, error.execution.logs.stdout],
      ["import", "PermissionDenied", "kept", "ran\n"],
    );
    assert.match(
      error.message,
      /^import of "os(\.path)?" is not allowed by policy "strict"; to allow it: --allow-import=os$/,
    );
    assert.is(error.execution.denials.length, 1);
    await answers(session);
  });
}

inSession(
  "a refused dynamic import is an ImportError that the cell can catch, and a record",
  async (session) => {
    const execution = await ok(
      session,
      "try:\n  __import__('o' + 's')\nexcept ImportError as error:\n  name = error.name\nname",
    );
    assert.is(execution.output, "os");
    assert.equal(
      execution.denials.map(({ target, line }) => [target, line]),
      [["os", 2]],
    );
  },
);

for (const kind of ["ImportError", "ModuleNotFoundError", "Exception", "(KeyError, ImportError)", ""]) {
  inSession(
    `an import that may fail (except ${kind}) fails when it runs, and is a record`,
    async (session) => {
      const code = `print("ran")\ntry:\n  if True:\n    import os\nexcept ${kind}:\n  os = None\nos is None`;
      const execution = await ok(session, code);
      assert.equal([execution.output, execution.logs.stdout], [true, "ran\n"]);
      assert.equal(
        execution.denials.map(({ target, line }) => [target, line]),
        [["os", 4]],
      );
    },
  );
}

inSession("allowed modules import what they need for themselves", async (session) => {
  await ok(
    session,
    "import random, statistics, logging, asyncio, uuid, gzip, csv, zoneinfo, concurrent.futures",
  );
  assert.is(await outputOf(session, "import json\njson.loads('[1]')[0]"), 1);
  await ok(session, "import asyncio\nasync def f(): return await asyncio.to_thread(lambda: 5)\nawait f()");
});

// C code has no frame of its own, so that its imports seem to be the cell's.
for (const code of [
  "import datetime\ndatetime.datetime.strptime('2020-01-02', '%Y-%m-%d').year",
  "import time\ntime.strptime('2020', '%Y').tm_year",
  "divmod(10**30000, 7**9000)[0] > 0",
  "import datetime\ndatetime.date.today().strftime('%Y')",
  "import copy, re\ncopy.deepcopy(re.compile('a'))",
  "open('/tmp/a', 'w').write('b')",
  "import warnings\nwarnings.warn('w')",
]) {
  inSession(`allowed modules written in C do too: ${JSON.stringify(code)}`, async (session) => {
    await ok(session, code);
  });
}

inSession("submodules and names of allowed modules are allowed", async (session) => {
  await ok(
    session,
    "import collections.abc\nfrom collections import abc, OrderedDict\nfrom asyncio import *",
  );
  await ok(session, "from urllib.parse import urlparse\nimport urllib.parse");
  assert.is((await failure(session, "import urllib.request")).kind, "import");
  assert.is((await failure(session, "from urllib import request")).kind, "import");
});

inSession("a relative import is Python's own error", async (session) => {
  const error = await failure(session, "from . import os");
  assert.equal([error.kind, error.name], ["exception", "ImportError"]);
});

inSession("a module that does not exist is told from one that is refused", async (session) => {
  const error = await failure(session, "import collections.nothing");
  assert.equal([error.kind, error.name], ["exception", "ModuleNotFoundError"]);
});

inSession("hundreds of refused modules are one bounded error", async (session) => {
  const code = Array.from({ length: 3000 }, (_, i) => `import m${i}_${"x".repeat(20)}`).join("\n");
  const error = await failure(session, code);
  assert.equal([error.kind, error.state], ["import", "kept"]);
  assert.is(error.execution.denials.length, 20);
  assert.match(error.message, / and 2980 more is not allowed by policy/);
  await answers(session);
});

inSession("refused modules with the longest of names are one bounded error", async (session) => {
  const error = await failure(session, `import ${"a".repeat(100_000)}\nimport ${"\u{20000}".repeat(30_000)}`);
  assert.equal([error.kind, error.state], ["import", "kept"]);
  await answers(session);
});

test.run();
