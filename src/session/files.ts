import { GuestError, UsageError } from "../errors.ts";
import { checkOptions, checkPath, contentOf } from "./file-arguments.ts";
import type { FileCommand, FileEvent } from "./switchboard.ts";

export type FileOptions = {
  /** Gives up; the promise then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
};

export type ReadOptions = FileOptions & {
  /** The largest file that is read, in bytes. Default: the policy's `fileBytes`. */
  readonly maxBytes?: number;
};

export type ListOptions = FileOptions & {
  /** Whether what is in folders is listed too. Default: false. */
  readonly recursive?: boolean;
  /** How many entries are listed. Default: 10,000. */
  readonly maxEntries?: number;
};

export type RemoveOptions = FileOptions & {
  /** Whether a folder goes with all that is in it. Default: false. */
  readonly recursive?: boolean;
};

/** One thing in a folder. */
export type FileEntry = {
  /** From the workspace on, to be used with `read` and the others. A byte that is no UTF-8 is a lone surrogate. */
  readonly path: string;
  /** A link is never looked behind. */
  readonly kind: "file" | "folder" | "link" | "other";
  readonly bytes: number;
  /** Milliseconds since 1970, as a cell may have set them. */
  readonly modifiedMs: number;
};

/** What a folder holds, folders before what is in them. */
export type FileList = {
  readonly entries: readonly FileEntry[];
  /** Whether there is more than was listed: beyond `maxEntries`, too deep, or in a folder that cannot be read. */
  readonly cut: boolean;
};

type Ask = (command: FileCommand, options: { readonly signal?: AbortSignal }) => Promise<FileEvent>;

/**
 * The files of a session's workspace, also while a cell runs. Paths start there (`data/a.csv`; `/workspace/data/a.csv`
 * is the same). Links that stay inside are followed when reading; nothing outside is ever reached. What cannot be done
 * throws `UsageError` that names the path; a session that is gone, `GuestError`.
 */
export class SessionFiles {
  readonly #request: Ask;
  readonly #fileBytes: number;

  /** @internal Made by the session. */
  constructor(request: Ask, { fileBytes }: { readonly fileBytes: number }) {
    this.#request = request;
    this.#fileBytes = fileBytes;
  }

  /** A file's bytes. A file that is replaced meanwhile is read anew; what is written into it may be seen half. */
  async read(path: string, options: ReadOptions = {}): Promise<Uint8Array> {
    checkPath("read", path);
    checkOptions("read", options);
    for (let attempt = 0; attempt < READ_ATTEMPTS; attempt++) {
      const bytes = await this.#readOnce(path, options);
      if (bytes) return bytes;
    }
    throw new UsageError(`files.read: replaced again and again while it was read: ${path}`);
  }

  /** A file as text; throws `UsageError` when it is not UTF-8. */
  async readText(path: string, options: ReadOptions = {}): Promise<string> {
    const bytes = await this.read(path, options);
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch {
      throw new UsageError(`files.readText: not UTF-8: ${path}`);
    }
  }

