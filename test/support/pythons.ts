import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

export type Interpreter = { readonly file: string; readonly version: string };

/** Every Python of this machine that the runtime promises to work with, one of each minor version, oldest first. */
export function pythons(): Interpreter[] {
  const found = new Map<string, Interpreter>();
  for (const file of ["/usr/bin/python3", ...pyenvPythons(), "python3"]) {
    const version = versionOf(file);
    const minor = version?.split(".").slice(0, 2).join(".");
    if (version && minor && isSupported(version) && !found.has(minor)) found.set(minor, { file, version });
  }
  return [...found.values()].sort((a, b) => minorOf(a.version) - minorOf(b.version));
}

const OLDEST_MINOR = 9;

const versionOf = (file: string): string | undefined => {
  const run = spawnSync(file, ["-I", "-c", "import platform; print(platform.python_version())"], {
    encoding: "utf8",
    timeout: 30_000,
  });
  return run.status === 0 ? run.stdout.trim() : undefined;
};

const isSupported = (version: string): boolean =>
  version.startsWith("3.") && minorOf(version) >= OLDEST_MINOR;

const minorOf = (version: string): number => Number(version.split(".")[1]);

const pyenvPythons = (): string[] => {
  const folder = join(homedir(), ".pyenv", "versions");
  try {
    return readdirSync(folder).map((name) => join(folder, name, "bin", "python"));
  } catch {
    return [];
  }
};
