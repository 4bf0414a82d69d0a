import { test } from "uvu";
import * as assert from "uvu/assert";

import { runProgram } from "../support/program.ts";
import { pythons } from "../support/pythons.ts";
import { requires } from "../support/requires.ts";
import { displayCells } from "./display-cells.ts";

for (const { file, version } of pythons()) {
  test(`Python ${version} without IPython has the part of IPython.display that programs use`, async () => {
    const [shown, picture, refused] = await displayCells(file, [
      `from IPython.display import HTML, JSON, Markdown, Math, clear_output, display as shown
import IPython
clear_output(wait=True)
shown(HTML("<b>"), Markdown("**"), Math("$x$"), JSON({"a": 1}))
assert IPython.get_ipython() is None
last = HTML(data="<i>")`,
      `import os, tempfile
from IPython.display import Image
with tempfile.NamedTemporaryFile(suffix=".png") as file:
  file.write(b"\\x89PNG\\r\\n")
  file.flush()
  display(Image(file.name), Image(filename=file.name), Image(data=b"\\xff\\xd8"))`,
      "from IPython.display import HTML\nHTML(url='https://example.com')",
    ]);
    assert.equal(
      shown?.bundles.map(({ "text/plain": _, ...forms }) => forms),
      [
        { "text/html": "<b>" },
        { "text/markdown": "**" },
        { "text/latex": "$\\displaystyle x$" },
        { "application/json": { a: 1 } },
        { "text/html": "<i>" },
      ],
    );
    assert.equal(
      picture?.bundles.map(({ "text/plain": _, ...forms }) => forms),
      [{ "image/png": "iVBORw0K" }, { "image/png": "iVBORw0K" }, { "image/jpeg": "/9g=" }],
    );
    assert.is(refused?.error, "ValueError");
  });
}

const IPYTHON = "python3";
const hasIPython = (await runProgram(IPYTHON, ["-I", "-c", "import IPython"])).status === 0;

(requires(hasIPython ? undefined : `no IPython for ${IPYTHON}`) ? test : test.skip)(
  "where IPython is installed its objects are its own, and display is the session's",
  async () => {
    const [shown] = await displayCells(IPYTHON, [
      `import IPython
from IPython.display import Code, HTML, display as shown
assert IPython.__version__ and shown == display
shown(HTML("<b>"))
last = Code("x = 1", language="python")`,
    ]);
    assert.equal([shown?.error, shown?.printed], [null, ""]);
    assert.is(shown?.bundles[0]?.["text/html"], "<b>");
    assert.match(String(shown?.bundles[1]?.["text/html"]), /<style>/);
  },
);

test.run();
