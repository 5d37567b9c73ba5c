import test from "ava";
import { ExchangeClock } from "../../src/client/exchange-clock.ts";

const timeouts = { connectMs: 10, sendMs: 80, responseMs: 300, bodyMs: 400, totalMs: 5_000 };
const clock = (changes: Partial<typeof timeouts> = {}, now = 1_000): ExchangeClock =>
  new ExchangeClock({ ...timeouts, ...changes }, now);

test("connecting is due by connectMs, not a moment before", (t) => {
  const watched = clock();
  t.is(watched.nextLookAt, 1_010);
  t.is(watched.overdue(1_009.9, 0, "s"), undefined);
  t.like(watched.overdue(1_010, 0, "s"), {
    code: "UWSGI_CONNECT_TIMEOUT",
    message: "cannot connect to s within 10 ms",
  });
});

test("a request that is sent at once waits for its head from then on", (t) => {
  const watched = clock();
  watched.connect();
  watched.write(1_005, 0);
  t.is(watched.nextLookAt, 6_000);
  watched.handAll(1_006, 0);
  t.is(watched.nextLookAt, 1_306);
  t.is(watched.overdue(1_305, 0, "s"), undefined);
  t.like(watched.overdue(1_306, 0, "s"), {
    code: "UWSGI_RESPONSE_TIMEOUT",
    message: "s: the head of the response did not come within 300 ms behind the last byte of the request",
  });
});

test("a peer that takes nothing is due by sendMs, and its message says how much waits", (t) => {
  const watched = clock();
  watched.connect();
  watched.write(1_000, 500);
  t.is(watched.nextLookAt, 1_010, "it is looked at eight times for each sendMs");
  t.is(watched.overdue(1_079, 500, "s"), undefined);
  t.like(watched.overdue(1_080, 500, "s"), {
    code: "UWSGI_SEND_TIMEOUT",
    message: "s took none of the 500 bytes that wait to be sent for 80 ms",
  });
});

test("a peer that takes a byte has sendMs anew", (t) => {
  const watched = clock();
  watched.connect();
  watched.write(1_000, 500);
  t.is(watched.overdue(1_079, 499, "s"), undefined);
  t.is(watched.overdue(1_158, 499, "s"), undefined);
  t.like(watched.overdue(1_159, 499, "s"), { code: "UWSGI_SEND_TIMEOUT" });
});

test("a stall is looked for once a second at least", (t) => {
  const watched = clock({ sendMs: 60_000, totalMs: Number.POSITIVE_INFINITY });
  watched.connect();
  watched.write(1_000, 1);
  t.is(watched.nextLookAt, 2_000);
});

test("a slow source of the body is not the server's fault: nothing but the total is due", (t) => {
  const watched = clock();
  watched.connect();
  watched.write(1_000, 0);
  t.is(watched.overdue(5_999, 0, "s"), undefined);
  t.like(watched.overdue(6_000, 0, "s"), {
    code: "UWSGI_TOTAL_TIMEOUT",
    message: "s: request and response took more than 5000 ms in total",
  });
});

test("the wait for the head begins when the last byte is taken, not when it was handed over", (t) => {
  const watched = clock();
  watched.connect();
  watched.handAll(1_000, 10);
  t.is(watched.overdue(1_050, 10, "s"), undefined);
  t.is(watched.overdue(1_070, 0, "s"), undefined);
  t.is(watched.nextLookAt, 1_370);
  t.like(watched.overdue(1_370, 0, "s"), { code: "UWSGI_RESPONSE_TIMEOUT" });
});

test("behind the head only who waits for a piece has a deadline", (t) => {
  const watched = clock();
  watched.connect();
  watched.handAll(1_000, 0);
  watched.begin(false);
  t.is(watched.nextLookAt, 6_000);
  watched.await(2_000);
  t.is(watched.overdue(2_399, 0, "s"), undefined);
  watched.got();
  t.is(watched.overdue(2_400, 0, "s"), undefined);
  watched.await(2_500);
  t.like(watched.overdue(2_900, 0, "s"), {
    code: "UWSGI_RESPONSE_BODY_TIMEOUT",
    message: "s: nothing of the response body came for 400 ms",
  });
});

test("behind the head an upload that nobody takes is no fault: the answer is there", (t) => {
  const watched = clock();
  watched.connect();
  watched.write(1_000, 500);
  watched.begin(false);
  t.is(watched.overdue(4_000, 500, "s"), undefined);
});

test("behind a 101 what is sent goes on to be watched, and its end asks for no head", (t) => {
  const watched = clock();
  watched.connect();
  watched.begin(true);
  watched.write(1_000, 500);
  t.like(watched.overdue(1_080, 500, "s"), { code: "UWSGI_SEND_TIMEOUT" });
  const ended = clock();
  ended.connect();
  ended.begin(true);
  ended.handAll(1_000, 0);
  t.is(ended.overdue(5_999, 0, "s"), undefined);
});

test("the total is due in every phase", (t) => {
  const watched = clock({ totalMs: 5 });
  t.is(watched.nextLookAt, 1_005);
  t.like(watched.overdue(1_005, 0, "s"), { code: "UWSGI_TOTAL_TIMEOUT" });
  watched.connect();
  watched.handAll(1_001, 0);
  watched.begin(false);
  watched.await(1_002);
  t.like(watched.overdue(1_005, 0, "s"), { code: "UWSGI_TOTAL_TIMEOUT" });
});

test("where a phase and the total are due at once, the phase is named: it says more", (t) => {
  t.like(clock({ totalMs: 10 }).overdue(1_010, 0, "s"), { code: "UWSGI_CONNECT_TIMEOUT" });
});

test("timeouts that are switched off are never due", (t) => {
  const never = Number.POSITIVE_INFINITY;
  const watched = clock({ connectMs: never, sendMs: never, responseMs: never, bodyMs: never, totalMs: never });
  t.is(watched.nextLookAt, never);
  watched.connect();
  watched.write(1_000, 500);
  t.is(watched.overdue(1e12, 500, "s"), undefined);
  watched.handAll(1_000, 0);
  t.is(watched.overdue(2e12, 0, "s"), undefined);
});
