import { GuestError, UnavailableError } from "../errors.ts";
import { toLine } from "../protocol/line.ts";
import { type Command, PROTOCOL_VERSION, type ReadyEvent } from "../protocol/messages.ts";
import { checkSession, encodeVariables } from "./arguments.ts";
import type { Backend } from "./backend.ts";
import { type Desk, patienceOf } from "./desk.ts";
import { assign, equip } from "./equip.ts";
import type { SessionOptions, SessionTerms } from "./options.ts";
import { Session } from "./session.ts";
import { type Ready, Switchboard } from "./switchboard.ts";
import { ToolBox } from "./tools/toolbox.ts";

/**
 * Launches a session, waits until it is ready, at most `START_MS`, and gives it its tools and variables. What the
 * caller got wrong is found before anything is started.
 */
export async function startSession(
  backend: Backend,
  terms: SessionTerms,
  options: SessionOptions = {},
): Promise<Session> {
  checkSession(options);
  const { signal, tools = {}, variables = {}, approve, onInput } = options;
  const toolbox = new ToolBox(tools);
  const assigned = encodeVariables("createSession", variables);
  const link = await backend.launch({ signal });
  try {
    // Over the session's own line: what passed through the zygote, every later session could find in its memory.
    const start = startCommand(options, terms);
    if (start) link.send(toLine(start));
    const board = new Switchboard(link);
    const { event, lane } = await ready(board, signal);
    checkReady(event, terms);
    const enforcement = { ...event.enforcement, ungranted: backend.ungranted };
    const desk: Desk = {
      limits: terms.limits,
      approve,
      onInput,
      tools: new ToolBox({}),
      equipped: false,
      count: 0,
      owed: undefined,
    };
    const session = new Session({ board, lane, desk, about: { enforcement, python: event.python } });
    const asked = { what: "createSession", signal, patienceMs: patienceOf(terms.limits) };
    if (toolbox.wire.length > 0) {
      await equip(lane, toolbox, {
        ...asked,
        taken: () => Object.assign(desk, { tools: toolbox, equipped: true }),
      });
    }
    if (assigned.length > 0) await assign(lane, assigned, asked);
    return session;
  } catch (error) {
    await link.close();
    throw error;
  }
}

const startCommand = (
  { argv, additionalAuthorizedImports: imports, checkpoint, history }: SessionOptions,
  { limits }: SessionTerms,
): Command | undefined => {
  if (!argv && !imports && !checkpoint && !history) return undefined;
  return {
    type: "start",
    ...(argv ? { argv: [...argv] } : {}),
    ...(imports ? { imports: [...imports] } : {}),
    ...(checkpoint ? { checkpoint } : {}),
    ...(history
      ? { history: { count: history.count ?? 0, bytes: history.bytes ?? limits.memoryBytes } }
      : {}),
  };
};

const ready = async (board: Switchboard, signal: AbortSignal | undefined): Promise<Ready> => {
  const abort = (): void => board.end(signal?.reason);
  const timer = setTimeout(
    () => board.end(new GuestError(`session did not start: not ready within ${START_MS / 1000} s`)),
    START_MS,
  );
  if (signal?.aborted) abort();
  signal?.addEventListener("abort", abort, { once: true });
  try {
    return await board.ready;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", abort);
  }
};

const checkReady = ({ protocol, enforcement: { tier } }: ReadyEvent, { tiers }: SessionTerms): void => {
  if (protocol !== PROTOCOL_VERSION) {
    throw new GuestError(`session did not start: it speaks protocol ${protocol}, not ${PROTOCOL_VERSION}`);
  }
  if (!tiers.includes(tier)) {
    throw new UnavailableError(
      `session did not start: isolation is ${tier}, the policy's floor is ${tiers[0]}`,
    );
  }
};

const START_MS = 30_000;
