import { PolicyError, UnavailableError, UsageError } from "./errors.ts";
import { checkPolicy } from "./policy/check.ts";
import { compilePolicy } from "./policy/compile.ts";
import type { Limits } from "./policy/limits.ts";
import { loadPolicy } from "./policy/load.ts";
import { applyLayer } from "./policy/merge.ts";
import { limitsOf, type Plan } from "./policy/plan.ts";
import { type PolicyInput, TIERS } from "./policy/schema.ts";
import type { Backend } from "./session/backend.ts";
import type { SessionOptions } from "./session/options.ts";
import type { Session } from "./session/session.ts";
import { startSession } from "./session/start.ts";

export type ExecutorOptions = {
  /** A shipped policy (`strict`, `data`, `open`), the path of a policy file, or a policy. Default: `strict`. */
  readonly policy?: string | PolicyInput;
  /** What is laid over the policy, as the command line's flags are: allow lists add, deny lists win. */
  readonly overlay?: Omit<PolicyInput, "extends">;
  /** Modules allowed beside the policy's, as smolagents' `additional_authorized_imports`. */
  readonly additionalAuthorizedImports?: readonly string[];
  /** `auto` is the subprocess backend on Linux; it never falls back to another one. Default: `auto`. */
  readonly backend?: "auto" | "subprocess";
  /** The interpreter: a path, or a name to look for on PATH. Default: `python3`. */
  readonly python?: string;
  /** Modules imported once, before sessions are forked, so that importing them costs a session nothing. */
  readonly preload?: readonly string[];
  /** Environment variables of the sessions, whatever the policy's `env` says. */
  readonly env?: Readonly<Record<string, string>>;
  /** Where relative paths start. Default: the process's working directory. */
  readonly cwd?: string;
};

/** Makes sessions of one backend under one policy. Close it, or declare it with `await using`. */
export class PythonExecutor implements AsyncDisposable {
  /** The compiled policy. */
  readonly plan: Plan;
  /** The policy's limits, defaults filled in. */
  readonly limits: Limits;
  readonly #backend: Backend;

  private constructor(plan: Plan, backend: Backend) {
    this.plan = plan;
    this.#backend = backend;
    this.limits = limitsOf(plan);
  }

  /**
   * Loads the policy and starts the backend. Throws `PolicyError` for a bad policy, and `UnavailableError` where this
   * machine cannot give what the policy's isolation floor asks for.
   */
  static async create(options: ExecutorOptions = {}): Promise<PythonExecutor> {
    const cwd = options.cwd ?? process.cwd();
    const backend = options.backend ?? "auto";
    if (backend !== "auto" && backend !== "subprocess") {
      throw new UsageError(
        `PythonExecutor.create: backend is ${JSON.stringify(backend)}, not auto or subprocess`,
      );
    }
    if (options.python !== undefined && (typeof options.python !== "string" || options.python === "")) {
      throw new UsageError("PythonExecutor.create: python is not the path or name of a program");
    }
    if (process.platform !== "linux") {
      throw new UnavailableError(`no backend for ${process.platform} yet`, {
        hint: "the subprocess backend needs Linux",
      });
    }
    const loaded = await loadPolicy(options.policy ?? "strict", { cwd });
    const layers = [options.overlay ?? {}, importLayer(options.additionalAuthorizedImports)];
    const resolved = layers.reduce((policy, input) => {
      const finding = checkPolicy(input);
      if (finding) {
        throw new PolicyError(`overlay: ${finding.path || "/"} ${finding.problem}`, { hint: finding.hint });
      }
      return applyLayer(policy, { input, base: cwd });
    }, loaded);
    checkEnvironment(options.env);
    const plan = compilePolicy(resolved);
    const { createSubprocessBackend } = await import("./backends/subprocess/index.ts");
    return new PythonExecutor(
      plan,
      await createSubprocessBackend(plan, {
        python: options.python,
        preload: options.preload,
        env: options.env,
        cwd,
      }),
    );
  }

  /** Starts a session: a namespace of its own, behind walls of its own. */
  createSession(options: SessionOptions = {}): Promise<Session> {
    const floor = this.plan.operations.find((operation) => operation.op === "floor");
    const tiers = TIERS.slice(TIERS.indexOf(floor?.tier ?? "namespaces"));
    return startSession(this.#backend, { limits: this.limits, tiers }, options);
  }

  /** Ends every session and the backend. Safe to call twice. */
  close(): Promise<void> {
    return this.#backend.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

const importLayer = (modules: unknown): PolicyInput => {
  if (modules === undefined) return {};
  if (!Array.isArray(modules)) {
    throw new UsageError("PythonExecutor.create: additionalAuthorizedImports is not a list of module names");
  }
  return { import: modules };
};

const checkEnvironment = (env: unknown): void => {
  for (const [name, value] of Object.entries(env ?? {})) {
    if (!/^[^=\0]+$/.test(name) || typeof value !== "string" || value.includes("\0")) {
      throw new UsageError(
        `PythonExecutor.create: env: ${JSON.stringify(name)} is not a name and a string without NUL`,
      );
    }
  }
};
