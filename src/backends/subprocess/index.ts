import { UnavailableError, UsageError } from "../../errors.ts";
import { findPython } from "../../host/python.ts";
import type { Plan } from "../../policy/plan.ts";
import type { Line } from "../../protocol/line.ts";
import type { Backend, LaunchOptions, Link } from "../../session/backend.ts";
import type { Connection } from "./connection.ts";
import { Doorway, type Ticket } from "./doorway.ts";
import { lowerPlan, type ZygoteConfig } from "./lower.ts";
import { Zygote } from "./zygote.ts";

export type SubprocessOptions = {
  readonly python?: string | undefined;
  readonly preload?: readonly string[] | undefined;
  readonly env?: Readonly<Record<string, string>> | undefined;
  readonly cwd: string;
};

/**
 * Sessions as processes of this machine, forked from one zygote in namespaces of their own. The zygote is started here
 * and, should it die, again with the next session.
 */
export async function createSubprocessBackend(plan: Plan, options: SubprocessOptions): Promise<Backend> {
  const arch = process.arch === "x64" ? "x86_64" : process.arch === "arm64" ? "aarch64" : undefined;
  if (process.platform !== "linux" || !arch) {
    throw new UnavailableError(`subprocess backend: ${process.platform} ${process.arch}: not supported`, {
      hint: "the subprocess backend needs Linux on x86_64 or aarch64",
    });
  }
  const python = findPython(options.python, options.cwd);
  const { config, ungranted } = lowerPlan(
    plan,
    { arch, env: process.env },
    {
      ...(options.preload ? { preload: options.preload } : {}),
      ...(options.env ? { env: options.env } : {}),
    },
  );
  const backend = new SubprocessBackend(python, config, ungranted);
  await backend.start();
  return backend;
}

class SubprocessBackend implements Backend {
  readonly name = "subprocess";
  readonly ungranted: readonly string[];
  readonly #python: string;
  readonly #config: ZygoteConfig;
  #doorway: Promise<Doorway> | undefined;
  #zygote: Promise<Zygote> | undefined;
  readonly #links = new Set<SessionLink>();
  #closed = false;

  constructor(python: string, config: ZygoteConfig, ungranted: readonly string[]) {
    this.#python = python;
    this.#config = config;
    this.ungranted = ungranted;
  }

  /** Starts what sessions need, so that what is missing is said at once. */
  async start(): Promise<void> {
    try {
      await this.#living();
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  async launch({ signal }: LaunchOptions): Promise<Link> {
    if (this.#closed) throw new UsageError("executor used after close");
    signal?.throwIfAborted();
    const { zygote, connection, ticket } = await this.#fork(signal);
    const link = new SessionLink(zygote, connection, ticket, () => this.#links.delete(link));
    this.#links.add(link);
    return link;
  }

  async #fork(signal: AbortSignal | undefined) {
    for (let again = false; ; again = true) {
      const living = this.#living();
      const zygote = await living;
      try {
        return { zygote, ...(await zygote.fork(signal)) };
      } catch (error) {
        // It died over it: another one is asked, once.
        if (again || !zygote.hasEnded || this.#closed) throw error;
        if (this.#zygote === living) this.#zygote = undefined;
      }
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#links].map((link) => link.close()));
    await this.#zygote?.then(
      (zygote) => zygote.close(),
      () => {},
    );
    await this.#doorway?.then((doorway) => doorway.close());
  }

  #living(): Promise<Zygote> {
    if (this.#zygote) return this.#zygote;
    const starting = this.#begin();
    this.#zygote = starting;
    const forget = (): void => {
      if (this.#zygote === starting) this.#zygote = undefined;
    };
    starting.then(({ died }) => died.then(forget), forget);
    return starting;
  }

  async #begin(): Promise<Zygote> {
    this.#doorway ??= Doorway.open(this.#config.lineBytes);
    return Zygote.start(this.#python, this.#config, await this.#doorway);
  }
}

/** A session's line, and the means to end it. */
class SessionLink implements Link {
  readonly #zygote: Zygote;
  readonly #connection: Connection;
  readonly #ticket: Ticket;
  readonly #forget: () => void;
  #closing: Promise<void> | undefined;

  constructor(zygote: Zygote, connection: Connection, ticket: Ticket, forget: () => void) {
    this.#zygote = zygote;
    this.#connection = connection;
    this.#ticket = ticket;
    this.#forget = forget;
  }

  send(line: Line): Promise<void> | undefined {
    return this.#connection.send(line);
  }

  listen(listener: Parameters<Link["listen"]>[0]): void {
    this.#connection.listen(listener);
  }

  close(): Promise<void> {
    // Not at once: ending the connection tells the session, which closes this again before it is noted as closing.
    this.#closing ??= Promise.resolve()
      .then(() => this.#zygote.end(this.#ticket, this.#connection))
      .finally(this.#forget);
    return this.#closing;
  }
}
