#!/usr/bin/env node
import { readFileSync } from "node:fs";

import { GuestError, PolicyError, UnavailableError, UsageError } from "../errors.ts";
import type { Io } from "./io.ts";
import { STATUS } from "./status.ts";

const USAGE = `usage: vivarium run [options] FILE [ARGUMENT ...]   run a Python program in a confined session; - is stdin
       vivarium policy show | explain | list         what a policy allows
       vivarium --version

vivarium COMMAND --help says more.
`;

/** Every command is loaded only when it is called: starting is what a person waits for. */
const COMMANDS: Readonly<Record<string, () => Promise<(args: string[], io: Io) => Promise<number>>>> = {
  run: async () => (await import("./run.ts")).runCommand,
  policy: async () => (await import("./policy.ts")).policyCommand,
};

const main = async (args: string[], io: Io): Promise<number> => {
  const [name, ...rest] = args;
  if (name === "--help" || name === "-h" || name === "help") {
    io.stdout(USAGE);
    return STATUS.ok;
  }
  if (name === "--version") {
    const file = new URL("../../package.json", import.meta.url);
    io.stdout(`vivarium ${JSON.parse(readFileSync(file, "utf8")).version}\n`);
    return STATUS.ok;
  }
  const command = name === undefined || !Object.hasOwn(COMMANDS, name) ? undefined : COMMANDS[name];
  if (!command) {
    io.stderr(name === undefined ? USAGE : `vivarium: no such command: ${name}\n${USAGE}`);
    return STATUS.usage;
  }
  try {
    return await (await command())(rest, io);
  } catch (error) {
    if (error instanceof UsageError || error instanceof PolicyError) {
      io.stderr(`vivarium: ${error.message}\n`);
      return STATUS.usage;
    }
    if (error instanceof UnavailableError) {
      io.stderr(`vivarium: ${error.message}\n`);
      return STATUS.unavailable;
    }
    if (error instanceof GuestError) {
      io.stderr(`vivarium: ${error.message}\n`);
      return STATUS.resource;
    }
    throw error;
  }
};

// A reader that has seen enough (`| head`) is no error of ours.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    process.exit();
  });
}

process.exitCode = await main(process.argv.slice(2), {
  stdout: (text) => void process.stdout.write(text),
  stderr: (text) => void process.stderr.write(text),
  cwd: process.cwd(),
});
