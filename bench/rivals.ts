import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

/** Starts the interpreter, lets it do nothing, and waits for its end: what a fresh process costs. */
export async function spawnPass(python: string): Promise<void> {
  await once(spawn(python, ["-I", "-c", "pass"], { stdio: "ignore" }), "exit");
}

/** A bare Python child that answers each line: no jail, no checks, nothing kept. */
export class BarePython {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;

  constructor(python: string, program: string) {
    this.#child = spawn(python, ["-I", "-u", "-c", program]);
    this.#lines = createInterface(this.#child.stdout)[Symbol.asyncIterator]();
  }

  async ask(line: string): Promise<string> {
    this.#child.stdin.write(`${line}\n`);
    return (await this.#lines.next()).value;
  }

  async close(): Promise<void> {
    this.#child.stdin.end();
    await once(this.#child, "exit");
  }
}

/** Evaluates each line and prints the value: the least that a round trip can be. */
export const EVAL_LOOP = "import sys\nfor line in sys.stdin:\n    print(eval(line), flush=True)";

/** Runs the JSON string on each line and prints what it left in `seconds`. */
export const EXEC_LOOP =
  "import sys, json\nfor line in sys.stdin:\n    names = {}\n    exec(json.loads(line), names)\n    print(names['seconds'], flush=True)";
