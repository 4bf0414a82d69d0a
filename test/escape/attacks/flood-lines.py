# layer: output limits, the deadline
# policy: strict
# timeoutMs: 1500
# error: timeout
# cut: stdout
"""Prints without end; the control's megabyte arrives whole."""

import sys

if sys.argv[6] == "control":
    print("x" * (1 << 20))
    print("ATTACK-SUCCEEDED")
    sys.exit()
while True:
    print("flood " * 20)
