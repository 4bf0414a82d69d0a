// @limit 300
import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { test } from "uvu";
import * as assert from "uvu/assert";

import { runCli } from "../support/cli.ts";
import { withProgram } from "./place.ts";

/** Programs, what they are run with, and the exit status that each must come to. */
const STATUSES: readonly (readonly [
  what: string,
  program: string,
  args: readonly string[],
  status: number,
  stderr: RegExp,
])[] = [
  ["a program that ends well", "print(1)", [], 0, /^$/],
  [
    "an exception",
    "1 / 0",
    [],
    1,
    /^Traceback .*\n {2}File "program\.py", line 1, in <module>\n(.*\n)*ZeroDivisionError: division by zero\n$/,
  ],
  [
    "a syntax error",
    "def (:",
    [],
    1,
    /^ {2}File "program\.py", line 1\n {4}def \(:\n(.*\n)*SyntaxError: .*\n$/,
  ],
  [
    "a refused import",
    "import os",
    [],
    123,
    /^ {2}File "program\.py", line 1\nPermissionDenied: import of "os" \(line 1\) is not allowed by policy "strict"; to allow it: --allow-import=os\n$/,
  ],
  ["a refused dynamic import", "__import__('o' + 's')", [], 123, /PermissionDenied: import of "os"/],
  [
    "a socket",
    "import socket\nsocket.socket()",
    ["--policy", "data"],
    123,
    /PermissionDenied: net access to a socket/,
  ],
  [
    "a timeout",
    "while True: pass",
    ["--timeout=300ms"],
    124,
    /\nTimeoutError: the cell ran longer than 300 ms and was interrupted; its state is kept\n$/,
  ],
  ["an uncaught MemoryError", "x = bytearray(10**12)", [], 122, /MemoryError/],
  [
    "too much memory",
    "x = [bytearray(1 << 20) for _ in range(10**6)]",
    ["--memory=64MiB"],
    122,
    /MemoryError/,
  ],
  [
    "an abort",
    "import os\nos.abort()",
    ["--policy=open"],
    122,
    /^SIGABRT: the worker died of SIGABRT; the session is as it was before the cell\n$/,
  ],
  ["sys.exit(0)", "raise SystemExit(0)", [], 0, /^$/],
  ["sys.exit(7)", "raise SystemExit(7)", [], 7, /^$/],
  [
    "sys.exit() with a text, which is printed as Python prints it",
    "raise SystemExit('fatal: no input')",
    [],
    1,
    /^fatal: no input\n$/,
  ],
  ["os._exit(9)", "import os\nos._exit(9)", ["--policy=open"], 9, /./],
  ["a KeyboardInterrupt of its own", "raise KeyboardInterrupt", [], 1, /KeyboardInterrupt/],
  ["input()", "input()", [], 1, /EOFError: input\(\) has nothing to read/],
  ["an empty program", "", [], 0, /^$/],
  ["a program with a byte order mark", "\ufeffprint(1)", [], 0, /^$/],
  ["a program with CRLF line ends", "x = 1\r\nif x:\r\n  print(x)\r\n", [], 0, /^$/],
];

for (const [what, program, args, status, stderr] of STATUSES) {
  withProgram(`exit status ${status}, and one line for --json: ${what}`, program, async ({ run }) => {
    const [plain, json] = await Promise.all([
      run(...args, "program.py"),
      run("--json", ...args, "program.py"),
    ]);
    assert.is(plain.status, status, plain.stderr);
    assert.match(plain.stderr, stderr);
    assert.equal([json.status, json.stderr], [status, ""]);
    assert.match(json.stdout, /^\{.*\}\n$/);
    const execution = JSON.parse(json.stdout) as { ok: boolean; error?: unknown; executionCount: number };
    assert.equal([execution.ok, execution.executionCount], [!execution.error, 1]);
  });
}

withProgram(
  "the program's output goes to the right stream, as it is",
  "import sys\nprint('o\u00fct', end='')\nprint('err', file=sys.stderr)\n5",
  async ({ run }) => {
    const { status, stdout, stderr } = await run("--allow-import=sys", "program.py");
    assert.equal([status, stdout, stderr], [0, "oüt", "err\n"]);
  },
);

withProgram("--json holds output, value and text", "print('a')\n{'k': (1, 2**70)}", async ({ run }) => {
  const execution = JSON.parse((await run("--json", "program.py")).stdout);
  assert.equal(
    [execution.logs, execution.output, execution.text],
    [
      { stdout: "a\n", stderr: "" },
      { k: [1, { $: "int", v: "0x400000000000000000" }] },
      "{'k': (1, 1180591620717411303424)}",
    ],
  );
});

withProgram("--json of a value without a twin has its text alone", "object()", async ({ run }) => {
  const execution = JSON.parse((await run("--json", "program.py")).stdout);
  assert.is("output" in execution, false);
  assert.match(execution.text, /^<object object/);
});

withProgram(
  "the program's arguments are sys.argv, and options end at the file",
  "import sys\nprint(sys.argv)",
  async ({ run }) => {
    const { stdout } = await run("--policy=open", "program.py", "--json", "-x", "ä b", "");
    assert.is(stdout, "['program.py', '--json', '-x', 'ä b', '']\n");
  },
);

test("a program comes from standard input as -", async () => {
  const { status, stdout, stderr } = await runCli(["run", "-"], { input: "print('in')\n1/0" });
  assert.equal([status, stdout], [1, "in\n"]);
  assert.match(stderr, /File "<stdin>", line 2, in <module>\n {4}1\/0\n/);
});

withProgram("a program whose name has a quote and a space runs", "print(1)", async ({ folder, run }) => {
  writeFileSync(join(folder, 'it "is" mine.py'), "print(1)\n1/0");
  const { status, stdout } = await run('it "is" mine.py');
  assert.equal([status, stdout], [1, "1\n"]);
});

for (const args of [["--timeout", "300ms"], ["--timeout=0.3s"]]) {
  withProgram(`a time is read: ${args.join(" ")}`, "while True: pass", async ({ run }) => {
    const { status, stderr } = await run(...args, "program.py");
    assert.is(status, 124, stderr);
    assert.match(stderr, /longer than 300 ms/);
  });
}

for (const args of [["--memory", "64MiB"], ["--memory=64MB"], ["--memory=67108864"]]) {
  withProgram(
    `a size is read: ${args.join(" ")}`,
    "x = bytearray(200 << 20)\nprint(len(x))",
    async ({ run }) => {
      const { status, stderr } = await run(...args, "program.py");
      assert.is(status, 122, stderr);
    },
  );
}

withProgram("--max-output bounds what is kept", "print('a' * 100_000)", async ({ run }) => {
  const { status, stdout } = await run("--max-output=1KiB", "program.py");
  assert.is(status, 0);
  assert.match(stdout, /^a{512}\n\.\.\. \[98977 bytes cut\] \.\.\.\na{511}\n$/);
});

for (const args of [
  ["--timeout"],
  ["--timeout=soon"],
  ["--timeout=-5s"],
  ["--timeout=0"],
  ["--timeout=300"],
  ["--memory=1"],
  ["--memory=lots"],
  ["--max-output=0"],
  ["--bogus"],
  ["--json=yes"],
  ["--allow-fly"],
  ["-Q"],
  ["--policy="],
  ["--policy=none"],
  ["--policy=strickt"],
]) {
  withProgram(`a bad option is one clear line: ${args.join(" ")}`, "print(1)", async ({ run }) => {
    const { status, stdout, stderr } = await run(...args, "program.py");
    assert.equal([status, stdout], [2, ""], stderr);
    assert.match(stderr, /^vivarium: .+\n(hint: .+\n)?$/);
  });
}

test.run();
