import { setImmediate } from "node:timers/promises";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { pythons } from "../support/pythons.ts";
import { timed } from "../support/timed.ts";
import {
  type Answering,
  type Ran,
  unanswered,
  type WorkerHost,
  wireTool,
  withWorker,
} from "./worker-host.ts";

/* Host tools as Python functions: what they look like, and how calls cross. The test is the keeper and the host. */

const SEARCH = wireTool("search", ["query", ["limit", 10], "lang?"]);
const echo: Answering = (call, args) => ({ tool: call.tool, ...args });

const output = (ran: Ran): unknown => {
  if (ran.result.error) throw new Error(`the cell failed:\n${ran.result.error.traceback}`);
  return ran.result.output;
};

const failed = (ran: Ran): readonly [name: string, message: string] => {
  const { error } = ran.result;
  if (!error) throw new Error("the cell should have failed");
  return [error.name, error.message];
};

for (const { file, version } of pythons()) {
  const withSearch = (name: string, body: (worker: WorkerHost) => Promise<void>): void => {
    test(`${name} (Python ${version})`, () =>
      withWorker(file, async (worker) => {
        await worker.tools(SEARCH);
        await body(worker);
      }));
  };

  withSearch("a call goes out with its arguments by name and its value comes back", async (worker) => {
    const ran = await worker.run("x = search('a', lang='de')\nx", { answer: echo });
    assert.equal(output(ran), { tool: "search", query: "a", limit: 10, lang: "de" });
    assert.equal(ran.calls, [
      {
        type: "call",
        id: ran.result.id,
        call: 1,
        tool: "search",
        arguments: [
          { name: "query", value: "a" },
          { name: "limit", value: 10 },
          { name: "lang", value: "de" },
        ],
      },
    ]);
  });

  withSearch("what is left out is sent only when it has a default", async (worker) => {
    const { calls } = await worker.run("search(query='a')", { answer: echo });
    assert.equal(
      calls[0]?.arguments.map(({ name }) => name),
      ["query", "limit"],
    );
  });

  withSearch("a tool looks like any Python function", async (worker) => {
    const code =
      "import inspect\n(str(inspect.signature(search)), search.__doc__, search.__name__, str(inspect.signature(search.start)), search.start.__qualname__)";
    const signature = "(query: 'str', limit: 'str' = 10, lang: 'str' = ...) -> 'dict'";
    assert.equal(output(await worker.run(code)), {
      $: "tuple",
      v: [signature, "Does search.", "search", signature, "search"],
    });
    await worker.run("help(search)");
    assert.match(
      (await worker.printed()).stdout,
      /search\(query: 'str', limit: 'str' = 10, .*\n {4}Does search\./,
    );
  });

  withSearch("a call with wrong arguments is Python's own TypeError and reaches no host", async (worker) => {
    const missing = await worker.run("search()");
    assert.equal(failed(missing), ["TypeError", "search() missing 1 required positional argument: 'query'"]);
    const unknown = await worker.run("search('a', page=2)");
    assert.match(failed(unknown)[1], /^search\(\) got an unexpected keyword argument 'page'/);
    const noTwin = await worker.run("search({'rows': [1, len]})");
    assert.is(failed(noTwin)[0], "TypeError");
    assert.match(failed(noTwin)[1], /^search\(\): query\["rows"\]\[1\]: /);
    const large = await worker.run("search('a' * 200_000)");
    assert.equal(failed(large), ["ValueError", "search(): query takes more than 100000 bytes"]);
    assert.equal([...missing.calls, ...unknown.calls, ...noTwin.calls, ...large.calls], []);
  });

  withSearch("a tool's error is a ToolError that a cell can catch", async (worker) => {
    const answer = () => {
      throw Object.assign(new Error("no such page"), { name: "NotFound" });
    };
    assert.equal(failed(await worker.run("search('a')", { answer })), [
      "ToolError",
      "NotFound: no such page",
    ]);
    const code = "try:\n  search('a')\nexcept ToolError as e:\n  told = [str(e), e.tool, e.name]\ntold";
    assert.equal(output(await worker.run(code, { answer })), [
      "NotFound: no such page",
      "search",
      "NotFound",
    ]);
  });

  withSearch("a traceback through a tool shows the cell's lines alone", async (worker) => {
    const { result } = await worker.run("def f():\n  return search('a')\nf()", {
      answer: () => {
        throw new Error("no");
      },
    });
    assert.equal(result.error?.traceback.match(/File "[^"]*", line \d+/g), [
      'File "<cell 2>", line 3',
      'File "<cell 2>", line 2',
    ]);
  });

  withSearch("a cell may shadow a tool and get it back", async (worker) => {
    assert.is(output(await worker.run("def search(q): return 'mine'\nsearch(1)")), "mine");
    assert.equal(output(await worker.run("del search\nsearch('a')", { answer: () => "host's" })), "host's");
  });

  withSearch(
    "other tools take the place of those before, and an unchanged one stays itself",
    async (worker) => {
      await worker.run("kept = search");
      await worker.tools(SEARCH, wireTool("look", ["at"]));
      assert.is(output(await worker.run("kept is search")), true);
      await worker.tools(wireTool("look", ["at"]));
      assert.is(failed(await worker.run("search('a')"))[0], "NameError");
      assert.is(output(await worker.run("look(1)", { answer: () => 2 })), 2);
    },
  );

  withSearch("names that the schema has are kept apart from Python's", async (worker) => {
    const key = { name: "from_", key: "from", required: true, annotation: "", default: undefined };
    await worker.tools({ ...wireTool("mail"), parameters: [key], rest: true, doc: "", returns: "" });
    const { calls } = await worker.run("mail('a', **{'x-y': 1, 'kwargs': 2, 'self': 3, '_call': 4})", {
      answer: echo,
    });
    assert.equal(calls[0]?.arguments, [
      { name: "from", value: "a" },
      { name: "x-y", value: 1 },
      { name: "kwargs", value: 2 },
      { name: "self", value: 3 },
      { name: "_call", value: 4 },
    ]);
    assert.match(
      failed(await worker.run("mail('a', **{'from': 1})"))[1],
      /multiple values for argument 'from'/,
    );
  });

  withSearch("a description that is no Python changes nothing", async (worker) => {
    for (const name of ["1x", "if", "a.b", "x):\n import os\ndef y("]) {
      const { result } = await worker.tools(wireTool("fine"), wireTool(name));
      assert.is(result.error?.name, "ValueError");
    }
    assert.is(output(await worker.run("search('a')", { answer: () => 1 })), 1);
    assert.is(failed(await worker.run("fine()"))[0], "NameError");
  });

  withSearch("threads call at the same time, and each gets its own answer", async (worker) => {
    const code =
      "from concurrent.futures import ThreadPoolExecutor\nwith ThreadPoolExecutor(8) as pool:\n  found = list(pool.map(search, range(8)))\n[f['query'] for f in found]";
    const open: (() => void)[] = [];
    const ran = await worker.run(code, {
      // None is answered before all are there, and the last is answered first.
      answer: (call, args) =>
        new Promise((resolve) => {
          open.push(() => resolve(echo(call, args)));
          if (open.length === 8) for (const go of open.reverse()) go();
        }),
    });
    assert.equal(output(ran), [0, 1, 2, 3, 4, 5, 6, 7]);
  });

  withSearch("threads and the main thread wait side by side", async (worker) => {
    const code =
      "import threading\nfound = {}\ndef ask(n):\n  for i in range(20): found[n, i] = search([n, i])\nthreads = [threading.Thread(target=ask, args=(n,)) for n in range(4)]\nfor t in threads: t.start()\nask(4)\nfor t in threads: t.join()\nall(found[k]['query'] == list(k) for k in found) and len(found)";
    assert.is(output(await worker.run(code, { answer: echo })), 100);
  });

  withSearch(
    "a call between cells is refused at once, and the next cell is none the worse",
    async (worker) => {
      const code = `
import sys, threading, time
told, main = [], threading.main_thread().ident
def late():
    # Until the main thread waits for the next cell.
    while "next_order" not in names(sys._current_frames()[main]): time.sleep(0.001)
    try: search("a")
    except ToolError as error: told.append(str(error))
def names(frame):
    while frame: yield frame.f_code.co_name; frame = frame.f_back
thread = threading.Thread(target=late)
thread.start()`;
      assert.equal(output(await worker.run(code)), null);
      await timed(5_000, "the late call", async () => {
        while (output(await worker.run("not thread.is_alive()")) !== true) await setImmediate();
      });
      const ran = await worker.run("[told, search('b')]", { answer: () => 1 });
      assert.equal(output(ran), [["the cell is over"], 1]);
    },
  );

  withSearch("answers to calls that nobody made are dropped", async (worker) => {
    worker.send({ type: "answer", call: 999, value: 1 });
    assert.is(output(await worker.run("search('a')", { answer: () => 5 })), 5);
    worker.send({ type: "answer", call: 1, value: 2 });
    assert.is(output(await worker.run("1 + 1")), 2);
  });

  withSearch("an interrupt ends a call that is never answered, again and again", async (worker) => {
    for (let round = 0; round < 50; round++) {
      const interrupted = await worker.run("search('a')", {
        answer: () => unanswered,
        onReport: (report) => report.type === "call" && worker.interrupt(),
      });
      assert.equal([interrupted.result.interrupted, failed(interrupted)[0]], [true, "KeyboardInterrupt"]);
      const { call = 0 } = interrupted.calls[0] ?? {};
      worker.send({ type: "answer", call, error: { name: "CellOver", message: "the cell is over" } });
      assert.is(output(await worker.run(`search(${round})['query']`, { answer: echo })), round);
    }
  });

  withSearch("interrupts among many calls lose and mix up nothing", async (worker) => {
    for (let round = 0; round < 15; round++) {
      const code =
        "n = 0\ntry:\n  while True:\n    assert search(n)['query'] == n\n    n += 1\nexcept KeyboardInterrupt: pass\nn";
      let seen = 0;
      const ran = await worker.run(code, {
        answer: (call, args) => {
          if (++seen === 20 + round * 7) worker.interrupt();
          return { ...(echo(call, args) as object), padding: "x".repeat(round * 5000) };
        },
      });
      assert.ok((output(ran) as number) >= 15);
      assert.is(output(await worker.run("search('after')['query']", { answer: echo })), "after");
    }
  });
}

test.run();
