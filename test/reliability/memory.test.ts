import { setTimeout as delay } from "node:timers/promises";
import test from "ava";
import { highest, MIB, timeRequests, TimesBeside, until } from "../helpers/measure.ts";
import { MeasuredServer } from "../helpers/measured-server.ts";
import { get, post, RawClient } from "../helpers/raw-client.ts";
import { openFilesLimit } from "../../src/server/fd-limit.ts";

/** For how long memory is watched: many times what it takes to fill all buffers, or a few hundred MiB of memory. */
const WATCH_MS = 3_000;

const piece = new Uint8Array(65_536);

/** Resident memory once the server has answered a few requests and collected its garbage. */
async function settledRss(server: MeasuredServer): Promise<number> {
  await timeRequests(server.address, 200);
  await server.report();
  return server.rssBytes;
}

async function closeAll(clients: readonly RawClient[]): Promise<void> {
  await Promise.all(
    clients.map((client) => {
      client.destroy();
      return client.closed;
    }),
  );
}

/** Sends as fast as it is taken, until the connection ends. */
async function push(client: RawClient): Promise<void> {
  while (client.socket.writable) await client.send(piece);
}

for (const kind of ["tcp", "unix"] as const) {
  test.serial(`slow-reader (F11), ${kind}: 10 peers that do not read their 64 MiB cost under 40 MiB`, async (t) => {
    await using server = await MeasuredServer.start(kind);
    const { address } = server;
    await using control = await MeasuredServer.start(kind);
    const before = await settledRss(server);
    const clients: RawClient[] = [];
    const answering = (async () => {
      for (let i = 0; i < 10; i++) {
        const client = await RawClient.connect(address, { reads: false });
        clients.push(client);
        await client.send(get({ PATH_INFO: "/stream", QUERY_STRING: String(64 * MIB) }));
      }
      await delay(WATCH_MS);
    })();
    const grown = (await highest(() => server.rssBytes, answering)) - before;
    const others = await new TimesBeside(address, control.address).take(10);
    const { counts, openConnections } = await server.report();
    t.log(`RSS ${(grown / MIB).toFixed(1)} MiB; ${others.describe(1)}`);
    t.true(openConnections >= 10 && counts.exchanges >= 10);
    t.true(grown < 40 * MIB, `${grown / MIB} MiB`);
    t.true(others.isWithin(1, 500), others.describe(1));
    await closeAll(clients);
  });

  test.serial(`T18, ${kind}: 100 uploads of 1 GiB that the application never reads cost under 50 MiB`, async (t) => {
    await using server = await MeasuredServer.start(kind);
    const { address } = server;
    await using control = await MeasuredServer.start(kind);
    const before = await settledRss(server);
    const clients: RawClient[] = [];
    const uploading = (async () => {
      for (let i = 0; i < 100; i++) {
        const client = await RawClient.connect(address);
        clients.push(client);
        await client.send(post("", { PATH_INFO: "/hold", CONTENT_LENGTH: String(2 ** 30) }));
        void push(client);
      }
      await delay(WATCH_MS);
    })();
    const grown = (await highest(() => server.rssBytes, uploading)) - before;
    const taken = clients.reduce((sum, { socket }) => sum + socket.bytesWritten - socket.writableLength, 0);
    t.log(`RSS ${(grown / MIB).toFixed(1)} MiB, ${(taken / MIB).toFixed(0)} MiB taken by server and system`);
    t.true((await server.report()).openConnections >= 100);
    t.true(taken >= 100 * 65_536);
    t.true(grown < 50 * MIB, `${grown / MIB} MiB`);
    const others = await new TimesBeside(address, control.address).take(10);
    t.true(others.isWithin(1, 500), others.describe(1));
    await closeAll(clients);
    await server.release();
    await until(async () => (await server.report()).openConnections === 0, 10_000, "no connection is left");
  });

  // A quarter of the limit is kept for the application; the clients need as many descriptors here.
  const idle = Math.min(10_000, Math.floor(openFilesLimit() * 0.74) - 64);

  test.serial(
    `F29, ${kind}: ${idle} connections that send nothing cost under 20 KiB each and end at 5 s`,
    async (t) => {
      t.timeout(60_000);
      await using server = await MeasuredServer.start(kind);
      const { address } = server;
      const before = await settledRss(server);
      const filesBefore = server.openFiles;
      let mostOpen = 0;
      const clients: RawClient[] = [];
      const lifetimes: Promise<number>[] = [];
      let ended = 0;
      while (clients.length < idle) {
        const group = Math.min(200, idle - clients.length);
        const openedAt = performance.now();
        const opened = await Promise.all(Array.from({ length: group }, () => RawClient.connect(address)));
        clients.push(...opened);
        for (const { ending } of opened) {
          lifetimes.push(
            ending.then(() => {
              ended++;
              return performance.now() - openedAt;
            }),
          );
        }
        // Faster than they are accepted would fill the backlog, which is another check.
        await until(() => server.openFiles + ended >= clients.length, 5_000, "they are accepted");
        mostOpen = Math.max(mostOpen, server.openFiles - filesBefore);
      }
      // On a slow machine the first have been cut by now: what counts is how many were open at a time.
      await server.report();
      const each = (server.rssBytes - before) / mostOpen;
      const lived = (await Promise.all(lifetimes)).sort((a, b) => a - b);
      const [shortest = 0, longest = 0] = [lived[0], lived.at(-1)];
      t.log(
        `${mostOpen} open at a time, ${(each / 1_024).toFixed(1)} KiB each; ` +
          `ended after ${shortest.toFixed(0)} to ${longest.toFixed(0)} ms`,
      );
      t.true(mostOpen > idle / 4);
      t.true(each < 20 * 1_024, `${each} bytes`);
      t.true(shortest > 4_950, `${shortest} ms`);
      t.true(longest < 8_000 + (await server.machineLateMs()), `${longest} ms`);
      await closeAll(clients);
      await until(async () => (await server.report()).openConnections === 0, 5_000, "no connection is left");
      t.is((await server.report()).refusals["UWSGI_HEADER_TIMEOUT"], idle);
    },
  );
}
