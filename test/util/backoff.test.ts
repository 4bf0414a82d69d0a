import { test } from "uvu";
import * as assert from "uvu/assert";

import { Backoff } from "../../src/util/backoff.ts";

const backoff = () => new Backoff({ firstMs: 100, mostMs: 1000 });

test("each failure in a row doubles the wait, up to the bound", () => {
  const waits: number[] = [];
  const tried = backoff();
  for (let now = 0; waits.length < 6; now += tried.wait(now)) {
    tried.fail(now, tried.row);
    waits.push(tried.wait(now));
  }
  assert.equal(waits, [100, 200, 400, 800, 1000, 1000]);
});

test("the wait goes by, and a success ends it", () => {
  const tried = backoff();
  assert.is(tried.wait(0), 0);
  tried.fail(50, 0);
  assert.equal([tried.wait(60), tried.wait(150), tried.wait(9999)], [90, 0, 0]);
  tried.fail(200, 1);
  tried.succeed();
  assert.equal([tried.row, tried.wait(200)], [0, 0]);
  tried.fail(200, 0);
  assert.is(tried.wait(200), 100);
});

test("attempts made at the same time count once", () => {
  const tried = backoff();
  const { row } = tried;
  for (const now of [0, 10, 20]) tried.fail(now, row);
  assert.equal([tried.row, tried.wait(20)], [1, 80]);
});

test.run();
