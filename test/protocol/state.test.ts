import { test } from "uvu";
import * as assert from "uvu/assert";

import { GuestError } from "../../src/errors.ts";
import type { SessionEvent } from "../../src/protocol/messages.ts";
import { Conversation, type Move, type Phase } from "../../src/protocol/state.ts";
import { readRepoFile } from "../support/imports.ts";

const CELL = 7;

const PRINTED = ["stdout", "stderr", "denial"] as const;
const FROM_CELLS = ["display", "call", "input", "final"] as const;

const MOVES: readonly Move[] = [
  "hello",
  "ready",
  "file",
  ...PRINTED,
  ...FROM_CELLS,
  "result",
  "run",
  "order",
  "fatal",
];

/** The way from the start to each phase. */
const WAYS: Readonly<Record<Phase, readonly Move[]>> = {
  dialling: [],
  greeting: ["hello"],
  idle: ["hello", "ready"],
  running: ["hello", "ready", "run"],
  serving: ["hello", "ready", "order"],
  closed: ["hello", "fatal"],
};

const PHASES = Object.keys(WAYS) as Phase[];

/** The whole table once more, in the test's own hand. */
const LEGAL: Readonly<Record<Phase, Readonly<Partial<Record<Move, Phase>>>>> = {
  dialling: { hello: "greeting" },
  greeting: { ready: "idle", fatal: "closed" },
  idle: { file: "idle", run: "running", order: "serving", fatal: "closed" },
  running: {
    file: "running",
    stdout: "running",
    stderr: "running",
    denial: "running",
    display: "running",
    call: "running",
    input: "running",
    final: "running",
    result: "idle",
    fatal: "closed",
  },
  serving: {
    file: "serving",
    stdout: "serving",
    stderr: "serving",
    denial: "serving",
    result: "idle",
    fatal: "closed",
  },
  closed: {},
};

const event = (type: SessionEvent["type"], id = CELL): SessionEvent => ({ type, id }) as never;

const make = (conversation: Conversation, move: Move, id = CELL): void => {
  if (move === "run") conversation.send({ type: "run", id, code: "" });
  else if (move === "order") conversation.send({ type: "inspect", id });
  // Only events about a command carry its id.
  else if (["hello", "ready", "file", "fatal"].includes(move)) conversation.receive({ type: move } as never);
  else conversation.receive(event(move, id));
};

const at = (phase: Phase): Conversation => {
  const conversation = new Conversation();
  for (const move of WAYS[phase]) make(conversation, move);
  assert.is(conversation.phase, phase);
  return conversation;
};

const refusal = (act: () => void): string => {
  try {
    act();
  } catch (error) {
    assert.instance(error, GuestError);
    return (error as Error).message;
  }
  return assert.unreachable("nothing was refused") as never;
};

for (const phase of PHASES) {
  for (const move of MOVES) {
    const next = LEGAL[phase][move];
    if (next) {
      test(`"${move}" takes a session that is ${phase} to ${next}`, () => {
        const conversation = at(phase);
        make(conversation, move);
        assert.is(conversation.phase, next);
      });
    } else {
      test(`"${move}" is refused while a session is ${phase}, which it stays`, () => {
        const conversation = at(phase);
        assert.is(
          refusal(() => make(conversation, move)),
          `message refused: "${move}" while the session is ${phase}`,
        );
        assert.is(conversation.phase, phase);
      });
    }
  }
}

for (const move of [...PRINTED, ...FROM_CELLS, "result"] as const) {
  test(`"${move}" about another command is refused`, () => {
    assert.is(
      refusal(() => make(at("running"), move, CELL + 1)),
      `message refused: "${move}" is about command ${CELL + 1} while command ${CELL} is running`,
    );
  });
}

for (const type of [
  "assign",
  "fetch",
  "complete",
  "tools",
  "checkpoint",
  "fork",
  "adopt",
  "reset",
] as const) {
  test(`"${type}" is served until its result, and nothing else goes out before`, () => {
    const conversation = at("idle");
    conversation.send({ type, id: CELL } as never);
    assert.is(conversation.phase, "serving");
    assert.is(
      refusal(() => make(conversation, "run", CELL + 1)),
      'message refused: "run" while the session is serving',
    );
    make(conversation, "result");
    assert.is(conversation.phase, "idle");
  });
}

test("a cell that has ended gets no second result", () => {
  const conversation = at("running");
  make(conversation, "result");
  assert.is(
    refusal(() => make(conversation, "result")),
    'message refused: "result" while the session is idle',
  );
});

test("a move that nobody knows is refused, also when an object has it by nature", () => {
  for (const type of ["constructor", "__proto__", "toString", "nonsense"]) {
    assert.is(
      refusal(() => at("idle").receive({ type } as never)),
      `message refused: "${type}" while the session is idle`,
    );
  }
});

test("a conversation may begin behind the door", () => {
  const conversation = new Conversation("greeting");
  make(conversation, "ready");
  assert.is(conversation.phase, "idle");
});

test("the table in the file's head is the table", () => {
  const columns: readonly (readonly Move[])[] = [
    ["hello"],
    ["ready"],
    ["file"],
    PRINTED,
    FROM_CELLS,
    ["result"],
    ["run"],
    ["order"],
    ["fatal"],
  ];
  const rows = PHASES.map((phase) => [
    phase,
    ...columns.map((moves) => {
      const [next = "", ...others] = new Set(moves.map((move) => LEGAL[phase][move] ?? ""));
      assert.equal(others, []);
      return next;
    }),
  ]);
  const printed = [["phase", ...columns.map((moves) => moves.join(", "))], ...rows];
  // How wide a column is drawn is not what this is about.
  const drawn = readRepoFile("src/protocol/state.ts")
    .split("\n")
    .filter((line) => line.startsWith(" * | "))
    .map((line) =>
      line
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
  assert.equal(drawn, printed);
});

test.run();
