import type { Line } from "../protocol/line.ts";

/**
 * What a session needs of a backend: a pipe to the Python runtime, lines both ways. The backend has confined whatever
 * is at the other end before the first line comes out of it.
 */
export interface Backend {
  readonly name: string;
  /** What the policy grants and the backend does not give, in sentences. */
  readonly ungranted: readonly string[];
  /** Starts the runtime for one session. Rejects with `UnavailableError` or `GuestError`. */
  launch(options: LaunchOptions): Promise<Link>;
  /** Ends every session and everything that was started for them. */
  close(): Promise<void>;
}

export type LaunchOptions = {
  readonly signal?: AbortSignal | undefined;
};

export interface Link {
  /**
   * Sends one line; its end is added. Does nothing when the link has ended. A promise says that a lot waits to be taken:
   * who has more to send may wait for it.
   */
  send(line: Line): Promise<void> | undefined;
  /** Hands over every line from the runtime and then, once, why there will be no more. */
  listen(listener: LinkListener): void;
  /** Ends the runtime of this session, by force if need be, and waits for it. */
  close(): Promise<void>;
}

export type LinkListener = {
  line(line: string): void;
  /** The reason in words, when the end was not asked for. */
  end(reason: string): void;
};
