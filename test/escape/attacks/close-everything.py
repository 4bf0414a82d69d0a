# layer: the keeper reads its own ends
# policy: strict
# error: (exit|timeout|crash)
"""Closes every descriptor, the channel's too, so that no result can come."""

import os
import sys

if sys.argv[6] == "control":
    os.write(1, b"ATTACK-SUCCEEDED\n")
os.closerange(0, 100)
