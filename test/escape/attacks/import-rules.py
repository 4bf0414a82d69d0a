# layer: none of the kernel's: the import list refuses early and is no boundary
# policy: strict as shipped
# expect: got os in two ways
# expect: refused open ENOENT
# expect: refused fork EPERM
# expect: refused socket EPERM
"""Walks around the import list through modules that are loaded anyway, and finds the kernel behind it.

That `os` is found is no failure: it is what the documentation says of the list. What it can do then is.
"""

import asyncio
import errno
import random

modules = random._os.sys.modules
ways = [random._os, modules["posix"]]
print("got os in two ways" if all(hasattr(way, "fork") for way in ways) else "got nothing")
os, posix = ways
_socket = asyncio.base_events.socket


def fork() -> None:
    if posix.fork() == 0:
        posix._exit(0)


for name, attempt in {
    "open": lambda: open(os.sys.argv[1], encoding="utf-8").read(),
    "fork": fork,
    "socket": lambda: _socket.socket(),
}.items():
    try:
        attempt()
        print("ATTACK-SUCCEEDED", name)
    except OSError as error:
        print("refused", name, errno.errorcode[error.errno])
