# layer: read-only root, Landlock
# policy: open
# control: root
# expect: refused /usr/lib (EROFS|EACCES|EPERM)
# expect: refused /etc (EROFS|EACCES|EPERM)
# expect: refused / (EROFS|EACCES|EPERM)
# expect: refused host-temp (ENOENT|EROFS|EACCES)
# expect: refused interpreter (EROFS|EACCES|EPERM)
# expect: refused proc (EACCES|EPERM|ENOENT)
"""Leaves a file outside the private places, or changes one that is there."""

import errno
import os
import sys

name = f"vivarium-attack-{os.getpid()}"
places = {"/usr/lib": f"/usr/lib/{name}", "/etc": f"/etc/{name}", "/": f"/{name}"}
places["host-temp"] = os.path.join(os.path.dirname(sys.argv[1]), name)
for place, path in places.items():
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600))
        print("ATTACK-SUCCEEDED", place)
        os.unlink(path)
    except OSError as error:
        print("refused", place, errno.errorcode[error.errno])
for place, path in (("interpreter", os.__file__), ("proc", "/proc/self/oom_score_adj")):
    try:
        os.close(os.open(path, os.O_WRONLY))
        print("ATTACK-SUCCEEDED", place)
    except OSError as error:
        print("refused", place, errno.errorcode[error.errno])
