// Gives a cell host functions to call, and ends with the answer that it gives.
import { PythonExecutor, tool } from "vivarium";

const millions = new Map([
  ["Tokyo", 37],
  ["Delhi", 34],
]);
const population = tool({
  description: "The population of a city, in millions.",
  inputSchema: { type: "object", properties: { city: { type: "string" } }, required: ["city"] } as const,
  execute: async ({ city }) => millions.get(city as string) ?? 0,
});

await using executor = await PythonExecutor.create({ overlay: { import: ["asyncio"] } });
await using session = await executor.createSession({ tools: { population } });
console.log(session.toolStubs().split("\n")[0]);

const { output, isFinalAnswer, toolCalls } = await session.runCode(`
import asyncio
tokyo, delhi = await asyncio.gather(population("Tokyo"), population("Delhi"))
final_answer({"larger": "Tokyo" if tokyo > delhi else "Delhi", "by": tokyo - delhi})
`);
console.log(isFinalAnswer, output, toolCalls.length);
// def population(city: str) -> Any:
// true { larger: 'Tokyo', by: 3 } 2
