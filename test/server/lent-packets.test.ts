/** Requests whose bytes lie in a buffer that the next connection overwrites: each keeps its own, however late it looks. */
import test from "ava";
import type { Exchange, Plugin } from "../../src/handler/index.ts";
import { RawClient, requestOf, type Vars } from "../helpers/raw-client.ts";
import { bothKinds } from "../helpers/target.ts";
import { gate, respond, startServer, type TestServer } from "../helpers/test-server.ts";
import { carriers } from "../helpers/transport-pair.ts";
import { concat, packetOf, varsBlock } from "../helpers/wire.ts";

const CONNECTIONS = 100;
const MODIFIER = 123;

/** Vars that no other connection has, and long enough that a wrong byte would be seen. */
function varsOf(i: number): Vars {
  return {
    REQUEST_METHOD: "GET",
    PATH_INFO: `/${i}/${String.fromCharCode(97 + (i % 26)).repeat(200 + i)}`,
    HTTP_X_NAME: `${i}`.repeat(50),
  };
}

function bodyOf(i: number): string {
  return `${i}-`.repeat(1_000);
}

/** What all clients get for what they send at once; all are connected before the first sends. */
async function askAll({ address }: TestServer, sent: readonly Uint8Array[]): Promise<string[]> {
  const clients = await Promise.all(sent.map(() => RawClient.connect(address)));
  await Promise.all(clients.map((client, i) => client.send(sent[i] ?? "")));
  return await Promise.all(
    clients.map(async (client) => {
      const { bytes } = await client.ending;
      client.destroy();
      return Buffer.from(bytes).toString("latin1").split("\r\n\r\n").at(-1) ?? "";
    }),
  );
}

function whatCame(exchange: Exchange): string {
  return JSON.stringify(exchange.packet.vars.toObject());
}

/** Settles when all connections have come. */
function allCome(): { come(): void; readonly promise: Promise<void> } {
  const all = gate();
  let count = 0;
  return {
    come: () => {
      if (++count === CONNECTIONS) all.open();
    },
    promise: all.promise,
  };
}

const expected = Array.from({ length: CONNECTIONS }, (_, i) => JSON.stringify(varsOf(i)));
const packets = Array.from({ length: CONNECTIONS }, (_, i) => packetOf(varsBlock(Object.entries(varsOf(i))), MODIFIER));

for (const transport of carriers) {
  for (const kind of bothKinds) {
    const on = `${transport}, ${kind}`;
    const start = (answer: Plugin["answer"]): Promise<TestServer> =>
      startServer(() => respond("none"), {
        transport,
        kind,
        plugins: [{ name: "late", modifier1: MODIFIER, answer }],
      });

    test(`a plugin that waits sees its own packet behind it, ${on}`, async (t) => {
      const all = allCome();
      await using server = await start(async (exchange) => {
        all.come();
        await all.promise;
        void exchange.write(whatCame(exchange));
        exchange.end();
      });
      t.deepEqual(await askAll(server, packets), expected);
    });

    test(`a view of its packet that a plugin took at once stays its own, ${on}`, async (t) => {
      const all = allCome();
      await using server = await start(async (exchange) => {
        const view = exchange.packet.vars.getBytes("HTTP_X_NAME") ?? new Uint8Array(0);
        const { payload } = exchange.packet;
        all.come();
        await all.promise;
        void exchange.write(`${Buffer.from(view).toString("latin1")} ${payload.length}`);
        void exchange.write(payload);
        exchange.end();
      });
      const came = await askAll(server, packets);
      t.deepEqual(
        came,
        packets.map((packet, i) => {
          const payload = packet.subarray(4);
          return `${varsOf(i)["HTTP_X_NAME"]} ${payload.length}${Buffer.from(payload).toString("latin1")}`;
        }),
      );
    });

    test(`a plugin that answers from a callback sees its own packet there, ${on}`, async (t) => {
      const all = allCome();
      await using server = await start((exchange) => {
        all.come();
        void all.promise.then(() => {
          void exchange.write(whatCame(exchange));
          exchange.end();
        });
      });
      t.deepEqual(await askAll(server, packets), expected);
    });

    test(`a plugin that answers at once sees its packet, ${on}`, async (t) => {
      await using server = await start((exchange) => {
        void exchange.write(whatCame(exchange));
        exchange.end();
      });
      t.deepEqual(await askAll(server, packets), expected);
    });

    test(`a body that came with its packet is its own, however late it is read, ${on}`, async (t) => {
      const all = allCome();
      await using server = await start(async (exchange) => {
        all.come();
        await all.promise;
        const chunks: Uint8Array[] = [];
        const wanted = bodyOf(Number(exchange.packet.vars.toObject()["PATH_INFO"]?.split("/")[1])).length;
        while (concat(chunks).length < wanted) chunks.push((await exchange.read()) ?? new Uint8Array(wanted));
        void exchange.write(`${whatCame(exchange)}${Buffer.from(concat(chunks)).toString("latin1")}`);
        exchange.end();
      });
      t.deepEqual(
        await askAll(
          server,
          packets.map((packet, i) => concat([packet, Buffer.from(bodyOf(i))])),
        ),
        expected.map((vars, i) => vars + bodyOf(i)),
      );
    });

    test(`a handler that waits sees its own environ and body behind it, ${on}`, async (t) => {
      const all = allCome();
      await using server = await startServer(
        async ({ environ, body }) => {
          all.come();
          await all.promise;
          const chunks: Uint8Array[] = [];
          for await (const chunk of body) chunks.push(chunk);
          return respond(
            `${environ.PATH_INFO} ${String(environ["HTTP_X_NAME"])} ${Buffer.from(concat(chunks)).toString("latin1")}`,
          );
        },
        { transport, kind },
      );
      const sent = Array.from({ length: CONNECTIONS }, (_, i) =>
        requestOf({ ...varsOf(i), CONTENT_LENGTH: String(bodyOf(i).length) }, bodyOf(i)),
      );
      t.deepEqual(
        await askAll(server, sent),
        sent.map((_, i) => `${varsOf(i)["PATH_INFO"]} ${varsOf(i)["HTTP_X_NAME"]} ${bodyOf(i)}`),
      );
    });
  }
}

test("several servers in one process, on either transport, answer each their own", async (t) => {
  const servers = await Promise.all(
    carriers.flatMap((transport) =>
      bothKinds.map((kind) =>
        startServer(({ environ }) => respond(`${kind} ${transport} ${environ.PATH_INFO}`), { kind, transport }),
      ),
    ),
  );
  const names = carriers.flatMap((transport) => bothKinds.map((kind) => `${kind} ${transport}`));
  const answers = await Promise.all(
    servers.map((server) =>
      askAll(
        server,
        Array.from({ length: 25 }, (_, i) => requestOf({ REQUEST_METHOD: "GET", PATH_INFO: `/${i}` })),
      ),
    ),
  );
  t.deepEqual(
    answers,
    names.map((name) => Array.from({ length: 25 }, (_, i) => `${name} /${i}`)),
  );
  await Promise.all(servers.map(async (server) => await server[Symbol.asyncDispose]()));
});
