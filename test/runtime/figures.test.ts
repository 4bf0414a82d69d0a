import { test } from "uvu";
import * as assert from "uvu/assert";

import { runProgram } from "../support/program.ts";
import { requires } from "../support/requires.ts";
import { displayCells, type Forms, sizeOfPng } from "./display-cells.ts";

const PYTHON = "/usr/bin/python3";

const missing = async (module: string): Promise<string | undefined> => {
  const { status } = await runProgram(PYTHON, ["-I", "-c", `import ${module}`]);
  return status === 0 ? undefined : `no ${module} for ${PYTHON}`;
};

const withMatplotlib = requires(await missing("matplotlib")) ? test : test.skip;
const withPandas = requires(await missing("pandas")) ? test : test.skip;

const PLOT = "import matplotlib.pyplot as plt\n";

/** Which figure a display is, by its title in the text, and whether it has a picture. */
const pictures = (bundles: readonly Forms[] = []): string[] =>
  bundles.map((forms) => `${forms["text/plain"]}${forms["image/png"] ? "" : " without a picture"}`);

const figure = (width: number, height: number, axes = 1): string =>
  `<Figure size ${width}x${height} with ${axes} Axes>`;

withMatplotlib(
  "open figures are shown in the order of their numbers when a cell ends, then closed",
  async () => {
    const [first, second] = await displayCells(PYTHON, [
      `${PLOT}for number, size in ((7, 3), (2, 4)):
  plt.figure(number, figsize=(size, 2)).add_subplot().plot([1, 2])
last = plt.gca()`,
      "assert plt.get_fignums() == []\nassert plt.get_backend().lower() == 'agg'",
    ]);
    assert.equal(pictures(first?.bundles), [figure(400, 200), figure(300, 200)]);
    assert.equal(second, { bundles: [], error: null, printed: "" });
    const [width] = sizeOfPng(first?.bundles[0]?.["image/png"]);
    assert.ok(width > 300 && width < 450, `${width}`);
  },
);

withMatplotlib("plt.show() shows at once, without a warning", async () => {
  const [shown, unblocked] = await displayCells(PYTHON, [
    `${PLOT}import warnings
warnings.simplefilter("error")
plt.plot([1, 2])
plt.show()
display("between")
plt.subplots(1, 2)
plt.show(block=True)
display("after")`,
    "plt.plot([1])\nplt.show(block=False)\ndisplay('first')\nplt.plot([2])",
  ]);
  assert.equal(
    pictures(shown?.bundles).filter((text) => text.startsWith("<")),
    [figure(640, 480), figure(640, 480, 2)],
  );
  assert.equal(
    shown?.bundles.map((forms) => Object.keys(forms).length),
    [2, 1, 2, 1],
  );
  assert.is(shown?.printed, "");
  assert.equal(pictures(unblocked?.bundles), ["'first' without a picture", figure(640, 480)]);
});

withMatplotlib("a figure is not shown twice as it is, and again when it has changed", async () => {
  const shown = await displayCells(PYTHON, [
    `${PLOT}last, axes = plt.subplots()\naxes.plot([1, 2])`,
    "shown, axes = plt.subplots()\naxes.plot([1, 2])\ndisplay(shown)",
    "shown, axes = plt.subplots()\ndisplay(shown)\naxes.plot([1, 2])",
    "last, axes = plt.subplots()\naxes.plot([1, 2])\nplt.show()",
    // The same picture, but of two figures.
    "for _ in range(2):\n  plt.plot([1, 2])\n  plt.show()",
    // One of an earlier cell, and one that pyplot does not know.
    "last = shown",
    "from matplotlib.figure import Figure\nlast = Figure()\nassert last.add_subplot().plot([1])",
  ]);
  assert.equal(
    shown.map(({ bundles, error }) => [bundles.length, error]),
    [1, 1, 2, 1, 2, 1, 1].map((count) => [count, null]),
  );
  assert.is.not(shown[2]?.bundles[0]?.["image/png"], shown[2]?.bundles[1]?.["image/png"]);
});

