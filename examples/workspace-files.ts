// Gives a session a file to work on, and takes the result from it.
import { PythonExecutor } from "vivarium";

await using executor = await PythonExecutor.create({ additionalAuthorizedImports: ["csv", "os"] });
await using session = await executor.createSession();

await session.files.write("in/scores.csv", "name,score\nada,3\nbob,4\n");
await session.runCode(`
import csv, os
total = sum(int(row["score"]) for row in csv.DictReader(open("in/scores.csv")))
open("total.txt", "w").write(str(total))
os.symlink("/etc/passwd", "harmless.txt")
`);
console.log(await session.files.readText("total.txt"));
for (const { path, kind } of (await session.files.list()).entries) console.log(path, kind);
await session.files.readText("harmless.txt").catch((error) => console.log(error.message));
// 7
// harmless.txt link
// in folder
// total.txt file
// files.read: not inside the workspace: harmless.txt
