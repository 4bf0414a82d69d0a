import { test } from "uvu";
import * as assert from "uvu/assert";

import { pythons } from "../support/pythons.ts";
import { type Ran, unanswered, type WorkerHost, wireTool, withWorker } from "./worker-host.ts";

/* Which calls of tools run beside one another, and which block. The test is the host, and counts what is under way. */

const SEARCH = wireTool("search", ["query"]);

const output = (ran: Ran): unknown => {
  if (ran.result.error) throw new Error(`the cell failed:\n${ran.result.error.traceback}`);
  return ran.result.output;
};

/** Runs a cell, and answers no call before `together` of them are under way; each gives its query doubled. */
const runTogether = async (worker: WorkerHost, code: string, together: number): Promise<Ran> => {
  const open: (() => void)[] = [];
  return worker.run(code, {
    answer: (_, args) =>
      new Promise((resolve) => {
        open.push(() => resolve((args.query as number) * 2));
        if (open.length === together) for (const go of open.splice(0).reverse()) go();
      }),
  });
};

/** Cells that have three calls under way at once, and what they come to. */
const TOGETHER: readonly string[] = [
  "await asyncio.gather(search(1), search(2), search(3))",
  "await asyncio.gather(*[search(q) for q in qs])",
  "await asyncio.gather(*(search(query=q) for q in qs))",
  "await asyncio.gather(*map(search, qs))",
  "await asyncio.gather(*map(lambda q: search(q), qs))",
  "await asyncio.gather(*[search(1), search(2)], search(3))",
  "tasks = [search(q) for q in qs]\nawait asyncio.gather(*tasks)",
  "tasks = []\nfor q in qs:\n  tasks.append(search(q))\nawait asyncio.gather(*tasks)",
  "tasks = []\nfor q in qs: tasks += [search(q)]\nfound = []\nfor t in tasks: found.append(await t)\nfound",
  "a = search(1)\nb, c = search(2), search(3)\n[await a, await b, await c]",
  "tasks = {q: search(q) for q in qs}\nfound = []\nfor q, t in tasks.items(): found.append(await t)\nfound",
  "tasks = {}\nfor q in qs: tasks[q] = search(q)\nlist(await asyncio.gather(*tasks.values()))",
  "tasks = [asyncio.create_task(search(q)) for q in qs]\n[await t for t in tasks]",
  "tasks = [asyncio.ensure_future(search(q)) for q in qs]\n[await t for t in tasks]",
  "calls = [search(q) for q in qs]\ntasks = [asyncio.create_task(c) for c in calls]\n[await t for t in tasks]",
  "done, _ = await asyncio.wait([search(q) for q in qs])\nsorted(t.result() for t in done)",
  "sorted([await t for t in asyncio.as_completed([search(q) for q in qs])])",
  "await asyncio.gather(*[asyncio.wait_for(search(q), 60) for q in qs])",
  "await asyncio.gather(*[asyncio.shield(search(q)) for q in qs])",
  "async def one(q):\n  return await search(q)\nawait asyncio.gather(*[one(q) for q in qs])",
  "async def all_of(tasks):\n  return await asyncio.gather(*tasks)\nawait all_of([search(q) for q in qs])",
  "limit = asyncio.Semaphore(3)\nasync def bounded(call):\n  async with limit:\n    return await call\nawait asyncio.gather(*(bounded(search(q)) for q in qs))",
  "def ask(q):\n  return search(q)\nawait asyncio.gather(*[ask(q) for q in qs])",
  "ask = lambda q: search(q)\nawait asyncio.gather(*map(ask, qs))",
  "s = search\nawait asyncio.gather(*[s(q) for q in qs])",
  "class Agent:\n  find = staticmethod(search)\n  async def run(self):\n    self.tasks = [self.find(q) for q in qs]\n    return await asyncio.gather(*self.tasks)\nawait Agent().run()",
  "from functools import partial\nfind = partial(search)\nawait asyncio.gather(*[find(query=q) for q in qs])",
  "async def main():\n  return await asyncio.gather(*[search(q) for q in qs])\nasyncio.run(main())",
  "async def main():\n  return await asyncio.gather(*[search(q) for q in qs])\nloop = asyncio.new_event_loop()\nloop.run_until_complete(main())",
  "import asyncio as aio\nfrom asyncio import gather as together\nawait aio.gather(search(1), search(2), search(3))",
  "await asyncio.gather(*[asyncio.to_thread(search, q) for q in qs])",
  "await asyncio.gather(*[search.start(q) for q in qs])",
  "await asyncio.gather(*[(search if q else None)(q) for q in qs])",
  "xs = [search(q) if q else None for q in qs]\nawait asyncio.gather(*(x for x in xs if x is not None))",
  "await asyncio.gather(*[search(q) for q in [1, 2]] + [search(3)])",
];

