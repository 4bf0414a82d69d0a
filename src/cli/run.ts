import { PythonExecutor } from "../executor.ts";
import { encodeValue } from "../protocol/values.ts";
import type { Execution } from "../session/execution.ts";
import type { Io } from "./io.ts";
import { parseRunArguments } from "./run-options.ts";
import { readSource } from "./source.ts";
import { STATUS, statusOf } from "./status.ts";

const USAGE = `usage: vivarium run [options] FILE [ARGUMENT ...]

Runs a Python program as one cell of a fresh, confined session. FILE may be - for standard input.

  --policy NAME|FILE     strict (default), data, open, or a policy file
  --allow-X[=A,B]        grant read, write, net, env, run, sys, ffi or import; -A grants all
  --deny-X[=A,B]         take away; it always wins
  --timeout TIME         wall time, such as 10s
  --memory SIZE          such as 512MiB
  --max-output SIZE      what is kept of stdout, and as much of stderr; the middle of more is cut
  --python PROGRAM       the interpreter; default python3
  --json                 print one Execution as a JSON line, and nothing else on stdout

Exit status: 0 ok, 1 Python exception or syntax error, 2 usage, 122 resource limit or crash, 123 refused by policy,
124 timeout, 125 backend unavailable or weaker than the policy's floor; SystemExit keeps its own.
`;

/** `vivarium run`. Resolves to the exit status. */
export async function runCommand(args: string[], io: Io): Promise<number> {
  if (args[0] === "--help" || args[0] === "-h") {
    io.stdout(USAGE);
    return STATUS.ok;
  }
  const options = parseRunArguments(args);
  await using executor = await PythonExecutor.create({
    policy: options.policy,
    overlay: options.overlay,
    cwd: io.cwd,
    ...(options.python === undefined ? {} : { python: options.python }),
  });
  const source = await readSource(options.file, { cwd: io.cwd, limit: executor.limits.sourceBytes });
  await using session = await executor.createSession({ argv: [options.file, ...options.argv] });
  for (const missing of session.enforcement.ungranted) io.stderr(`vivarium: ${missing}\n`);
  using interrupts = catchInterrupts(() => void session.close());
  const execution = await session.runCode(source, {
    filename: options.file === "-" ? "<stdin>" : options.file,
    signal: interrupts.signal,
    ...(options.json ? {} : { onStdout: io.stdout, onStderr: io.stderr }),
  });
  if (options.json) io.stdout(`${JSON.stringify({ ...execution, output: encodeValue(execution.output) })}\n`);
  else report(execution, io);
  return statusOf(execution);
}

const report = ({ error, denials }: Execution, io: Io): void => {
  if (!error || (error.kind === "exit" && error.name === "SystemExit")) return;
  io.stderr(`${error.traceback}\n`);
  if (error.kind === "permission") for (const denial of denials) io.stderr(`${denial.message}\n`);
};

/** The first Ctrl-C interrupts the Python, the second ends it. */
const catchInterrupts = (again: () => void): Disposable & { signal: AbortSignal } => {
  const controller = new AbortController();
  const onSignal = (): void => {
    if (controller.signal.aborted) again();
    controller.abort();
  };
  process.on("SIGINT", onSignal);
  return {
    signal: controller.signal,
    [Symbol.dispose]: () => void process.off("SIGINT", onSignal),
  };
};
