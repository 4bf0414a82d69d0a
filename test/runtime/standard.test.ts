import { test } from "uvu";
import * as assert from "uvu/assert";

import { pythons } from "../support/pythons.ts";
import { type WorkerHost, withWorker } from "./worker-host.ts";

/* Standard streams: whole at the start of every cell, and input that the host gives. */

/** What cells do to their output; the next one's must come through all the same. */
const DAMAGE: readonly string[] = [
  "import os\nos.close(1)\nos.close(2)",
  "import os\nnull = os.open('/dev/null', os.O_WRONLY)\nos.dup2(null, 1)\nos.dup2(null, 2)",
  "import sys\nsys.stdout.close()\nsys.stderr.close()",
  "import sys\nsys.stdout = sys.stderr = None",
  "import sys\ndel sys.stdout, sys.stderr",
  "import sys, io\nsys.stdout = sys.stderr = io.StringIO()",
  "import sys\nsys.stdout.detach()\nsys.stderr.detach()",
  "import sys\nsys.stdout.buffer.close()\nsys.stderr.buffer.raw.close()",
  "import sys\nsys.stdout.write = sys.stderr.write = lambda text: None",
  "import sys\nclass Tee:\n  def flush(self): raise SystemExit\n  def write(self, text): raise SystemExit\nsys.stdout = sys.stderr = Tee()",
  "import sys\nsys.__stdout__ = sys.__stderr__ = sys.stdout = sys.stderr = 5",
];

for (const { file, version } of pythons()) {
  const inWorker = (name: string, body: (worker: WorkerHost) => Promise<void>): void => {
    test(`${name} (Python ${version})`, () => withWorker(file, body));
  };

  inWorker("no cell takes the output of the next ones away", async (worker) => {
    for (const code of DAMAGE) {
      await worker.run(code);
      await worker.run("import sys\nprint('out', flush=True)\nprint('err', file=sys.stderr)");
      assert.equal(await worker.printed(), { stdout: "out\n", stderr: "err\n" }, code);
    }
  });

  inWorker("a cell that closes the spare copies too has lost its output and nothing else", async (worker) => {
    const { result } = await worker.run("import os\nos.close(1)\nos.closerange(4, 300)\nkept = 1");
    assert.is(result.error, undefined);
    await worker.run("print('gone')");
    assert.is((await worker.run("kept + 1")).result.output, 2);
  });

  inWorker("input asks the host with its prompt, and what was printed comes first", async (worker) => {
    const code = "print('hello', end='')\nname = input('name? ')\nage = int(input())\n[name, age]";
    const { result, prompts } = await worker.run(code, { input: ["Ada", "36\n"] });
    assert.equal(
      [result.output, prompts],
      [
        ["Ada", 36],
        ["name? ", ""],
      ],
    );
    assert.is((await worker.printed()).stdout, "hello");
  });

  inWorker("the end of input is an EOFError, and as sys.stdin has it", async (worker) => {
    const { result } = await worker.run("input()", { input: [null] });
    assert.equal([result.error?.name, result.error?.message], ["EOFError", "EOF when reading a line"]);
    const read = await worker.run(
      "import sys\n[sys.stdin.readline(), sys.stdin.readline(2), sys.stdin.readline(), sys.stdin.read(), sys.stdin.readline()]",
      { input: ["a", "bcd", "e", "f", null, null] },
    );
    assert.equal(read.result.output, ["a\n", "bc", "d\n", "e\nf\n", ""]);
    const lines = await worker.run("[line.strip() for line in sys.stdin]", { input: ["1", "2", null] });
    assert.equal(lines.result.output, ["1", "2"]);
  });

  inWorker("without somebody who answers, input says who could", async (worker) => {
    const { result, prompts } = await worker.run("input('name? ')");
    assert.equal(prompts, []);
    assert.match(result.error?.message ?? "", /^input\(\) has nothing to read.*onInput/);
    const { result: other } = await worker.run("sys.stdin.read()");
    assert.equal(other.error?.name, "NameError");
  });

  inWorker("a thread may ask too, and a prompt without end is cut", async (worker) => {
    const code =
      "import threading\nfound = []\nt = threading.Thread(target=lambda: found.append(input('x' * 1_000_000)))\nt.start()\nt.join()\nfound";
    const { result, prompts } = await worker.run(code, { input: ["from afar"] });
    assert.equal(result.output, ["from afar"]);
    assert.ok((prompts[0] ?? "").length < 10_000);
  });

  inWorker("an interrupt ends the wait for input", async (worker) => {
    const { result } = await worker.run("import time\nwhile True: input()", {
      input: Array.from({ length: 1000 }, () => "x"),
      onReport: (report) => report.type === "input" && report.call === 5 && worker.interrupt(),
    });
    assert.equal([result.interrupted, result.error?.name], [true, "KeyboardInterrupt"]);
    assert.is((await worker.run("input()", { input: ["y"] })).result.output, "y");
  });
}

test.run();
