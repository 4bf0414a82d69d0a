"""Makes odd sources and compares the two ways to see their imports: by their lines, and by Python's own parser.

Prints a JSON object: how many sources were judged, how many of them parse, how many the lines let through, how many
the parser's way refuses, and every source that the lines let through and the parser's way refuses.
With the argument `blind`, line ends that only Python knows are not looked for: then there must be such sources.
"""

import json
import random
import re
import sys
import warnings

sys.path.insert(0, sys.argv[1])

from vivarium import precheck  # noqa: E402
from vivarium.guard import ImportRules  # noqa: E402

SOURCES = 20_000
RULES = [
    ImportRules(["math", "json", "xml.etree.*", "importlib"], ["json.tool"]),
    ImportRules(["@stdlib"], ["os", "xml.etree.ElementTree"]),
    ImportRules([], []),
]

MODULES = (
    ["math", "json", "json.tool", "json.decoder", "os", "os.path", "xml", "xml.etree", "xml.etree.ElementTree"]
    + ["importlib", "importlib.util", "numpy", "_math", "a", "import_", "reimport", "x1"]
    # Look-alikes: full-width and ligature letters, which Python normalises, and a Cyrillic one, which it does not.
    + ["\uff4f\uff53", "m\uff41th", "j\u017fon", "\u043es", "\ufb01le"]
)
NAMES = ["path", "tool", "util", "ElementTree", "math", "os", "sqrt", "_private", "import_module", "x", "\uff4f\uff53"]
BLANKS = [" ", " ", " ", "  ", "\t", " \t", "\f", "\v", "\\\n", " \\\n ", "\\\r\n", "\\\r", "\x1c", "\xa0", "\u3000"]
ENDS = ["\n"] * 12 + ["\r\n", "\r", "\n\n", "\f\n", "\v\n", "\x1c", "\x85", "\u2028", "\x00\n", " \n", "\t\n", ";", "; "]
KEYWORDS = ["import"] * 8 + ["\uff49mport", "im\\\nport", "Import"]
QUOTES = ["'''", '"""', "'", '"', "r'''", "b'''", "f'''", 'f"']
OPENERS = (
    ["def f():", "class A:", "if 1:", "if 0: pass\nelse:", "for _ in ():", "while 0:", "with x:", "async def g():"]
    + ["try:", "try: pass\nexcept E:", "try: pass\nfinally:", "match x:\n case 1:", "lambda: (", "if 1:\f", "if 1:\\\n"]
)
ODD = (
    ["x = 1", "pass", "#", "# import os", "# -*- coding: utf-7 -*-", "\\", "(", ")", "x = (", "]", ":", "...", "@", "\ufeff"]
    + ["__import__('os')", "__import__(\n'os')", "import_module('os')", "importlib.import_module('os')", "\uff4f\uff53"]
    + ["f'{__import__(\"os\")}'", "x = __\uff49mport__('os')", "exec('import os')", "+ACI-import os+ACI-", "+AGk-mport os"]
    + ["import", "from", "from os", "import os import math", "from os import math import json", "importos", "import.os"]
)


def pick(chance, choices):
    return chance.choice(choices)


def blank(chance):
    """Mostly one space, so that most of it parses."""
    return " " if chance.random() < 0.8 else pick(chance, BLANKS)


def renamed(chance, name):
    if chance.random() < 0.75:
        return name
    return name + blank(chance) + "as" + blank(chance) + pick(chance, ["b", "_", "os", "\uff42", "c.d"])


def listed(chance, names):
    comma = pick(chance, [",", ", ", " , ", ",\t", ",\\\n"])
    return comma.join(renamed(chance, pick(chance, names)) for _ in range(pick(chance, [1, 1, 1, 2, 3])))


def an_import(chance):
    if chance.random() < 0.5:
        return pick(chance, KEYWORDS) + blank(chance) + listed(chance, MODULES)
    dots = "" if chance.random() < 0.8 else pick(chance, [".", "..", "...", ". ", ". . "])
    module = pick(chance, MODULES) if not dots or chance.random() < 0.5 else ""
    names = "*" if chance.random() < 0.15 else listed(chance, NAMES)
    if chance.random() < 0.25:
        names = pick(chance, ["(%s)", "( %s )", "(\n%s\n)", "(%s,)", "(\n  %s, # import os\n)"]) % names
    return "from" + blank(chance) + dots + module + blank(chance) + pick(chance, KEYWORDS) + blank(chance) + names


def a_string(chance):
    """Imports inside a string, some of which ends too early or not at all."""
    quote = pick(chance, QUOTES)
    inside = "".join(an_import(chance) + pick(chance, ENDS) for _ in range(pick(chance, [1, 1, 2])))
    close = quote.lstrip("rbf") if chance.random() < 0.9 else pick(chance, ["", "'''", '"'])
    return pick(chance, ["", "x = ", "f("]) + quote + pick(chance, ["", "\n", "\\\n", "{"]) + inside + close


def a_statement(chance):
    kind = chance.random()
    if kind < 0.6:
        return an_import(chance)
    if kind < 0.75:
        return a_string(chance)
    return pick(chance, ODD)


def a_block(chance, depth, indent):
    lines = []
    for _ in range(pick(chance, [1, 1, 2, 3])):
        if depth < 3 and chance.random() < 0.25:
            deeper = indent + pick(chance, [" ", "    ", "\t"])
            lines.append(indent + pick(chance, OPENERS) + pick(chance, ["\n", "\n", " ", "\r\n"]))
            lines.append(a_block(chance, depth + 1, deeper))
        else:
            lines.append(indent + a_statement(chance) + pick(chance, ENDS))
    return "".join(lines)


def main():
    warnings.simplefilter("ignore")
    if "blind" in sys.argv:
        precheck._UNUSUAL = re.compile(r"(?!)")
    told = {"judged": 0, "parsed": 0, "plain": 0, "refused": 0, "missed": []}
    for seed in range(SOURCES):
        chance = random.Random(seed)
        source = a_block(chance, 0, "")
        found, error = precheck.examine(source, "<cell 1>")
        told["parsed"] += error is None
        for rules in RULES:
            plain = precheck.plainly_allowed(source, rules)
            refused, _ = precheck.refuse(found, rules, "<cell 1>", "strict")
            told["judged"] += 1
            told["plain"] += plain
            told["refused"] += refused is not None
            if plain and refused:
                told["missed"].append([seed, source, refused["message"]])
    told["missed"] = told["missed"][:20]
    print(json.dumps(told))


main()
