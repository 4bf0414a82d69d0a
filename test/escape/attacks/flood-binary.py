# layer: output limits
# policy: strict
# cut: stdout
# expect: .*\ufffd.*
"""Writes random bytes, NULs and halves of characters, which are no text."""

import os
import sys

if sys.argv[6] == "control":
    os.write(1, b"\xff\xfe\x00\xc3")
    print("ATTACK-SUCCEEDED")
    sys.exit()
for _ in range(200):
    os.write(1, os.urandom(65536))
    os.write(1, b"\xf0\x9f")
