# layer: mount namespace
# policy: open
# control-lacks: init-root
# expect: refused plain ENOENT
# expect: refused shadow ENOENT
# expect: refused symlink ENOENT
# expect: refused self-root ENOENT
# expect: refused init-root (EACCES|EPERM)
# expect: refused dot-dot ENOENT
"""Reads a secret of the host, by every path that might lead out of the jail."""

import errno
import os
import sys

secret = sys.argv[1]
link = f"/tmp/vivarium-link-{os.getpid()}"
os.symlink(secret, link)
ways = {
    "plain": secret,
    "symlink": link,
    "self-root": "/proc/self/root" + secret,
    "init-root": "/proc/1/root" + secret,
    "dot-dot": "/tmp/" + "../" * 40 + secret.lstrip("/"),
    "shadow": "/etc/shadow",
}
for way, path in ways.items():
    try:
        with open(path, encoding="utf-8") as file:
            print("ATTACK-SUCCEEDED", way, len(file.read()))
    except OSError as error:
        print("refused", way, errno.errorcode[error.errno])
os.unlink(link)
