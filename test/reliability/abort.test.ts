import test from "ava";
import { abortRequest, abortResponse, TRACKED_BODY_BYTES, trackedRequest } from "../helpers/aborts.ts";
import type { Way } from "../helpers/leavers.ts";
import { MIB, timeRequest, until } from "../helpers/measure.ts";
import { MeasuredServer } from "../helpers/measured-server.ts";

const ANSWER_BYTES = 4 * MIB;

const request = trackedRequest(ANSWER_BYTES);

/** Bytes of the answer, head included, after which a client goes away. The last is nearly all of it. */
const POINTS = [1, 1_000, 100_000, 2 * MIB, ANSWER_BYTES];

for (const kind of ["tcp", "unix"] as const) {
  // On a unix socket there is no reset.
  const ways: readonly Way[] = kind === "tcp" ? ["close", "reset"] : ["close"];

  test.serial(`abort (F8), ${kind}: clients that go away at any byte leave nothing behind`, async (t) => {
    t.timeout(120_000);
    await using server = await MeasuredServer.start(kind);
    const { address } = server;
    await timeRequest(address);
    const filesBefore = server.openFiles;
    let aborts = 0;
    for (const way of [...ways, "half-close"] as const) {
      for (let sentBytes = 0; sentBytes <= request.length; sentBytes++) {
        await abortRequest(address, request, sentBytes, way);
        aborts++;
      }
    }
    // Each body was asked for that a whole packet has reached, however little came behind it.
    await until(async () => (await server.report()).openConnections === 0, 5_000, "no connection is left");
    const afterRequests = await server.report();
    const whole = TRACKED_BODY_BYTES + 1;
    if (kind === "unix") t.is(afterRequests.opened, 2 * whole);
    // A reset may overtake what was sent before it.
    else t.true(afterRequests.opened >= 2 * whole && afterRequests.opened <= 3 * whole);
    for (const way of ways) {
      for (const point of POINTS) {
        for (let i = 0; i < 8; i++) {
          await abortResponse(address, request, point, way);
          aborts++;
        }
      }
    }
    t.log(`${aborts} aborts`);
    t.true(aborts >= 451);
    t.true((await timeRequest(address)) < 500);
    await until(() => server.openFiles <= filesBefore + 2, 5_000, "the descriptors are given back");
    await until(
      async () => {
        const { opened, closed } = await server.report();
        return opened === closed;
      },
      5_000,
      "each body is closed",
    );
    const { opened, openConnections } = await server.report();
    t.is(opened, afterRequests.opened + ways.length * POINTS.length * 8);
    t.is(openConnections, 0);
  });
}
