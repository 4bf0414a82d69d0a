/** What happens to a call: `notify` asks the keeper, and answers ENOSYS where a filter was loaded without one. */
export type SeccompAction =
  | { readonly kind: "allow" }
  | { readonly kind: "errno"; readonly errno: Errno }
  | { readonly kind: "notify" }
  | { readonly kind: "kill" };

/** One line of a seccomp policy. For a system call, the first rule whose conditions all hold decides. */
export type SeccompRule = {
  readonly syscalls: readonly string[];
  readonly when?: readonly ArgCondition[];
  readonly action: SeccompAction;
  readonly reason: string;
};

/**
 * A condition on one argument register. `in` looks only at the low 32 bits, which is what the kernel does with an `int`:
 * the high half is the caller's to fill with anything. The others compare all 64 bits, unsigned.
 */
export type ArgCondition =
  | { readonly arg: ArgIndex; readonly op: Comparison; readonly value: number | bigint }
  | {
      readonly arg: ArgIndex;
      readonly op: "maskedEq" | "maskedNe";
      readonly mask: number | bigint;
      readonly value: number | bigint;
    }
  | { readonly arg: ArgIndex; readonly op: "in"; readonly values: readonly number[]; readonly mask?: number };

export type ArgIndex = 0 | 1 | 2 | 3 | 4 | 5;
export type Comparison = "eq" | "ne" | "lt" | "le" | "gt" | "ge";

/** The errors that a filter answers with; their numbers are the same on x86_64 and aarch64. */
export const ERRNO = { EPERM: 1, EACCES: 13, EINVAL: 22, ENOTTY: 25, ENOSYS: 38, EAFNOSUPPORT: 97 } as const;
export type Errno = keyof typeof ERRNO;

/** The four actions, as the policy's files write them: names in one string, a reason, and the conditions last. */
export const allow = (names: string, reason: string, ...when: ArgCondition[]): SeccompRule =>
  rule({ kind: "allow" }, names, reason, when);
export const ask = (names: string, reason: string, ...when: ArgCondition[]): SeccompRule =>
  rule({ kind: "notify" }, names, reason, when);
export const refuse = (names: string, reason: string, ...when: ArgCondition[]): SeccompRule =>
  rule({ kind: "errno", errno: "EPERM" }, names, reason, when);
export const answer = (errno: Errno, names: string, reason: string, ...when: ArgCondition[]): SeccompRule =>
  rule({ kind: "errno", errno }, names, reason, when);

const rule = (
  action: SeccompAction,
  names: string,
  reason: string,
  when: readonly ArgCondition[],
): SeccompRule => ({ syscalls: names.trim().split(/\s+/), ...(when.length > 0 && { when }), action, reason });

/** The argument, as an `int`, is one of the values. */
export const oneOf = (arg: ArgIndex, ...values: number[]): ArgCondition => ({ arg, op: "in", values });

/** At least one bit of the mask is set. */
export const anyBit = (arg: ArgIndex, mask: number): ArgCondition => ({
  arg,
  op: "maskedNe",
  mask,
  value: 0,
});
