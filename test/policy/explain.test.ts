import { test } from "uvu";
import * as assert from "uvu/assert";

import { explainPolicy } from "../../src/policy/explain.ts";
import { loadPolicy } from "../../src/policy/load.ts";
import type { PolicyInput } from "../../src/policy/schema.ts";

const explain = async (policy: string | PolicyInput) =>
  explainPolicy(await loadPolicy(policy, { cwd: "/base" }));

test("a policy that says nothing is explained as nothing", async () => {
  assert.equal(await explain({}), [
    "Policy custom.",
    "A cell may import no module.",
    "It reads no file of the host but its Python's own; its workspace and /tmp are private.",
    "It writes no file of the host.",
    "It has no network.",
    "It sees no environment variable of the host.",
    "It starts no program.",
    "It is granted no facts about the host.",
    "It loads no native library of its own choice.",
    "A cell may run 30 s, then it is interrupted and, after another 1 s, killed. Waiting for tools does not count, but a cell may take no more than 10 min in all.",
    "It may use 1 min of CPU time and 512 MiB of memory, 64 MiB of it as private files.",
    "It may have 40 threads, no child process and 256 open files.",
    "Of stdout and of stderr 50000 B each are kept; a result may have 1 MiB and a cell's source 1 MiB; it may call tools 1000 times.",
    "It starts only where at least Landlock and seccomp confine it (tier landlock, or namespaces).",
  ]);
});

test("every list, reason and denial is told", async () => {
  const lines = await explain({
    name: "full",
    description: "For the test.",
    read: ["./a", { is: ["/b", "/c"], why: "input" }],
    write: { allow: true, deny: [{ is: "/etc", why: "never" }] },
    net: { allow: ["h:1"], deny: ["e"] },
    env: { allow: true, deny: true },
    run: ["@python"],
    sys: ["cpus"],
    ffi: { allow: true, why: "fast" },
    import: ["@stdlib", { is: "numpy", why: "arrays" }],
    limits: { processes: 1, toolCalls: 0 },
    isolation: "namespaces",
  });
  assert.equal(lines.slice(0, 17), [
    "Policy full. For the test.",
    "A cell may import all of the standard library and 1 other module, submodules included.",
    "  numpy: arrays",
    "  the standard library: no reason is given",
    "Of the host's files it may read /base/a, /b, /c.",
    "  /b, /c: input",
    "It may write every file of the host that the user may write.",
    "  but not /etc, whatever else is allowed.",
    "  /etc: never",
    "It may reach h:1, through the supervisor's proxy, and no other host.",
    "  but not e, whatever else is allowed.",
    "It sees no environment variable of the host.",
    "It may start its own interpreter, inside its jail, and no other program.",
    "About the host it may learn cpus.",
    "It may load every native library that it finds in its jail.",
    "  why: fast",
    "A cell may run 30 s, then it is interrupted and, after another 1 s, killed. Waiting for tools does not count, but a cell may take no more than 10 min in all.",
  ]);
  assert.is(lines.at(-1), "It starts only where kernel namespaces confine it as well (tier namespaces).");
});

test("modules without any reason are named in the sentence itself", async () => {
  const lines = await explain({ import: { allow: ["json", "math"], deny: ["json.tool"] } });
  assert.equal(lines.slice(1, 3), [
    "A cell may import 2 modules, submodules included: json, math.",
    "  but not json.tool, whatever else is allowed.",
  ]);
});

test("without ffi, the modules that need it are named as refused", async () => {
  const lines = await explain({ import: true });
  assert.ok(
    lines.includes("  so it may not import ctypes, _ctypes, cffi, _cffi_backend, whatever else is allowed."),
  );
});

test("strict is explained with a reason for each group of modules", async () => {
  const lines = await explain("strict");
  assert.is(lines[1], "A cell may import 77 modules, submodules included.");
  assert.is(
    lines[3],
    "  math, cmath, decimal, fractions, numbers, random, statistics: pure computation with numbers",
  );
  assert.not.ok(lines.some((line) => line.includes("no reason is given")));
});

test.run();