/** Cells in which a call gives its value, as it does in all other code. */
const ALONE: readonly (readonly [code: string, value: unknown])[] = [
  ["x = search(1)\nawait asyncio.sleep(0)\nx + 1", 3],
  ["async def f():\n  return search(1) + search(2)\nawait f()", 6],
  ["async def f(x):\n  return x\nawait f(search(2))", 4],
  [
    "found = [search(q) for q in qs]\nasync def f(x): return x\nawait asyncio.gather(*[f(x) for x in found])",
    [2, 4, 6],
  ],
  ["found = []\nfor q in range(search(1)):\n  found.append(await search(q))\nfound", [0, 2]],
  ["await search(1)", 2],
  ["asyncio.run(search(2))", 4],
  ["asyncio.new_event_loop().run_until_complete(search(3))", 6],
  ["await asyncio.wait_for(search(1), timeout=search(2))", 2],
  [
    "class A:\n  async def f(self): return search(1)\nclass B(A):\n  async def f(self):\n    return await super().f() + 1\nawait B().f()",
    3,
  ],
  [
    "async def f():\n  here = 5\n  await asyncio.sleep(0)\n  return locals()['here'] + search(1)\nawait f()",
    7,
  ],
  ["[x async for x in (search(q) for q in qs)] if False else search(2)", 4],
];

