import { encodeValue } from "../../../src/protocol/values.ts";
import type { Approve } from "../../../src/session/tools/approval.ts";
import { type CallAnswer, ToolCalls, type ToolCallsOptions } from "../../../src/session/tools/calls.ts";
import type { ToolCallRecord } from "../../../src/session/tools/records.ts";
import type { Tool } from "../../../src/session/tools/tool.ts";
import { ToolBox } from "../../../src/session/tools/toolbox.ts";
import { timed } from "../../support/timed.ts";

type Options = {
  readonly approve?: Approve;
  readonly limits?: Partial<ToolCallsOptions["limits"]>;
};

/** The tool calls of a cell, with a session's end that keeps what is answered and emitted. */
export function cellWith(tools: Readonly<Record<string, Tool>>, { approve, limits }: Options = {}) {
  const answers: CallAnswer[] = [];
  const events: ToolCallRecord[] = [];
  const waiting = new Map<number, (answer: CallAnswer) => void>();
  const calls = new ToolCalls({
    toolbox: new ToolBox(tools),
    limits: { toolCalls: 1000, resultBytes: 1_000_000, ...limits },
    approve,
    answer: (answer) => {
      answers.push(answer);
      waiting.get(answer.call)?.(answer);
    },
    emit: ({ call }) => events.push(call),
  });
  let last = 0;
  /** Sends wire values as they are, under an id of the caller's choice. */
  const send = (tool: string, sent: { name: string; value: unknown }[], id = ++last): Promise<CallAnswer> => {
    const answered = new Promise<CallAnswer>((resolve) => waiting.set(id, resolve));
    calls.receive({ type: "call", id: 1, call: id, tool, arguments: sent });
    return timed(10_000, `the answer to call ${id}`, answered);
  };
  const call = (tool: string, values: Readonly<Record<string, unknown>> = {}): Promise<CallAnswer> =>
    send(
      tool,
      Object.entries(values).map(([name, value]) => ({
        name,
        value: JSON.parse(JSON.stringify(encodeValue(value))),
      })),
    );
  return { calls, answers, events, send, call };
}

/** The error of an answer as one text. */
export function errorOf(answer: CallAnswer): string {
  if (!("error" in answer)) throw new Error(`expected an error, but got ${JSON.stringify(answer)}`);
  return `${answer.error.name}: ${answer.error.message}`;
}

/** The wire value of an answer that is meant to have one. */
export function resultOf(answer: CallAnswer): unknown {
  if ("error" in answer) throw new Error(`the call failed: ${errorOf(answer)}`);
  return answer.value;
}
