import { accessSync, constants, statSync } from "node:fs";
import { delimiter, isAbsolute, join, resolve } from "node:path";

import { UnavailableError } from "../errors.ts";

/**
 * The path of a Python interpreter: the one given (a path, or a name to look for on PATH), else the first `python3` on
 * PATH that this user may run, else Debian's place for it. Its version is checked when it starts.
 */
export function findPython(given: string | undefined, cwd: string, path = process.env.PATH ?? ""): string {
  if (given?.includes("/")) {
    const file = isAbsolute(given) ? given : resolve(cwd, given);
    if (isProgram(file)) return file;
    throw new UnavailableError(`no Python: ${given}: no such program`, { hint: HINT });
  }
  const name = given ?? "python3";
  const folders = [...path.split(delimiter).filter(isAbsolute), ...(given ? [] : ["/usr/bin"])];
  const found = folders.map((folder) => join(folder, name)).find(isProgram);
  if (found) return found;
  throw new UnavailableError(`no Python: ${name}: not found on PATH`, { hint: HINT });
}

const HINT =
  "install Python 3.9 or later (Debian: apt-get install python3), or name one with --python or { python }";

const isProgram = (file: string): boolean => {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
};
