import { UsageError } from "../errors.ts";
import { type Flag, type Overlay, parseFlags, splitPolicyFlag } from "../policy/flags.ts";
import { parseLimit } from "../policy/units.ts";

export type RunCommandOptions = {
  readonly file: string;
  /** What follows the file: the program's own arguments. */
  readonly argv: readonly string[];
  readonly policy: string;
  readonly overlay: Overlay;
  readonly python?: string;
  readonly json: boolean;
};

/**
 * Reads the arguments of `vivarium run`. Options end at the file, as Deno's and Python's do; the rest is the program's.
 * Throws `UsageError`.
 */
export function parseRunArguments(args: readonly string[]): RunCommandOptions {
  const flags: Flag[] = [];
  const values: { policy?: string; python?: string; output?: number } = {};
  let json = false;
  for (let index = 0; index < args.length; index++) {
    const argument = args[index] as string;
    const [name, inline] = splitOption(argument);
    const next = (): string => {
      const value = inline ?? args[++index];
      if (value === undefined || value === "") throw new UsageError(`run: ${name}: needs a value`);
      return value;
    };
    if (argument === "-" || !argument.startsWith("-")) {
      return {
        file: argument,
        argv: args.slice(index + 1),
        policy: values.policy ?? "strict",
        overlay: withOutput(parseFlags(flags), values.output),
        ...(values.python === undefined ? {} : { python: values.python }),
        json,
      };
    }
    if (name === "--policy") values.policy = next();
    else if (name === "--python") values.python = next();
    else if (name === "--max-output") values.output = readBytes(name, next());
    else if (name === "--timeout" || name === "--memory") flags.push([name, next()]);
    else if (argument === "--json") json = true;
    else {
      const flag = splitPolicyFlag(argument);
      if (!flag)
        throw new UsageError(`run: no such option: ${argument}`, { hint: "vivarium run --help lists them" });
      flags.push(flag);
    }
  }
  throw new UsageError("run: names no file", { hint: "write vivarium run FILE, or - for standard input" });
}

const splitOption = (argument: string): [name: string, value: string | undefined] => {
  const end = argument.indexOf("=");
  return end < 0 ? [argument, undefined] : [argument.slice(0, end), argument.slice(end + 1)];
};

const readBytes = (name: string, text: string): number => {
  const bytes = parseLimit("outputBytes", text);
  if (bytes === undefined)
    throw new UsageError(`run: ${name}: must be a size such as 64KiB or 1MiB, at most 256MiB`);
  return bytes;
};

const withOutput = (overlay: Overlay, outputBytes: number | undefined): Overlay =>
  outputBytes === undefined ? overlay : { ...overlay, limits: { ...overlay.limits, outputBytes } };
