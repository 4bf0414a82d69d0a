/** What the kernel shows a seccomp filter of one call. */
export type SeccompData = { readonly nr: number; readonly arch: number; readonly args?: readonly bigint[] };

/**
 * Runs a seccomp program as the kernel does, and tells its verdict and which words of the call it looked at. It knows
 * the opcodes that seccomp accepts and that vivarium and libseccomp emit; any other is an error, as is running off the end.
 */
export function interpret(program: Uint8Array, data: SeccompData): { verdict: number; reads: Set<number> } {
  const code = new DataView(program.buffer, program.byteOffset, program.byteLength);
  const call = layOut(data);
  const reads = new Set<number>();
  let accumulator = 0;
  for (let pc = 0; pc * 8 < program.byteLength; pc += 1) {
    const opcode = code.getUint16(pc * 8, true);
    const taken = (holds: boolean) => code.getUint8(pc * 8 + (holds ? 2 : 3));
    const k = code.getUint32(pc * 8 + 4, true);
    switch (opcode) {
      case 0x20:
        reads.add(k);
        accumulator = call.getUint32(k, true);
        break;
      case 0x54:
        accumulator = (accumulator & k) >>> 0;
        break;
      case 0x05:
        pc += k;
        break;
      case 0x15:
        pc += taken(accumulator === k);
        break;
      case 0x25:
        pc += taken(accumulator > k);
        break;
      case 0x35:
        pc += taken(accumulator >= k);
        break;
      case 0x45:
        pc += taken((accumulator & k) !== 0);
        break;
      case 0x06:
        return { verdict: k, reads };
      default:
        throw new Error(`opcode 0x${opcode.toString(16)} at ${pc}`);
    }
  }
  throw new Error("the program ran off its end");
}

/** `struct seccomp_data`: int nr, u32 arch, u64 instruction pointer, u64 args[6]. */
const layOut = ({ nr, arch, args = [] }: SeccompData): DataView => {
  const view = new DataView(new ArrayBuffer(64));
  view.setUint32(0, nr, true);
  view.setUint32(4, arch, true);
  args.forEach((value, index) => {
    view.setBigUint64(16 + index * 8, value, true);
  });
  return view;
};

export const AUDIT = {
  x86_64: 0xc000_003e,
  aarch64: 0xc000_00b7,
  i386: 0x4000_0003,
  arm: 0x4000_0028,
} as const;
