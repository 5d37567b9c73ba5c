/** Nothing is left behind: by a million requests, and by peers that go away at any step of one. */
import { once } from "node:events";
import test from "ava";
import { formatAddress } from "../../src/connection/index.ts";
import { MIB, timeRequests, until } from "../helpers/measure.ts";
import { counts, isNoMore, leave, settled, untilAsBefore, type Way } from "../helpers/leavers.ts";
import { type Held, MeasuredServer } from "../helpers/measured-server.ts";
import { needs } from "../helpers/needs.ts";
import { startNginx } from "../helpers/nginx.ts";
import { ask, get, post, RawClient } from "../helpers/raw-client.ts";
import { bothKinds } from "../helpers/target.ts";
import { gate, respond, startServer, type TransportKind } from "../helpers/test-server.ts";
import { type Carrier, carriers } from "../helpers/transport-pair.ts";
import { wrk } from "../helpers/wrk.ts";

const REQUESTS = 500_000;
const MOST_SECONDS = 300;

needs("nginx", "wrk").serial(
  "a million requests through nginx, half on each kind of socket, leave nothing behind on the direct transport",
  async (t) => {
    t.timeout((MOST_SECONDS + 60) * 1_000);
    const options = { transport: "direct" } as const;
    await using tcp = await MeasuredServer.start("tcp", { options });
    await using unix = await MeasuredServer.start("unix", { options });
    const servers = [
      { server: tcp, path: "/tcp", target: formatAddress(tcp.address) },
      { server: unix, path: "/unix", target: `unix:${formatAddress(unix.address)}` },
    ];
    await using nginx = await startNginx({
      confText: ({ port }) => `
        server {
          listen 127.0.0.1:${port};
          access_log off;
          ${servers
            .map(
              ({ path, target }) => `location = ${path} {
                uwsgi_param REQUEST_METHOD $request_method;
                uwsgi_param PATH_INFO /;
                uwsgi_pass ${target};
              }`,
            )
            .join("\n")}
        }
      `,
    });
    const load = async (path: string, seconds: number): Promise<number> => {
      const result = await wrk(`http://127.0.0.1:${nginx.port}${path}`, { connections: 16, seconds });
      t.is(result.failures, 0);
      return result.requests;
    };
    await Promise.all(servers.map(({ path }) => load(path, 3)));
    const before = await Promise.all(servers.map(({ server }) => settled(server)));
    const startedAt = performance.now();
    const done = await Promise.all(
      servers.map(async ({ path }) => {
        let requests = 0;
        while (requests < REQUESTS && performance.now() - startedAt < MOST_SECONDS * 1_000) {
          requests += await load(path, 5);
        }
        return requests;
      }),
    );
    const seconds = (performance.now() - startedAt) / 1_000;
    for (const [i, { server, path }] of servers.entries()) {
      const was = before[i] as Held;
      await untilAsBefore(server, was, `${path} holds what it held`);
      const is = await server.held();
      const heap = is.heapBytes - was.heapBytes;
      const buffers = is.bufferBytes - was.bufferBytes;
      const resident = is.rssBytes - was.rssBytes;
      t.log(
        `${path}: ${done[i]} requests in ${seconds.toFixed(0)} s; heap ${(heap / MIB).toFixed(2)} MiB, ` +
          `buffers ${(buffers / MIB).toFixed(2)} MiB, RSS ${(resident / MIB).toFixed(1)} MiB; ` +
          JSON.stringify(counts(is)),
      );
      t.true((done[i] ?? 0) >= REQUESTS, "the machine is too slow for so many");
      t.true(heap < 2 * MIB, `heap ${heap}`);
      t.true(buffers < MIB, `buffers ${buffers}`);
      t.true(resident < 20 * MIB, `RSS ${resident}`);
    }
  },
);

// Peers that go away.

interface Step {
  readonly name: string;
  /** Brings a connection to the step. */
  reach(server: MeasuredServer): Promise<RawClient>;
}

const packet = post("a body of thirty bytes exactly", { PATH_INFO: "/digest", CONTENT_LENGTH: "1000" });

/** Sends, and answers once the server has it: the next one is answered behind it. */
async function sent(server: MeasuredServer, bytes: Uint8Array, reads = true): Promise<RawClient> {
  const client = await RawClient.connect(server.address, { reads });
  if (bytes.length > 0) await client.send(bytes);
  await timeRequests(server.address, 1);
  return client;
}

function fails(how: string): Step {
  return {
    name: `behind an application that fails: ${how}`,
    reach: async (server) => {
      const client = await sent(server, get({ PATH_INFO: `/fails/${how}` }));
      await client.ending;
      return client;
    },
  };
}

