"""Runs every case of import-corpus.json through the guard's rules, and prints the verdicts as one JSON list."""

import json
import sys

sys.path.insert(0, sys.argv[1])

from vivarium import guard  # noqa: E402

with open(sys.argv[2], encoding="utf-8") as file:
    corpus = json.load(file)

# The corpus brings its own standard library, so that every Python gives the same answers.
guard._stdlib = frozenset(corpus["stdlib"])


def verdict(case):
    rules = guard.ImportRules(case["allow"], case["deny"])
    if "from" in case:
        return rules.allows_from(case["module"], case["from"])
    return rules.allows(case["module"])


print(json.dumps([verdict(case) for case in corpus["cases"]]))
