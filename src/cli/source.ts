import { open } from "node:fs/promises";
import { resolve } from "node:path";

import { UsageError } from "../errors.ts";

/** Reads a program: a file, or standard input for `-`. Bounded, and UTF-8 or a `UsageError` that says where it is not. */
export async function readSource(name: string, options: { cwd: string; limit: number }): Promise<string> {
  const bytes = name === "-" ? await readStdin(options.limit) : await readFile(name, options);
  const start = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  try {
    // What is cut off at the limit may end inside a character; it is refused for its length anyway.
    const fatal = bytes.length <= options.limit;
    return new TextDecoder("utf-8", { fatal, ignoreBOM: true }).decode(bytes.subarray(start));
  } catch {
    throw new UsageError(`${name}: not UTF-8: byte ${firstBadByte(bytes)} does not belong to a character`, {
      hint: "save the file as UTF-8; other encodings are not read",
    });
  }
}

const readFile = async (name: string, { cwd, limit }: { cwd: string; limit: number }): Promise<Buffer> => {
  const file = await open(resolve(cwd, name)).catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`${name}: ${REASONS[error.code ?? ""] ?? error.message}`);
  });
  try {
    if ((await file.stat()).isDirectory()) throw new UsageError(`${name}: is a directory`);
    const buffer = Buffer.alloc(limit + 1);
    let length = 0;
    for (;;) {
      const { bytesRead } = await file.read(buffer, length, buffer.length - length, null);
      length += bytesRead;
      if (bytesRead === 0 || length === buffer.length) return buffer.subarray(0, length);
    }
  } finally {
    await file.close();
  }
};

const readStdin = async (limit: number): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of process.stdin) {
    chunks.push(chunk as Buffer);
    length += (chunk as Buffer).length;
    if (length > limit) break;
  }
  return Buffer.concat(chunks).subarray(0, limit + 1);
};

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "no such file",
  EACCES: "may not be read by this user",
  ENAMETOOLONG: "the name is too long",
  ENOTDIR: "no such file: a part of the path is not a folder",
};

const firstBadByte = (bytes: Buffer): number => {
  let low = 0;
  let high = bytes.length;
  // The longest prefix that decodes, allowing for a character cut at its end, ends at the bad byte.
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    try {
      new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(0, middle), { stream: true });
      low = middle;
    } catch {
      high = middle - 1;
    }
  }
  // A character that its end never came to began up to three bytes before.
  while (low > 0 && !isUtf8(bytes.subarray(0, low))) low -= 1;
  return low;
};

const isUtf8 = (bytes: Buffer): boolean => {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
};
