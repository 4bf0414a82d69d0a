/** True if the component is there; without it the tests are skipped aloud, and on CI they fail. */
export function requires(reason: string | undefined): boolean {
  if (reason === undefined) return true;
  if (process.env.CI) throw new Error(`missing on CI: ${reason}`);
  console.log(`skip: ${reason}`);
  return false;
}
