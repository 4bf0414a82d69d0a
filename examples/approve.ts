// Asks about every call of a tool before it is made: lets it pass, changes it, or refuses it.
import { PythonExecutor, tool } from "vivarium";

const send = tool({
  description: "Sends a message.",
  inputSchema: { type: "object", properties: { to: { type: "string" } }, required: ["to"] } as const,
  execute: ({ to }) => `sent to ${to}`,
});

await using executor = await PythonExecutor.create();
await using session = await executor.createSession({
  tools: { send },
  approve: async ({ arguments: { to } }) => {
    if (to === "everybody") return { refuse: "not to everybody" };
    return to === "boss" ? { arguments: { to: "a colleague" } } : true;
  },
});
for (const to of ["Ada", "boss", "everybody"]) {
  const { output, error } = await session.runCode(`send("${to}")`);
  console.log(output ?? error?.message);
}
// sent to Ada
// sent to a colleague
// CallRefused: call of send refused: not to everybody
