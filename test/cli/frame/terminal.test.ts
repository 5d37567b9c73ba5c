import test from "ava";
import { ProgressLine } from "../../../src/cli/frame/progress-line.ts";
import { coloured, hasColours, plain } from "../../../src/cli/frame/style.ts";
import { statusText } from "../../../src/cli/control/status-text.ts";
import { FakeManager, workerStatus } from "../../helpers/fake-manager.ts";

for (const [isTerminal, env, expected] of [
  [true, {}, true],
  [false, {}, false],
  [true, { NO_COLOR: "1" }, false],
  [true, { NO_COLOR: "" }, true],
  [false, { FORCE_COLOR: "1" }, true],
  [false, { FORCE_COLOR: "1", NO_COLOR: "1" }, true],
  [true, { FORCE_COLOR: "0" }, false],
  [true, { TERM: "dumb" }, false],
] as const) {
  const where = isTerminal ? "a terminal" : "a pipe";
  test(`${where} with ${JSON.stringify(env)} is ${expected ? "" : "not "}coloured`, (t) => {
    t.is(hasColours(isTerminal, env), expected);
  });
}

test("colours take no place in a table", (t) => {
  const status = {
    ...new FakeManager().current,
    workers: [workerStatus(), workerStatus({ id: 2, state: "stopping", wantsOut: "max-requests" })],
  };
  const shown = statusText(status, coloured);
  t.true(shown.includes("\u001b[32mready\u001b[39m ") && shown.includes("\u001b[33mstopping\u001b[39m "));
  // oxlint-disable-next-line no-control-regex
  t.is(shown.replace(/\u001b\[\d+m/g, ""), statusText(status, plain));
});

/** A terminal of `columns`, and all that it was told. */
function terminal(columns = 80) {
  const told: string[] = [];
  return { isTTY: true, columns, told, write: (text: string) => told.push(text) };
}

test("progress is one line that is written anew, and gone at the end", (t) => {
  const screen = terminal(20);
  const line = new ProgressLine(true, screen, {});
  line.show("1 of 2");
  line.show("1 of 2");
  line.show(`2 of 2 \u001b[2J${"x".repeat(100)}`);
  line.clear();
  line.clear();
  t.deepEqual(screen.told, ["\r1 of 2\u001b[K", `\r2 of 2 ?[2J${"x".repeat(8)}\u001b[K`, "\r\u001b[K"]);
});

test("progress is followed from the start to the end", (t) => {
  const screen = terminal();
  const end = new ProgressLine(true, screen, {}).follow((seconds) => `${seconds} s`);
  end();
  t.deepEqual(screen.told, ["\r0 s\u001b[K", "\r\u001b[K"]);
});

for (const [where, isWanted, isTTY, env] of [
  ["a pipe", true, false, {}],
  ["a dumb terminal", true, true, { TERM: "dumb" }],
  ["a terminal where none is wanted", false, true, {}],
] as const) {
  test(`no progress is shown on ${where}`, (t) => {
    const screen = { ...terminal(), isTTY };
    const line = new ProgressLine(isWanted, screen, env);
    line.show("1 of 2");
    line.follow(() => "x")();
    line.clear();
    t.false(line.isShown);
    t.deepEqual(screen.told, []);
  });
}
