/** Callers who wait for something of which there is one at a time, served in the order in which they came. */
export class WaitingLine<T> {
  readonly #waiting = new Set<Waiter<T>>();

  get size(): number {
    return this.#waiting.size;
  }

  /** What the caller is given in turn. Rejects with the signal's reason, which takes the caller out of the line. */
  wait(signal?: AbortSignal): Promise<T> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const leave = (): void => {
        this.#waiting.delete(waiter);
        signal?.removeEventListener("abort", abort);
      };
      const abort = (): void => {
        leave();
        reject(signal?.reason);
      };
      const waiter: Waiter<T> = {
        resolve: (value) => {
          leave();
          resolve(value);
        },
        reject: (error) => {
          leave();
          reject(error);
        },
      };
      signal?.addEventListener("abort", abort, { once: true });
      this.#waiting.add(waiter);
    });
  }

  /** Serves who came first; whether there was anybody. */
  serve(value: T): boolean {
    const [first] = this.#waiting;
    first?.resolve(value);
    return first !== undefined;
  }

  /** Sends away all but the first so many. */
  dismiss(stay: number, error: Error): void {
    for (const waiter of [...this.#waiting].slice(stay)) waiter.reject(error);
  }
}

type Waiter<T> = { resolve(value: T): void; reject(error: Error): void };
