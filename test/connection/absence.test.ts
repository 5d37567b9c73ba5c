import test from "ava";
import { Absence } from "../../src/connection/absence.ts";
import { gone, rejected } from "../../src/errors.ts";

test("a peer that is there has no reason, and a signal that has not fired", (t) => {
  const absence = new Absence();
  t.is(absence.reason, undefined);
  t.false(absence.signal.aborted);
});

test("the signal that was asked for fires with the reason, and is always the same", (t) => {
  const absence = new Absence();
  const { signal } = absence;
  const reason = gone("away");
  absence.note(reason);
  t.is(absence.signal, signal);
  t.deepEqual([signal.aborted, signal.reason, absence.reason], [true, reason, reason]);
});

test("a signal that is asked for late has fired with the reason", (t) => {
  const absence = new Absence();
  const reason = gone("away");
  absence.note(reason);
  t.deepEqual([absence.signal.aborted, absence.signal.reason], [true, reason]);
});

test("the first reason stays, for who asked early and for who asks late", (t) => {
  const reason = gone("first");
  const early = new Absence();
  void early.signal;
  const late = new Absence();
  for (const absence of [early, late]) {
    absence.note(reason);
    absence.note(gone("second"));
    t.deepEqual([absence.reason, absence.signal.reason], [reason, reason]);
  }
});

test("that somebody is gone has a code and its cause", (t) => {
  const cause = new Error("read ECONNRESET");
  t.like(gone("the connection broke", cause), { code: "UWSGI_PEER_GONE", message: "the connection broke", cause });
});

test("who writes in vain is told, and who does not listen does not end the process", async (t) => {
  const reason = gone("away");
  await t.throwsAsync(rejected(reason), { is: reason });
  void rejected(reason);
  // An unhandled rejection would fail the run.
  await new Promise(setImmediate);
});
