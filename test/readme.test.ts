// @limit 300
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";

import { STATUS } from "../src/cli/status.ts";
import { PythonExecutor } from "../src/index.ts";
import { eventSchema } from "../src/protocol/messages.ts";
import { filesIn, readRepoFile, repo } from "./support/imports.ts";
import { asNewcomer, type Newcomer } from "./support/newcomer.ts";

/* The README and the pages that it leads to say what is so: everything that can be run is run, as printed. */

const readme = readRepoFile("README.md");
const api = readRepoFile("docs/api.md");

let newcomer: Newcomer;

test.before(() => {
  newcomer = asNewcomer();
});

test.after(() => newcomer[Symbol.dispose]());

const blocksOf = (page: string): { language: string; text: string }[] =>
  [...page.matchAll(/^```(\w*)\n(.*?)^```$/gms)].map(([, language = "", text = ""]) => ({ language, text }));

const blocksIn = (page: string, wanted: string): string[] =>
  blocksOf(page).flatMap(({ language, text }) => (language === wanted ? [text] : []));

/** The commands of a transcript, with what each prints. */
const transcripts = blocksIn(readme, "console").flatMap((block) =>
  block
    .split(/^\$ /m)
    .slice(1)
    .map((part) => {
      const end = part.indexOf("\n");
      return { command: part.slice(0, end), printed: part.slice(end + 1) };
    }),
);

test("there are four transcripts, and every block is of a kind that is run", () => {
  assert.is(transcripts.length, 4);
  assert.equal([...new Set(blocksOf(readme).map(({ language }) => language))].sort(), [
    "console",
    "sh",
    "ts",
  ]);
});

for (const { command, printed } of transcripts) {
  test(`it prints what the README says: ${command}`, async () => {
    const { stdout, stderr } = await newcomer.shell(command);
    assert.is(`${stdout}${stderr}`, printed);
  });
}

const pages = [
  "README.md",
  ...["api", "files", "final-answer", "pool", "results", "state", "tools"].map((name) => `docs/${name}.md`),
];

/** What a page that shows no session of its own goes without saying. */
const PRELUDE = `import { PythonExecutor } from "vivarium";
await using executor = await PythonExecutor.create();
await using session = await executor.createSession();
`;

for (const page of pages) {
  // A page is read from top to bottom: its snippets are one program.
  const program = blocksIn(readRepoFile(page), "ts").join("\n");

  test(`the snippets of ${page} print what their comments say`, async () => {
    const said = [...program.matchAll(/console\.log\(.*\); \/\/ (.*)$/gm)].map(([, line]) => `${line}\n`);
    assert.ok(said.length > 0);
    const source = program.includes("PythonExecutor.create") ? program : PRELUDE + program;
    const { stdout, stderr } = await newcomer.typescript(source);
    assert.equal([stdout, stderr], [said.join(""), ""]);
  });
}

test("a page with a snippet is one whose snippets are run", () => {
  const others = filesIn("docs", ".md").filter((page) => !pages.includes(page));
  assert.equal(
    others.filter((page) => blocksIn(readRepoFile(page), "ts").length > 0),
    [],
  );
});

test("every page is linked from the README, and by the API's page", () => {
  const missing = ["README.md", "docs/api.md"].flatMap((from) => {
    const links = [...readRepoFile(from).matchAll(/\]\(([^)#]+)/g)].map(([, link]) =>
      join(dirname(from), link as string),
    );
    return filesIn("docs", ".md")
      .filter((page) => page !== from && !links.includes(page))
      .map((page) => `${from}: ${page}`);
  });
  assert.equal(missing, []);
});

test("the first sentence has at most twelve words, and the snippet eight lines", () => {
  const [, sentence = ""] = /^# vivarium\n\n(.*)\n\n/.exec(readme) ?? [];
  const words = sentence.split(" ");
  assert.ok(words.length > 1 && words.length <= 12, sentence);
  assert.is(blocksIn(readme, "ts")[0]?.trim().split("\n").length, 8);
});

test("what the two commands need is there: a program, and scripts that build and test", () => {
  assert.equal(blocksIn(readme, "sh"), [
    "npm install && npx vivarium run examples/hello.py\nnpm install && npm test\n",
  ]);
  const { bin, scripts } = JSON.parse(readRepoFile("package.json"));
  assert.equal(Object.keys(bin), ["vivarium"]);
  assert.ok(scripts.prepare && scripts.test);
});

test("the table of layers is what a session reports", async () => {
  await using executor = await PythonExecutor.create();
  await using session = await executor.createSession();
  const { tier, layers } = session.enforcement;
  const [heading, , ...rows] = readme.match(/^\|.*\|$/gm) ?? [];
  assert.is(heading, `| layer | \`subprocess\`, tier \`${tier}\` |`);
  // What Landlock gives depends on the kernel; the table says how.
  const written = layers.map(({ name, detail }) =>
    name === "landlock"
      ? "| landlock | files; from ABI 6 on signals and abstract sockets |"
      : `| ${name} | ${detail} |`,
  );
  assert.equal(rows, written);
});

test("every link to a file leads to one", () => {
  const pages = ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", ...filesIn("docs", ".md")];
  const dangling = pages.flatMap((page) =>
    [...readRepoFile(page).matchAll(/\]\((?!https?:)([^)#]+)/g)]
      .map(([, link]) => join(dirname(page), link as string))
      .filter((target) => !existsSync(join(repo, target)))
      .map((target) => `${page}: ${target}`),
  );
  assert.equal(dangling, []);
});

/** The first column of every table of a page. */
const firstColumn = (page: string): string[] =>
  [...page.matchAll(/^\| ([^|]+) \|/gm)].map(([, cell]) => (cell as string).replaceAll("`", ""));

test("the API's page names everything that is exported", () => {
  const names = [...readRepoFile("src/index.ts").matchAll(/\{([^}]*)\}/g)].flatMap(([, list]) =>
    (list as string).split(",").map((name) => name.replace("type ", "").trim()),
  );
  assert.ok(names.includes("PythonExecutor"));
  assert.equal(
    names.filter((name) => !api.includes(`\`${name}\``)),
    [],
  );
});

test("the API's page names every field of an execution, every option, kind of error and exit status", async () => {
  await using executor = await PythonExecutor.create();
  await using session = await executor.createSession();
  const fields = Object.keys(await session.runCode("1 / 0"));
  const result = eventSchema.anyOf.find(({ properties }) => properties.type.const === "result");
  const kinds = JSON.stringify(result).match(/(?<="kind":\{"anyOf":\[).*?(?=\])/)?.[0] ?? "";
  const options = ["src/executor.ts", "src/session/options.ts"].flatMap((file) =>
    [
      ...readRepoFile(file).matchAll(/^export type (?:Executor|Session|Run)Options = \{\n(.*?)^\};/gms),
    ].flatMap(([, body]) =>
      [...(body as string).matchAll(/^ {2}readonly (\w+)\?/gm)].map(([, name]) => name as string),
    ),
  );
  const errors = (JSON.parse(`[${kinds}]`) as { const: string }[]).map((kind) => kind.const);
  assert.ok(fields.length > 8 && errors.length > 8 && options.length > 12);
  const named = new Set(firstColumn(api).flatMap((cell) => cell.split(", ")));
  const wanted = [...fields, ...errors, ...options, ...Object.values(STATUS).map(String)];
  assert.equal(
    wanted.filter((name) => !named.has(name)),
    [],
  );
});

test.run();
