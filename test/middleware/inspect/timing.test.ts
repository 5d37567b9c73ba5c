import test from "ava";
import { titled } from "../../../src/handler/index.ts";
import { serverTiming, Timing } from "../../../src/middleware/inspect/timing.ts";
import { HandClock, Inspected, ok, waiting } from "./helpers.ts";

const took = (clock: HandClock, ms: number) => () => {
  clock.ms += ms;
  return ok();
};

test("Server-Timing has each layer's own time, the outermost first, and the time of all", async (t) => {
  const clock = new HandClock();
  const options = { serverTiming: true, clock: clock.clock };
  const inspected = new Inspected(took(clock, 40), options, [waiting("session", clock, 1), waiting("gzip", clock, 5)]);
  const { headers } = await inspected.ask("/");
  t.deepEqual(headers[0], ["Server-Timing", "session;dur=2, gzip;dur=10, application;dur=40, total;dur=52"]);
});

test("a layer that answers in the application's place leaves the application out", async (t) => {
  const clock = new HandClock();
  const refuse = titled("auth", () => took(clock, 3));
  const inspected = new Inspected(took(clock, 40), { serverTiming: true, clock: clock.clock }, [refuse]);
  t.is((await inspected.ask("/")).get("Server-Timing"), "auth;dur=3, total;dur=3");
});

test("a layer that is asked twice is as slow as both together", async (t) => {
  const clock = new HandClock();
  const again = titled("retry", (next) => async (request) => {
    await next(request);
    return next(request);
  });
  const inspected = new Inspected(took(clock, 4), { serverTiming: true, clock: clock.clock }, [again]);
  t.is((await inspected.ask("/")).get("Server-Timing"), "retry;dur=0, application;dur=8, total;dur=8");
});

test("an application whose layers copy the environ is timed all the same", async (t) => {
  const clock = new HandClock();
  const copy = titled("copy", (next) => (request) => next({ ...request, environ: { ...request.environ } }));
  const inspected = new Inspected(took(clock, 4), { serverTiming: true, clock: clock.clock }, [copy]);
  t.is((await inspected.ask("/")).get("Server-Timing"), "copy;dur=0, application;dur=4, total;dur=4");
});

test("an application has its Server-Timing beside this one", async (t) => {
  const clock = new HandClock();
  const inspected = new Inspected(() => ok("", [["Server-Timing", "db;dur=1"]]), {
    serverTiming: true,
    clock: clock.clock,
  });
  t.is((await inspected.ask("/")).get("Server-Timing"), "db;dur=1, application;dur=0, total;dur=0");
});

test("titles that are no tokens are made some", (t) => {
  t.is(serverTiming([{ title: "a, b;c=1", ownMs: 0.12345, totalMs: 1 }], 2), "a-b-c-1;dur=0.123, total;dur=2");
});

test("layers below that were slower together than the one above take nothing from it below zero", (t) => {
  const timing = new Timing(2, 0);
  timing.add(0, 5);
  timing.add(0, 5);
  timing.add(1, 6);
  t.deepEqual(timing.layers(["application", "race"]), [
    { title: "race", ownMs: 0, totalMs: 6 },
    { title: "application", ownMs: 10, totalMs: 10 },
  ]);
});

for (const [who, options, remoteAddress, isSent] of [
  ["nobody by default", {}, "127.0.0.1", false],
  ["a client of this machine in development", { development: true }, "127.0.0.1", true],
  ["no client of another machine in development", { development: true }, "192.0.2.1", false],
  ["nobody where it is off", { development: true, serverTiming: false }, "127.0.0.1", false],
  ["everybody where it is on", { serverTiming: true }, "192.0.2.1", true],
] as const) {
  test(`Server-Timing is sent to ${who}`, async (t) => {
    const answer = await new Inspected(() => ok(), options).ask({ remoteAddress });
    t.is(answer.get("Server-Timing") !== undefined, isSent);
  });
}

test("a slow request is one line with its slowest layers, without its query", async (t) => {
  const clock = new HandClock();
  const layers = [waiting("a", clock, 10), waiting("b", clock, 20), waiting("c", clock, 30)];
  const inspected = new Inspected(took(clock, 1_000), { clock: clock.clock }, layers);
  const { logs } = await inspected.ask("/caf%C3%A9%0Aslow:?token=planted");
  t.deepEqual(logs, ["slow: GET /caf%C3%A9%0Aslow: 200 after 1120 ms (application 1000 ms, c 60 ms, b 40 ms)"]);
});

test("a slow request that fails is logged too", async (t) => {
  const clock = new HandClock();
  const inspected = new Inspected(
    () => {
      clock.ms += 5;
      throw new Error("planted");
    },
    { clock: clock.clock, slowMs: 5 },
  );
  t.deepEqual((await inspected.ask("/")).logs, ["slow: GET / failed after 5 ms (application 5 ms)"]);
});

for (const [how, slowMs, ms] of [
  ["that is fast", 10, 9],
  ["where it is off", 0, 100_000],
] as const) {
  test(`a request ${how} is not logged`, async (t) => {
    const clock = new HandClock();
    const inspected = new Inspected(took(clock, ms), { clock: clock.clock, slowMs });
    t.deepEqual((await inspected.ask("/")).logs, []);
  });
}
