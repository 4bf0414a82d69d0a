import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmodSync, closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { type Ran, runProgram } from "../support/program.ts";
import type { Attack } from "./attack.ts";

/** What attacks go after on this machine: a secret file, a socket of this process, this process and another one. */
export class Host implements AsyncDisposable {
  readonly folder = mkdtempSync(join(tmpdir(), "vv-escape-"));
  readonly secretText = randomBytes(12).toString("hex");
  readonly secret = join(this.folder, "secret.txt");
  readonly #socket = join(this.folder, "s");
  readonly #server: Server = createServer((socket) => socket.destroy());
  // Open without close-on-exec would be the careless user's; a session must not have it either way.
  readonly #descriptor: number;

  private constructor() {
    // Readable by everybody: only the jail may be in the way.
    chmodSync(this.folder, 0o755);
    writeFileSync(this.secret, this.secretText, { mode: 0o644 });
    this.#descriptor = openSync(this.folder, "r");
  }

  static async open(): Promise<Host> {
    const host = new Host();
    await new Promise<void>((resolve) => host.#server.listen(host.#socket, resolve));
    chmodSync(host.#socket, 0o666);
    return host;
  }

  /** The arguments of an attack, as its file's comments name them. */
  arguments(where: "control" | "jail", victim = 0): string[] {
    return [this.secret, this.#socket, process.title, String(victim), String(process.pid), where];
  }

  /** Runs an attack as a plain program. */
  async control(attack: Attack): Promise<Ran> {
    const victim: ChildProcess | undefined = attack.control?.includes("victim")
      ? spawn("sleep", ["60"], { stdio: "ignore" })
      : undefined;
    try {
      const command = ["python3", "-I", attack.file, ...this.arguments("control", victim?.pid)];
      // A shell can leave a descriptor of a folder open in what it starts.
      const [file = "", ...args] =
        attack.control === "descriptor" ? ["sh", "-c", 'exec "$@" 9<.', "sh", ...command] : command;
      return await runProgram(file, args, { cwd: this.folder });
    } finally {
      victim?.kill("SIGKILL");
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    closeSync(this.#descriptor);
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
    rmSync(this.folder, { recursive: true, force: true });
  }
}
