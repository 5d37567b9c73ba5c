import test from "ava";
import type { Address } from "../../src/connection/index.ts";
import { timeRequest, until } from "../helpers/measure.ts";
import { MeasuredServer } from "../helpers/measured-server.ts";
import { type Ending, exchange, get, parseAnswer, RawClient } from "../helpers/raw-client.ts";

/** All at once, in one turn of the event loop. Answers how each of them ended. */
function burst(address: Address, count: number): Promise<string[]> {
  return Promise.all(
    Array.from({ length: count }, async () => {
      try {
        const { bytes, how } = await exchange(address, get());
        return how === "end" && parseAnswer(bytes).body === "ok" ? "answered" : how;
      } catch (error) {
        return error instanceof Error ? error.message.replace(address.kind === "unix" ? address.path : "", "") : "?";
      }
    }),
  );
}

function tally(values: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
}

for (const kind of ["tcp", "unix"] as const) {
  test.serial(
    `T28 (F7), ${kind}: with 64 descriptors 200 connections starve neither server nor application`,
    async (t) => {
      await using server = await MeasuredServer.start(kind, { openFiles: 64 });
      const { address } = server;
      await timeRequest(address);
      await until(async () => (await server.report()).openConnections === 0, 30_000, "it is idle");
      const clients = await Promise.all(Array.from({ length: 200 }, () => RawClient.connect(address)));
      const endings: Ending[] = [];
      for (const client of clients) {
        void client.ending.then((ending) => endings.push(ending));
        // To a connection that is refused meanwhile the write fails: the ending says so.
        void client.send(get({ PATH_INFO: "/file" }));
      }
      await until(
        async () => endings.length + (await server.report()).counts.exchanges - 1 >= 200,
        5_000,
        "each is admitted or refused",
      );
      const refused = endings.length;
      const { counts, refusals } = await server.report();
      t.log(`${200 - refused} admitted, ${refused} refused`);
      t.true(refused >= 100 && refused <= 200 - 16, `${refused} refused`);
      t.true(endings.every(({ bytes }) => bytes.length === 0));
      t.is(counts.overLimit, refused);
      t.deepEqual(refusals, { UWSGI_CONNECTIONS_LIMIT: refused });
      await server.release();
      const releasedAt = performance.now();
      await Promise.all(clients.map(({ ending }) => ending));
      // That the application could open its file is what `opened` says.
      const answers = endings.slice(refused).map(({ bytes }) => parseAnswer(bytes));
      t.deepEqual(tally(answers.map(({ status, body }) => `${status} ${body}`)), { "200 opened": 200 - refused });
      for (const client of clients) client.destroy();
      await until(
        () =>
          timeRequest(address).then(
            () => true,
            () => false,
          ),
        1_000,
        "it serves again",
      );
      t.true(performance.now() - releasedAt < 1_000);
    },
  );

  test.serial(
    `T29/F30, ${kind}: 2 000 connects while the event loop is blocked for 300 ms are all served`,
    async (t) => {
      await using server = await MeasuredServer.start(kind, { options: { maxConnections: 4_096 } });
      await timeRequest(server.address);
      await server.block(300);
      t.deepEqual(tally(await burst(server.address, 2_000)), { answered: 2_000 });
    },
  );
}
