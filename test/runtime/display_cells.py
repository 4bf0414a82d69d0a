"""Runs cells given as JSON on standard input, and prints the bundles that each displayed as JSON.

A cell is run by exec; then the value of its variable `last` is shown as a last expression's value, and figures are
flushed, as a worker does it. Arguments: the runtime's folder, and the budget of a bundle.
"""

import contextlib
import io
import json
import sys

sys.path.insert(0, sys.argv[1])

from vivarium.display import Display  # noqa: E402
from vivarium.figures import Figures  # noqa: E402
from vivarium.notebook import offer_notebook  # noqa: E402

sent = []
# Encoded at once, as the channel would: what is no JSON fails here.
display = Display(lambda bundle: sent.append(json.loads(json.dumps(bundle, allow_nan=False))), int(sys.argv[2]))
figures = Figures(display)
figures.watch()
offer_notebook(display.display)
namespace = {"display": display.display, "make": display.bundle_of}
answers = []
for cell in json.load(sys.stdin):
    error = None
    namespace.pop("last", None)
    printed = io.StringIO()
    with contextlib.redirect_stderr(printed), contextlib.redirect_stdout(printed):
        try:
            exec(cell, namespace)
            bundle = display.rich(namespace.get("last"))
            if bundle is not None:
                display.send(bundle)
                figures.displayed(namespace["last"], bundle)
            figures.flush()
        except BaseException as caught:
            error = type(caught).__name__
            figures.discard()
    answers.append({"bundles": sent[:], "error": error, "printed": printed.getvalue()})
    sent.clear()
json.dump(answers, sys.stdout)
