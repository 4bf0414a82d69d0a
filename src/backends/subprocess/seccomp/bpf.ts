/** One instruction of classic BPF. Jumps go forward only: `jt` and `jf` are counted from the next instruction. */
export type Instruction = {
  readonly code: number;
  readonly jt: number;
  readonly jf: number;
  readonly k: number;
};

/** A program as the kernel reads it: an array of `struct sock_filter`, little endian as both architectures are. */
export function encode(program: readonly Instruction[]): Uint8Array {
  const bytes = new Uint8Array(program.length * INSTRUCTION_BYTES);
  const view = new DataView(bytes.buffer);
  for (const [index, { code, jt, jf, k }] of program.entries()) {
    // The fields are too narrow for a far jump, and a cut one would land inside another rule.
    if (jt > MAX_JUMP || jf > MAX_JUMP)
      throw new Error(`BPF: jump ${Math.max(jt, jf)} at ${index} is too far`);
    view.setUint16(index * INSTRUCTION_BYTES, code, true);
    view.setUint8(index * INSTRUCTION_BYTES + 2, jt);
    view.setUint8(index * INSTRUCTION_BYTES + 3, jf);
    view.setUint32(index * INSTRUCTION_BYTES + 4, k, true);
  }
  return bytes;
}

/** `struct sock_filter`: u16 code, u8 jt, u8 jf, u32 k. */
export const INSTRUCTION_BYTES = 8;

/** The farthest that a conditional jump reaches; beyond it `JA`, with 32 bits, takes over. */
export const MAX_JUMP = 0xff;

/** The most that the kernel loads (`BPF_MAXINSNS`). */
export const MAX_INSTRUCTIONS = 4096;

/** The opcodes that seccomp knows and vivarium uses, as `linux/bpf_common.h` composes them. */
export const OPCODE = {
  load: 0x20,
  jump: 0x05,
  jumpIfEqual: 0x15,
  jumpIfGreater: 0x25,
  jumpIfGreaterOrEqual: 0x35,
  jumpIfAnyBit: 0x45,
  and: 0x54,
  return: 0x06,
} as const;

/** Where a load finds its word in `struct seccomp_data`; an argument's low half comes first. */
export const OFFSET = {
  syscall: 0,
  arch: 4,
  argument: (index: number, half: "low" | "high") => 16 + index * 8 + (half === "high" ? 4 : 0),
} as const;

/** What a filter returns (`linux/seccomp.h`); an errno is added to `errno`. */
export const VERDICT = {
  kill: 0x8000_0000,
  errno: 0x0005_0000,
  notify: 0x7fc0_0000,
  allow: 0x7fff_0000,
} as const;

/** The builders: a load, a mask, a return and the two kinds of jumps. */
export const load = (offset: number): Instruction => ({ code: OPCODE.load, jt: 0, jf: 0, k: offset });
export const and = (mask: number): Instruction => ({ code: OPCODE.and, jt: 0, jf: 0, k: mask });
export const give = (verdict: number): Instruction => ({ code: OPCODE.return, jt: 0, jf: 0, k: verdict });
export const jump = (distance: number): Instruction => ({ code: OPCODE.jump, jt: 0, jf: 0, k: distance });
export const branch = (test: Test, k: number, jt: number, jf: number): Instruction => ({
  code: OPCODE[test],
  jt,
  jf,
  k,
});

/** A comparison of the loaded word with a constant. */
export type Test = "jumpIfEqual" | "jumpIfGreater" | "jumpIfGreaterOrEqual";
