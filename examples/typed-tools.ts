// Takes schemas of zod and TypeBox: typed arguments here, a signature and checked arguments in Python.
import Type from "typebox";
import { PythonExecutor, tool } from "vivarium";
import { z } from "zod";

const add = tool({
  inputSchema: z.object({ a: z.number(), b: z.number().default(1) }),
  execute: ({ a, b }) => a + b,
});
const repeat = tool({
  inputSchema: Type.Object({ text: Type.String(), times: Type.Integer({ minimum: 1 }) }),
  execute: ({ text, times }) => text.repeat(times),
});

await using executor = await PythonExecutor.create();
await using session = await executor.createSession({ tools: { add, repeat } });
console.log(session.toolStubs().match(/^def [^\n]*$/m)?.[0]);
console.log((await session.runCode("repeat('ab', times=add(2))")).output);
console.log((await session.runCode("repeat('ab', 0)")).error?.message);
// def add(a: float, b: float = 1) -> Any: ...
// ababab
// InvalidArguments: arguments of repeat refused: times: must be >= 1; it is 0 (int)
// signature: repeat(text: str, times: int) -> Any
