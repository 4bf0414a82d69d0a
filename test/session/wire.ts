import { Compile } from "typebox/compile";
import * as assert from "uvu/assert";
import type { RunOptions, Session, SessionOptions } from "../../src/index.ts";
import { fillLimits, type Limits } from "../../src/policy/limits.ts";
import type { Line } from "../../src/protocol/line.ts";
import {
  type Command,
  commandSchema,
  PROTOCOL_VERSION,
  type SessionEvent,
} from "../../src/protocol/messages.ts";
import type { Backend, Link, LinkListener } from "../../src/session/backend.ts";
import { startSession } from "../../src/session/start.ts";

const commands = Compile(commandSchema);

export const READY: SessionEvent = {
  type: "ready",
  protocol: PROTOCOL_VERSION,
  python: "3.11.0",
  enforcement: { tier: "namespaces", level: "full", layers: [], gaps: [] },
};

type Typed<T extends Command["type"]> = Extract<Command, { type: T }>;
type ResultEvent = Extract<SessionEvent, { type: "result" }>;

/** The keeper's end of a session's line, played by a test: what was sent is read here, and what is said arrives there. */
export class FakeWire implements Link {
  readonly sent: Command[] = [];
  closed = 0;
  #listener: LinkListener | undefined;
  #waiting: (() => void)[] = [];

  send(line: Line): undefined {
    const text = line.join("");
    const command: unknown = JSON.parse(text);
    assert.ok(commands.Check(command), `not a command: ${text}`);
    this.sent.push(command as Command);
    for (const wake of this.#waiting.splice(0)) wake();
    return undefined;
  }

  listen(listener: LinkListener): void {
    this.#listener = listener;
  }

  async close(): Promise<void> {
    this.closed++;
  }

  say(...events: readonly object[]): void {
    for (const event of events) this.line(JSON.stringify(event));
  }

  line(line: string): void {
    this.#listener?.line(line);
  }

  end(reason: string): void {
    this.#listener?.end(reason);
  }

  /** The `nth` command of a type, which may still have to come. */
  async command<T extends Command["type"]>(type: T, nth = 1): Promise<Typed<T>> {
    for (;;) {
      const found = this.sent.filter((command): command is Typed<T> => command.type === type)[nth - 1];
      if (found) return found;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  /** Answers the `nth` command of a type with a result. */
  async answer(type: Command["type"], fields: Partial<ResultEvent> = {}, nth = 1): Promise<void> {
    this.say(result(await this.command(type, nth), fields));
  }

  get types(): readonly Command["type"][] {
    return this.sent.map(({ type }) => type);
  }
}

/** The result of a command that went well, but for what is given. */
export function result(command: object, fields: Partial<ResultEvent> = {}): ResultEvent {
  const { id, branch } = command as { id: number; branch?: number };
  return {
    type: "result",
    id,
    ...(branch === undefined ? {} : { branch }),
    text: null,
    error: null,
    state: "kept",
    truncated: { stdout: 0, stderr: 0, output: false, displays: 0 },
    usage: { wallMs: 1, cpuMs: 1, peakMemoryBytes: 1 },
    ...fields,
  };
}

/** A Python error as a keeper tells of it. */
export function error(name: string, message: string, kind = "exception"): { error: ResultEvent["error"] } {
  return {
    error: { kind: kind as "exception", name, message, traceback: `${name}: ${message}`, line: null },
  };
}

type Setting = SessionOptions & { readonly limits?: Partial<Limits> };

/** Begins a session at the other end of a wire; it is not ready before the wire says so. */
export function dial(setting: Setting = {}): {
  wire: FakeWire;
  starting: Promise<Session>;
} {
  const { limits, ...rest } = setting ?? {};
  const wire = new FakeWire();
  const backend: Backend = { name: "fake", ungranted: [], launch: async () => wire, close: async () => {} };
  const terms = { limits: fillLimits(limits ?? {}), tiers: ["namespaces", "landlock"] };
  return { wire, starting: startSession(backend, terms, setting && rest) };
}

/** A session that is ready, with the keeper's end of its line. */
export async function connected(setting: Setting = {}): Promise<{ wire: FakeWire; session: Session }> {
  const { wire, starting } = dial(setting);
  // The line is listened to a moment after it is there.
  await Promise.resolve().then(() => {});
  await new Promise(setImmediate);
  wire.say(READY);
  if (setting.tools) await wire.answer("tools");
  if (setting.variables) await wire.answer("assign");
  return { wire, session: await starting };
}

/** A cell under way, with what its keeper says and hears. */
export async function running(options: RunOptions = {}, setting: Setting = {}) {
  const { wire, session } = await connected(setting);
  const run = session.runCode("code", options);
  const { id, ...command } = await wire.command("run");
  const say = (...events: readonly object[]): void => {
    wire.say(...events.map((event) => ({ id, ...event })));
  };
  return { wire, session, run, id, command, say };
}
