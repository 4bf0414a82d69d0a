# layer: read-only root
# policy: open
# control: root
# expect: refused chmod (EROFS|EPERM)
# expect: refused chown (EROFS|EPERM|EINVAL)
# expect: refused utime (EROFS|EPERM|EACCES)
# expect: refused rename (EROFS|EXDEV|EACCES|EPERM)
# expect: refused setxattr (EROFS|EPERM|EACCES)
"""Changes what Landlock does not watch, modes, owners, times and attributes, of a file of the interpreter."""

import errno
import os
import stat

path = os.__file__
found = os.stat(path)
ways = {
    "chmod": lambda: os.chmod(path, stat.S_IMODE(found.st_mode)),
    "chown": lambda: os.chown(path, found.st_uid, found.st_gid),
    "utime": lambda: os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns)),
    "rename": lambda: (os.rename(path, path + ".moved"), os.rename(path + ".moved", path)),
    "setxattr": lambda: (os.setxattr(path, "user.vivarium", b"1"), os.removexattr(path, "user.vivarium")),
}
for way, attempt in ways.items():
    try:
        attempt()
        print("ATTACK-SUCCEEDED", way)
    except OSError as error:
        print("refused", way, errno.errorcode[error.errno])
