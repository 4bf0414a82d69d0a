import { test } from "uvu";
import * as assert from "uvu/assert";

import { faultOfToolName, isPythonName, pythonName } from "../../../src/session/tools/names.ts";
import { runProgram } from "../../support/program.ts";
import { pythons } from "../../support/pythons.ts";

const KEYS = [
  "query",
  "from",
  "None",
  "match",
  "max-results",
  "2nd",
  "a b",
  "$filter",
  "__debug__",
  "straße",
  "größe",
  "数量",
  "ﬁle",
  "a・b",
  "a\u200db",
  "𝒳",
  "x.y",
  "",
  "-",
  "é",
  "e\u0301",
] as const;

test("a key that is no Python name becomes one that still reads like it", () => {
  const named = Object.fromEntries(KEYS.map((key) => [key, pythonName(key)]));
  assert.equal(named, {
    query: "query",
    from: "from_",
    None: "None_",
    match: "match",
    "max-results": "max_results",
    "2nd": "_2nd",
    "a b": "a_b",
    $filter: "_filter",
    __debug__: "__debug___",
    straße: "straße",
    größe: "größe",
    数量: "数量",
    ﬁle: "file",
    "a・b": "a_b",
    "a\u200db": "a_b",
    𝒳: "X",
    "x.y": "x_y",
    "": "_",
    "-": "_",
    é: "é",
    "e\u0301": "é",
  });
});

test("a tool's name is an identifier, no keyword, and no builtin", () => {
  const faults = [
    "search",
    "from",
    "max-results",
    "",
    "__init__",
    "print",
    "display",
    "x".repeat(101),
    "final_answer",
  ];
  assert.equal(
    faults.map((name) => faultOfToolName(name)),
    [
      undefined,
      "is a Python keyword",
      "is no Python identifier",
      "is no Python identifier",
      "has two underscores at both ends, as only Python's own names do",
      "is taken: Python or the session has something of that name",
      "is taken: Python or the session has something of that name",
      "is longer than 100 characters",
      undefined,
    ],
  );
});

const AGREES = `
import builtins, json, keyword, sys
names, keys = json.load(sys.stdin)
wrong = [name for name in names if not name.isidentifier() or keyword.iskeyword(name)]
builtin = [name for name in dir(builtins) if not name.startswith("_") and not keyword.iskeyword(name)]
print(json.dumps([wrong, builtin]))
`;

for (const { file, version } of pythons()) {
  test(`Python ${version} takes every name that is given, and no tool takes one of its builtins`, async () => {
    const names = KEYS.map(pythonName);
    assert.ok(names.every(isPythonName));
    const { stdout, stderr } = await runProgram(file, ["-S", "-c", AGREES], {
      input: JSON.stringify([names, KEYS]),
    });
    assert.is(stderr, "");
    const [wrong, builtins] = JSON.parse(stdout) as [string[], string[]];
    assert.equal(wrong, []);
    assert.equal(
      builtins.filter((name) => faultOfToolName(name) === undefined),
      [],
    );
  });
}

test.run();
