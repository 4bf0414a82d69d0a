# layer: inodes of the private tmpfs
# policy: strict
# expect: refused after 1\d{4} ENOSPC
"""Makes empty files until it is refused; the control stops at 20,000."""

import errno
import os

made = 0
folder = f"/tmp/vivarium-inodes-{os.getpid()}"
os.mkdir(folder)
try:
    while made < 20000:
        os.close(os.open(f"{folder}/{made}", os.O_CREAT | os.O_WRONLY))
        made += 1
    print("ATTACK-SUCCEEDED")
except OSError as error:
    print("refused after", made, errno.errorcode[error.errno])
for name in os.listdir(folder):
    os.unlink(f"{folder}/{name}")
os.rmdir(folder)
