/** How long to leave something alone that keeps failing: each failure in a row doubles the wait, up to a bound. */
export class Backoff {
  readonly #firstMs: number;
  readonly #mostMs: number;
  #row = 0;
  #until = Number.NEGATIVE_INFINITY;

  constructor({ firstMs, mostMs }: { readonly firstMs: number; readonly mostMs: number }) {
    this.#firstMs = firstMs;
    this.#mostMs = mostMs;
  }

  /** How many failures in a row there were; an attempt names what it saw when it fails. */
  get row(): number {
    return this.#row;
  }

  /** Milliseconds until the next attempt is due; 0 when it is. */
  wait(now: number): number {
    return Math.max(0, this.#until - now);
  }

  /**
   * An attempt has failed that was made when there were `row` failures. Attempts made at the same time fail for the
   * same reason, so together they count once.
   */
  fail(now: number, row: number): void {
    if (row !== this.#row) return;
    this.#until = now + Math.min(this.#mostMs, this.#firstMs * 2 ** this.#row);
    this.#row++;
  }

  succeed(): void {
    this.#row = 0;
    this.#until = Number.NEGATIVE_INFINITY;
  }
}
