import test from "ava";
import fc from "fast-check";
import { readWorkerMessage } from "../../../src/manager/channel/read-worker-message.ts";
import type { Message } from "../../../src/manager/channel/line-channel.ts";
import type { FromWorker } from "../../../src/manager/channel/messages.ts";
import { faultOf } from "../../helpers/wire.ts";

const request = { id: "1", method: "GET", path: "/", remote: "-", ms: 5 };

const messages: readonly FromWorker[] = [
  { kind: "ready", application: "app.js", why: "it is one" },
  { kind: "failed", code: "UWSGI_APP_NOT_FOUND", message: "no", exitCode: 66 },
  { kind: "vitals", requests: 1, running: 0, rss: 5, busyness: 0.5, lagMs: 2 },
  { kind: "beat", oldestMs: 7 },
  { kind: "idle" },
  { kind: "closed" },
  { kind: "out", why: "memory", isLeaving: false },
  { kind: "stuck", forMs: 5, stack: ["at f"], requests: [request] },
  { kind: "requests", ask: 3, requests: [request] },
];

for (const message of messages) {
  test(`${message.kind} is read as it was said, without what else there is`, (t) => {
    t.deepEqual(readWorkerMessage(Object.assign({ more: 1 }, message)), message);
  });
}

for (const [what, said] of [
  ["a kind, and nothing of what it says", { kind: "ready" }],
  ["a number that is none", { kind: "beat", oldestMs: "7" }],
  ["a negative number", { kind: "beat", oldestMs: -1 }],
  ["an unknown reason", { kind: "out", why: "boredom", isLeaving: false }],
  ["a request without a path", { kind: "requests", ask: 1, requests: [{ ...request, path: undefined }] }],
] as readonly (readonly [string, Message])[]) {
  test(`refused: ${what}`, (t) => {
    t.like(
      faultOf(() => readWorkerMessage(said)),
      { name: "ProtocolError", code: "UWSGI_BAD_MESSAGE" },
    );
  });
}

for (const kind of ["hello", "", "constructor", "__proto__"]) {
  test(`a message of the kind "${kind}" is none that there is, and no fault`, (t) => {
    t.is(readWorkerMessage({ kind }), undefined);
  });
}

test("what is nested deeper than can be written is refused as anything else", (t) => {
  const depth = 400_000;
  const said = JSON.parse(`{"kind":"beat","__proto__":1,"a":${"[".repeat(depth)}${"]".repeat(depth)}}`) as Message;
  const { code, message } = faultOf(() => readWorkerMessage(said)) ?? {};
  t.is(code, "UWSGI_BAD_MESSAGE");
  t.is(message, 'a worker has sent {"kind":"beat","__proto__":1,"a":[...]}, which is none of its messages');
});

test("whatever comes is a message, of no kind that there is, or a ProtocolError, and never long", (t) => {
  const part = fc.oneof(fc.jsonValue(), fc.string({ maxLength: 5_000 }), fc.constant([request]), fc.nat());
  const said = fc.record({
    kind: fc.constantFrom(...messages.map(({ kind }) => kind as string), "other"),
    ...Object.fromEntries(
      ["application", "why", "code", "message", "exitCode", "oldestMs", "isLeaving", "stack", "requests", "ask"].map(
        (name) => [name, part],
      ),
    ),
  });
  fc.assert(
    fc.property(said, (one) => {
      const fault = faultOf(() => {
        const message = readWorkerMessage(one);
        t.is(message === undefined, one.kind === "other");
        t.true(JSON.stringify(message ?? "").length < 2_000_000);
      });
      t.true(fault === undefined || fault.code === "UWSGI_BAD_MESSAGE", JSON.stringify(fault));
    }),
    { numRuns: 300 },
  );
});
