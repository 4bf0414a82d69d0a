import { fileURLToPath } from "node:url";
import { test } from "uvu";
import * as assert from "uvu/assert";

import { repo } from "../support/imports.ts";
import { runProgram } from "../support/program.ts";
import { pythons } from "../support/pythons.ts";

type Completion = {
  readonly start: number;
  readonly end: number;
  readonly matches: readonly { readonly text: string; readonly kind: string }[];
};
type Told = { readonly completions: readonly Completion[]; readonly ran: readonly string[] };

const script = fileURLToPath(new URL("./complete_source.py", import.meta.url));

const complete = async (
  python: string,
  setup: string,
  sources: readonly string[],
  modules?: readonly string[],
): Promise<Told> => {
  const input = JSON.stringify({ setup, sources, modules });
  const run = await runProgram(python, ["-I", "-B", script, `${repo}/runtime`], { input });
  assert.equal([run.status, run.stderr], [0, ""]);
  return JSON.parse(run.stdout);
};

/** As `start-end: text kind, ...`, the first six. */
const words = ({ start, end, matches }: Completion): string =>
  `${start}-${end}: ${matches
    .slice(0, 6)
    .map(({ text, kind }) => `${text} ${kind}`)
    .join(", ")}`;

type Case = readonly [source: string, found: string];

/** The cases that came out otherwise, with what was found instead. */
const wrong = (completions: readonly Completion[], cases: readonly Case[]): readonly string[][] => {
  assert.is(completions.length, cases.length);
  return cases
    .map(([source, found], index) => [source, found, words(completions[index] as Completion)])
    .filter(([, expected, found]) => expected !== found);
};

const SETUP = `
import collections, dataclasses, functools, os
def search(query, /, name, limit=1, *rest, key=2, **more): pass
def wrapper(function):
  @functools.wraps(function)
  def inner(*args, **kwargs): pass
  return inner
@wrapper
def wrapped(zebra): pass
class Fish:
  legs = 0
  def __init__(self, alpha, beta=2): self.fins, self._bones = {"left": [Pond()]}, 1
  def swim(self, metres): pass
  def __call__(self, depth): pass
  @staticmethod
  def make(count): pass
  @classmethod
  def born(cls, year): pass
  @property
  def scales(self): raise SystemExit
class Pond: water = "wet"
class Slim:
  __slots__ = ("deep",)
  def __init__(self): self.deep = Pond()
Pair = collections.namedtuple("Pair", "first second")
@dataclasses.dataclass
class Point:
  across: int
  down: int = 0
fish, slim = Fish(1), Slim()
table = {"one": 1, "two words": {"inner": fish}, 3: 4, "it's": 5, "back\\\\slash": 6, "new\\nline": 7}
shoal = [fish]
straße = 1
`;

