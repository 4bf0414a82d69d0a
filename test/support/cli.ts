import { fileURLToPath } from "node:url";

import { type ProgramOptions, type Ran, runProgram } from "./program.ts";

/** Runs the command line from its sources, as `vivarium ARGS` would run it. */
export function runCli(args: readonly string[], options: ProgramOptions = {}): Promise<Ran> {
  return runProgram(process.execPath, ["--import", TSX, MAIN, ...args], options);
}

// By its own place, because the working directory may be anywhere.
const TSX = import.meta.resolve("tsx");
const MAIN = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));
