/** T3: packets of uWSGI's management families. Only what is served is read; the rest is closed at its header. */
import test from "ava";
import { pingPlugin } from "../../src/plugins/index.ts";
import { exchange, get, RawClient } from "../helpers/raw-client.ts";
import { bothKinds, deliver, inParallel, isWell, startTarget } from "../helpers/target.ts";
import { readVectors, wholeOf } from "../helpers/vectors.ts";
import { packetOf } from "../helpers/wire.ts";

const PING = 100;
const payload = get({ REMOTE_USER: "admin" }).subarray(4);

/** Every modifier1 but those of requests and pings. */
const foreign = Array.from({ length: 256 }, (_, modifier1) => modifier1).filter(
  (modifier1) => modifier1 !== 0 && modifier1 !== PING,
);

const vectors = readVectors().filter(({ header }) => {
  const modifier1 = header?.modifier1 ?? 0;
  return modifier1 !== 0 && modifier1 !== PING;
});

for (const kind of bothKinds) {
  test(`T3: a packet of any family that is not served is closed unanswered and called for nobody on ${kind}`, async (t) => {
    await using server = await startTarget({ kind, plugins: [pingPlugin()] });
    await inParallel(foreign, 16, async (modifier1) => {
      const { bytes } = await exchange(server.address, packetOf(payload, modifier1, modifier1));
      t.is(bytes.length, 0, `modifier1 ${modifier1}`);
    });
    t.deepEqual(
      server.seen.refused.all.map(({ error, status }) => [error.code, status]),
      foreign.map(() => ["UWSGI_MODIFIER_REFUSED", 0]),
    );
    t.deepEqual([server.calls, server.server.counts.exchanges], [[], 0]);
    t.true(await isWell(server));
  });

  test(`T3: the header of such a packet is enough to be closed: no var is waited for on ${kind}`, async (t) => {
    await using server = await startTarget({ kind, headerTimeoutMs: Number.POSITIVE_INFINITY });
    await inParallel([...foreign, PING], 16, async (modifier1) => {
      using client = await RawClient.connect(server.address);
      await client.send(packetOf(payload, modifier1).subarray(0, 4));
      t.is((await client.ending).bytes.length, 0, `modifier1 ${modifier1}`);
    });
    t.is(server.server.counts.refused, foreign.length + 1);
    t.deepEqual(server.calls, []);
  });

  test(`T3: the captured packets of other families are closed unanswered on ${kind}`, async (t) => {
    t.true(vectors.length >= 10, `${vectors.length} vectors`);
    await using server = await startTarget({ kind, plugins: [pingPlugin()] });
    for (const vector of vectors) t.is((await deliver(server, [wholeOf(vector)])).bytes.length, 0, vector.name);
    t.deepEqual([server.calls, server.server.counts.exchanges], [[], 0]);
  });
}

test("T3: a ping is not answered where nobody has asked for pings", async (t) => {
  await using server = await startTarget();
  t.is((await exchange(server.address, packetOf(new Uint8Array(0), PING))).bytes.length, 0);
});
