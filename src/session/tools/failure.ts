import { homedir } from "node:os";

import { wholeCharacters } from "./literal.ts";

/** An error as a cell gets to see it, as a `ToolError`. */
export type CallError = { readonly name: string; readonly message: string };

/** Names of the errors that come from here and not from a tool. */
export type RefusalName =
  | "InvalidArguments"
  | "CallRefused"
  | "BudgetExceeded"
  | "UnknownTool"
  | "InvalidResult"
  | "ResultTooLarge";

/** An error worded here, bounded. */
export const refusal = (name: RefusalName, message: string): CallError => ({
  name,
  message: bounded(message),
});

/**
 * What a tool threw, for a cell: its name and message, never its stack or cause. Places of the host are taken out of
 * the message, but for those that `given`, the text of the call's arguments, named itself.
 */
export function describeFailure(error: unknown, given: () => string): CallError {
  try {
    const { name, message } = nameAndMessage(error);
    const asked = places(error).some((place) => message.includes(place)) ? given() : "";
    const hidden = places(error)
      .filter((place) => !asked.includes(place))
      .reduce((text, place) => text.replaceAll(place, "<path>"), message);
    // A stack that somebody put into a message is no help to a model, and tells about the host.
    return { name, message: bounded(hidden.replaceAll(/\n\s+at .*/g, "")) };
  } catch {
    // An error whose own properties throw.
    return { name: "Error", message: "the tool failed" };
  }
}

const LONGEST = 4000;

const bounded = (text: string): string =>
  text.length <= LONGEST ? text : `${wholeCharacters(text, LONGEST - 3)}...`;

const nameAndMessage = (error: unknown): CallError => {
  if (!(error instanceof Error)) return { name: "Error", message: String(error) };
  const name = typeof error.name === "string" && /^[\w.$-]{1,100}$/.test(error.name) ? error.name : "Error";
  const message = String(error.message);
  return { name, message: message === "" ? "the tool failed without a message" : message };
};

/** The longest first, so that a path is gone as a whole. */
const places = (error: unknown): readonly string[] => {
  const { path, dest } = (typeof error === "object" && error !== null ? error : {}) as Record<
    string,
    unknown
  >;
  return [path, dest, process.cwd(), homedir()]
    .filter((place): place is string => typeof place === "string" && place.length > 1)
    .sort((one, other) => other.length - one.length);
};
