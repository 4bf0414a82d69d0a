/**
 * Whether a test can run here: `(requires(missing) ? test : test.skip)("...", ...)`. A reason is printed, so that the
 * runner shows and counts it; on CI it is an error, so that no test goes missing there unseen.
 */
export function requires(reason: string | undefined): boolean {
  if (reason === undefined) return true;
  if (process.env.CI) throw new Error(`on CI nothing may be missing: ${reason}`);
  console.log(`\nSKIP ${reason.replaceAll(/\s+/g, " ")}`);
  return false;
}
