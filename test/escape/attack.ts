import { readdirSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";

/** One attack program with what its header says about it; `read` explains the words. */
export type Attack = {
  readonly name: string;
  readonly file: string;
  readonly source: string;
  /** What must stop it, in words. */
  readonly layer: string;
  /** Shipped policies; imports and native code are opened up, so that the kernel is tested and not the import list. */
  readonly policies: readonly string[];
  /** Whether the policy is taken as it is shipped. */
  readonly asShipped: boolean;
  /** Patterns, each of which a line of the output must match as a whole inside. */
  readonly expected: readonly string[];
  /** A pattern for kind and name of the error; without one the cell must end well. */
  readonly error: string | undefined;
  readonly state: string | undefined;
  /** A stream that must have been cut. */
  readonly cut: string | undefined;
  /** A permission that a denial record must name, and the only policy where that is so. */
  readonly denial: string | undefined;
  readonly denialUnder: string | undefined;
  readonly timeoutMs: number;
  readonly machine: string | undefined;
  /** What the control needs: `root`, a `victim`, an open `descriptor`; or the errno that must do instead of the mark. */
  readonly control: string | undefined;
  /** Ways that work nowhere here, so that the control cannot show them. */
  readonly lacks: readonly string[];
};

/** What an attack prints when it got what it wanted. */
export const MARK = "ATTACK-SUCCEEDED";

const FOLDER = fileURLToPath(new URL("attacks/", import.meta.url));

/** Every attack, by name. */
export function readAttacks(): Attack[] {
  return readdirSync(FOLDER)
    .filter((name) => name.endsWith(".py"))
    .sort()
    .map((name) => read(FOLDER + name));
}

const read = (file: string): Attack => {
  const source = readFileSync(file, "utf8");
  const header = [...source.matchAll(/^# ([\w-]+): (.+)$/gm)].map(([, key, value]) => [key, value] as const);
  const all = (wanted: string): string[] =>
    header.flatMap(([key, value]) => (key === wanted && value ? [value] : []));
  const one = (wanted: string): string | undefined => all(wanted)[0];
  const name = basename(file, ".py");
  const unknown = header.map(([key]) => key).filter((key) => !KEYS.has(key ?? ""));
  if (unknown.length > 0 || !one("layer") || !one("policy"))
    throw new Error(`${name}: bad header: ${unknown}`);
  return {
    name,
    file,
    source,
    layer: one("layer") ?? "",
    policies: all("policy").map((policy) => policy.replace(" as shipped", "")),
    asShipped: all("policy").some((policy) => policy.endsWith(" as shipped")),
    expected: all("expect"),
    error: one("error"),
    state: one("state"),
    cut: one("cut"),
    denial: one("denial"),
    denialUnder: one("denial-under"),
    timeoutMs: Number(one("timeoutMs") ?? 30_000),
    machine: one("machine"),
    control: one("control"),
    lacks: (one("control-lacks") ?? "").split(", "),
  };
};

const KEYS = new Set([
  "layer",
  "policy",
  "expect",
  "error",
  "state",
  "cut",
  "denial",
  "denial-under",
  "timeoutMs",
  "machine",
  "control",
  "control-lacks",
]);
