import { test } from "uvu";
import * as assert from "uvu/assert";

import { pythons } from "../support/pythons.ts";
import { displayCells, type Forms } from "./display-cells.ts";

const shows = (methods: string): string =>
  `class Thing:\n  def __repr__(self): return "thing"\n${methods.replaceAll(/^/gm, "  ")}\nlast = Thing()`;

const CASES: readonly (readonly [what: string, cell: string, bundles: readonly Forms[]])[] = [
  ["a last value without more to it than its text", "last = {'a': object}", []],
  ["nothing", "last = None", []],
  [
    "a class that could show its instances",
    "class Thing:\n  def _repr_html_(self): return ''\nlast = Thing",
    [],
  ],
  [
    "every form that IPython asks for",
    shows(`def _repr_html_(self): return "<b>"
def _repr_markdown_(self): return "**"
def _repr_svg_(self): return "<svg/>"
def _repr_png_(self): return b"\\x89PNG"
def _repr_jpeg_(self): return "/9g="
def _repr_latex_(self): return "$x$"
def _repr_json_(self): return {"a": [1, True, None]}`),
    [
      {
        "text/plain": "thing",
        "text/html": "<b>",
        "text/markdown": "**",
        "image/svg+xml": "<svg/>",
        "image/png": "iVBORw==",
        "image/jpeg": "/9g=",
        "text/latex": "$x$",
        "application/json": { a: [1, true, null] },
      },
    ],
  ],
  [
    "a bundle, which goes before single forms",
    shows(`def _repr_mimebundle_(self, include=None, exclude=None): return {"text/html": "bundle", "text/plain": "text"}
def _repr_html_(self): return "single"
def _repr_latex_(self): return "$x$"`),
    [{ "text/plain": "text", "text/html": "bundle", "text/latex": "$x$" }],
  ],
  [
    "forms with metadata, which is left away",
    shows(`def _repr_mimebundle_(self, **options): return {"text/html": "<b>"}, {"text/html": {"isolated": True}}
def _repr_json_(self): return {"a": 1}, {"expanded": True}`),
    [{ "text/plain": "thing", "text/html": "<b>", "application/json": { a: 1 } }],
  ],
  [
    "methods that give nothing or refuse",
    shows(`def _repr_html_(self): return None
def _repr_latex_(self): raise NotImplementedError
_repr_svg_ = 5
def _repr_markdown_(self): return "**"`),
    [{ "text/plain": "thing", "text/markdown": "**" }],
  ],
  [
    "a method that raises, which costs its own form",
    shows(`def _repr_html_(self): raise ValueError("no html")
def _repr_markdown_(self): return "**"`),
    [{ "text/plain": "thing\n[_repr_html_ raised ValueError: no html]", "text/markdown": "**" }],
  ],
  [
    "a repr that raises",
    "class Broken:\n  def __repr__(self): raise ValueError('no')\n  def _repr_html_(self): return '<b>'\ndisplay(Broken())",
    [{ "text/plain": "<Broken object: its repr raised ValueError: no>", "text/html": "<b>" }],
  ],
  [
    "an exception that cannot be told",
    shows(`def _repr_html_(self):
  class Mute(Exception):
    def __str__(self): raise ValueError
  raise Mute`),
    [{ "text/plain": "thing\n[_repr_html_ raised Mute]" }],
  ],
  [
    "forms of wrong types",
    shows(`def _repr_html_(self): return 5
def _repr_png_(self): return "not base64!"
def _repr_json_(self): return {"a": {1, 2}}
def _repr_mimebundle_(self, **options): return ["no dict"]`),
    [
      {
        "text/plain":
          "thing\n[_repr_mimebundle_ gave no dict but list]\n[text/html left out: int is no data for it]\n" +
          "[image/png left out: it is neither bytes nor base64]\n[application/json left out: builtins.set is no JSON]",
      },
    ],
  ],
  [
    "names that are no MIME types",
    shows(
      `def _repr_mimebundle_(self, **options): return {5: "a", "": "b", "text": "c", "text/é": "d", "a/" + "b" * 200: "e", "text/html": "f"}`,
    ),
    [
      {
        "text/plain": `thing${"\n[_repr_mimebundle_ gave a form without a proper name]".repeat(5)}`,
        "text/html": "f",
      },
    ],
  ],
  [
    "plain JSON of what only looks like it",
    `import enum, collections
class Color(enum.IntEnum): red = 1
class Text(str): pass
class Real(float): pass
class Thing:
  def __repr__(self): return "thing"
  def _repr_json_(self): return collections.OrderedDict([(Text("a"), Color.red), ("b", (Real(1.5), float("nan"))), ("c", 2**63), ("d", -2**53 + 1)])
last = Thing()`,
    [
      {
        "text/plain": "thing",
        "application/json": { a: 1, b: [1.5, null], c: "9223372036854775808", d: -9007199254740991 },
      },
    ],
  ],
  [
    "JSON that is text already",
    shows(`def _repr_json_(self): return '{"a": [1]}'`),
    [{ "text/plain": "thing", "application/json": { a: [1] } }],
  ],
  [
    "a value that contains itself as JSON",
    shows(`def _repr_json_(self):
  a = []
  a.append(a)
  return a`),
    [{ "text/plain": "thing\n[application/json left out: it is nested deeper than 50]" }],
  ],
  ["an object that answers to every name", "import unittest.mock\nlast = unittest.mock.MagicMock()", []],
  [
    "an object that displays itself",
    shows(`def _ipython_display_(self): display("by itself", 5)
def _repr_html_(self): return "never"`),
    [{ "text/plain": "'by itself'" }, { "text/plain": "5" }],
  ],
  [
    "display of several objects",
    "display(1, 'two', None, display_id='x').update(3)",
    [{ "text/plain": "1" }, { "text/plain": "'two'" }, { "text/plain": "None" }, { "text/plain": "3" }],
  ],
  ["display of nothing", "last = display()", []],
  [
    "raw forms",
    "display({'text/html': '<b>', 'image/png': b'\\x89PNG'}, raw=True)\ndisplay({'text/plain': 'p'}, raw=True)",
    [{ "text/html": "<b>", "image/png": "iVBORw==" }, { "text/plain": "p" }],
  ],
  [
    "only the forms that were asked for",
    `${shows('def _repr_html_(self): return "<b>"\ndef _repr_latex_(self): return "$x$"')}
display(last, include=["text/html"])
display(last, exclude=["text/html"])
last = None`,
    [
      { "text/plain": "thing", "text/html": "<b>" },
      { "text/plain": "thing", "text/latex": "$x$" },
    ],
  ],
  [
    "strings of a class of their own that lie",
    `class Liar(str):
  def __len__(self): return 0
  def __str__(self): raise ValueError
  def encode(self, *given): raise ValueError
class Thing:
  def __repr__(self): return Liar("thing")
  def _repr_html_(self): return Liar("<b>")
last = Thing()`,
    [{ "text/plain": "thing", "text/html": "<b>" }],
  ],
  [
    "a metaclass that answers for its class",
    `class Meta(type):
  def __hash__(self): raise SystemExit
  def __eq__(self, other): raise SystemExit
  def __instancecheck__(self, other): raise SystemExit
class Thing(metaclass=Meta):
  def __repr__(self): return "thing"
  def _repr_html_(self): return "<b>"
last = Thing()`,
    [{ "text/plain": "thing", "text/html": "<b>" }],
  ],
  [
    "text with lone surrogates and bytes that are no text",
    shows('def _repr_html_(self): return "\\ud800"\ndef _repr_svg_(self): return b"\\xff<svg/>"'),
    [{ "text/plain": "thing", "text/html": "\ud800", "image/svg+xml": "\ufffd<svg/>" }],
  ],
];

