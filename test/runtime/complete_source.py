"""Completes sources given as JSON on standard input, in the namespace that a setup leaves, and prints what came of it.

Standard input: {setup, sources}; the cursor is where a source has its first `|`. Output: {completions, ran}, where
`ran` is what the setup's objects have put into the list `ran` since, each a line of theirs that has run.
"""

import json
import sys

sys.path.insert(0, sys.argv[1])

from vivarium.completer import complete  # noqa: E402

asked = json.load(sys.stdin)
ran = []
namespace = {"__name__": "__main__", "ran": ran}
exec(asked["setup"], namespace)
ran.clear()
completions = []
for marked in asked["sources"]:
    cursor = marked.index("|")
    source = marked[:cursor] + marked[cursor + 1 :]
    completions.append(complete(source, cursor, namespace, asked.get("modules") and asked["modules"].__contains__))
json.dump({"completions": completions, "ran": ran}, sys.stdout)
