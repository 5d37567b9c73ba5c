import test from "ava";
import { load } from "../helpers/load-process.ts";
import type { LoadResult } from "../helpers/load.ts";
import { MIB, until } from "../helpers/measure.ts";
import { type Held, MeasuredServer } from "../helpers/measured-server.ts";

function inMib(bytes: number): string {
  return `${(bytes / MIB).toFixed(1)} MiB`;
}

async function untilIdle(server: MeasuredServer): Promise<void> {
  await until(async () => (await server.report()).openConnections === 0, 5_000, "no connection is left");
}

for (const kind of ["tcp", "unix"] as const) {
  test.serial(`soak, ${kind}: 20 s of everything, no answer wrong, memory and descriptors as before`, async (t) => {
    await using server = await MeasuredServer.start(kind);
    const { address } = server;
    const plan = { address, lanes: 8, mostBytes: MIB, abortShare: 0.01, errorShare: 0.01 };
    // Until then the memory of a process that does not leak grows too: what it once needed at a time it keeps.
    await load({ ...plan, lanes: 16, requests: 8_000, seed: 1 });
    await untilIdle(server);
    const [rssBefore, filesBefore] = [server.rssBytes, server.openFiles];
    const { requests, aborts, errors, wrong, examples, p99Ms } = await load({ ...plan, seconds: 20, seed: 2 });
    await untilIdle(server);
    const grown = server.rssBytes - rssBefore;
    t.log(`${requests} requests, ${aborts} aborts, ${errors} errors, p99 ${p99Ms.toFixed(1)} ms, RSS ${inMib(grown)}`);
    t.deepEqual({ wrong, examples }, { wrong: 0, examples: [] });
    t.true(aborts > 0 && errors > 0);
    t.true(grown <= 20 * MIB, inMib(grown));
    t.true(server.openFiles <= filesBefore + 2);
    const { opened, closed } = await server.report();
    t.is(opened, closed);
  });
}

test.serial(
  "F32: 200 000 requests, half on each transport and 1 % aborted, leave descriptors and memory flat",
  async (t) => {
    await using tcp = await MeasuredServer.start("tcp");
    await using unix = await MeasuredServer.start("unix");
    const servers = [tcp, unix];
    const run = async (requests: number, seed: number): Promise<LoadResult[]> => {
      const plan = { lanes: 16, mostBytes: 1_024, abortShare: 0.01, errorShare: 0.01, requests, seed };
      const results = await Promise.all(servers.map(({ address }) => load({ ...plan, address })));
      for (const server of servers) await untilIdle(server);
      return results;
    };
    await run(15_000, 1);
    const before = await Promise.all(servers.map((server) => server.held()));
    const results = await run(100_000, 2);
    for (const [i, server] of servers.entries()) {
      const { requests, aborts, wrong, examples } = results[i] as LoadResult;
      const { opened, closed } = await server.report();
      const { heapBytes, rssBytes, descriptors } = await server.held();
      const was = before[i] as Held;
      const [heap, resident] = [heapBytes - was.heapBytes, rssBytes - was.rssBytes];
      t.log(
        `${server.address.kind}: ${requests} requests, ${aborts} aborts, heap ${inMib(heap)}, ` +
          `RSS ${inMib(resident)}`,
      );
      t.deepEqual({ requests, wrong, examples }, { requests: 100_000, wrong: 0, examples: [] });
      t.true(aborts > 800);
      t.true(heap < 3 * MIB, inMib(heap));
      t.true(resident < 20 * MIB, inMib(resident));
      t.true(descriptors <= was.descriptors + 2);
      t.is(opened, closed);
    }
  },
);