for (const { file, version } of pythons()) {
  test(`what Python ${version} shows of an object`, async () => {
    const shown = await displayCells(
      file,
      CASES.map(([, cell]) => cell),
    );
    for (const [index, [what, , bundles]] of CASES.entries()) {
      assert.equal(shown[index], { bundles, error: null, printed: "" }, what);
    }
  });

  test(`in Python ${version} a form that is too large is left out, and the text is cut`, async () => {
    const huge = shows(`def _repr_html_(self): return "x" * 100_000
def _repr_markdown_(self): return "\\u00e9" * 20_000
def _repr_png_(self): return b"\\0" * 60_000
def _repr_latex_(self): return "$x$"
def _repr_json_(self): return ["x" * 1000] * 1000`);
    const text = "display('y' * 1_000_000)";
    const many = shows(
      `def _repr_mimebundle_(self, **options): return {f"text/x-{n}": "z" * 8000 for n in range(30)}`,
    );
    const [left, cut, most] = await displayCells(file, [huge, text, many], { budget: 1 << 16 });
    assert.equal(left?.bundles, [
      {
        "text/plain":
          "thing\n[text/html left out: 100000 bytes, more than the 32768 that a form may have]\n" +
          "[text/markdown left out: 120002 bytes, more than the 32768 that a form may have]\n" +
          "[image/png left out: 80006 bytes, more than the 32768 that a form may have]\n" +
          "[application/json left out: more than the 32768 bytes that a form may have]",
        "text/latex": "$x$",
      },
    ]);
    assert.match(
      String(cut?.bundles[0]?.["text/plain"]),
      /^'y{4000,}\n\.\.\. \[\d+ characters cut\] \.\.\.\ny{4000,}'$/,
    );
    assert.is(Object.keys(most?.bundles[0] ?? {}).length, 7);
    assert.match(
      String(most?.bundles[0]?.["text/plain"]),
      /\[text\/x-6 left out: 8002 bytes, and the others have/,
    );
    assert.ok(JSON.stringify(most?.bundles).length < 1 << 16);
  });

  test(`in Python ${version} what ends a cell passes through a repr, and only that`, async () => {
    const ends = (raised: string): string => shows(`def _repr_html_(self): raise ${raised}`);
    const shown = await displayCells(file, ["KeyboardInterrupt", "SystemExit", "RecursionError"].map(ends));
    assert.equal(
      shown.map(({ error, bundles }) => [error, bundles.length]),
      [
        ["KeyboardInterrupt", 0],
        ["SystemExit", 0],
        [null, 1],
      ],
    );
  });
}

test.run();
