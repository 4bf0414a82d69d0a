import { getEventListeners } from "node:events";
import { test } from "uvu";
import * as assert from "uvu/assert";

import { WaitingLine } from "../../src/util/waiting-line.ts";
import { rejects } from "../support/rejects.ts";

test("callers are served in the order in which they came", async () => {
  const line = new WaitingLine<number>();
  assert.not(line.serve(0));
  const turns = Promise.all([line.wait(), line.wait(), line.wait()]);
  assert.is(line.size, 3);
  assert.equal(
    [1, 2, 3, 4].map((value) => line.serve(value)),
    [true, true, true, false],
  );
  assert.equal([await turns, line.size], [[1, 2, 3], 0]);
});

test("an aborted caller leaves the line, and no listener stays", async () => {
  const line = new WaitingLine<number>();
  const abort = new AbortController();
  const [left, stayed, served] = [line.wait(abort.signal), line.wait(), line.wait(abort.signal)];
  assert.ok(line.serve(1));
  assert.is(await left, 1);
  abort.abort(new Error("enough"));
  await rejects(served, Error, "enough");
  assert.is(line.size, 1);
  line.serve(2);
  assert.is(await stayed, 2);
  assert.equal(getEventListeners(abort.signal, "abort"), []);
  await rejects(line.wait(abort.signal), Error, "enough");
});

test("those at the end are sent away", async () => {
  const line = new WaitingLine<number>();
  const [first, ...others] = [line.wait(), line.wait(), line.wait()];
  line.dismiss(1, new Error("full"));
  for (const other of others) await rejects(other, Error, "full");
  line.serve(1);
  assert.is(await first, 1);
});

test.run();
