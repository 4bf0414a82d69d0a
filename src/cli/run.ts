import { constants } from "node:os";

import { PythonExecutor } from "../executor.ts";
import { encodeValue } from "../protocol/values.ts";
import type { Execution } from "../session/execution.ts";
import type { Io } from "./io.ts";
import { parseRunArguments, type RunCommandOptions } from "./run-options.ts";
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
  // Before anything is started: what is started must be ended, whenever the signal comes.
  using signals = catchSignals();
  try {
    return await run(options, io, signals);
  } catch (error) {
    if (signals.status === undefined) throw error;
    return signals.status;
  }
}

const run = async (options: RunCommandOptions, io: Io, signals: Signals): Promise<number> => {
  await using executor = await PythonExecutor.create({
    policy: options.policy,
    overlay: options.overlay,
    cwd: io.cwd,
    ...(options.python === undefined ? {} : { python: options.python }),
  });
  const source = await readSource(options.file, { cwd: io.cwd, limit: executor.limits.sourceBytes });
  await using session = await executor.createSession({
    argv: [options.file, ...options.argv],
    signal: signals.end,
  });
  signals.end.throwIfAborted();
  signals.end.addEventListener("abort", () => void session.close());
  for (const missing of session.enforcement.ungranted) io.stderr(`vivarium: ${missing}\n`);
  signals.programStarts();
  const execution = await session.runCode(source, {
    filename: options.file === "-" ? "<stdin>" : options.file.replace(/\p{Cc}/gu, "?").slice(-1000),
    signal: signals.interrupt,
    ...(options.json ? {} : { onStdout: io.stdout, onStderr: io.stderr }),
  });
  if (options.json) io.stdout(`${JSON.stringify({ ...execution, output: encodeValue(execution.output) })}\n`);
  else report(execution, io);
  return statusOf(execution);
};

const report = ({ error, denials }: Execution, io: Io): void => {
  if (!error) return;
  if (error.kind === "exit" && error.name === "SystemExit") {
    // As the interpreter does: what is no status is printed.
    if (error.message) io.stderr(`${error.message}\n`);
    return;
  }
  io.stderr(`${error.traceback}\n`);
  if (error.kind === "permission") for (const denial of denials) io.stderr(`${denial.message}\n`);
};

type Signals = Disposable & {
  /** The first Ctrl-C: interrupts the Python. */
  readonly interrupt: AbortSignal;
  /** The second, or a request to terminate: ends everything. */
  readonly end: AbortSignal;
  /** From now on there is something to interrupt; until then the first Ctrl-C ends everything. */
  programStarts(): void;
  /** The exit status, once it is to end. */
  readonly status: number | undefined;
};

const catchSignals = (): Signals => {
  const interrupt = new AbortController();
  const end = new AbortController();
  let status: number | undefined;
  let started = false;
  const stop = (signal: NodeJS.Signals): void => {
    if (signal === "SIGINT" && started && !interrupt.signal.aborted) {
      interrupt.abort();
      return;
    }
    status ??= 128 + constants.signals[signal];
    end.abort();
  };
  for (const signal of SIGNALS) process.on(signal, stop);
  return {
    interrupt: interrupt.signal,
    end: end.signal,
    programStarts: () => {
      started = true;
    },
    get status() {
      return status;
    },
    [Symbol.dispose]: () => {
      for (const signal of SIGNALS) process.off(signal, stop);
    },
  };
};

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
