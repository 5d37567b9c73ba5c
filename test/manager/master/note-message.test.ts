import test from "ava";
import { noteDeaf, noteMessage, noteStop } from "../../../src/manager/master/note-message.ts";
import type { PlanLimits, WorkerView } from "../../../src/manager/plan/view.ts";

const limits: PlanLimits = { startTimeoutMs: 60_000, graceMs: 60_000, reportsOnRss: 3 };
const view: WorkerView = { serial: 7, id: 1, generation: 1, phase: "starting", startedAt: 0 };
const ready: WorkerView = { ...view, phase: "ready", readyAt: 100 };

test("ready makes it ready, from now on", (t) => {
  t.deepEqual(noteMessage(view, { kind: "ready", application: "app.js", why: "" }, limits, 100), ready);
});

test("ready from one that was told to stop meanwhile changes nothing", (t) => {
  const stopping = noteStop(view, 5, 50);
  t.is(noteMessage(stopping, { kind: "ready", application: "app.js", why: "" }, limits, 100), stopping);
});

test("a beat is dated by when it was read, and forgotten when nothing runs any more", (t) => {
  const beating = noteMessage(ready, { kind: "beat", oldestMs: 30 }, limits, 200);
  t.deepEqual(beating.beat, { at: 200, oldestMs: 30 });
  t.false("beat" in noteMessage(beating, { kind: "idle" }, limits, 300));
});

test("who wants out and goes on stays ready", (t) => {
  t.deepEqual(noteMessage(ready, { kind: "out", why: "memory", isLeaving: false }, limits, 200), {
    ...ready,
    wantsOut: "memory",
  });
});

test("who is leaving accepts no more", (t) => {
  t.deepEqual(noteMessage(ready, { kind: "out", why: "exception", isLeaving: true }, limits, 200), {
    ...ready,
    phase: "stopping",
    stoppingAt: 200,
    wantsOut: "exception",
  });
});

test("the first reason is the reason", (t) => {
  const out = noteMessage(ready, { kind: "out", why: "memory", isLeaving: false }, limits, 200);
  t.is(noteMessage(out, { kind: "out", why: "asked", isLeaving: true }, limits, 300).wantsOut, "memory");
});

test("the end of its pipe is its leave, and no beat is waited for", (t) => {
  const beating = noteMessage(ready, { kind: "beat", oldestMs: 30 }, limits, 200);
  t.deepEqual(noteDeaf(beating, 300), { ...ready, phase: "stopping", stoppingAt: 300 });
});

test("who leaves has its time from when it began", (t) => {
  const stopping = noteStop(ready, 1_000, 200);
  t.is(noteDeaf(stopping, 300).stoppingAt, 200);
});
