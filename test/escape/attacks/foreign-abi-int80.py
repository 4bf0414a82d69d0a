# layer: seccomp
# policy: open
# machine: x86_64
# error: crash SIGSYS
"""Calls getpid through the 32-bit gate of x86, whose numbers a 64-bit filter would misread."""

import ctypes
import mmap

page = mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
# mov eax, 20; int 0x80; ret
page.write(b"\xb8\x14\x00\x00\x00\xcd\x80\xc3")
gate = ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(page)))
if gate() > 0:
    print("ATTACK-SUCCEEDED")
