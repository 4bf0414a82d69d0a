"""Answers requests for files of a folder, as the keeper does: a JSON command a line. `descriptors` counts open ones."""

from __future__ import annotations

import json
import os
import sys


def main(runtime: str, root: str) -> None:
    sys.path.insert(0, runtime)
    from vivarium.channel import encode
    from vivarium.files import handle

    for line in sys.stdin:
        command = json.loads(line)
        if command["op"] == "descriptors":
            reply = {"count": len(os.listdir("/proc/self/fd"))}
        else:
            reply = handle(command, root)
        sys.stdout.write(encode(reply).decode("ascii"))
        sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