const CASES: readonly Case[] = [
  // Names, and where in a word the cursor is.
  ["sea|", "0-3: search function"],
  ["sea|rch(1)", "0-6: search function"],
  ["x = (fi|", "5-7: fish name, filter class, finally keyword"],
  ["Fi|", "0-2: Fish class, FileExistsError class, FileNotFoundError class"],
  ["col|", "0-3: collections module"],
  ["stra|", "0-4: straße name"],
  ["é = '🐍'; sea|", "9-12: search function"],
  ["sorte|", "0-5: sorted function"],
  ["StopIterati|", "0-11: StopIteration class"],
  ["lamb|", "0-4: lambda keyword"],
  ["fis|\n\nx = 1", "0-3: fish name"],
  ["if True:\n    fis|", "13-16: fish name"],
  ["total = 5\ndef helper(): pass\nfor index in tot|", "42-45: total name"],
  ["total = 5\ndef helper(): pass\nhelpe|", "29-34: helper function"],
  ["__doc|", "0-5: __doc__ name"],
  // Nothing can be known, or nothing can stand there.
  ["'sea|", "4-4: "],
  ["f'{sea|", "6-6: "],
  ['"""a\nsea|', "8-8: "],
  ["# sea|", "5-5: "],
  ["x = 1  # sea|\n", "12-12: "],
  ["12|", "2-2: "],
  ["1.|", "2-2: "],
  ["0xse|", "4-4: "],
  ["def sea|", "7-7: "],
  ["class Fi|", "8-8: "],
  ["with fish as fi|", "15-15: "],
  ["search().nam|", "12-12: "],
  ["(fish).fi|", "9-9: "],
  ["unknown.x|", "9-9: "],
  ["x sea|", "5-5: "],
  ["x i|", "2-3: if keyword, import keyword, in keyword, is keyword"],
  ["'it' and '''that'''; sea|", "21-24: search function"],
  // Attributes.
  [
    "fish.|",
    "5-5: born function, fins attribute, legs attribute, make function, scales attribute, swim function",
  ],
  ["fish._b|", "5-7: _bones attribute"],
  ["Fish.|", "5-5: born function, legs attribute, make function, scales attribute, swim function"],
  ["Fish.__in|", "5-9: __init__ function, __init_subclass__ function"],
  ["slim.deep.|", "10-10: water attribute"],
  ["os.path.joi|", "8-11: join function"],
  ["os.pat|h", "3-7: path module, pathconf function, pathconf_names attribute, pathsep attribute"],
  ["fish.fins['left'][0].wa|", "21-23: water attribute"],
  ["shoal[-1].le|", "10-12: legs attribute"],
  ["shoal[1].le|", "11-11: "],
  ["table['two words']['inner'].leg|", "28-31: legs attribute"],
  ["fish.scales.|", "12-12: "],
  ["'text'.upp|", "7-10: upper function"],
  ["b'text'.dec|", "8-11: decode function"],
  ["fish . fi|", "7-9: fins attribute"],
  ["(\n  fish\n  .fi|", "12-14: fins attribute"],
  // Keys of plain dicts.
  ["table['|", "7-7: one key, two words key"],
  ['table["|', "7-7: it's key, one key, two words key"],
  ["table['o|ne']", "7-10: one key"],
  ["table['two words']['in|", "20-22: inner key"],
  ["fish.fins['|", "11-11: left key"],
  ["['|", "2-2: "],
  ["shoal['|", "7-7: "],
  ["table[b'o|", "9-9: "],
  // Keyword arguments.
  ["search(na|", "7-9: name= parameter"],
  ["search(1, name=(2), lim|", "20-23: limit= parameter"],
  ["search(1, nam|e=2)", "10-14: name= parameter"],
  [
    "search(name=|",
    "12-12: collections module, dataclasses module, Fish class, fish name, functools module, os module",
  ],
  ["fish.swim(m|", "10-11: metres= parameter, map class, max function, memoryview class, min function"],
  ["fish.born(y|", "10-11: year= parameter, yield keyword"],
  ["Fish.make(coun|", "10-14: count= parameter"],
  ["Fish(al|", "5-7: alpha= parameter, all function"],
  ["fish(dep|", "5-8: depth= parameter"],
  ["Pair(fi|", "5-7: first= parameter, fish name, filter class, finally keyword"],
  ["Point(acr|", "6-9: across= parameter"],
  ["wrapped(z|", "8-9: zebra= parameter, zip class"],
  ["search(len(x), (1, [2]), na|", "25-27: name= parameter"],
  ["search(\n  1,\n  na|", "15-17: name= parameter"],
  ["def search(na|", "13-13: "],
  // Imports.
  ["import jso|", "7-10: json module"],
  ["import os, jso|", "11-14: json module"],
  ["import xml.et|", "11-13: etree module"],
  ["from xml.etree import ElementT|", "22-30: ElementTree module"],
  ["from os import pathc|", "15-20: pathconf function, pathconf_names name"],
  ["from os import (path, pathse|", "22-28: pathsep name"],
  ["from os |", "8-8: import keyword"],
  ["import os |", "10-10: as keyword"],
  ["import os as o|", "14-14: "],
  ["from . import o|", "15-15: "],
  ["if x: import jso|", "13-16: json module"],
  ["unclosed(\nimport jso|", "17-20: json module"],
];

