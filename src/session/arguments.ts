import { UsageError } from "../errors.ts";

/** Throws `UsageError` for what `runCode` cannot take. */
export function checkRun(code: unknown, options: unknown): void {
  const fail = (what: string): never => {
    throw new UsageError(`runCode: ${what}`);
  };
  if (typeof code !== "string") fail(`code is ${kindOf(code)}, not a string`);
  if (typeof options !== "object" || options === null) fail(`options are ${kindOf(options)}, not an object`);
  const { timeoutMs, filename, signal, onStdout, onStderr } = options as Record<string, unknown>;
  if (
    timeoutMs !== undefined &&
    !(typeof timeoutMs === "number" && Number.isFinite(timeoutMs) && timeoutMs > 0)
  ) {
    fail(`timeoutMs is ${String(timeoutMs)}, not a positive number of milliseconds`);
  }
  if (filename !== undefined && !(typeof filename === "string" && /^\P{Cc}{1,1000}$/u.test(filename))) {
    fail("filename is not one line of at most 1000 characters");
  }
  if (signal !== undefined && !(signal instanceof AbortSignal))
    fail(`signal is ${kindOf(signal)}, not an AbortSignal`);
  for (const [name, callback] of Object.entries({ onStdout, onStderr })) {
    if (callback !== undefined && typeof callback !== "function")
      fail(`${name} is ${kindOf(callback)}, not a function`);
  }
}

const kindOf = (value: unknown): string => (value === null ? "null" : typeof value);

/** Throws `UsageError` for what cannot be a session's `sys.argv`. */
export function checkArgv(argv: unknown): void {
  if (argv === undefined) return;
  const isArgument = (item: unknown): boolean => typeof item === "string" && !item.includes("\0");
  if (!Array.isArray(argv) || argv.length > 10_000 || !argv.every(isArgument)) {
    throw new UsageError("createSession: argv is not a list of at most 10000 strings without NUL");
  }
}
