/** What a plugin may write, and what it is told, on every transport. */
import { runInNewContext } from "node:vm";
import test from "ava";
import { get, post, RawClient } from "../helpers/raw-client.ts";
import { respond, startServer } from "../helpers/test-server.ts";
import { carriers } from "../helpers/transport-pair.ts";
import { packetOf } from "../helpers/wire.ts";
import type { Plugin } from "../../src/handler/index.ts";

const MODIFIER = 123;
const packet = packetOf(new Uint8Array(0), MODIFIER);

function plugin(answer: Plugin["answer"]): Plugin {
  return { name: "writing", modifier1: MODIFIER, answer };
}

async function sent(address: Parameters<typeof RawClient.connect>[0], bytes: Uint8Array): Promise<Buffer> {
  const client = await RawClient.connect(address);
  await client.send(bytes);
  const { bytes: answer } = await client.ending;
  client.destroy();
  return Buffer.from(answer);
}

for (const transport of carriers) {
  for (const [about, wrong] of [
    ["an ArrayBuffer", new ArrayBuffer(4)],
    ["nothing", undefined],
    ["numbers of 16 bits", new Uint16Array(2)],
    ["a list", ["41", "hex"]],
    ["a proxy of bytes", new Proxy(new Uint8Array(3), {})],
  ] as const) {
    test(`a write of ${about} is refused with a code, and the server lives, ${transport}`, async (t) => {
      await using server = await startServer(() => respond("lives"), {
        transport,
        plugins: [plugin(async (exchange) => await exchange.write(wrong as unknown as string))],
      });
      t.is((await sent(server.address, packet)).length, 0);
      t.like(await server.seen.errors.at(), { error: { code: "UWSGI_INVALID_ARGUMENT" } });
      t.regex((await sent(server.address, get())).toString(), /lives$/);
    });
  }

  test(`bytes of another realm are bytes, ${transport}`, async (t) => {
    const bytes = runInNewContext("new Uint8Array([65, 66])") as Uint8Array;
    await using server = await startServer(() => respond(bytes), {
      transport,
      plugins: [
        plugin((exchange) => {
          void exchange.write("ab", bytes);
          exchange.end();
        }),
      ],
    });
    t.is((await sent(server.address, packet)).toString(), "abAB");
    t.regex((await sent(server.address, get())).toString(), /Content-Length: 2\r\n\r\nAB$/);
  });

  test(`a body that only pretends to be bytes is an error of the application, ${transport}`, async (t) => {
    const pretends = new Proxy(new Uint8Array([1, 2, 3]), {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === "function" ? (value.bind(target) as unknown) : value;
      },
    });
    await using server = await startServer(() => respond(pretends), { transport });
    t.regex((await sent(server.address, get())).toString(), /^HTTP\/1\.1 500 /);
  });

  test(`a large write that is followed by the end is taken, and its writer told so, ${transport}`, async (t) => {
    const large = Buffer.alloc(8 * 1_048_576, "x");
    const outcomes: unknown[] = [];
    await using server = await startServer(() => respond("ok"), {
      transport,
      plugins: [
        plugin(async (exchange) => {
          exchange.expectBody(0);
          const writing = exchange.write(large);
          exchange.end(true);
          outcomes.push(await writing);
        }),
      ],
    });
    t.is((await sent(server.address, packet)).length, large.length);
    while (server.server.openConnections > 0) await new Promise(setImmediate);
    t.deepEqual([outcomes, server.seen.errors.all], [[undefined], []]);
  });

  test(`the log names the peer of a connection that was cut, or was answered with an error, ${transport}`, async (t) => {
    await using server = await startServer(() => respond("ok"), { transport, kind: "tcp", headerTimeoutMs: 1 });
    const { address } = server;
    const ours = address.kind === "tcp" ? `127.0.0.1:${address.port}` : "";
    const silent = await RawClient.connect(address);
    await silent.ending;
    silent.destroy();
    await sent(address, Buffer.from([0, 5, 0, 0, 0, 0, 1, 0, 65]));
    for (const position of [0, 1]) {
      const { peer } = await server.seen.refused.at(position);
      t.regex(peer, /^127\.0\.0\.1:\d+$/);
      t.not(peer, ours);
    }
  });
}

for (const transport of carriers) {
  for (const [about, cut] of [
    ["in one read with its packet", 0],
    ["behind a packet that came in two reads", 10],
  ] as const) {
    test(`chunks of a body are Buffers ${about}, ${transport}`, async (t) => {
      await using server = await startServer(async ({ body }) => respond(String((await body.read())?.toString())), {
        transport,
      });
      const request = post("some text");
      const client = await RawClient.connect(server.address);
      if (cut > 0) {
        await client.send(request.subarray(0, cut));
        while (server.server.openConnections === 0) await new Promise(setImmediate);
      }
      await client.send(request.subarray(cut));
      t.regex(Buffer.from((await client.ending).bytes).toString(), /some text$/);
      client.destroy();
    });
  }
}
