import { spawnSync } from "node:child_process";
import { chmodSync, chownSync, cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, delimiter, dirname, join, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

import { type ProgramOptions, type Ran, runProgram } from "./program.ts";

/** A user without rights, a repository that it can read, and folders of its own. */
export type Nobody = Disposable & {
  /** The repository as this user sees it. */
  readonly repo: string;
  readonly home: string;
  /** Runs a program as this user, in its home; the environment is a clean one, with `env` laid over it. */
  run(file: string, args: readonly string[], options?: ProgramOptions): Promise<Ran>;
  /** The program and arguments that run a script of the repository, given by its path in it, with Node. */
  command(script: string): readonly [file: string, ...args: string[]];
  /** Runs a script of the repository with Node. */
  node(script: string, args: readonly string[], options?: ProgramOptions): Promise<Ran>;
};

/** Why no unprivileged user can be played here, if so. Who is not root already is one. */
export function nobodyMissing(): string | undefined {
  if (!isRoot()) return undefined;
  const probe = spawnSync("setpriv", [...DROP, "true"], { encoding: "utf8", timeout: 30_000 });
  if (probe.status === 0) return undefined;
  return `setpriv cannot become uid ${NOBODY}: ${probe.error?.message ?? probe.stderr.trim()}`;
}

/**
 * Becomes nobody, for the programs that it runs: uid 65534 when the tests run as root, else the user who runs them.
 * What that user cannot read (a clone below /root, a Node of root's own) is copied. Disposing removes it all.
 */
export function asNobody(): Nobody {
  const folder = mkdtempSync(join(tmpdir(), "vivarium-nobody-"));
  chmodSync(folder, 0o755);
  const home = join(folder, "home");
  const tmp = join(folder, "tmp");
  for (const own of [home, tmp]) {
    mkdirSync(own);
    if (isRoot()) chownSync(own, NOBODY, NOBODY);
  }
  const repo = isReadable(fileURLToPath(import.meta.url)) ? REPO : copyRepo(join(folder, "repo"));
  const node = isReadable(process.execPath) ? process.execPath : copyFile(process.execPath, folder);
  // A folder that it cannot enter may hold a `python3` that only its owner can run.
  const path = (process.env.PATH ?? "").split(delimiter).filter(isReadable);
  const clean = {
    PATH: [...path, "/usr/bin", "/bin"].join(delimiter),
    HOME: home,
    TMPDIR: tmp,
    LANG: "C.UTF-8",
  };
  const run: Nobody["run"] = (file, args, { env, cwd = home, ...options } = {}) => {
    const as = isRoot() ? ["setpriv", ...DROP, "--"] : [];
    const [first = file, ...rest] = [...as, file, ...args];
    return runProgram(first, rest, { ...options, cwd, env: { ...clean, ...env } });
  };
  const command: Nobody["command"] = (script) => {
    const loader = script.endsWith(".ts") ? ["--import", tsxIn(repo)] : [];
    return [node, ...loader, join(repo, script)];
  };
  return {
    repo,
    home,
    run,
    command,
    node: (script, args, options) => {
      const [file, ...rest] = command(script);
      return run(file, [...rest, ...args], options);
    },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}

const NOBODY = 65534;
const DROP = [`--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups"];
const REPO = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");

const isRoot = (): boolean => process.getuid?.() === 0;

/** Asked of the system as that user, because only the whole path decides. */
const isReadable = (path: string): boolean => {
  const as = isRoot() ? ["setpriv", ...DROP, "--"] : [];
  const [file = "test", ...args] = [...as, "test", "-r", path];
  return spawnSync(file, args, { stdio: "ignore", timeout: 30_000 }).status === 0;
};

/** What running needs: not the history, and not the packages that only build and check. */
const copyRepo = (to: string): string => {
  const parts = [
    "package.json",
    "tsconfig.json",
    "dist",
    "src",
    "runtime",
    "policies",
    "examples",
    "test",
    "node_modules",
  ];
  for (const part of parts.filter((part) => existsSync(join(REPO, part)))) {
    const filter = (source: string): boolean => !BULKY.test(relative(REPO, source));
    cpSync(join(REPO, part), join(to, part), { recursive: true, filter, verbatimSymlinks: true });
  }
  // Whoever cloned it may have kept the others from reading.
  spawnSync("chmod", ["-R", "a+rX", to], { timeout: 60_000 });
  return to;
};

const BULKY = /^node_modules\/(typescript|@typescript|@biomejs|\.cache)(\/|$)|(^|\/)__pycache__$/;

const copyFile = (file: string, folder: string): string => {
  const copy = join(folder, basename(file));
  cpSync(file, copy);
  chmodSync(copy, 0o755);
  return copy;
};

/** Where tsx is loaded from; a copied repository has its own. */
const tsxIn = (repo: string): string => {
  const here = fileURLToPath(import.meta.resolve("tsx"));
  return pathToFileURL(join(repo, relative(REPO, dirname(here)), basename(here))).href;
};
