// Answers what a cell asks with input(), here or from a person somewhere else.
import { PythonExecutor } from "vivarium";

await using executor = await PythonExecutor.create();
await using session = await executor.createSession({
  onInput: async (prompt) => (prompt === "Who? " ? "Ada" : null), // null is the end of input
});

console.log((await session.runCode("f'hello, {input(\"Who? \")}'")).output);
console.log((await session.runCode("input('What else? ')")).error?.name);
const adding = await session.runCode("int(input()) + int(input())", { input: "20\n22\n" });
console.log(adding.output);
// hello, Ada
// EOFError
// 42
