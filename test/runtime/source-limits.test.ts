// @limit 600
import { test } from "uvu";
import * as assert from "uvu/assert";

import { PythonExecutor } from "../../src/index.ts";
import { answers, failure, ok } from "../session/fixture.ts";
import { pythons } from "../support/pythons.ts";
import { timed } from "../support/timed.ts";

/** Sources that make a parser slow, large or crash: each must come to one error, in bounded time. */
const HOSTILE: readonly (readonly [what: string, source: () => string, mayWork?: boolean])[] = [
  ["10 MB of x=1", () => "x=1\n".repeat(2_500_000)],
  ["one byte too much", () => `#${"a".repeat(1 << 20)}`],
  ["too many bytes in few characters", () => `#${"é".repeat(1 << 19)}`],
  ["100,000 nested brackets", () => "(".repeat(100_000) + ")".repeat(100_000)],
  ["100,000 open brackets", () => "[".repeat(100_000)],
  ["199 nested brackets", () => "[".repeat(199) + "]".repeat(199), true],
  ["200,000 chained additions", () => `x=1${"+1".repeat(200_000)}`, true],
  ["100,000 chained comparisons", () => `1${"<1".repeat(100_000)}`, true],
  ["100,000 chained attributes", () => `print(1 if 0 else 2)\nx = lambda y: y${".a".repeat(100_000)}`, true],
  ["100,000 chained calls", () => `x = lambda y: y${"()".repeat(100_000)}`, true],
  ["100,000 chained powers", () => `x = lambda y: y${"**y".repeat(100_000)}`, true],
  ["a chain of 200,000 nots", () => `${"not ".repeat(200_000)}1`],
  ["a chain of 200,000 minuses", () => `${"-".repeat(200_000)}1`, true],
  ["50,000 nested lambdas", () => `${"lambda:".repeat(50_000)}0`],
  ["50,000 conditional expressions", () => `${"1 if 1 else ".repeat(50_000)}0`, true],
  ["50,000 awaits", () => `${"await ".repeat(50_000)}x`],
  ["20,000 elifs", () => `if 0: pass\n${"elif 0: pass\n".repeat(20_000)}`, true],
  [
    "deep indentation",
    () =>
      `${Array.from({ length: 500 }, (_, i) => `${" ".repeat(i)}if 1:\n`).join("") + " ".repeat(500)}pass`,
  ],
  [
    "99 levels of indentation",
    () => `${Array.from({ length: 99 }, (_, i) => `${" ".repeat(i)}if 1:\n`).join("") + " ".repeat(99)}pass`,
    true,
  ],
  ["nested f-strings", () => `${"f'{".repeat(5000)}1${"}'".repeat(5000)}`],
  ["100,000 decorators", () => `${"@print\n".repeat(100_000)}def f(): pass`, true],
  ["30,000 nested subscripts", () => `x = lambda y: ${"y[".repeat(30_000)}0${"]".repeat(30_000)}`],
  ["50,000 unpacked targets", () => `x = lambda: [${"*".repeat(50_000)}y]`],
  ["a number of 500,000 digits", () => `x = ${"9".repeat(500_000)}`, true],
  ["a power that the compiler could fold", () => `x = lambda: ${"9**9".repeat(1)}**9**9`, true],
  ["200,000 strings side by side", () => `x = ${"'a' ".repeat(200_000)}`, true],
];

/** Sources that are large and plain: they must work. */
const LARGE: readonly (readonly [what: string, source: () => string, output: unknown])[] = [
  ["a string literal of nearly 1 MiB", () => `len("${"a".repeat((1 << 20) - 7)}")`, (1 << 20) - 7],
  ["a comment of nearly 1 MiB", () => `1\n#${"a".repeat((1 << 20) - 3)}`, 1],
  ["20,000 lines", () => `x = 0\n${"x += 1\n".repeat(20_000)}`, 20_000],
  ["a list of 50,000 numbers", () => `len([${"1,".repeat(50_000)}])`, 50_000],
  ["a function of 3000 lines", () => `def f():\n  x = 0\n${"  x += 1\n".repeat(3000)}  return x\nf()`, 3000],
];

for (const { file, version } of pythons()) {
  let starting: Promise<PythonExecutor> | undefined;
  const session = async () => {
    starting ??= PythonExecutor.create({ python: file });
    return (await starting).createSession();
  };

  for (const [what, source, mayWork] of HOSTILE) {
    test(`Python ${version}: ${what} comes to ${mayWork ? "a result or " : ""}one clear error`, () =>
      timed(45_000, what, async () => {
        await using running = await session();
        await ok(running, "kept = 1");
        const { error, state, usage, logs } = await running.runCode(source(), { timeoutMs: 25_000 });
        assert.is(state, "kept");
        assert.ok(usage.wallMs < 25_000, `${usage.wallMs} ms`);
        if (!mayWork || error) {
          const { kind = "none", traceback = "", message = "" } = error ?? {};
          assert.ok(kind === "syntax" || (mayWork && kind === "exception"), `${kind}: ${message}`);
          assert.ok(message.length < 300, message);
          assert.ok(traceback.length < 5000, `${traceback.length} characters`);
          if (kind === "syntax") assert.is(logs.stdout, "");
        }
        await answers(running, "kept", 1);
      }));
  }

  for (const [what, source, output] of LARGE) {
    test(`Python ${version}: ${what} works`, () =>
      timed(45_000, what, async () => {
        await using running = await session();
        assert.is((await ok(running, source())).output, output);
      }));
  }

  test(`Python ${version}: too long a source says how long it is`, async () => {
    await using running = await session();
    const error = await failure(running, "x=1\n".repeat(500_000));
    assert.is(error.message, "source is too long: 2000000 bytes; the policy's sourceBytes is 1048576");
  });

  test(`Python ${version}: a cell that is looked at aside can be interrupted`, async () => {
    await using running = await session();
    const run = running.runCode("x=1\n".repeat(200_000), { timeoutMs: 50 });
    const { error, state } = await run;
    assert.equal([error?.kind, state], ["timeout", "kept"]);
    await answers(running);
  });

  test(`Python ${version}: a worker that ends meanwhile does not spoil the source that is looked at`, async () => {
    await using running = await session();
    await ok(
      running,
      "import threading, time, asyncio, types\nexit = [c for c in object.__subclasses__() if c.__name__ == '_wrap_close'][0].__init__.__globals__['_exit']",
    );
    await ok(running, "threading.Thread(target=lambda: (time.sleep(0.2), exit(4)), daemon=True).start()");
    const { error, state } = await running.runCode(`${"x = 1\n".repeat(150_000)}x`);
    assert.is(error?.kind === "syntax", false, error?.message);
    assert.is(state, "lost");
    await answers(running);
  });

  test(`Python ${version}: the executor ends`, async () => {
    await starting?.then((executor) => executor.close());
    starting = undefined;
  });
}

test.run();
