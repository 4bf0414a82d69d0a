"""Entry: builds the jail once, then forks a confined session for each request on its standard input."""

import os
import sys

if sys.version_info < (3, 9):
    # Said as the supervisor expects it; nothing else here could even be parsed.
    version = "%d.%d" % sys.version_info[:2]
    reason = "Python %s at %s is too old, 3.9 or later is needed" % (version, sys.executable)
    sys.stdout.write('{"type":"unavailable","reason":"%s","facts":{}}\n' % reason)
    sys.stdout.flush()
    os._exit(1)

FOLDER = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, FOLDER)

from vivarium.zygote import main  # noqa: E402

main(FOLDER)
