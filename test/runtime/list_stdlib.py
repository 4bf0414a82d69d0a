"""Prints what the guard takes for the standard library of this Python, as a JSON list."""

import json
import sys

sys.path.insert(0, sys.argv[1])

from vivarium import guard  # noqa: E402

print(json.dumps(sorted(guard.stdlib_names())))
