import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "uvu";

import { parseEvent } from "../../src/protocol/check.ts";
import type { FileCommand, FileEvent } from "../../src/session/switchboard.ts";
import { repo } from "../support/imports.ts";
import { pythons } from "../support/pythons.ts";
import { timed } from "../support/timed.ts";

/** A session's own folders are in memory too. */
const MEMORY = "/dev/shm";

export type Ask = (command: FileCommand) => Promise<FileEvent>;

export type Keeper = {
  /** The folder that stands for /workspace, and one beside it that nothing may reach. */
  readonly root: string;
  readonly outside: string;
  readonly ask: Ask;
  descriptors(): Promise<number>;
};

/** The newest Python there is. */
export const python = pythons().at(-1)?.file ?? "python3";

/** The keeper's part alone, in a plain process: every reply is checked as the supervisor checks it. */
export async function withKeeper(body: (keeper: Keeper) => Promise<void>, file = python): Promise<void> {
  const folder = mkdtempSync(join(existsSync(MEMORY) ? MEMORY : tmpdir(), "vivarium-files-"));
  const [root, outside] = [join(folder, "workspace"), join(folder, "outside")];
  for (const place of [root, outside]) mkdirSync(place);
  writeFileSync(join(outside, "secret"), "secret");
  const driver = spawn(file, ["-I", "-B", `${repo}/test/runtime/drive_files.py`, `${repo}/runtime`, root], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines = createInterface({ input: driver.stdout })[Symbol.asyncIterator]();
  const say = async (command: object): Promise<string> => {
    driver.stdin.write(`${JSON.stringify(command)}\n`);
    const { value, done } = await lines.next();
    if (done) throw new Error("the driver ended");
    return value;
  };
  let requests = 0;
  const ask: Ask = async (command) => {
    const event = parseEvent(await say({ type: "file", request: ++requests, ...command }));
    if (event.type !== "file" || event.request !== requests) throw new Error("answers something else");
    return event;
  };
  const descriptors = async (): Promise<number> => JSON.parse(await say({ op: "descriptors" })).count;
  try {
    await timed(60_000, "files", () => body({ root, outside, ask, descriptors }));
  } finally {
    driver.stdin.end();
    await new Promise((resolve) => driver.once("close", resolve));
    rmSync(folder, { recursive: true });
  }
}

export function inKeeper(name: string, body: (keeper: Keeper) => Promise<void>): void {
  test(name, () => withKeeper(body));
}

/** A whole file as one piece. */
export function written(path: string, text: string): FileCommand {
  return { op: "write", path, part: ".part", offset: 0, data: base64(text), end: true };
}

export function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}

/** A file's text, or the error instead. */
export async function textOf(ask: Ask, path: string): Promise<string> {
  const { error, data } = await ask({ op: "read", path });
  return error ?? Buffer.from(data ?? "", "base64").toString();
}

export async function errorOf(ask: Ask, command: FileCommand): Promise<string> {
  return (await ask(command)).error ?? "no error";
}

/** All pages of a folder. */
export async function listed(ask: Ask, path: string, recursive = true): Promise<string[]> {
  const paths: string[] = [];
  for (;;) {
    const after = paths.at(-1);
    const page = await ask({ op: "list", path, recursive, ...(after === undefined ? {} : { after }) });
    if (page.error) throw new Error(page.error);
    paths.push(...(page.entries ?? []).map((entry) => entry.path));
    if (page.end) return paths;
  }
}

/** How many steps it took until the folder was gone. */
export async function removed(ask: Ask, path: string): Promise<number> {
  for (let offset = 0; ; offset++) {
    const { error, end } = await ask({ op: "remove", path, recursive: true, offset });
    if (error) throw new Error(error);
    if (end) return offset + 1;
  }
}
