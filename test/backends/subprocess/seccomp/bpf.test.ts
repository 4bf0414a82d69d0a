import { test } from "uvu";
import * as assert from "uvu/assert";
import { branch, encode, give, jump, load } from "../../../../src/backends/subprocess/seccomp/bpf.ts";

test("an instruction is eight bytes in the order of struct sock_filter, little endian", () => {
  const bytes = encode([load(4), branch("jumpIfEqual", 0xc000_003e, 1, 2), jump(3), give(0x7fff_0000)]);
  assert.equal(Buffer.from(bytes).toString("hex").match(/.{16}/g), [
    "2000000004000000",
    "150001023e0000c0",
    "0500000003000000",
    "060000000000ff7f",
  ]);
});

test("a conditional jump that does not fit its byte is refused instead of cut", () => {
  assert.throws(
    () => encode([branch("jumpIfEqual", 0, 256, 0)]),
    (error: Error) => error.message === "BPF: jump 256 at 0 is too far",
  );
});

test.run();
