# layer: seccomp
# policy: open
# control: root
# expect: refused name_to_handle_at EPERM
# expect: refused open_by_handle_at EPERM
"""Opens a file by its handle, which no path check sees."""

import ctypes
import errno
import os
import sys

libc = ctypes.CDLL(None, use_errno=True)
handle = ctypes.create_string_buffer(8 + 128)
ctypes.memmove(handle, (128).to_bytes(4, "little"), 4)
mount_id = ctypes.c_int()
if libc.name_to_handle_at(-100, sys.argv[1].encode(), handle, ctypes.byref(mount_id), 0) < 0:
    print("refused name_to_handle_at", errno.errorcode[ctypes.get_errno()])
else:
    print("ATTACK-SUCCEEDED name_to_handle_at")
folder = os.open("/", os.O_RDONLY)
descriptor = libc.open_by_handle_at(folder, handle, os.O_RDONLY)
if descriptor < 0:
    print("refused open_by_handle_at", errno.errorcode[ctypes.get_errno()])
else:
    print("ATTACK-SUCCEEDED open_by_handle_at", os.read(descriptor, 10))
