import test from "ava";
import fc from "fast-check";
import { surround, type Handler } from "../../../src/handler/index.ts";
import { inspect, type InspectOptions, lint } from "../../../src/middleware/inspect/index.ts";
import { lint as lintOfApp } from "../../../src/app/index.ts";
import { Ring } from "../../../src/middleware/inspect/ring.ts";
import { Inspected, ok } from "./helpers.ts";

for (const [options, message] of [
  [{ record: 5 }, /no option record, did you mean records/],
  [{ development: "yes" }, /development is "yes", true or false is needed/],
  [{ records: -1 }, /records is -1, a whole number from 0 to 10000 is needed/],
  [{ path: "__inspect" }, /path is "__inspect", a path as \/__inspect/],
  [{ path: "/a/../b" }, /a path as/],
  [{ path: "/<b>" }, /a path as/],
  [{ path: "/" }, /a path as/],
  [{ allow: "local" }, /allow is "local", "loopback", "any" or a list of addresses is needed/],
  [{ allow: [1] }, /a list of addresses/],
  [{ hosts: "localhost" }, /hosts is "localhost", a list/],
  [{ slowMs: 0.5 }, /slowMs is 0.5/],
  [{ bodyBytes: 1e9 }, /bodyBytes is 1000000000/],
  [{ serverTiming: 1 }, /serverTiming is 1/],
  [{ lint: "all" }, /lint is "all"/],
] as readonly [object, RegExp][]) {
  test(`options that cannot be are refused: ${JSON.stringify(options)}`, (t) => {
    t.throws(() => inspect(options as InspectOptions), {
      instanceOf: TypeError,
      code: "UWSGI_INVALID_ARGUMENT",
      message,
    });
  });
}

test("what has nothing to do leaves the application as it is", (t) => {
  const application: Handler = () => ok();
  t.is(surround(application, [inspect({ slowMs: 0 })]), application);
});

test("an application that answers at once is still answered at once", (t) => {
  const handler = new Inspected(() => ok(), {}).handler;
  const request = { environ: { REQUEST_METHOD: "GET" } } as unknown as Parameters<Handler>[0];
  t.deepEqual(handler(request), ok());
});

test("one inspector can be around several applications", async (t) => {
  const middleware = inspect({ serverTiming: true, clock: () => 0 } as InspectOptions);
  const one = surround(() => ok("one"), [middleware, Object.assign((next: Handler) => next, { title: "layer" })]);
  const two = surround(() => ok("two"), [middleware]);
  const timingOf = async (handler: Handler): Promise<string | undefined> =>
    (await new Inspected(handler, { slowMs: 0 }).ask("/")).get("Server-Timing");
  t.is(await timingOf(one as Handler), "layer;dur=0, application;dur=0, total;dur=0");
  t.is(await timingOf(two as Handler), "application;dur=0, total;dur=0");
});

test("put around applications by hand it sees that one layer of each", async (t) => {
  const middleware = inspect({ serverTiming: true, clock: () => 0 } as InspectOptions);
  for (const handler of [middleware(() => ok()), middleware(() => ok())]) {
    const answer = await new Inspected(handler, { slowMs: 0 }).ask("/");
    t.is(answer.get("Server-Timing"), "application;dur=0, total;dur=0");
  }
});

test("the application sees no name of the inspector in its environ", async (t) => {
  let names: string[] = [];
  const inspected = new Inspected(({ environ }) => {
    names = Object.keys(environ);
    return ok();
  });
  await inspected.ask("/");
  t.false(names.some((name) => name.includes("inspect")));
});

test("the checker of the gateway interface is here too", (t) => {
  t.is(lint, lintOfApp);
});

test("a ring holds the last so many, however many have come", (t) => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 0, max: 60 }), (most, count) => {
      const ring = new Ring<{ readonly number: number }>(most);
      for (let number = 1; number <= count; number++) ring.add({ number });
      const kept = Array.from({ length: Math.min(most, count) }, (_, i) => count - i);
      t.deepEqual(
        ring.all().map(({ number }) => number),
        kept,
      );
      for (let number = 0; number <= count + 1; number++) {
        t.deepEqual(ring.get(number), kept.includes(number) ? { number } : undefined);
      }
    }),
  );
});
