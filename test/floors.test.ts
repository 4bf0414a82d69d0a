import { dirname, join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";

import { filesIn, importsOf, readRepoFile } from "./support/imports.ts";

/*
 * What may import what, as docs/design.md draws it: a file imports its own room and lower floors. Rooms of one floor
 * do not import one another: no backend another backend, no door another door.
 */

const FLOORS: readonly (readonly string[])[] = [
  ["errors.ts", "util/"],
  ["protocol/", "policy/"],
  ["host/"],
  ["session/"],
  ["backends/subprocess/", "backends/deno/", "backends/docker/", "backends/e2b/"],
  ["executor.ts"],
  ["pool.ts", "tool.ts", "render.ts"],
  ["agent/", "repl/", "mcp/", "server/", "adapters/"],
  ["harness/"],
  ["cli/", "index.ts"],
];

/** One importer for each dependency that is a door to something large; the others are free. */
const ONE_IMPORTER: Readonly<Record<string, string | undefined>> = {
  execa: "src/host/spawn.ts",
  "node-pty": undefined,
  openai: "src/agent/openai.ts",
};

type Import = { readonly file: string; readonly to: string };

type Place = { readonly floor: number; readonly room: string };

const placeOf = (file: string): Place | undefined => {
  const path = file.replace(/^src\//, "");
  for (const [floor, rooms] of FLOORS.entries()) {
    const room = rooms.find((room) => path === room || (room.endsWith("/") && path.startsWith(room)));
    if (room) return { floor, room };
  }
  return undefined;
};

const isRelative = (to: string): boolean => to.startsWith(".");

/** Why an import is not allowed; undefined for one that is. */
const offence = ({ file, to }: Import): string | undefined => {
  if (!isRelative(to)) return undefined;
  const target = join(dirname(file), to);
  const words = `${file} imports ${target}`;
  if (!target.startsWith("src/")) return `${words}, which is outside src/`;
  const [from, at] = [placeOf(file), placeOf(target)];
  if (!from) return `${file} is on no floor: add its room to the table in this test and in docs/design.md`;
  if (!at) return `${words}, which is on no floor`;
  if (target === "src/index.ts") return `${words}: nobody inside imports index.ts`;
  if (at.room === from.room || at.floor < from.floor) return undefined;
  return `${words}: from ${from.room} (floor ${from.floor}) ${at.floor > from.floor ? "up" : "sideways"} to ${at.room} (floor ${at.floor})`;
};

const packageOf = (to: string): string | undefined => {
  if (isRelative(to) || to.startsWith("node:")) return undefined;
  return to.split("/", to.startsWith("@") ? 2 : 1).join("/");
};

/** The packages that have more importers than they may, in words. */
const crowds = (imports: readonly Import[]): string[] =>
  Object.entries(ONE_IMPORTER).flatMap(([name, only]) => {
    const importers = [
      ...new Set(imports.filter(({ to }) => packageOf(to) === name).map(({ file }) => file)),
    ];
    const allowed = only ?? importers[0];
    return importers
      .filter((file) => file !== allowed)
      .map((file) => `${file} imports ${name}, which only ${allowed} may`);
  });

const found: readonly Import[] = filesIn("src", ".ts").flatMap((file) =>
  importsOf(readRepoFile(file)).map((to) => ({ file, to })),
);

test("every file of src is on a floor", () => {
  assert.equal(
    filesIn("src", ".ts").filter((file) => !placeOf(file)),
    [],
  );
});

test("a file imports its own room and lower floors", () => {
  assert.ok(found.length > 50, "the scan finds imports at all");
  assert.equal(
    found.flatMap((one) => offence(one) ?? []),
    [],
  );
});

test("what a file imports of this repository is named with its extension", () => {
  assert.equal(
    found.filter(({ to }) => isRelative(to) && !/\.(ts|json)$/.test(to)),
    [],
  );
});

test("a large dependency has one importer", () => {
  assert.equal(crowds(found), []);
});

test("the packages that src imports are the dependencies, no more and no less", () => {
  const {
    dependencies,
    optionalDependencies = {},
    peerDependencies = {},
  } = JSON.parse(readRepoFile("package.json"));
  const declared = Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies });
  const imported = new Set(found.flatMap(({ to }) => packageOf(to) ?? []));
  assert.equal([...imported].sort(), declared.sort());
});

const OFFENDERS: readonly (readonly [Import, string])[] = [
  [
    { file: "src/policy/merge.ts", to: "../host/spawn.ts" },
    "src/policy/merge.ts imports src/host/spawn.ts: from policy/ (floor 1) up to host/ (floor 2)",
  ],
  [
    { file: "src/protocol/check.ts", to: "../policy/plan.ts" },
    "src/protocol/check.ts imports src/policy/plan.ts: from protocol/ (floor 1) sideways to policy/ (floor 1)",
  ],
  [
    { file: "src/backends/docker/index.ts", to: "../subprocess/lower.ts" },
    "src/backends/docker/index.ts imports src/backends/subprocess/lower.ts: from backends/docker/ (floor 4) sideways to backends/subprocess/ (floor 4)",
  ],
  [
    { file: "src/repl/prompt.ts", to: "../agent/loop.ts" },
    "src/repl/prompt.ts imports src/agent/loop.ts: from repl/ (floor 7) sideways to agent/ (floor 7)",
  ],
  [
    { file: "src/cli/main.ts", to: "../index.ts" },
    "src/cli/main.ts imports src/index.ts: nobody inside imports index.ts",
  ],
  [
    { file: "src/cli/main.ts", to: "../../test/support/cli.ts" },
    "src/cli/main.ts imports test/support/cli.ts, which is outside src/",
  ],
  [
    { file: "src/attic/box.ts", to: "../errors.ts" },
    "src/attic/box.ts is on no floor: add its room to the table in this test and in docs/design.md",
  ],
];

for (const [offender, words] of OFFENDERS) {
  test(`a made-up offence is seen: ${offender.file} and ${offender.to}`, () => {
    assert.is(offence(offender), words);
  });
}

test("a second importer of a large dependency is seen", () => {
  const two = ["src/host/spawn.ts", "src/cli/run.ts"].map((file) => ({ file, to: "execa" }));
  assert.equal(crowds(two), ["src/cli/run.ts imports execa, which only src/host/spawn.ts may"]);
});

test("the scan sees every form of import, and none in a comment", () => {
  const source = `
    import { a } from "./a.ts";
    import type { B } from './b.ts';
    import c, { type D } from "c";
    import * as e from "@scope/e/deep";
    import {
      f,
    } from "./f.ts";
    import "./g.ts";
    export { h } from "./h.ts";
    export * from "./i.ts";
    export type * as J from "./j.ts";
    const k = await import("./k.ts");
    let l: import("./l.ts").L;
    // import "./no.ts";
    /* import "./no.ts"; */
    const address = "https://example.com"; import "./m.ts";
  `;
  assert.equal(importsOf(source), [
    "./a.ts",
    "./b.ts",
    "c",
    "@scope/e/deep",
    "./f.ts",
    "./g.ts",
    "./h.ts",
    "./i.ts",
    "./j.ts",
    "./k.ts",
    "./l.ts",
    "./m.ts",
  ]);
});

test.run();
