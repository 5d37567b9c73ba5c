import test from "ava";
import { SignalReader } from "../../src/manager/signals.ts";

for (const [name, command] of [
  ["SIGTERM", { kind: "stop", how: "graceful", why: "SIGTERM" }],
  ["SIGINT", { kind: "stop", how: "fast", why: "SIGINT" }],
  ["SIGQUIT", { kind: "stop", how: "fast", why: "SIGQUIT" }],
  ["SIGHUP", { kind: "reload" }],
  ["SIGUSR1", { kind: "reopen" }],
  ["SIGUSR2", { kind: "upgrade" }],
  ["SIGTTIN", { kind: "more" }],
  ["SIGTTOU", { kind: "less" }],
  ["SIGWINCH", undefined],
  ["SIGCHLD", undefined],
] as const) {
  test(`${name} means ${command === undefined ? "nothing" : JSON.stringify(command)}`, (t) => {
    t.deepEqual(new SignalReader().read(name, 0), command);
  });
}

test("a second SIGTERM, half a second later, ends fast", (t) => {
  const reader = new SignalReader();
  reader.read("SIGTERM", 1_000);
  t.deepEqual(reader.read("SIGTERM", 1_500), { kind: "stop", how: "fast", why: "a second SIGTERM" });
});

test("a second SIGTERM within half a second is the first one, passed on", (t) => {
  const reader = new SignalReader();
  reader.read("SIGTERM", 1_000);
  t.is(reader.read("SIGTERM", 1_499), undefined);
});

test("SIGINT behind SIGTERM ends fast however soon it comes", (t) => {
  const reader = new SignalReader();
  reader.read("SIGTERM", 1_000);
  t.like(reader.read("SIGINT", 1_001), { how: "fast" });
});
