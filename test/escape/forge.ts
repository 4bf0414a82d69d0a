/**
 * Python that finds the worker's channel among its descriptors and writes to it: the attacker's half of the forgery
 * tests. `forge(bytes)` writes raw, `say(kind, ...)` a message about the running cell, `result(value)` its result;
 * `find(name)` gives the worker's own object of that class.
 */
export const FORGE = `
import os, stat, sys, json, time

def channel():
    for descriptor in range(3, 64):
        try:
            if stat.S_ISSOCK(os.fstat(descriptor).st_mode):
                return descriptor
        except OSError:
            pass

def running():
    frame = sys._getframe()
    while frame:
        # The worker's own frame, which knows the number of the cell that it runs.
        if frame.f_code.co_name == "execute" and "identity" in frame.f_locals:
            return frame.f_locals["identity"]
        frame = frame.f_back
    raise RuntimeError("the worker runs cells in another way now: these attacks have to follow")

def find(name):
    frame = sys._getframe()
    while frame:
        found = frame.f_locals.get("self")
        if type(found).__name__ == name:
            return found
        frame = frame.f_back
    raise RuntimeError(f"no {name} above this frame: these attacks have to follow")

CHANNEL = channel()

def forge(data):
    view = memoryview(data)
    while view:
        view = view[os.write(CHANNEL, view):]

def line(kind, **parts):
    return json.dumps({"type": kind, "id": running(), **parts}).encode() + b"\\n"

def say(kind, **parts):
    forge(line(kind, **parts))

def result(value, **more):
    say("result", interrupted=False, output=value, **more)

def raw(text):
    forge(b'{"type":"result","id":%d,"interrupted":false,"output":%s}\\n' % (running(), text.encode()))
`;

const DENIALS = `
denial = {"permission": "net", "target": "x", "message": "x" * 2000, "flag": "-A", "line": None}
line = json.dumps({"type": "denial", "id": running(), "denial": denial}).encode() + b"\\n"
for _ in range(1000):
    forge(line)
`;

export type Forgery = { readonly name: string; readonly code: string };

/** Each is what a cell may do to the channel; whatever comes of it, the caller gets an answer and the session goes on. */
export const FORGERIES: readonly Forgery[] = [
  { name: "a result of its own, and then goes on for ever", code: "result(5)\nwhile True: pass" },
  { name: "two results", code: "result(5)\nresult(6)" },
  { name: "a result of another cell", code: `forge(b'{"type":"result","id":99,"interrupted":false}\\n')` },
  { name: "a result of cell 0", code: `forge(b'{"type":"result","id":0,"interrupted":false}\\n')` },
  { name: "a line that is not JSON", code: `forge(b"garbage\\n")` },
  { name: "bytes that are not text", code: `forge(bytes(range(256)) + b"\\n")` },
  { name: "half a line, and then its own end", code: `forge(b'{"type":')\nos._exit(0)` },
  { name: "half a line before the real one", code: `forge(b'{"type":')` },
  { name: "a line without an end", code: `while True: forge(b"x" * 65536)` },
  { name: "a message of the keeper", code: `forge(b'{"type":"ready","protocol":1}\\n')` },
  { name: "an unknown key", code: `result(1, state="kept")` },
  { name: "a thousand empty lines", code: `forge(b"\\n" * 1000)` },
  { name: "a thousand denials", code: DENIALS },
  { name: "NaN, which is no JSON", code: `raw("NaN")` },
  { name: "an infinite number", code: `raw("1e999")` },
  { name: "an integer of a million digits", code: `raw("9" * 1000000)` },
  { name: "a tagged value of no kind", code: `result({"$": "nothing", "v": 1})` },
  { name: "a tagged value of the wrong shape", code: `result({"$": "map", "v": [[1]]})` },
  { name: "a value nested 300 deep", code: `raw("[" * 300 + "]" * 300)` },
  { name: "values nested about as deep as Python can", code: `raw("[" * 984 + "]" * 984)` },
  { name: "a value nested 100,000 deep", code: `raw("[" * 100000 + "]" * 100000)` },
  {
    name: "letters that grow when they are written as JSON again",
    code: `raw('"' + "\\u00e9" * 1400000 + '"')`,
  },
  { name: "a text longer than a result may be", code: `result(1, text="\\u00e9" * 450000)` },
  { name: "lone surrogates", code: `raw('"\\\\ud800"')` },
  { name: "a key __proto__", code: `result({"__proto__": {"polluted": True}})` },
];
