/** What the promise gives, or a rejection that names it when that takes longer than `ms`. */
export async function timed<T>(
  ms: number,
  name: string,
  work: PromiseLike<T> | (() => PromiseLike<T> | T),
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${name}: not done within ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([typeof work === "function" ? work() : work, late]);
  } finally {
    clearTimeout(timer);
  }
}
