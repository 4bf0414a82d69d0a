import { type ChildProcess, spawn } from "node:child_process";
import type { Duplex } from "node:stream";
import { fileURLToPath } from "node:url";
import type { Static } from "typebox";
import { Compile } from "typebox/compile";

import { LineReader } from "../../src/protocol/lines.ts";
import { type Command, type WireTool, workerReportSchema } from "../../src/protocol/messages.ts";
import { repo } from "../support/imports.ts";
import { killGroup } from "../support/program.ts";
import { timed } from "../support/timed.ts";

type Report = Static<typeof workerReportSchema>;
type Of<T extends Report["type"]> = Extract<Report, { type: T }>;
export type Call = Of<"call">;

/** What answers a cell's calls: a wire value, an error thrown, or `unanswered`. */
export type Answering = (call: Call, args: Readonly<Record<string, unknown>>) => unknown;

/** The answer that never comes. */
export const unanswered = Symbol("unanswered");

export type Ran = {
  readonly result: Of<"result">;
  readonly calls: readonly Call[];
  readonly displays: readonly Of<"display">[];
  readonly finals: readonly Of<"final">[];
  readonly prompts: readonly string[];
  readonly denials: readonly Of<"denial">[];
};

type RunOptions = {
  readonly answer?: Answering;
  /** The lines that `input()` gets; null is their end. Without it nobody answers. */
  readonly input?: readonly (string | null)[];
  /** Sees every report as it comes. */
  readonly onReport?: (report: Report) => void;
};

const guard = Compile(workerReportSchema);

/** A worker without walls, whose keeper the test is. */
export class WorkerHost {
  readonly #child: ChildProcess;
  readonly #channel: Duplex;
  readonly #written = { stdout: "", stderr: "" };
  #hear: (report: Report) => void = () => {};
  #fail: (error: Error) => void = () => {};
  #id = 0;

  constructor(python: string, resultBytes = 100_000) {
    const script = fileURLToPath(new URL("./worker_host.py", import.meta.url));
    this.#child = spawn(python, ["-I", "-B", script, `${repo}/runtime`, String(resultBytes)], {
      stdio: ["ignore", "pipe", "pipe", "pipe"],
      detached: true,
      env: { PATH: process.env.PATH, MPLBACKEND: "agg" },
    });
    this.#channel = this.#child.stdio[3] as Duplex;
    const lines = new LineReader(64 << 20);
    this.#channel.on("data", (chunk: Buffer) => {
      for (const line of lines.feed(chunk)) this.#report(JSON.parse(line));
    });
    this.#channel.on("error", () => {});
    for (const name of ["stdout", "stderr"] as const) {
      this.#child[name]?.on("data", (chunk: Buffer) => {
        this.#written[name] += chunk.toString("utf8");
      });
    }
    this.#child.on("close", (status, signal) =>
      this.#fail(new Error(`the worker ended (${status ?? signal}): ${this.#written.stderr}`)),
    );
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** What it has printed since it was last asked; all of it once a marker of ours has come through. */
  async printed(): Promise<{ stdout: string; stderr: string }> {
    const marker = `<end ${this.#id}>`;
    await this.run(`import os as _os; [_os.write(n, b"${marker}") for n in (1, 2)]; del _os`);
    for (const name of ["stdout", "stderr"] as const) {
      while (!this.#written[name].includes(marker)) {
        await new Promise((resolve) => this.#child[name]?.once("data", resolve));
      }
    }
    const { stdout, stderr } = this.#written;
    Object.assign(this.#written, { stdout: "", stderr: "" });
    return { stdout: stdout.replace(marker, ""), stderr: stderr.replace(marker, "") };
  }

  run(code: string, { answer, input, onReport }: RunOptions = {}): Promise<Ran> {
    const given = [...(input ?? [])];
    return this.order(
      { type: "run", code, filename: `<cell ${this.#id + 1}>`, input: input !== undefined },
      (report) => {
        onReport?.(report);
        if (report.type === "call") this.#answer(report, answer ?? (() => unanswered));
        if (report.type === "input")
          this.send({ type: "answer", call: report.call, value: given.shift() ?? null });
      },
    );
  }

  /** Sends an order and waits for its result. */
  order(
    order: Record<string, unknown> & { type: Command["type"] },
    onReport: (report: Report) => void = () => {},
  ) {
    const id = ++this.#id;
    const said: Report[] = [];
    const ended = new Promise<Of<"result">>((resolve, reject) => {
      this.#fail = reject;
      this.#hear = (report) => {
        if (report.id !== id)
          reject(new Error(`a report for ${report.id}, which is over: ${JSON.stringify(report)}`));
        if (report.type === "result") resolve(report);
        else said.push(report);
        onReport(report);
      };
    });
    this.send({ ...order, id });
    return timed(20_000, JSON.stringify(order).slice(0, 300), async (): Promise<Ran> => {
      const result = await ended;
      const of = <T extends Report["type"]>(type: T) =>
        said.filter((report): report is Of<T> => report.type === type);
      return {
        result,
        calls: of("call"),
        displays: of("display"),
        finals: of("final"),
        prompts: of("input").map(({ prompt }) => prompt),
        denials: of("denial"),
      };
    });
  }

  tools(...tools: readonly WireTool[]): Promise<Ran> {
    return this.order({ type: "tools", tools });
  }

  send(message: Record<string, unknown>): void {
    this.#channel.write(`${JSON.stringify(message)}\n`);
  }

  interrupt(): void {
    process.kill(this.pid, "SIGINT");
  }

  close(): void {
    this.#fail = () => {};
    killGroup(this.#child.pid);
  }

  #report(report: unknown): void {
    if (guard.Check(report)) this.#hear(report);
    else
      this.#fail(
        new Error(`not a report: ${JSON.stringify(report)} ${JSON.stringify(guard.Errors(report)[0])}`),
      );
  }

  async #answer(call: Call, answer: Answering): Promise<void> {
    const args = Object.fromEntries(call.arguments.map(({ name, value }) => [name, value]));
    try {
      const value = await answer(call, args);
      if (value !== unanswered) this.send({ type: "answer", call: call.call, value });
    } catch (error) {
      const { name, message } = error as Error;
      this.send({ type: "answer", call: call.call, error: { name, message } });
    }
  }
}

/** A tool as the host describes it, with required parameters but for those that end in `?` or have a default. */
export function wireTool(
  name: string,
  parameters: readonly (string | readonly [string, unknown])[] = [],
): WireTool {
  return {
    name,
    doc: `Does ${name}.`,
    parameters: parameters.map((each) => {
      const [text, ...value] = typeof each === "string" ? [each] : each;
      const key = text.replace("?", "");
      const required = key === text && value.length === 0;
      return { name: key, key, required, annotation: "str", ...(value.length ? { default: value[0] } : {}) };
    }),
    rest: false,
    returns: "dict",
  };
}

/** Runs a body with a worker of its own, under one Python. */
export async function withWorker(python: string, body: (worker: WorkerHost) => Promise<void>): Promise<void> {
  const worker = new WorkerHost(python);
  try {
    await timed(60_000, "a worker's test", () => body(worker));
  } finally {
    worker.close();
  }
}
