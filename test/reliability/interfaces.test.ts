/** Each interface: many requests, and clients that go away at any stage of one, leave nothing behind. */
import { once } from "node:events";
import test from "ava";
import { formatAddress } from "../../src/connection/index.ts";
import { counts, leave, settled, untilAsBefore, type Way } from "../helpers/leavers.ts";
import { MIB, timeRequests } from "../helpers/measure.ts";
import { measuredInterfaces } from "../helpers/measured-apps.ts";
import { MeasuredServer } from "../helpers/measured-server.ts";
import { needs } from "../helpers/needs.ts";
import { startNginx } from "../helpers/nginx.ts";
import { httpBlock, passTo } from "../helpers/nginx-stack.ts";
import { ask, get, post, RawClient } from "../helpers/raw-client.ts";
import { bothKinds } from "../helpers/target.ts";
import { wrk } from "../helpers/wrk.ts";

const REQUESTS = 200_000;
const MOST_SECONDS = 300;

for (const by of measuredInterfaces) {
  needs("nginx", "wrk").serial(`${by}: ${REQUESTS} requests through nginx leave nothing behind`, async (t) => {
    t.timeout((MOST_SECONDS + 60) * 1_000);
    await using server = await MeasuredServer.start("unix", { by });
    await using nginx = await startNginx({
      confText: ({ port }) =>
        httpBlock(port, `access_log off; location / { ${passTo(formatAddress(server.address))} }`),
    });
    const load = async (seconds: number): Promise<number> => {
      const result = await wrk(`http://127.0.0.1:${nginx.port}/`, { connections: 16, seconds });
      t.is(result.failures, 0);
      return result.requests;
    };
    // Until all is compiled, and the heap has the size that it wants.
    await load(10);
    const before = await settled(server);
    const startedAt = performance.now();
    let requests = 0;
    while (requests < REQUESTS && performance.now() - startedAt < MOST_SECONDS * 1_000) requests += await load(5);
    const seconds = (performance.now() - startedAt) / 1_000;
    await untilAsBefore(server, before, "it holds what it held");
    const after = await server.held();
    const heap = after.heapBytes - before.heapBytes;
    const buffers = after.bufferBytes - before.bufferBytes;
    const resident = after.rssBytes - before.rssBytes;
    t.log(
      `${requests} requests in ${seconds.toFixed(0)} s; heap ${(heap / MIB).toFixed(2)} MiB, ` +
        `buffers ${(buffers / MIB).toFixed(2)} MiB, RSS ${(resident / MIB).toFixed(1)} MiB; ` +
        JSON.stringify(counts(after)),
    );
    t.true(requests >= REQUESTS, "the machine is too slow for so many");
    t.true(heap < 2 * MIB, `heap ${heap}`);
    t.true(buffers < MIB, `buffers ${buffers}`);
    t.true(resident < 20 * MIB, `RSS ${resident}`);
  });
}

const upgrade = get({ PATH_INFO: "/upgrade", HTTP_CONNECTION: "Upgrade", HTTP_UPGRADE: "echo" });

interface Stage {
  readonly name: string;
  /** Brings a connection to the stage. */
  reach(server: MeasuredServer): Promise<RawClient>;
}

/** Sends, and answers once the server has it: the next one is answered behind it. */
async function sent(server: MeasuredServer, bytes: Uint8Array, reads = true): Promise<RawClient> {
  const client = await RawClient.connect(server.address, { reads });
  await client.send(bytes);
  await timeRequests(server.address, 1);
  return client;
}

const stages: readonly Stage[] = [
  { name: "behind the packet, before the head", reach: (server) => sent(server, get({ PATH_INFO: "/hold" })) },
  {
    name: "in the body, which is being read",
    reach: (server) => sent(server, post("half of it", { PATH_INFO: "/digest", CONTENT_LENGTH: "100000" })),
  },
  {
    name: "in the body, which nobody reads",
    reach: (server) => sent(server, post("half of it", { PATH_INFO: "/hold", CONTENT_LENGTH: "100000" })),
  },
  {
    name: "while the answer streams",
    reach: async (server) => {
      const client = await sent(server, get({ PATH_INFO: "/stream", QUERY_STRING: String(16 * MIB) }), false);
      await once(client.socket, "readable");
      return client;
    },
  },
  {
    name: "in an upgrade",
    reach: async (server) => {
      const client = await sent(server, upgrade);
      await client.send("tea");
      await client.until("tea");
      return client;
    },
  },
  {
    name: "in an upgrade, with much on its way",
    reach: async (server) => {
      const client = await sent(server, upgrade, false);
      void client.send(new Uint8Array(4 * MIB));
      await once(client.socket, "readable");
      return client;
    },
  },
  {
    name: "behind the answer",
    reach: async (server) => {
      const client = await sent(server, get());
      await client.ending;
      return client;
    },
  },
];

for (const by of measuredInterfaces) {
  for (const kind of bothKinds) {
    // On a unix socket there is no reset.
    const ways: readonly Way[] = kind === "tcp" ? ["close", "reset", "half-close"] : ["close", "half-close"];

    test.serial(`${by}: clients that go away at any stage leave nothing behind, ${kind}`, async (t) => {
      t.timeout(120_000);
      await using server = await MeasuredServer.start(kind, { by, options: { bodyTimeoutMs: 1_000 } });
      await timeRequests(server.address, 50);
      const round = async (): Promise<void> => {
        for (const { reach } of stages) {
          for (const way of ways) {
            const clients = await Promise.all(Array.from({ length: 8 }, () => reach(server)));
            const left = Promise.all(clients.map((client) => leave(client, way)));
            if (way !== "half-close") await left;
            await server.release();
            await left;
          }
        }
      };
      // The first round loads what is loaded late.
      await round();
      const before = await settled(server);
      for (let i = 0; i < 3; i++) await round();
      await untilAsBefore(server, before, "nothing is left behind");
      const after = await server.held();
      t.is((await ask(server.address)).status, 200);
      t.log(
        `heap ${((after.heapBytes - before.heapBytes) / MIB).toFixed(2)} MiB, ` +
          `buffers ${((after.bufferBytes - before.bufferBytes) / MIB).toFixed(2)} MiB; ${JSON.stringify(counts(after))}`,
      );
      t.true(after.heapBytes - before.heapBytes < 2 * MIB, `${after.heapBytes - before.heapBytes} bytes of heap`);
      t.true(
        after.bufferBytes - before.bufferBytes < MIB,
        `${after.bufferBytes - before.bufferBytes} bytes of buffers`,
      );
    });
  }
}