withMatplotlib("a figure that cannot be drawn costs itself alone", async () => {
  const [shown] = await displayCells(PYTHON, [
    `${PLOT}plt.figure(1).add_subplot().set_title("$\\\\frac{$")\nplt.figure(2).add_subplot()`,
  ]);
  assert.is(shown?.error, null);
  assert.match(String(shown?.bundles[0]?.["text/plain"]), /^<Figure .*\n\[image\/png raised ValueError: /s);
  assert.equal(pictures(shown?.bundles.slice(1)), [figure(640, 480)]);
});

withMatplotlib("a picture has a bounded number of pixels and of bytes", async () => {
  const cells = [
    `${PLOT}plt.figure(figsize=(1000, 1000), dpi=1000).add_subplot()`,
    "plt.figure(figsize=(5000, 1)).add_subplot()",
    // What lies far away does not make the picture larger, and a legend beside the plot belongs to it.
    "plt.figure().add_subplot().text(1000, 1000, 'far')",
    "plt.figure().add_subplot().plot([1], label='beside')\nplt.legend(bbox_to_anchor=(1.5, 1))",
    "import random\nplt.figure(figsize=(20, 20)).add_subplot().imshow([[random.random() for _ in range(500)] for _ in range(500)])",
  ];
  const shown = await displayCells(PYTHON, cells, { budget: 1 << 19 });
  const sizes = shown.map(({ bundles }) => sizeOfPng(bundles[0]?.["image/png"]));
  for (const [width, height] of sizes) {
    assert.ok(width <= 8100 && height <= 8100 && width * height < 4_300_000, `${width} x ${height}`);
  }
  const [, , far, beside] = sizes;
  assert.equal(far, [640, 480]);
  assert.ok((beside?.[0] ?? 0) > 640, `${beside}`);
  for (const { bundles } of shown) assert.ok(JSON.stringify(bundles).length < 1 << 19);
});

withMatplotlib(
  "figures that were open when a cell was interrupted are gone, and empty ones are not shown",
  async () => {
    const [interrupted, next, empty] = await displayCells(PYTHON, [
      `${PLOT}plt.plot([1])\nraise KeyboardInterrupt`,
      "assert plt.get_fignums() == []",
      "plt.figure()",
    ]);
    assert.equal([interrupted?.bundles, interrupted?.error], [[], "KeyboardInterrupt"]);
    assert.equal([next?.error, next?.bundles, empty?.bundles], [null, [], []]);
  },
);

withMatplotlib("a cell that puts something else in the place of matplotlib harms itself alone", async () => {
  const shown = await displayCells(PYTHON, [
    `${PLOT}plt.plot([1])
import sys
sys.modules["matplotlib._pylab_helpers"] = sys.modules["matplotlib.figure"] = 5
last = plt.gcf`,
    "display('still')",
  ]);
  assert.equal(shown[1]?.bundles, [{ "text/plain": "'still'" }]);
});

withMatplotlib("a module that is imported again, or fails at first, is met all the same", async () => {
  const [shown] = await displayCells(PYTHON, [
    `import importlib, sys
sys.modules["numpy"] = None
try: import matplotlib.pyplot
except ImportError: pass
else: raise AssertionError
for name in [name for name in sys.modules if name.startswith(("matplotlib", "numpy"))]: del sys.modules[name]
plt = importlib.import_module("matplotlib.pyplot")
assert plt.__loader__ is plt.__spec__.loader and "vivarium" not in repr(plt.__loader__)
plt.plot([1])
plt.show()
display("after")`,
  ]);
  assert.equal(
    [shown?.error, pictures(shown?.bundles)],
    [null, [figure(640, 480), "'after' without a picture"]],
  );
});

const DATA = "application/vnd.dataresource+json";

withPandas("a table is shown as HTML and as data, with what was left out", async () => {
  const [small, large] = await displayCells(PYTHON, [
    `import pandas as pd
last = pd.DataFrame({"a": [1, None], "b": ["x", None], "c": pd.to_datetime(["2020-01-02", None]), "d": [True, False],
  "e": [2**60, 1], "f": [[1], {}]}, index=["i", "j"])`,
    `pd.set_option("display.max_rows", None)
last = pd.DataFrame({"n": range(10_000)})`,
  ]);
  assert.equal(Object.keys(small?.bundles[0] ?? {}), ["text/plain", "text/html", DATA]);
  assert.match(String(small?.bundles[0]?.["text/html"]), /<table.*<td>x<\/td>/s);
  assert.equal(small?.bundles[0]?.[DATA], {
    schema: {
      fields: [
        { name: "index", type: "string" },
        { name: "a", type: "number" },
        { name: "b", type: "string" },
        { name: "c", type: "datetime" },
        { name: "d", type: "boolean" },
        { name: "e", type: "integer" },
        { name: "f", type: "string" },
      ],
      primaryKey: ["index"],
    },
    data: [
      { index: "i", a: 1, b: "x", c: "2020-01-02T00:00:00", d: true, e: "1152921504606846976", f: "[1]" },
      { index: "j", a: null, b: null, c: null, d: false, e: 1, f: "{}" },
    ],
    rows: 2,
    omittedRows: 0,
    omittedColumns: 0,
  });
  const data = large?.bundles[0]?.[DATA] as { data: unknown[]; rows: number; omittedRows: number };
  assert.equal([data.rows, data.omittedRows, data.data.length], [10_000, 9_500, 500]);
  assert.ok(String(large?.bundles[0]?.["text/html"]).length < 100_000);
});

withPandas("odd tables keep every column and lose none of their data to a name", async () => {
  const [shown, wide, evil, empty, chars] = await displayCells(PYTHON, [
    `import pandas as pd
index = pd.MultiIndex.from_tuples([("x", 1), ("x", 2)], names=["a", None])
last = pd.DataFrame([[1, 2, 3], [4, 5, 6]], columns=["a", "a", 5], index=index)`,
    "last = pd.DataFrame([[0] * 5000] * 300)",
    `class Evil:
  def __str__(self): raise ValueError("no text")
  __repr__ = __str__
last = pd.DataFrame({"a": [Evil()]})`,
    "last = pd.DataFrame()",
    "pd.set_option('display.max_colwidth', None)\nlast = pd.DataFrame({'a': ['x' * 1_000_000] * 3})",
  ]);
  const data = shown?.bundles[0]?.[DATA] as { schema: { primaryKey: string[] }; data: unknown[] };
  assert.equal(data.schema.primaryKey, ["a", "level_1"]);
  assert.equal(data.data[1], { a: "x", level_1: 2, "a.1": 4, "a.2": 5, 5: 6 });
  const cut = wide?.bundles[0]?.[DATA] as { data: unknown[]; omittedRows: number; omittedColumns: number };
  assert.equal([cut.data.length, cut.omittedRows, cut.omittedColumns], [100, 200, 4900]);
  assert.is(evil?.error, null);
  assert.match(String(evil?.bundles[0]?.["text/plain"]), /raised ValueError: no text/);
  assert.is((empty?.bundles[0]?.[DATA] as { rows: number }).rows, 0);
  assert.ok(JSON.stringify(chars?.bundles).length < 1 << 20);
  assert.match(String(chars?.bundles[0]?.["text/html"]), /<table/);
});

test.run();
