import type { Execution, ExecutionEvent } from "./execution.ts";

/**
 * One cell under way: await it for its `Execution`, or iterate over its events as they come. Both may be done, more
 * than once, also after the end. Leaving the loop early does not stop the cell; an `AbortSignal` does.
 */
export class CellRun implements PromiseLike<Execution>, AsyncIterable<ExecutionEvent> {
  readonly #events: ExecutionEvent[] = [];
  readonly #execution: Promise<Execution>;
  #settle: { resolve(execution: Execution): void; reject(error: unknown): void };
  #ended = false;
  /** Those who iterate and have seen everything so far. */
  #waiting: (() => void)[] = [];

  constructor() {
    const { promise, resolve, reject } = withResolvers<Execution>();
    this.#execution = promise;
    this.#settle = { resolve, reject };
    // A run that is only iterated over still must not end the process with an unhandled rejection.
    promise.catch(() => {});
  }

  // biome-ignore lint/suspicious/noThenProperty: being awaitable is what the class is for
  then<A = Execution, B = never>(
    onFulfilled?: ((execution: Execution) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.#execution.then(onFulfilled, onRejected);
  }

  catch<B = never>(onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null): Promise<Execution | B> {
    return this.#execution.catch(onRejected);
  }

  finally(onFinally?: (() => void) | null): Promise<Execution> {
    return this.#execution.finally(onFinally);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<ExecutionEvent, void> {
    for (let index = 0; ; index++) {
      while (index >= this.#events.length) {
        if (this.#ended) {
          await this.#execution;
          return;
        }
        await new Promise<void>((resolve) => this.#waiting.push(resolve));
      }
      yield this.#events[index] as ExecutionEvent;
    }
  }

  /** @internal The session's end: one more event. */
  push(event: ExecutionEvent): void {
    this.#events.push(event);
    this.#rouse();
  }

  /** @internal The session's end: the last event, and what awaiting gives. */
  finish(execution: Execution): void {
    this.#ended = true;
    this.#settle.resolve(execution);
    this.push({ type: "result", execution });
  }

  /** @internal The session's end: there will be no execution. */
  fail(error: unknown): void {
    this.#ended = true;
    this.#settle.reject(error);
    this.#rouse();
  }

  #rouse(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }
}

// Node has had Promise.withResolvers since 22.
const withResolvers = <T>() => {
  let resolve!: (value: T) => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<T>((whenResolved, whenRejected) => {
    resolve = whenResolved;
    reject = whenRejected;
  });
  return { promise, resolve, reject };
};
