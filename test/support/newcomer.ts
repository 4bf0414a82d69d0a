import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

import { cliCommand, cliScript } from "./cli.ts";
import { repo } from "./imports.ts";
import { type Ran, runProgram } from "./program.ts";

/** Somebody who has installed vivarium, has the examples, and types what the documentation says. */
export type Newcomer = Disposable & {
  /** Runs a line as a shell does; `vivarium`, `npx vivarium` and `npx tsx` are there. */
  shell(line: string): Promise<Ran>;
  /** Runs TypeScript whose imports from `vivarium` are as printed. */
  typescript(source: string): Promise<Ran>;
};

export function asNewcomer(): Newcomer {
  const folder = mkdtempSync(join(tmpdir(), "vivarium-newcomer-"));
  const bin = join(folder, "bin");
  mkdirSync(bin);
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }\n');
  cpSync(join(repo, "examples"), join(folder, "examples"), { recursive: true });
  installPackage(join(folder, "node_modules", "vivarium"));
  for (const name of ["typebox", "zod"]) {
    symlinkSync(join(repo, "node_modules", name), join(folder, "node_modules", name));
  }
  writeScript(join(bin, "vivarium"), `exec ${cliCommand().map(quote).join(" ")} "$@"`);
  writeScript(join(bin, "npx"), 'exec "$@"');
  const path = [bin, join(repo, "node_modules", ".bin"), process.env.PATH].join(delimiter);
  // With colours the same values print as other bytes.
  const env = { ...process.env, PATH: path, NO_COLOR: "1", FORCE_COLOR: undefined };
  const run = (file: string, ...args: string[]): Promise<Ran> => runProgram(file, args, { cwd: folder, env });
  return {
    shell: (line) => run("sh", "-c", line),
    typescript: (source) => {
      writeFileSync(join(folder, "snippet.ts"), source);
      return run("tsx", "snippet.ts");
    },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** The package as it is here, built or as sources: whichever the tests run the command line from. */
const installPackage = (folder: string): void => {
  const [kind] = cliScript().split("/") as ["dist" | "src"];
  mkdirSync(folder, { recursive: true });
  symlinkSync(join(repo, kind), join(folder, kind));
  const main = `./${kind}/index.${kind === "dist" ? "js" : "ts"}`;
  writeFileSync(
    join(folder, "package.json"),
    JSON.stringify({ name: "vivarium", type: "module", exports: main }),
  );
};

const writeScript = (file: string, text: string): void => {
  writeFileSync(file, `#!/bin/sh\n${text}\n`);
  chmodSync(file, 0o755);
};

const quote = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;
