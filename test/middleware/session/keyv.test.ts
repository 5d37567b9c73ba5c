/** What sessions in stores opened by their URL ask of the packages that open them. */
import { EventEmitter } from "node:events";
import test from "ava";
import { postgresOptions, proven } from "../../../src/middleware/session/keyv.ts";

/** As much of a pool of pg as is needed: it calls `log` as its method, from its first work on. */
class Pool extends EventEmitter {
  readonly log: (text: string) => void;

  constructor(options: object) {
    super();
    this.log = (options as { readonly log: (text: string) => void }).log;
  }
}

test("a connection that Postgres closes while it waits does not end the process", (t) => {
  const pool = new Pool(postgresOptions("postgres://127.0.0.1/app"));
  pool.log("pulse queue");
  t.notThrows(() => pool.emit("error", new Error("terminating connection due to administrator command")));
});

test("a pool has one listener, however much it logs", (t) => {
  const pool = new Pool(postgresOptions("postgres://127.0.0.1/app"));
  for (let i = 0; i < 20; i++) pool.log("pulse queue");
  t.is(pool.listenerCount("error"), 1);
});

test("a store that fails at its first question is closed, and another is opened next time", async (t) => {
  let closed = 0;
  const store = { get: () => Promise.reject(new Error("no server")), set: () => {}, delete: () => {} };
  // What its end says counts for less.
  const close = (): Promise<void> => Promise.reject(new Error(`closed ${++closed}`));
  await t.throwsAsync(proven({ store, close }), { message: "no server" });
  t.is(closed, 1);
});

test("a store that answers stays open", async (t) => {
  const opened = { store: { get: () => undefined, set: () => {}, delete: () => {} }, close: async () => t.fail() };
  t.is(await proven(opened), opened);
});
