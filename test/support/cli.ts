import { statSync } from "node:fs";
import { join } from "node:path";

import { filesIn, repo } from "./imports.ts";
import { type ProgramOptions, type Ran, runProgram } from "./program.ts";

/** Runs the command line, as `vivarium ARGS` would run it. */
export function runCli(args: readonly string[], options: ProgramOptions = {}): Promise<Ran> {
  const [file, ...rest] = cliCommand();
  return runProgram(file, [...rest, ...args], options);
}

/** The program and the arguments that `vivarium` stands for. */
export function cliCommand(): readonly [file: string, ...args: string[]] {
  const script = cliScript();
  const loader = script.endsWith(".ts") ? ["--import", TSX] : [];
  return [process.execPath, ...loader, join(repo, script)];
}

/**
 * The command line's script in the repository: what was built, which starts three times as fast as the sources; or the
 * sources, when a test file is run by hand and they are newer.
 */
export function cliScript(): "dist/cli/main.js" | "src/cli/main.ts" {
  const isBuilt = process.env.VIVARIUM_TEST_RUN !== undefined || isFresh();
  return isBuilt ? "dist/cli/main.js" : "src/cli/main.ts";
}

const isFresh = (): boolean => {
  const newest = Math.max(...filesIn("src", ".ts").map(modified));
  return modified("dist/cli/main.js") >= newest;
};

const modified = (path: string): number =>
  statSync(join(repo, path), { throwIfNoEntry: false })?.mtimeMs ?? 0;

// By its own place, because the working directory may be anywhere.
const TSX = import.meta.resolve("tsx");
