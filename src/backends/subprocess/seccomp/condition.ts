import { and, branch, type Instruction, load, OFFSET } from "./bpf.ts";
import type { ArgCondition, ArgIndex, Comparison } from "./rule.ts";

/** A jump to here is not placed yet: the compiler puts in the distance to the next rule. */
export const TARGET = { fail: -1 } as const;

/**
 * The checks of one condition: they fall off their end when it holds and jump to `TARGET.fail` when not. Registers have
 * 64 bits and BPF has words of 32, so that a comparison takes both halves, and none may be left out.
 */
export function condition(one: ArgCondition): readonly Instruction[] {
  switch (one.op) {
    case "in":
      return isIn(one.arg, one.values, one.mask ?? LOW);
    case "maskedEq":
    case "maskedNe":
      return isMasked(one.arg, one.op, split(one.mask), split(one.value));
    default:
      return isCompared(one.arg, one.op, split(one.value));
  }
}

const isIn = (arg: ArgIndex, values: readonly number[], mask: number): readonly Instruction[] => {
  check(values.length > 0, "a list of no values never holds");
  const comparisons = values.map((value, index) => {
    const after = values.length - 1 - index;
    check((word(value) & ~mask) === 0, `value ${value} has bits outside of the mask ${mask}`);
    return branch("jumpIfEqual", value, after, after === 0 ? FAIL : 0);
  });
  return [load(OFFSET.argument(arg, "low")), ...masked(mask), ...comparisons];
};

const isMasked = (
  arg: ArgIndex,
  op: "maskedEq" | "maskedNe",
  mask: Halves,
  value: Halves,
): readonly Instruction[] => {
  const halves = (["low", "high"] as const).filter((half) => mask[half] !== 0);
  check(halves.length > 0, "a mask of no bits tests nothing");
  check(
    ((value.low & ~mask.low) | (value.high & ~mask.high)) === 0,
    "the value has bits outside of the mask",
  );
  const pieces = halves.map((half) => [load(OFFSET.argument(arg, half)), ...masked(mask[half])]);
  return pieces.flatMap((piece, index) => {
    const rest = pieces.slice(index + 1).reduce((sum, next) => sum + next.length + 1, 0);
    const k = value[halves[index] as keyof Halves];
    // Different in one half is enough to be different, and equal needs both.
    if (op === "maskedEq") return [...piece, branch("jumpIfEqual", k, 0, FAIL)];
    return [...piece, branch("jumpIfEqual", k, rest === 0 ? FAIL : 0, rest)];
  });
};

/** The high halves decide unless they are equal; then the low ones do. */
const isCompared = (arg: ArgIndex, op: Comparison, { high, low }: Halves): readonly Instruction[] => {
  const loadHigh = load(OFFSET.argument(arg, "high"));
  const loadLow = load(OFFSET.argument(arg, "low"));
  switch (op) {
    case "eq":
      return [loadHigh, branch("jumpIfEqual", high, 0, FAIL), loadLow, branch("jumpIfEqual", low, 0, FAIL)];
    case "ne":
      return [loadHigh, branch("jumpIfEqual", high, 0, 2), loadLow, branch("jumpIfEqual", low, FAIL, 0)];
    case "gt":
    case "ge":
      return [
        loadHigh,
        branch("jumpIfGreater", high, 3, 0),
        branch("jumpIfEqual", high, 0, FAIL),
        loadLow,
        branch(op === "gt" ? "jumpIfGreater" : "jumpIfGreaterOrEqual", low, 0, FAIL),
      ];
    case "lt":
    case "le":
      return [
        loadHigh,
        branch("jumpIfGreater", high, FAIL, 0),
        branch("jumpIfEqual", high, 0, 2),
        loadLow,
        branch(op === "le" ? "jumpIfGreater" : "jumpIfGreaterOrEqual", low, FAIL, 0),
      ];
  }
};

type Halves = { readonly low: number; readonly high: number };

const split = (value: number | bigint): Halves => {
  const whole = BigInt(value);
  check(whole >= 0n && whole < 1n << 64n, `${value} is no unsigned 64-bit number`);
  return { low: Number(whole & 0xffff_ffffn), high: Number(whole >> 32n) };
};

const word = (value: number): number => {
  check(Number.isInteger(value) && value >= 0 && value <= LOW, `${value} is no unsigned 32-bit number`);
  return value;
};

const masked = (mask: number): readonly Instruction[] => (word(mask) === LOW ? [] : [and(mask)]);

const check = (holds: boolean, what: string): void => {
  if (!holds) throw new Error(`seccomp condition: ${what}`);
};

const LOW = 0xffff_ffff;
const FAIL = TARGET.fail;
