# layer: pid namespace, non-dumpable keeper
# policy: open
# control: victim
# expect: refused /proc/1/fd (EACCES|EPERM)
# expect: refused /proc/1/environ (EACCES|EPERM)
# expect: refused /proc/1/cwd (EACCES|EPERM)
# expect: refused /proc/1/mem (EACCES|EPERM)
# expect: refused /proc/1/map_files (EACCES|EPERM)
"""Looks into PID 1 through /proc: what it has open, its environment, its folder, its memory. The control has a victim."""

import errno
import os
import sys


target = int(sys.argv[4]) or 1


def read(path: str) -> object:
    with open(path, "rb", 0) as file:
        return file


for path, look in (
    ("/proc/1/fd", os.listdir),
    ("/proc/1/environ", read),
    ("/proc/1/cwd", os.stat),
    ("/proc/1/mem", read),
    ("/proc/1/map_files", os.listdir),
):
    try:
        look(path.replace("/1/", f"/{target}/"))
        print("ATTACK-SUCCEEDED", path)
    except OSError as error:
        print("refused", path, errno.errorcode[error.errno])
