import test from "ava";
import fc from "fast-check";
import { framesOf } from "../../../src/middleware/errors/stack.ts";

for (const [line, frame] of [
  ["at brew (/srv/tea.js:3:9)", { call: "brew", where: "/srv/tea.js:3:9", path: "/srv/tea.js", line: 3, column: 9 }],
  ["at /srv/tea.js:3:9", { call: "", where: "/srv/tea.js:3:9", path: "/srv/tea.js", line: 3, column: 9 }],
  [
    "at async brew (file:///srv/my%20tea.js?t=1:3:9)",
    { call: "async brew", path: "/srv/my tea.js", line: 3, column: 9 },
  ],
  ["at async file:///srv/tea.js:3:9", { call: "", path: "/srv/tea.js", line: 3, column: 9 }],
  ["at new Tea (/srv/a (2)/tea.js:3:9)", { call: "new Tea", path: "/srv/a (2)/tea.js", line: 3, column: 9 }],
  ["at Object.brew [as make] (/srv/tea.js:3:9)", { call: "Object.brew [as make]", path: "/srv/tea.js" }],
  ["at node:internal/process/task_queues:95:5", { call: "", path: undefined, line: 95 }],
  ["at Array.map (<anonymous>)", { call: "Array.map", where: "<anonymous>", path: undefined, line: 0 }],
  ["at async Promise.all (index 0)", { call: "async Promise.all", where: "index 0", path: undefined }],
  ["at eval (eval at <anonymous> (/srv/tea.js:1:1), <anonymous>:1:7)", { call: "eval", path: undefined }],
  ["at x (file://%zz:1:2)", { call: "x", path: undefined }],
  ["at x (webpack://app/./tea.ts:1:2)", { call: "x", path: undefined, line: 1 }],
] as const) {
  test(`a frame is read: ${line}`, (t) => {
    t.like(framesOf(`Error: x\n    ${line}`, "x")[0], frame);
  });
}

test("lines of the message that look like frames are none", (t) => {
  const message = "boom\n    at planted (/etc/passwd.js:1:1)\nend";
  t.deepEqual(
    framesOf(`Error: ${message}\n    at brew (/srv/tea.js:3:9)`, message).map(({ call }) => call),
    ["brew"],
  );
});

test("a real stack is read", (t) => {
  const { stack = "", message } = new Error("boom");
  t.regex(framesOf(stack, message)[0]?.path ?? "", /stack\.test\.[jt]s$/);
});

test("at most 60 frames are read, and no line of more than 1 000 characters", (t) => {
  const stack = `Error\n    at ${"x".repeat(2_000)} (/a.js:1:1)\n${"    at a (/b.js:1:1)\n".repeat(100)}`;
  const frames = framesOf(stack, "");
  t.deepEqual([frames.length, frames[0]?.call], [60, "a"]);
});

test("any text is read without a throw", (t) => {
  fc.assert(fc.property(fc.string(), fc.string(), (stack, message) => Array.isArray(framesOf(`at ${stack}`, message))));
  t.pass();
});
