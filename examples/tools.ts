// Lets cells call functions of the host: one after another, several at once, and with an error that they catch.
import { PythonExecutor, tool } from "vivarium";

const people: Record<string, number> = { Tokyo: 37, Delhi: 34 };
const population = tool({
  description: "The people of a city, in millions.",
  inputSchema: { type: "object", properties: { city: { type: "string" } }, required: ["city"] } as const,
  execute: async ({ city }) => people[city as string] ?? Promise.reject(new Error(`no city ${city}`)),
});

await using executor = await PythonExecutor.create();
await using session = await executor.createSession({ tools: { population } });
const { output, logs, toolCalls } = await session.runCode(`
import asyncio
total = population("Tokyo") + population(city="Delhi")
both = await asyncio.gather(population("Tokyo"), population("Delhi"))
try:
    population("Atlantis")
except ToolError as error:
    print(error.tool, "said:", error)
total, both
`);
console.log(logs.stdout.trim(), output, toolCalls.map(({ status }) => status).join(" "));
// population said: no city Atlantis [ 71, [ 37, 34 ] ] ok ok ok ok failed
