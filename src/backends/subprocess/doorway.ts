import { rmSync } from "node:fs";
import { chmod, mkdir, mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { GuestError } from "../../errors.ts";
import { parseEvent } from "../../protocol/check.ts";
import { Conversation } from "../../protocol/state.ts";
import { Connection } from "./connection.ts";

/** A session that is expected, by the name that it will say. */
export type Ticket = { readonly session: string };

/**
 * The Unix socket that sessions call, in a private folder. Who calls must name a session that is expected, in one
 * short line; everybody else is hung up on. Only this user and the zygote can call at all: a secret to say would be in
 * the zygote's memory, and so in that of every later session.
 */
export class Doorway {
  readonly #server: Server;
  readonly #outer: string;
  /** The folder that holds the socket `s`, and nothing else. */
  readonly folder: string;
  readonly #expected = new Map<string, { resolve(connection: Connection): void }>();
  readonly #sockets = new Set<Socket>();
  #count = 0;
  readonly #lineBytes: number;

  private constructor(server: Server, outer: string, lineBytes: number) {
    this.#server = server;
    this.#outer = outer;
    this.folder = join(outer, "d");
    this.#lineBytes = lineBytes;
    removeAtExit(outer);
    server.on("connection", (socket) => this.#greet(socket));
  }

  static async open(lineBytes: number): Promise<Doorway> {
    const outer = await mkdtemp(join(tmpdir(), "vivarium-"));
    const doorway = new Doorway(createServer(), outer, lineBytes);
    await mkdir(doorway.folder);
    await new Promise<void>((resolve, reject) => {
      doorway.#server.once("error", reject);
      doorway.#server.listen(join(doorway.folder, "s"), resolve);
    });
    // A zygote of another uid comes in through a descriptor of the inner folder; the outer one keeps others out.
    await chmod(doorway.folder, 0o711);
    await chmod(join(doorway.folder, "s"), 0o666);
    return doorway;
  }

  /** Makes a ticket; `arrival` resolves when the session has shown it. */
  expect(): { ticket: Ticket; arrival: Promise<Connection> } {
    const ticket = { session: String(++this.#count) };
    const arrival = new Promise<Connection>((resolve) => {
      this.#expected.set(ticket.session, { resolve });
    });
    return { ticket, arrival };
  }

  /** The session will not come. */
  forget({ session }: Ticket): void {
    this.#expected.delete(session);
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
    await rm(this.#outer, { recursive: true, force: true });
    leftovers.delete(this.#outer);
  }

  #greet(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on("close", () => this.#sockets.delete(socket));
    const connection = new Connection(socket, this.#lineBytes);
    const timer = setTimeout(() => connection.end("it did not say who it is"), HELLO_MS);
    timer.unref();
    connection.listenOnce((line) => {
      clearTimeout(timer);
      try {
        const event = parseEvent(line);
        new Conversation("dialling").receive(event);
        const known = event.type === "hello" ? this.#expected.get(event.session) : undefined;
        if (event.type !== "hello" || !known) {
          throw new GuestError("connection refused: no session of that name is expected");
        }
        this.#expected.delete(event.session);
        known.resolve(connection);
      } catch (error) {
        connection.end((error as Error).message);
      }
    });
  }
}

const HELLO_MS = 10_000;

/** Folders of doorways that are open: a process that exits without closing still leaves nothing behind. */
const leftovers = new Set<string>();
let isListening = false;

const removeAtExit = (folder: string): void => {
  leftovers.add(folder);
  if (isListening) return;
  isListening = true;
  process.once("exit", () => {
    for (const leftover of leftovers) rmSync(leftover, { recursive: true, force: true });
  });
};
