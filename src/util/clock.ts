/** Time, so that a test can hold it. */
export type Clock = {
  /** Milliseconds since some moment. */
  now(): number;
  /** Does something later, once; returns what calls that off. */
  after(ms: number, act: () => void): () => void;
};

/** Real time. A process that has nothing else to do does not stay alive for it. */
export const realClock: Clock = {
  now: () => performance.now(),
  after: (ms, act) => {
    const timer = setTimeout(act, ms).unref();
    return () => clearTimeout(timer);
  },
};
