import test from "ava";
import { type NodeChanged, nodeChanged } from "../../src/diagnostics.ts";
import { logUpstream } from "../../src/log/index.ts";

interface Lines {
  readonly lines: string[];
  write(line: string): void;
}

function sink(): Lines {
  const lines: string[] = [];
  return { lines, write: (line) => void lines.push(line) };
}

const states = ["added", "down", "up", "draining", "removed"] as const;

function tell(upstream: object, changes: Partial<NodeChanged> = {}): void {
  nodeChanged.publish({ upstream, node: "10.0.0.1:3031", state: "down", why: "refused", ...changes });
}

test("what happens to the nodes of an upstream is a line each, until it is stopped", (t) => {
  const mine = {};
  const errors = sink();
  const stop = logUpstream(mine, { errors });
  for (const state of states) tell(mine, { state });
  tell({});
  stop();
  tell(mine);
  t.deepEqual(
    errors.lines.map((line) => line.replace(/^\S+Z /, "")),
    [
      "info node 10.0.0.1:3031 is asked from now on: refused\n",
      "warn node 10.0.0.1:3031 is down: refused\n",
      "info node 10.0.0.1:3031 is up again: refused\n",
      "info node 10.0.0.1:3031 gets no more requests: refused\n",
      "info node 10.0.0.1:3031 is gone: refused\n",
    ],
  );
});

test("as JSON a line has node, state and why", (t) => {
  const mine = {};
  const errors = sink();
  const stop = logUpstream(mine, { errors, errorFormat: "json" });
  tell(mine);
  stop();
  const { time, ...line } = JSON.parse(errors.lines.join("")) as Record<string, unknown>;
  t.is(typeof time, "string");
  t.deepEqual(line, {
    level: "warn",
    event: "upstream:node",
    pid: process.pid,
    node: "10.0.0.1:3031",
    state: "down",
    why: "refused",
    message: "node 10.0.0.1:3031 is down: refused",
  });
});

test("what a node said cannot make lines of its own", (t) => {
  const mine = {};
  const errors = sink();
  const stop = logUpstream(mine, { errors });
  tell(mine, { why: "refused\n2026-01-01T00:00:00.000Z error made up", node: "a\nb" });
  stop();
  t.is(errors.lines.length, 1);
  t.regex(errors.lines[0] ?? "", /^[^\n]+\n$/);
});

test("nodes that go up and down without end do not fill a log, and those held back are counted", (t) => {
  const mine = {};
  const errors = sink();
  const stop = logUpstream(mine, { errors });
  for (let i = 0; i < 1_000; i++) tell(mine);
  stop();
  t.true(errors.lines.length <= 203, String(errors.lines.length));
  t.regex(errors.lines.at(-1) ?? "", /\(\d+ more held back\)\n$/);
});

test("a sink that takes no lines is refused", (t) => {
  t.throws(() => logUpstream({}, { errors: {} as never }), { code: "UWSGI_INVALID_ARGUMENT" });
});