  /**
   * Makes a file or replaces one, with the folders above it. Cells see the old file or the new one, never half of it;
   * a link that has the name is replaced, and what it leads to stays as it is. Text is written as UTF-8.
   */
  async write(path: string, content: string | Uint8Array, options: FileOptions = {}): Promise<void> {
    checkPath("write", path);
    checkOptions("write", options);
    const bytes = contentOf(path, content);
    const [, folder = "", name = ""] = /^(.*\/)?([^/]*)$/s.exec(path) ?? [];
    if (name === "" || name === "." || name === "..")
      throw new UsageError(`files.write: not a name of a file: ${path}`);
    const part = `.vivarium-${crypto.randomUUID().slice(0, 8)}`;
    try {
      for (let offset = 0, end = false; !end; offset += PIECE_BYTES) {
        const piece = bytes.subarray(offset, offset + PIECE_BYTES);
        end = offset + PIECE_BYTES >= bytes.length;
        await this.#ask(
          "write",
          { op: "write", path, part, offset, data: piece.toString("base64"), end },
          options,
        );
      }
    } catch (error) {
      // Not waited for: whatever is asked next is answered after it.
      this.#request({ op: "remove", path: folder + part }, {}).catch(() => {});
      throw error;
    }
  }

  /** What a folder holds; the workspace itself without a path. */
  async list(path = ".", options: ListOptions = {}): Promise<FileList> {
    checkPath("list", path);
    checkOptions("list", options);
    const { recursive = false, maxEntries = LIST_ENTRIES } = options;
    const entries: FileEntry[] = [];
    let cut = false;
    for (let end = false; !end && entries.length <= maxEntries; ) {
      const after = entries.at(-1)?.path;
      const page = await this.#ask(
        "list",
        { op: "list", path, recursive, ...(after === undefined ? {} : { after }) },
        options,
      );
      const found = page.entries ?? [];
      end = page.end === true;
      cut ||= page.cut === true;
      if (!end && found.length === 0) throw new GuestError("files.list: the session answered with nothing");
      for (const entry of found) entries.push(entry);
    }
    return { entries: entries.slice(0, maxEntries), cut: cut || entries.length > maxEntries };
  }

  /** Takes away a file, a link (never what it leads to) or an empty folder; with `recursive` any folder. */
  async remove(path: string, options: RemoveOptions = {}): Promise<void> {
    checkPath("remove", path);
    checkOptions("remove", options);
    const { recursive = false } = options;
    for (let offset = 0; offset < REMOVE_STEPS; offset++) {
      const { end } = await this.#ask("remove", { op: "remove", path, recursive, offset }, options);
      if (end === true) return;
    }
    throw new UsageError(`files.remove: filled by a cell as fast as it is emptied: ${path}`);
  }

  /** The file's bytes, or nothing when another file took its name meanwhile. */
  async #readOnce(path: string, options: ReadOptions): Promise<Uint8Array | undefined> {
    const { maxBytes = this.#fileBytes } = options;
    const pieces: Buffer[] = [];
    let version: string | undefined;
    for (let offset = 0, end = false; !end; ) {
      const event = await this.#ask("read", { op: "read", path, offset, length: PIECE_BYTES }, options);
      if (offset > 0 && event.version !== version) return undefined;
      version = event.version;
      const piece = Buffer.from(event.data ?? "", "base64");
      offset += piece.length;
      end = event.end === true;
      if (!end && piece.length === 0) throw new GuestError("files.read: the session answered with nothing");
      // The whole size is known from the first piece on.
      if (Math.max(offset, event.entries?.[0]?.bytes ?? 0) > maxBytes) {
        throw new UsageError(`files.read: larger than ${maxBytes} bytes: ${path}`, {
          hint: "maxBytes says how much may be read",
        });
      }
      pieces.push(piece);
    }
    return joined(pieces);
  }

  async #ask(operation: string, command: FileCommand, { signal }: FileOptions): Promise<FileEvent> {
    const event = await this.#request(command, signal ? { signal } : {});
    if (event.error === undefined) return event;
    throw new UsageError(`files.${operation}: ${event.error}`, {
      hint: event.error.startsWith("folder not empty")
        ? "recursive: true takes away what is in it too"
        : undefined,
    });
  }
}

/** What one message carries: little enough that the keeper's other work does not wait for it. */
const PIECE_BYTES = 256 * 1024;
const LIST_ENTRIES = 10_000;
const READ_ATTEMPTS = 3;
/** Each takes away up to a thousand files. */
const REMOVE_STEPS = 10_000;

/** A plain array of its own memory: a `Buffer` may be a window on memory that others use. */
const joined = (pieces: readonly Buffer[]): Uint8Array => {
  const bytes = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const piece of pieces) {
    bytes.set(piece, offset);
    offset += piece.length;
  }
  return bytes;
};
