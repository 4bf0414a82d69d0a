import { test } from "uvu";
import * as assert from "uvu/assert";

import { pythons } from "../support/pythons.ts";
import { unanswered, type WorkerHost, wireTool, withWorker } from "./worker-host.ts";

/* `final_answer`, as the keeper hears of it. The test is the keeper, and interrupts where the keeper would. */

/** Interrupts as the keeper does: a while after the answer, and again for as long as the cell goes on. */
const stop = (worker: WorkerHost) => {
  let timer: NodeJS.Timeout | undefined;
  return {
    onReport: ({ type }: { type: string }) => {
      if (type === "final") timer = setInterval(() => worker.interrupt(), 50);
      if (type === "result") clearInterval(timer);
    },
  };
};

/** Cells that answer 42 and end by themselves. */
const PLAIN: readonly string[] = [
  "final_answer(42)",
  "final_answer(answer=42)",
  "def f():\n  final_answer(42)\nf()\nprint('not reached')",
  "try:\n  final_answer(42)\nfinally:\n  done = 1",
  "def f():\n  try:\n    final_answer(42)\n  finally:\n    return 1\nf()",
  "try:\n  final_answer(42)\nexcept:\n  pass\nx = 5",
  "try:\n  final_answer(42)\nexcept Exception:\n  print('not reached')",
  "try:\n  final_answer(42)\nexcept BaseException:\n  final_answer(43)",
  "final_answer(42)\nawait asyncio.sleep(0)",
  "await asyncio.sleep(0)\nfinal_answer(42)",
  "async def f():\n  final_answer(42)\nawait f()\nprint('not reached')",
  "list(map(final_answer, [42]))",
];

/** Cells that answer 42 somewhere else than in the main thread's plain course. */
const ASIDE: readonly string[] = [
  "import threading\nt = threading.Thread(target=final_answer, args=(42,))\nt.start()\nt.join()",
  "async def f(): final_answer(42)\nawait asyncio.gather(f())",
  "async def f(): final_answer(42)\nasyncio.run(f())",
  "from concurrent.futures import ThreadPoolExecutor\nwith ThreadPoolExecutor() as p: p.submit(final_answer, 42).result()",
  "await asyncio.to_thread(final_answer, 42)",
];

/** The same, but these go on. */
const STUCK: readonly string[] = [
  "import threading\nthreading.Thread(target=final_answer, args=(42,), daemon=True).start()\nwhile True: str(1)",
  "async def f(): final_answer(42)\nt = asyncio.create_task(f())\nawait asyncio.sleep(100)",
  "async def g(): final_answer(42)\nasync def f():\n  asyncio.create_task(g())\n  await asyncio.sleep(100)\nasyncio.run(f())",
];

