// Ends with the first answer that a cell gives, even where the cell swallows the exception that ends it.
import { PythonExecutor } from "vivarium";

await using executor = await PythonExecutor.create();
await using session = await executor.createSession();

const { isFinalAnswer, output, logs } = await session.runCode(`
for guess in (41, 42, 43):
    try:
        if guess * 2 == 84:
            final_answer({"guess": guess})
    except:  # catches everything, the end of the cell too
        print("swallowed")
        final_answer("too late")
`);
console.log(isFinalAnswer, output, logs.stdout.trim());

const run = session.runCode("final_answer('at once')\nprint('never printed')");
for await (const event of run) console.log(event.type);
// true { guess: 42 } swallowed
// finalAnswer
// result