for (const { file, version } of pythons()) {
  const withSearch = (name: string, body: (worker: WorkerHost) => Promise<void>): void => {
    test(`${name} (Python ${version})`, () =>
      withWorker(file, async (worker) => {
        await worker.tools(SEARCH);
        await worker.run("import asyncio, sys\nqs = [1, 2, 3]");
        await body(worker);
      }));
  };

  withSearch("awaited calls run beside one another, however they come to be awaited", async (worker) => {
    for (const code of TOGETHER) {
      const ran = await runTogether(worker, code, 3);
      assert.equal(output(ran), [2, 4, 6], code);
      assert.is(ran.calls.length, 3, code);
    }
    assert.equal(await worker.printed(), { stdout: "", stderr: "" });
  });

  withSearch("all other calls block and give their value, in asynchronous code too", async (worker) => {
    for (const [code, value] of ALONE) assert.equal(output(await runTogether(worker, code, 1)), value, code);
  });

  // There are task groups since 3.11.
  if (Number(version.split(".")[1]) >= 11)
    withSearch("calls of a task group run beside one another", async (worker) => {
      const code =
        "async with asyncio.TaskGroup() as group:\n  tasks = [group.create_task(search(q)) for q in qs]\n[t.result() for t in tasks]";
      assert.equal(output(await runTogether(worker, code, 3)), [2, 4, 6]);
    });

  withSearch("a thread that blocks and a loop that waits are both answered", async (worker) => {
    const code = `
async def main():
    beside = [asyncio.to_thread(search, n) for n in range(10)]
    return sum(await asyncio.gather(*beside, *[search(n) for n in range(10)]))
sum(asyncio.run(main()) for _ in range(5))`;
    assert.is(output(await runTogether(worker, code, 1)), 900);
    const loops = `
import threading
sums = []
async def main(): sums.append(sum(await asyncio.gather(*[search(n) for n in range(10)])))
threads = [threading.Thread(target=lambda: asyncio.run(main())) for _ in range(4)]
for t in threads: t.start()
for n in range(10): search(n)
for t in threads: t.join()
sums`;
    assert.equal(output(await runTogether(worker, loops, 1)), [90, 90, 90, 90]);
  });

  withSearch("a plain call answers while awaited ones of the same loop are under way", async (worker) => {
    const code = "t = search(1)\nx = search(2)\n[x, await t]";
    assert.equal(output(await runTogether(worker, code, 2)), [4, 2]);
  });

  withSearch("the error of an awaited call is raised where it is awaited", async (worker) => {
    const ran = await worker.run(
      "t = search(1)\ntry:\n  await t\nexcept ToolError as e:\n  told = str(e)\ntold",
      {
        answer: () => {
          throw new Error("no");
        },
      },
    );
    assert.is(output(ran), "no");
  });

  withSearch("lines and columns of a traceback are those of the source", async (worker) => {
    const { result } = await worker.run(
      "async def f(q):\n  return (await\n    search(q, 1))\n\nawait f(\n  2)",
    );
    const lines = result.error?.traceback.match(/line \d+, in .*/g);
    assert.is(result.error?.message, "search() takes 1 positional argument but 2 were given");
    assert.equal(
      [lines?.[0], lines?.[1]?.slice(0, 6), result.error?.line],
      ["line 5, in <module>", "line 3", 3],
    );
    assert.not.match(result.error?.traceback ?? "", /<start>/);
  });

  withSearch("a started call says what it is and what to do with it", async (worker) => {
    const { result } = await worker.run("t = search(1)\nprint(t)\nt['a']\nawait t", {
      answer: () => unanswered,
    });
    assert.is(result.error?.message, "this is a call of search() and not yet its value: await it first");
    assert.is((await worker.printed()).stdout, "<call of search(), under way: await it for its value>\n");
  });

  withSearch("a call that was given up, or outlives its cell, harms no later one", async (worker) => {
    const code =
      "try:\n  await asyncio.wait_for(search(1), 0.01)\nexcept asyncio.TimeoutError:\n  late = search.start(2)\nlate.done()";
    const ran = await worker.run(code, { answer: () => unanswered });
    assert.is(output(ran), false);
    for (const { call } of ran.calls) {
      worker.send({ type: "answer", call, error: { name: "CellOver", message: "the cell is over" } });
    }
    assert.equal(
      output(await runTogether(worker, "await asyncio.gather(*[search(q) for q in qs])", 3)),
      [2, 4, 6],
    );
    assert.is(output(await worker.run("str(late.exception())")), "the cell is over");
    await worker.run("del late\nimport gc\ngc.collect()");
    assert.equal(await worker.printed(), { stdout: "", stderr: "" });
  });

  withSearch("an interrupt ends a cell that awaits, and the loop goes on in the next", async (worker) => {
    for (let round = 0; round < 10; round++) {
      const interrupted = await worker.run("await asyncio.gather(*[search(q) for q in qs])", {
        answer: () => unanswered,
        onReport: (report) => report.type === "call" && report.call % 3 === 0 && worker.interrupt(),
      });
      assert.is(interrupted.result.interrupted, true);
      assert.is(output(await runTogether(worker, "await search(4)", 1)), 8);
    }
  });

  withSearch("a deep or long source is not too much for it", async (worker) => {
    const deep = `async def f(): await search(1)\nx = ${"(".repeat(80)}1${")".repeat(80)}\ny = ${"1+".repeat(900)}1\nz${"[0]".repeat(500)} = 1`;
    const { result } = await worker.run(`${deep}\n`);
    assert.is(result.error?.name, "NameError");
    const long = `async def f(): await search(1)\n${"a = 1\n".repeat(20_000)}a`;
    assert.is(output(await worker.run(long)), 1);
  });
}

test.run();
