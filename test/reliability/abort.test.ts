import { once } from "node:events";
import test from "ava";
import type { Address } from "../../src/connection/index.ts";
import { MIB, timeRequest, until } from "../helpers/measure.ts";
import { MeasuredServer } from "../helpers/measured-server.ts";
import { post, RawClient } from "../helpers/raw-client.ts";

const ANSWER_BYTES = 4 * MIB;

/** Answered by `/tracked`: its body is read before the answer begins. */
const request = post("a body of thirty bytes exactly", {
  PATH_INFO: "/tracked",
  QUERY_STRING: String(ANSWER_BYTES),
  HTTP_USER_AGENT: "goes away, at each of its bytes, in both of the ways that there are",
  HTTP_ACCEPT: "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
});

const BODY_BYTES = 30;

/** Bytes of the answer, head included, after which a client goes away. The last is nearly all of it. */
const POINTS = [1, 1_000, 100_000, 2 * MIB, ANSWER_BYTES];

type Way = "close" | "reset" | "half-close";

async function goAway(client: RawClient, way: Way): Promise<void> {
  if (way === "reset") client.socket.resetAndDestroy();
  else if (way === "close") client.destroy();
  else client.end();
  await client.ending;
  client.destroy();
  await client.closed;
}

async function abortRequest(address: Address, sentBytes: number, way: Way): Promise<void> {
  const client = await RawClient.connect(address);
  if (sentBytes > 0) await client.send(request.subarray(0, sentBytes));
  await goAway(client, way);
}

async function abortResponse(address: Address, readBytes: number, way: Way): Promise<void> {
  const client = await RawClient.connect(address, { reads: false });
  await client.send(request);
  let left = readBytes;
  client.socket.on("data", (chunk: Uint8Array) => {
    left -= chunk.length;
    if (left <= 0) client.socket.emit("read enough");
  });
  await once(client.socket, "read enough");
  await goAway(client, way);
}

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
        await abortRequest(address, sentBytes, way);
        aborts++;
      }
    }
    // Each body was asked for that a whole packet has reached, however little came behind it.
    await until(async () => (await server.report()).openConnections === 0, 5_000, "no connection is left");
    const afterRequests = await server.report();
    const whole = BODY_BYTES + 1;
    if (kind === "unix") t.is(afterRequests.opened, 2 * whole);
    // A reset may overtake what was sent before it.
    else t.true(afterRequests.opened >= 2 * whole && afterRequests.opened <= 3 * whole);
    for (const way of ways) {
      for (const point of POINTS) {
        for (let i = 0; i < 8; i++) {
          await abortResponse(address, point, way);
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
