import { Compile } from "typebox/compile";

import { GuestError } from "../errors.ts";
import { eventSchema, type SessionEvent, type ZygoteReply, zygoteReplySchema } from "./messages.ts";

const eventGuard = Compile(eventSchema);
const zygoteReplyGuard = Compile(zygoteReplySchema);

/** One line from a session as a message; throws `GuestError` for anything else. */
export function parseEvent(line: string): SessionEvent {
  const value = parseJson(line);
  if (!eventGuard.Check(value)) throw new GuestError(brokenBy("session", eventGuard.Errors(value)[0]));
  return value;
}

/** One line from a zygote as a message; throws `GuestError` for anything else. */
export function parseZygoteReply(line: string): ZygoteReply {
  const value = parseJson(line);
  if (!zygoteReplyGuard.Check(value))
    throw new GuestError(brokenBy("zygote", zygoteReplyGuard.Errors(value)[0]));
  return value;
}

const parseJson = (line: string): unknown => {
  try {
    return JSON.parse(line);
  } catch (cause) {
    throw new GuestError(`message refused: not a JSON line: ${line.slice(0, 80)}`, { cause });
  }
};

const brokenBy = (who: string, error: { instancePath: string; message: string } | undefined): string =>
  `message from the ${who} refused: ${error?.instancePath || "/"}: ${error?.message ?? "not as agreed"}`;