for (const { file, version } of pythons()) {
  const inWorker = (name: string, body: (worker: WorkerHost) => Promise<void>): void => {
    test(`${name} (Python ${version})`, () =>
      withWorker(file, async (worker) => {
        await worker.run("import asyncio");
        await body(worker);
      }));
  };

  inWorker("the answer is sent at once and ends the cell without an error", async (worker) => {
    for (const code of PLAIN) {
      const { finals, result } = await worker.run(code);
      assert.equal(finals, [{ type: "final", id: result.id, output: 42, text: "42", aside: false }], code);
      assert.equal([result.error, result.interrupted], [undefined, false], code);
    }
    assert.equal(await worker.printed(), { stdout: "", stderr: "" });
  });

  inWorker("an answer from a thread, a task or another loop is said to be aside", async (worker) => {
    for (const code of [...ASIDE, ...STUCK]) {
      const { finals, result } = await worker.run(code, STUCK.includes(code) ? stop(worker) : {});
      assert.equal(finals, [{ type: "final", id: result.id, output: 42, text: "42", aside: true }], code);
      assert.is(result.error, undefined, code);
      assert.is((await worker.run("1 + 1")).result.output, 2, code);
      await worker.run("import gc; t = None; gc.collect()");
      assert.equal(await worker.printed(), { stdout: "", stderr: "" }, code);
    }
  });

  if (Number(version.split(".")[1]) >= 11) {
    inWorker("an answer out of a task group is no error", async (worker) => {
      const code =
        "async def f(): final_answer(42)\nasync with asyncio.TaskGroup() as group: group.create_task(f())";
      const { finals, result } = await worker.run(code);
      assert.equal([finals.length, result.error], [1, undefined]);
    });
  }

  inWorker("a cell that goes on after its answer is interrupted, and has no error", async (worker) => {
    for (const code of [
      "while True: str(1)",
      "await asyncio.sleep(100)",
      "async def f():\n  while True: str(1)\nawait f()",
      "async def f():\n  while True: await asyncio.sleep(0)\nawait asyncio.gather(f(), asyncio.create_task(f()))",
    ]) {
      const swallowed = `try:\n  final_answer(42)\nexcept:\n  pass\n${code}`;
      const { finals, result } = await worker.run(swallowed, stop(worker));
      assert.equal([finals.length, result.error, result.interrupted], [1, undefined, true], code);
    }
  });

  inWorker("what goes wrong after the answer is still told", async (worker) => {
    const { finals, result } = await worker.run("try:\n  final_answer(42)\nfinally:\n  1 / 0");
    assert.equal([finals.length, result.error?.name], [1, "ZeroDivisionError"]);
  });

  inWorker(
    "any value is an answer: one without a twin has its repr, a broken repr is said so",
    async (worker) => {
      const final = async (code: string) => {
        const { finals } = await worker.run(code);
        const { output, text } = finals[0] ?? {};
        return [output, text];
      };
      assert.equal(await final("final_answer()"), [null, "None"]);
      assert.equal(await final("final_answer([1, {'a': None}])"), [[1, { a: null }], "[1, {'a': None}]"]);
      assert.equal(await final("final_answer(len)"), [undefined, "<built-in function len>"]);
      const broken = "class B:\n  def __repr__(self): raise ValueError\nfinal_answer(B())";
      assert.equal(await final(broken), [undefined, "<B object: its repr raised ValueError>"]);
      const [output, text] = await final("final_answer('a' * 1_000_000)");
      assert.is(output, undefined);
      assert.match(text as string, /\[\d+ characters cut\]/);
    },
  );

  inWorker("a cell may have its own final_answer, and gets the real one back", async (worker) => {
    const own = await worker.run("def final_answer(x): return x + 1\nfinal_answer(1)");
    assert.equal([own.finals, own.result.output], [[], 2]);
    assert.is((await worker.run("del final_answer\nfinal_answer(1)")).finals.length, 1);
  });

  inWorker("the host's own tool of that name gives the answer", async (worker) => {
    await worker.tools({ ...wireTool("final_answer", ["answer", "source?"]), doc: "Checks it." });
    const { finals, calls, result } = await worker.run("final_answer(20, source='x')", {
      answer: (_, args) => [args.answer, 1],
    });
    assert.equal([finals[0]?.output, calls.length, result.error], [[20, 1], 1, undefined]);
    const signature = "import inspect\n[str(inspect.signature(final_answer)), final_answer.__doc__]";
    assert.equal((await worker.run(signature)).result.output, [
      "(answer: 'str', source: 'str' = ...) -> 'dict'",
      "Checks it.",
    ]);
    const refused = await worker.run("final_answer(1)", {
      answer: () => {
        throw new Error("not good enough");
      },
    });
    assert.equal([refused.finals, refused.result.error?.name], [[], "ToolError"]);
    await worker.tools();
    assert.is((await worker.run("final_answer(1)")).finals.length, 1);
  });

  inWorker("an answer between cells is refused", async (worker) => {
    const code = `
import sys, threading, time
told, main = [], threading.main_thread().ident
def names(frame):
    while frame: yield frame.f_code.co_name; frame = frame.f_back
def late():
    while "next_order" not in names(sys._current_frames()[main]): time.sleep(0.001)
    try: final_answer(1)
    except RuntimeError as error: told.append(str(error))
thread = threading.Thread(target=late)
thread.start()`;
    await worker.run(code);
    for (let alive: unknown = true; alive; ) alive = (await worker.run("thread.is_alive()")).result.output;
    const { finals, result } = await worker.run("told");
    assert.equal([finals, result.output], [[], ["final_answer(): the cell is over"]]);
  });

  inWorker("after an answer, the next cell is interrupted as any", async (worker) => {
    await worker.run("final_answer(1)");
    await worker.tools(wireTool("wait"));
    const { result } = await worker.run("wait()", {
      answer: () => unanswered,
      onReport: (report) => report.type === "call" && worker.interrupt(),
    });
    assert.is(result.error?.name, "KeyboardInterrupt");
  });
}

test.run();
