# layer: output limits
# policy: strict
# cut: stdout
# expect: x*end
"""One line of 100 MB; the control's megabyte arrives whole."""

import sys

if sys.argv[6] == "control":
    sys.stdout.write("x" * (1 << 20) + "ATTACK-SUCCEEDED")
    sys.exit()
for _ in range(100):
    sys.stdout.write("x" * (1 << 20))
sys.stdout.write("end")
