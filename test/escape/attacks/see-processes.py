# layer: pid namespace
# policy: open
# expect: sees [1-3] processes, the parent 1 .*python.*
"""Lists the processes of the machine, and looks for the one that started the test."""

import os
import sys

pids = [int(name) for name in os.listdir("/proc") if name.isdigit()]
with open(f"/proc/{os.getppid()}/comm", encoding="ascii") as comm:
    print("sees", len(pids), "processes, the parent", os.getppid(), comm.read().strip())
commands = []
for pid in pids:
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as cmdline:
            commands.append(cmdline.read() if pid != os.getpid() else b"")
    except (FileNotFoundError, ProcessLookupError):
        pass  # It has ended since.
# The command line of the test's own process holds this mark, which its path gives in no other place.
if any(sys.argv[3].encode() in command for command in commands):
    print("ATTACK-SUCCEEDED saw the supervisor")
