import { PolicyError, UsageError } from "../errors.ts";
import { explainPolicy } from "../policy/explain.ts";
import { type Flag, parseFlags, splitPolicyFlag } from "../policy/flags.ts";
import { loadPolicy, SHIPPED_POLICIES } from "../policy/load.ts";
import { applyLayer, type ResolvedPolicy, showPolicy } from "../policy/merge.ts";
import type { Io } from "./io.ts";

/** `vivarium policy show | explain | list`. Resolves to the exit status: 0, or 2 for a bad call or a bad policy. */
export async function policyCommand(args: string[], io: Io): Promise<number> {
  try {
    io.stdout(await run(args, io.cwd));
    return 0;
  } catch (error) {
    if (!(error instanceof PolicyError || error instanceof UsageError)) throw error;
    io.stderr(`vivarium: ${error.message}\n`);
    return 2;
  }
}

const USAGE = `usage: vivarium policy show NAME [permission flags]     the resolved policy, as a policy file
       vivarium policy explain NAME [permission flags]  the same in sentences
       vivarium policy list                             the shipped policies

NAME is a shipped policy or the path of a JSON file. Flags such as --allow-read=./data are laid over it.
`;

const run = async (args: readonly string[], cwd: string): Promise<string> => {
  if (args.some((argument) => argument === "--help" || argument === "-h")) return USAGE;
  const [verb, ...rest] = args;
  if (verb === "list") return list(rest, cwd);
  if (verb === "show") return `${JSON.stringify(showPolicy(await load(verb, rest, cwd)), null, 2)}\n`;
  if (verb === "explain") return `${explainPolicy(await load(verb, rest, cwd)).join("\n")}\n`;
  const problem = verb === undefined ? "says nothing to do" : `has no sub-command ${JSON.stringify(verb)}`;
  throw new UsageError(`policy: ${problem}`, {
    hint: "write policy show NAME, policy explain NAME or policy list",
  });
};

const list = async (rest: readonly string[], cwd: string): Promise<string> => {
  if (rest.length > 0) throw new UsageError(`policy list: takes no argument, got ${JSON.stringify(rest[0])}`);
  const policies = await Promise.all(SHIPPED_POLICIES.map((name) => loadPolicy(name, { cwd })));
  return policies.map(({ name, description }) => `${name.padEnd(8)}${description}\n`).join("");
};

const load = async (verb: string, rest: readonly string[], cwd: string): Promise<ResolvedPolicy> => {
  const names: string[] = [];
  const flags: Flag[] = [];
  for (const argument of rest) {
    const flag = splitPolicyFlag(argument);
    if (flag) flags.push(flag);
    else if (argument.startsWith("-")) throw new UsageError(`policy ${verb}: no such option: ${argument}`);
    else names.push(argument);
  }
  const [name, another] = names;
  if (name === undefined)
    throw new UsageError(`policy ${verb}: names no policy`, { hint: `write policy ${verb} strict` });
  if (another !== undefined)
    throw new UsageError(`policy ${verb}: takes one policy, got ${JSON.stringify(another)} too`);
  const overlay = parseFlags(flags);
  return applyLayer(await loadPolicy(name, { cwd }), { input: overlay, base: cwd });
};