for (const { file, version } of pythons()) {
  test(`Python ${version} completes what a live namespace has, without running a line of it`, async () => {
    const { completions } = await complete(
      file,
      SETUP,
      CASES.map(([source]) => source),
    );
    assert.equal(wrong(completions, CASES), []);
  });

  test(`nothing of a hostile object runs for Python ${version} to complete it`, async () => {
    const { completions, ran } = await complete(
      file,
      HOSTILE,
      HOSTILE_CASES.map(([source]) => source),
    );
    assert.equal(ran, []);
    assert.equal(wrong(completions, HOSTILE_CASES), []);
  });

  test(`the completions of Python ${version} are bounded`, async () => {
    const setup = `
many = {f"key{n:05}": n for n in range(50_000)}
long = {"k" * 1000: 1, "k": 2}
globals().update((f"name{n:04}", n) for n in range(5000))
`;
    const deep = `${"os.".repeat(200)}|`;
    const big = `${"x = (1, 'a')\n".repeat(30_000)}nam|`;
    const nested = `${"(".repeat(200_000)}nam|`;
    const sources = ["name|", "many['|", "long['|", deep, big, nested];
    const { completions } = await complete(file, setup, sources);
    assert.equal(
      completions.map(({ matches }) => matches.length),
      [200, 200, 1, 0, 0, 200],
    );
    assert.is(completions[0]?.matches[0]?.text, "name0000");
  });

  test(`Python ${version} offers no module that the policy would refuse`, async () => {
    const sources = ["import |", "from xml import |", "from json import |"];
    const { completions } = await complete(file, "", sources, ["json", "xml.dom"]);
    assert.equal(completions.slice(0, 2).map(words), ["7-7: json module", "16-16: dom module"]);
    assert.ok(!completions[2]?.matches.some(({ text }) => text === "tool"));
  });
}

const HOSTILE = `
import types
def noted(name):
  def method(*args, **kwargs):
    ran.append(name)
    raise SystemExit
  return method
class Meta(type):
  __getattribute__ = noted("Meta.__getattribute__")
  __dir__ = noted("Meta.__dir__")
  __instancecheck__ = __subclasscheck__ = noted("Meta.__instancecheck__")
  __eq__ = noted("Meta.__eq__")
  __hash__ = noted("Meta.__hash__")
class Descriptor:
  __get__ = noted("__get__")
  __getattribute__ = noted("Descriptor.__getattribute__")
  __eq__ = noted("Descriptor.__eq__")
class Evil(metaclass=Meta):
  __getattribute__ = noted("__getattribute__")
  __getattr__ = noted("__getattr__")
  __dir__ = noted("__dir__")
  __class__ = property(noted("__class__"))
  __dict__ = property(noted("__dict__"))
  real = Descriptor()
class Key:
  def __init__(self, text): self.text = text
  def __hash__(self): return hash(self.text)
  __eq__ = noted("Key.__eq__")
class Dict(dict):
  items = keys = __iter__ = __getitem__ = get = noted("Dict")
class Text(str):
  __eq__ = __str__ = startswith = noted("Text")
  __hash__ = str.__hash__
class Lazy(types.ModuleType):
  __getattr__ = __getattribute__ = noted("Lazy")
evil = Evil()
keys = {Key("inner"): 1, Text("outer"): 2, "seen": 3}
subclass = Dict(inner=1)
globals()[Key("evil2")] = 1
lazy = Lazy("lazy")
types.ModuleType.__setattr__(lazy, "name", 1)
`;

const HOSTILE_CASES: readonly Case[] = [
  ["evil.re|", "5-7: real attribute"],
  ["evil.real.|", "10-10: "],
  ["evil.other.|", "11-11: "],
  ["Evil.re|", "5-7: real attribute"],
  ["evil(re|", "5-7: repr function, return keyword, reversed class"],
  ["evil['re|", "8-8: "],
  ["evil[0].re|", "10-10: "],
  ["keys['|", "6-6: seen key"],
  ["keys['inner'].|", "14-14: "],
  ["subclass['in|", "12-12: "],
  ["evi|", "0-3: evil name"],
  ["evil2.|", "6-6: "],
  ["lazy.na|", "5-7: name attribute"],
  ["lazy.other.|", "11-11: "],
];

test.run();
