"""Makes odd sources and compares two ways to see their imports: line by line, and with Python's own parser.

Prints a JSON object: how many sources parse, how often the lines let one through and how often the parser's way refuses
one, how often both happened, and some of those sources. With the argument `blind`, continued lines and the line ends
that only Python knows are not looked for; then there must be such sources, or the comparison proves nothing.
"""

import json
import random
import re
import sys
import warnings
from typing import List

sys.path.insert(0, sys.argv[1])

from vivarium import precheck  # noqa: E402
from vivarium.guard import ImportRules  # noqa: E402

SOURCES = 6_000
RULES = [
    ImportRules(["math", "json", "xml.etree.*", "importlib"], ["json.tool"]),
    ImportRules(["@stdlib"], ["os", "xml.etree.ElementTree"]),
    ImportRules([], []),
]

MODULES = ["math"] * 6 + ["os"] * 3
MODULES += ["json", "json.tool", "json.decoder", "os.path", "xml", "xml.etree", "importlib.util"]
NAMES = ["path", "tool", "util", "ElementTree", "os", "sqrt", "_private"] + ["math"] * 3
# Full-width letters and a long s, which Python normalises, and a Cyrillic o, which it does not.
STRANGE = ["\uff4f\uff53", "m\uff41th", "j\u017fon", "\u043es", "import_", "reimport", "a..b", "1x", "as"]
ALIASES = ["b", "_", "os", "math"]
BLANKS = ["\\\n", " \\\n ", " \\\n"] * 3
BLANKS += ["  ", "\t", "\f", "\v", "\\\r\n", "\\\r", "\x1c", "\xa0", "\u3000"]
COMMAS = [",", ", ", " ,  ", ",\t", ",\\\n", ",\f", ",,"]
ENDS = ["\r\n", "\r", "\n\n", "\f\n", "\v\n", "\x1c", "\x85", "\u2028", "\x00\n", " \n", "\t\n"]
ENDS += [";", "; ", " # import os\n"]
KEYWORDS = ["\uff49mport", "im\\\nport", "Import", "import import"]
QUOTES = ["'''", '"""', "r'''", 'b"""', "f'''", "'", 'f"']
CLOSES = ["", "'''", '"', "\\'''"]
GROUPS = ["(%s)", "( %s )", "(\n%s\n)", "(%s,)", "(\n  %s, # import os\n)", "(%s"]
OPENERS = ["def f():", "class A:", "for _ in ():", "while 0:", "with x:", "async def g():", "lambda: ("]
OPENERS += ["try:", "try: pass\nexcept E:", "try: pass\nfinally:", "if 0: pass\nelse:", "match x:\n case 1:"]
OPENERS += ["if 1:\f", "if 1:\\\n", "if 1:;"]
ODD = ["pass", "#", "# import os", "# -*- coding: utf-7 -*-", "\\", "(", ")", "x = (", "]", ":", "...", "\ufeff", "'"]
ODD += ["__import__('os')", "__import__(\n'os')", "import_module('os')", "importlib.import_module('os')"]
ODD += ["f'{__import__(\"os\")}'", "x = __\uff49mport__('os')", "exec('import os')", "+ACI-import os+ACI-"]
ODD += ["import", "from", "from os", "from os \\", "import os import math", "from os math import json", "import.os"]


class Draw(random.Random):
    """Chance; how odd a source is, is drawn once for all of it: many sources parse, and every oddity comes up."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self._oddness = self.choice([0.01, 0.1, 0.3])

    def mostly(self, plain: str, odd: List[str]) -> str:
        return self.choice(odd) if self.random() < self._oddness else plain

    def blank(self) -> str:
        return self.mostly(" ", BLANKS)

    def listed(self, names: List[str]) -> str:
        """One to three names, some of them renamed."""
        comma = self.mostly(", ", COMMAS)
        count = self.choice([1, 1, 2, 3])
        return comma.join(self._renamed(self.mostly(self.choice(names), STRANGE)) for _ in range(count))

    def _renamed(self, name: str) -> str:
        if self.random() < 0.8:
            return name
        return name + self.blank() + "as" + self.blank() + self.mostly(self.choice(ALIASES), STRANGE)

    def statement(self) -> str:
        kind = self.random()
        if kind < 0.7:
            return self.an_import()
        return self.a_string() if kind < 0.85 else self.mostly("x = 1", ODD)

    def an_import(self) -> str:
        keyword = self.mostly("import", KEYWORDS)
        if self.random() < 0.5:
            return keyword + self.blank() + self.listed(MODULES)
        module = self.mostly(self.choice(MODULES), STRANGE + [".", "..", ".a", "...os", ". os"])
        names = self.mostly(self.listed(NAMES), ["*", "* ", "*, math"])
        if self.random() < 0.15:
            names = self.choice(GROUPS) % names
        return "from" + self.blank() + module + self.blank() + keyword + self.blank() + names

    def a_string(self) -> str:
        """Imports in a string that may end too early or not at all."""
        quote = self.choice(QUOTES)
        inside = "".join(self.an_import() + self.mostly("\n", ENDS) for _ in range(self.choice([1, 1, 2])))
        opening = self.choice(["", "x = "]) + quote + self.mostly("\n", ["", "\\\n", "{", "\r"])
        return opening + inside + self.mostly(quote.lstrip("rbf"), CLOSES)

    def block(self, depth: int = 0, indent: str = "") -> str:
        """A few statements on one level, with blocks in them."""
        lines = ""
        for _ in range(self.choice([1, 1, 1, 2, 3])):
            if depth < 3 and self.random() < 0.2:
                deeper = indent + self.choice([" ", "    ", "\t"])
                lines += indent + self.mostly("if 1:", OPENERS) + self.mostly("\n", [" ", "\r\n", "\n\f"])
                lines += self.block(depth + 1, deeper)
            else:
                lines += indent + self.statement() + self.mostly("\n", ENDS)
        return lines


def main() -> None:
    """Judges every source by every set of rules, both ways."""
    warnings.simplefilter("ignore")
    if "blind" in sys.argv:
        precheck._UNUSUAL = re.compile("(?!)")
    told = {"parsed": 0, "plain": 0, "refused": 0, "missed": 0}
    missed = []
    for seed in range(SOURCES):
        source = Draw(seed).block()
        found, error = precheck.examine(source, "<cell 1>")
        told["parsed"] += error is None
        for rules in RULES:
            plain = precheck.plainly_allowed(source, rules)
            refused, _ = precheck.refuse(found, rules, "<cell 1>", "strict")
            told["plain"] += plain
            told["refused"] += refused is not None
            if plain and refused:
                told["missed"] += 1
                missed.append([seed, source, refused["message"]])
    print(json.dumps({**told, "examples": missed[:5]}))


main()
