import { UsageError } from "../errors.ts";
import { checkPolicy } from "../policy/check.ts";
import { encodeValue } from "../protocol/values.ts";
import { isPythonName } from "./tools/names.ts";

/** Throws `UsageError` for what `runCode` cannot take. */
export function checkRun(code: unknown, options: unknown): void {
  const fail = failing("runCode");
  if (typeof code !== "string") fail(`code is ${kindOf(code)}, not a string`);
  const { timeoutMs, filename, input, signal, ...others } = record("runCode", options);
  if (
    timeoutMs !== undefined &&
    !(typeof timeoutMs === "number" && Number.isFinite(timeoutMs) && timeoutMs > 0)
  ) {
    fail(`timeoutMs is ${String(timeoutMs)}, not a positive number of milliseconds`);
  }
  if (filename !== undefined && !(typeof filename === "string" && /^\P{Cc}{1,1000}$/u.test(filename))) {
    fail("filename is not one line of at most 1000 characters");
  }
  checkSignal("runCode", signal);
  if (input !== undefined && typeof input !== "string") fail(`input is ${kindOf(input)}, not a string`);
  if (input !== undefined && others.onInput !== undefined) fail("input and onInput exclude each other");
  const { onStdout, onStderr, onDisplay, onToolCall, onInput, onResult } = others;
  checkCallbacks("runCode", { onStdout, onStderr, onDisplay, onToolCall, onInput, onResult });
}

/** Throws `UsageError` for what cannot be a session's options; tools and variables are checked where they are made. */
export function checkSession(options: unknown): void {
  const fail = failing("createSession");
  const given = record("createSession", options);
  const { argv, additionalAuthorizedImports, signal, onInput, approve, checkpoint, history } = given;
  const isArgument = (item: unknown): boolean => typeof item === "string" && !item.includes("\0");
  if (argv !== undefined && !(Array.isArray(argv) && argv.length <= 10_000 && argv.every(isArgument))) {
    fail("argv is not a list of at most 10000 strings without NUL");
  }
  checkImports(additionalAuthorizedImports);
  checkSignal("createSession", signal);
  checkCallbacks("createSession", { onInput, approve });
  if (checkpoint !== undefined && !["auto", "always", "never"].includes(checkpoint as string)) {
    fail(`checkpoint is ${shown(checkpoint)}, not auto, always or never`);
  }
  if (history === undefined) return;
  for (const [key, value] of Object.entries(record("createSession", history, "history is"))) {
    if (key !== "count" && key !== "bytes") fail(`history has no ${JSON.stringify(key)}`);
    if (!isCount(value)) fail(`history.${key} is ${shown(value)}, not a whole number`);
    // Each is a process, and a session has room for so many.
    if (key === "count" && Number(value) > MOST_HISTORY) {
      fail(`history.count is ${shown(value)}; at most ${MOST_HISTORY} states are kept`);
    }
  }
}

/** Throws `UsageError` for options of any other call. */
export function checkCall(what: string, options: unknown): void {
  checkSignal(what, record(what, options).signal);
}

/** Throws `UsageError` for what is not the name of a checkpoint. */
export function checkLabel(what: string, name: unknown): void {
  if (typeof name !== "string" || name.length < 1 || name.length > 200) {
    failing(what)("name is not a string of 1 to 200 characters");
  }
}

/** Throws `UsageError` for what is no whole number within bounds. */
export function checkNumber(
  what: string,
  name: string,
  value: unknown,
  [least, most]: [number, number],
): void {
  if (!isCount(value) || value < least || value > most) {
    failing(what)(`${name} is ${shown(value)}, not a whole number from ${least} to ${most}`);
  }
}

/** Variables as the wire has them. Throws `UsageError` for a name or a value that Python has no place for. */
export function encodeVariables(what: string, variables: unknown): { name: string; value: unknown }[] {
  return Object.entries(record(what, variables, "variables are")).map(([name, value]) => {
    if (name.length > 100 || !isPythonName(name)) {
      failing(what)(`${JSON.stringify(name.slice(0, 120))} is no name that a Python variable can have`);
    }
    try {
      return { name, value: encodeValue(value, name) ?? null };
    } catch (cause) {
      if (!(cause instanceof UsageError)) throw cause;
      throw new UsageError(`${what}: ${cause.message}`, { cause });
    }
  });
}

const failing =
  (what: string) =>
  (problem: string): never => {
    throw new UsageError(`${what}: ${problem}`);
  };

const record = (what: string, value: unknown, subject = "options are"): Record<string, unknown> => {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new UsageError(`${what}: ${subject} ${kindOf(value)}, not an object`);
  }
  return value as Record<string, unknown>;
};

const checkImports = (modules: unknown): void => {
  if (modules === undefined) return;
  const fail = failing("createSession");
  if (!Array.isArray(modules)) fail("additionalAuthorizedImports is not a list of module names");
  const finding = checkPolicy({ import: modules });
  if (finding) fail(`additionalAuthorizedImports${finding.path.replace(/^\/import/, "")} ${finding.problem}`);
};

const checkSignal = (what: string, signal: unknown): void => {
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    failing(what)(`signal is ${kindOf(signal)}, not an AbortSignal`);
  }
};

const checkCallbacks = (what: string, callbacks: Readonly<Record<string, unknown>>): void => {
  for (const [name, callback] of Object.entries(callbacks)) {
    if (callback !== undefined && typeof callback !== "function") {
      failing(what)(`${name} is ${kindOf(callback)}, not a function`);
    }
  }
};

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

const kindOf = (value: unknown): string =>
  value === null ? "null" : Array.isArray(value) ? "a list" : typeof value;

const shown = (value: unknown): string =>
  (typeof value === "string" ? JSON.stringify(value) : String(value)).slice(0, 80);

const MOST_HISTORY = 32;
