import test from "ava";
import { errorCode } from "../../../src/errors.ts";
import { takeActivation } from "../../../src/manager/sockets/activation.ts";

test("F37: sockets that systemd passes to this process are had, with their names", (t) => {
  const env = { LISTEN_PID: "12", LISTEN_FDS: "3", LISTEN_FDNAMES: "app.socket:admin", OTHER: "x" };
  t.deepEqual(takeActivation(env, 12), [
    { fd: 3, name: "app.socket" },
    { fd: 4, name: "admin" },
    { fd: 5, name: "unknown" },
  ]);
});

for (const [why, env] of [
  ["are for another process", { LISTEN_PID: "13", LISTEN_FDS: "2" }],
  ["are for nobody", { LISTEN_FDS: "2" }],
  ["are not counted", { LISTEN_PID: "12" }],
  ["are for a process that only reads as this one", { LISTEN_PID: "012", LISTEN_FDS: "2" }],
  ["are none", { LISTEN_PID: "12", LISTEN_FDS: "0" }],
  ["were not passed", {}],
] as const) {
  test(`F37: sockets that ${why} are ignored`, (t) => {
    t.deepEqual(takeActivation({ ...env }, 12), []);
  });
}

test("F37: no child finds what systemd has said, whomever it was for", (t) => {
  for (const pid of ["12", "13"]) {
    const env = { LISTEN_PID: pid, LISTEN_FDS: "1", LISTEN_FDNAMES: "a", LISTEN_PIDFDID: "7", OTHER: "x" };
    takeActivation(env, 12);
    t.deepEqual(env, { OTHER: "x" } as object);
  }
});

for (const count of ["", "-1", "two", "1e3", "999999"]) {
  test(`F37: LISTEN_FDS ${JSON.stringify(count)} is refused by what it says`, (t) => {
    const error = t.throws(() => takeActivation({ LISTEN_PID: "12", LISTEN_FDS: count }, 12), {
      instanceOf: TypeError,
    });
    t.is(errorCode(error), "UWSGI_INVALID_ARGUMENT");
    t.true(error.message.includes(`LISTEN_FDS is ${JSON.stringify(count)}`));
  });
}