const steps: readonly Step[] = [
  { name: "before the first byte", reach: (server) => sent(server, new Uint8Array(0)) },
  { name: "inside the header", reach: (server) => sent(server, packet.subarray(0, 2)) },
  { name: "inside the vars", reach: (server) => sent(server, packet.subarray(0, 20)) },
  { name: "inside the body", reach: (server) => sent(server, packet) },
  {
    name: "inside a body that nobody reads",
    reach: (server) => sent(server, post("x".repeat(500_000), { PATH_INFO: "/hold" }).subarray(0, 100_000)),
  },
  { name: "before the answer", reach: (server) => sent(server, get({ PATH_INFO: "/hold" })) },
  {
    name: "during a large answer that it does not read",
    reach: async (server) => {
      const client = await sent(server, get({ PATH_INFO: "/stream", QUERY_STRING: String(16 * MIB) }), false);
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
  {
    name: "behind a large answer",
    reach: async (server) => {
      const client = await sent(server, get({ PATH_INFO: "/noise", QUERY_STRING: String(4 * MIB) }), false);
      await client.read().ending;
      return client;
    },
  },
  {
    name: "behind an answer to half a body",
    reach: async (server) => {
      const client = await sent(server, post("half", { PATH_INFO: "/refuse", CONTENT_LENGTH: "100" }));
      await client.until("who are you?");
      return client;
    },
  },
  ...["sync", "async", "started", "first-chunk", "mid-length", "mid", "close"].map(fails),
];

for (const carrier of carriers) {
  for (const kind of bothKinds) {
    // On a unix socket there is no reset.
    const ways: readonly Way[] = kind === "tcp" ? ["close", "reset", "half-close"] : ["close", "half-close"];

    test.serial(`F8: peers that go away at any step leave nothing behind, ${carrier}, ${kind}`, async (t) => {
      t.timeout(180_000);
      await using server = await MeasuredServer.start(kind, { options: { transport: carrier, bodyTimeoutMs: 1_000 } });
      await timeRequests(server.address, 50);
      const before = await settled(server);
      for (const step of steps) {
        for (const way of ways) {
          // What is held is let go so that an answer to who has gone half is one, and is written in vain to others.
          const clients = await Promise.all(Array.from({ length: 8 }, () => step.reach(server)));
          const left = Promise.all(clients.map((client) => leave(client, way)));
          if (way !== "half-close") await left;
          await server.release();
          await left;
          await untilAsBefore(server, before, `${way} ${step.name}: nothing is left behind`);
        }
      }
      t.is((await ask(server.address)).status, 200);
      await untilAsBefore(server, before, "nothing is left behind");
      const after = await server.held();
      t.true(after.heapBytes - before.heapBytes < 3 * MIB, `${after.heapBytes - before.heapBytes} bytes of heap`);
      t.true(
        after.bufferBytes - before.bufferBytes < MIB,
        `${after.bufferBytes - before.bufferBytes} bytes of buffers`,
      );
    });

    test.serial(
      `a server that is closed leaves nothing behind, at whatever step its connections are, ${carrier}, ${kind}`,
      async (t) => {
        await closedAtEveryStep(kind, carrier);
        const before = ownResources();
        for (let round = 0; round < 3; round++) await closedAtEveryStep(kind, carrier);
        await until(() => isNoMore(ownResources(), before), 5_000, "all handles are closed");
        t.true(isNoMore(ownResources(), before));
      },
    );
  }
}

/** Handles of this process, by their kind. Timers that others wait by come and go. */
function ownResources(): Record<string, number> {
  const found: Record<string, number> = {};
  for (const name of process.getActiveResourcesInfo().filter((kind) => kind !== "Timeout" && kind !== "Immediate")) {
    found[name] = (found[name] ?? 0) + 1;
  }
  return found;
}

/** A server in this process, with a connection at each step, is closed. */
async function closedAtEveryStep(kind: TransportKind, carrier: Carrier): Promise<void> {
  const held = gate();
  await using started = await startServer(
    async ({ environ, body }) => {
      if (environ.PATH_INFO === "/hold") await held.promise;
      if (environ.PATH_INFO === "/body") for await (const _ of body) continue;
      return respond(environ.PATH_INFO === "/large" ? new Uint8Array(16 * MIB) : "ok");
    },
    { kind, transport: carrier, graceMs: 100 },
  );
  const { server, address } = started;
  const unread = { reads: false };
  const clients = await Promise.all(
    [
      [new Uint8Array(0)],
      [packet.subarray(0, 2)],
      [packet.subarray(0, 20)],
      [post("half", { PATH_INFO: "/body", CONTENT_LENGTH: "100" })],
      [post("half", { PATH_INFO: "/", CONTENT_LENGTH: "100" })],
      [get({ PATH_INFO: "/hold" })],
      [get({ PATH_INFO: "/large" }), unread],
      [get()],
    ].map(async ([bytes, how]) => {
      const client = await RawClient.connect(address, how as { reads?: boolean } | undefined);
      await client.send(bytes as Uint8Array);
      return client;
    }),
  );
  await ask(address);
  const closing = server.close();
  held.open();
  await closing;
  for (const client of clients) client.read();
  await Promise.all(clients.map(({ ending }) => ending));
  await Promise.all(
    clients.map((client) => {
      client.destroy();
      return client.closed;
    }),
  );
}
