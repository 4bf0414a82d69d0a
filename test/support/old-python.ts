import { existsSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

/** A Python 3.8: a real one of pyenv's, else a newer one that says it is, put into the folder. */
export function oldPython(folder: string): string {
  if (existsSync(REAL)) return REAL;
  const file = join(folder, "python3.8");
  writeFileSync(file, PRETENDER, { mode: 0o755 });
  return file;
}

const REAL = join(homedir(), ".pyenv/versions/3.8.18/bin/python3");

/** Runs the script that its options are followed by. */
const PRETENDER = `#!/bin/sh
while [ "\${1#-}" != "$1" ]; do shift; done
exec /usr/bin/python3 -I -c 'import runpy, sys
sys.version_info = (3, 8, 18, "final", 0)
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")' "$@"
`;
