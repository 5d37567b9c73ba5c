/** A connection that goes on as a stream of bytes behind its packet: `Exchange.upgrade`, on every transport. */
import { once } from "node:events";
import type { Duplex } from "node:stream";
import test from "ava";
import type { Exchange, Plugin } from "../../src/handler/index.ts";
import { until } from "../helpers/measure.ts";
import { noise } from "../helpers/noise.ts";
import { exchange, RawClient } from "../helpers/raw-client.ts";
import { bothKinds } from "../helpers/target.ts";
import { gate, startServer, type TestServer, type TestServerOptions } from "../helpers/test-server.ts";
import { carriers } from "../helpers/transport-pair.ts";
import { concat, latin1, packetOf } from "../helpers/wire.ts";

const MODIFIER = 123;
const packet = packetOf(new Uint8Array(0), MODIFIER);
const LARGE = noise(10 * 1_048_576);

/** Long enough not to count. */
const LONG = 60_000;

type Answer = (exchange: Exchange) => void | Promise<void>;

function answering(answer: Answer, options: TestServerOptions): Promise<TestServer> {
  const plugin: Plugin = { name: "upgrading", modifier1: MODIFIER, answer };
  return startServer(() => ({ status: 200, headers: [], body: "ok" }), { ...options, plugins: [plugin] });
}

function upgradeOf(of: Exchange): Duplex {
  return of.upgrade() as unknown as Duplex;
}

interface Upgraded extends AsyncDisposable {
  readonly server: TestServer;
  readonly client: RawClient;
  readonly stream: Duplex;
  /** Errors of the stream. */
  readonly errors: unknown[];
}

/** A client, and the stream that its connection has become. */
async function upgraded(
  options: TestServerOptions,
  { reads = true, behind = "" }: { reads?: boolean; behind?: string | Uint8Array } = {},
): Promise<Upgraded> {
  const made = gate<Duplex>();
  const errors: unknown[] = [];
  const server = await answering((given) => {
    const stream = upgradeOf(given);
    stream.on("error", (error) => errors.push(error));
    made.open(stream);
  }, options);
  const client = await RawClient.connect(server.address, { reads });
  await client.send(packet, behind);
  const stream = await made.promise;
  return {
    server,
    client,
    stream,
    errors,
    [Symbol.asyncDispose]: async () => {
      client.destroy();
      stream.destroy();
      await server[Symbol.asyncDispose]();
    },
  };
}

async function textOf(stream: Duplex): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk as Uint8Array);
  return Buffer.from(concat(chunks)).toString("latin1");
}

function untilClosed({ server }: TestServer): Promise<number> {
  return until(() => server.openConnections === 0, 10_000, "no connection is left");
}

for (const transport of carriers) {
  for (const kind of bothKinds) {
    const on = `${transport}, ${kind}`;
    const options: TestServerOptions = { transport, kind };

    test.serial(`what has come behind the packet comes first, then what still comes, ${on}`, async (t) => {
      await using made = await upgraded(options, { behind: "first " });
      const { client, stream } = made;
      await client.send("second");
      client.end();
      t.is(await textOf(stream), "first second");
    });

    test.serial(
      `what was read before is not in the stream, and what lies unread is, however much, ${on}`,
      async (t) => {
        const made = gate<Duplex>();
        const read = gate<Uint8Array | undefined>();
        const go = gate();
        await using server = await answering(async (given) => {
          read.open(await given.read());
          // Until the socket is paused, with the rest on its way.
          await go.promise;
          made.open(upgradeOf(given));
        }, options);
        using client = await RawClient.connect(server.address);
        await client.send(packet);
        await client.send("head");
        const first = (await read.promise) ?? new Uint8Array(0);
        const sending = client.send(LARGE);
        client.end();
        for (let round = 0; round < 20; round++) await new Promise(setImmediate);
        go.open();
        const stream = await made.promise;
        const chunks: Uint8Array[] = [first];
        for await (const chunk of stream) chunks.push(chunk as Uint8Array);
        await sending;
        t.true(Buffer.concat([latin1("head"), LARGE]).equals(concat(chunks)));
      },
    );

    test.serial(
      `10 MB are echoed byte for byte, and little of them is held while the peer does not read, ${on}`,
      async (t) => {
        await using made = await upgraded(options, { reads: false });
        const { client, stream, server } = made;
        let most = 0;
        stream.on("data", () => {
          most = Math.max(most, stream.readableLength + stream.writableLength);
        });
        stream.pipe(stream);
        const sending = client.send(LARGE);
        // What is echoed fills all buffers on the way back, and then nothing more is taken.
        await once(stream, "pause");
        client.read();
        await sending;
        client.end();
        const { bytes, how } = await client.ending;
        t.true(LARGE.equals(bytes));
        t.is(how, "end");
        t.true(most < 1_048_576, `${most} bytes held`);
        await untilClosed(server);
      },
    );

    test.serial(`many echo at a time, and none gets another's bytes, ${on}`, async (t) => {
      await using server = await answering((given) => {
        const stream = upgradeOf(given);
        stream.pipe(stream);
      }, options);
      const bodies = Array.from({ length: 20 }, (_, i) => new Uint8Array(100_000).fill(i + 1));
      const answers = await Promise.all(
        bodies.map(async (body) => {
          using client = await RawClient.connect(server.address);
          await client.send(packet, body);
          client.end();
          return (await client.ending).bytes;
        }),
      );
      t.true(answers.every((answer, i) => Buffer.compare(answer, bodies[i] ?? new Uint8Array(0)) === 0));
      await untilClosed(server);
    });

    test.serial(`it goes on behind an answer, whose bytes come before the stream's, ${on}`, async (t) => {
      await using server = await answering((given) => {
        void given.write("HTTP/1.1 101 Switching Protocols\r\n\r\n");
        upgradeOf(given).end("frames");
      }, options);
      const { bytes } = await exchange(server.address, packet);
      t.is(Buffer.from(bytes).toString(), "HTTP/1.1 101 Switching Protocols\r\n\r\nframes");
    });

    test.serial(`behind the peer's end the stream can still be written, ${on}`, async (t) => {
      await using made = await upgraded(options);
      const { client, stream, server } = made;
      client.end();
      stream.resume();
      await once(stream, "end");
      stream.end("late answer");
      t.is(Buffer.from((await client.ending).bytes).toString(), "late answer");
      await untilClosed(server);
      t.true(stream.destroyed);
    });

    test.serial(`a peer that closed its side before is at its end behind what it has sent, ${on}`, async (t) => {
      const made = gate<Duplex>();
      await using server = await answering(async (given) => {
        await new Promise((resolve) => given.signal.addEventListener("abort", resolve));
        made.open(upgradeOf(given));
      }, options);
      using client = await RawClient.connect(server.address);
      await client.send(packet, "all of it");
      client.end();
      const stream = await made.promise;
      t.is(await textOf(stream), "all of it");
    });

    test.serial(`behind our end the stream can still be read, ${on}`, async (t) => {
      await using made = await upgraded(options);
      const { client, stream, server } = made;
      stream.end("that is all");
      t.is(Buffer.from((await client.ending).bytes).toString(), "that is all");
      await client.send("still here");
      client.end();
      t.is(await textOf(stream), "still here");
      await untilClosed(server);
    });

    test.serial(`what was not read yet when both sides have closed is not lost, ${on}`, async (t) => {
      await using made = await upgraded(options);
      const { client, stream, server } = made;
      stream.end();
      await client.ending;
      await client.send(noise(10_000));
      client.end();
      await untilClosed(server);
      t.is(await textOf(stream), noise(10_000).toString("latin1"));
    });

    test.serial(`destroying the stream closes the connection at once, ${on}`, async (t) => {
      await using made = await upgraded(options, { reads: false });
      const { client, stream, server, errors } = made;
      stream.write(LARGE);
      stream.destroy();
      client.read();
      t.true((await client.ending).bytes.length < LARGE.length);
      await untilClosed(server);
      t.deepEqual([errors, stream.closed], [[], true]);
    });

    test.serial(`a peer that goes away ends the stream: by an error when it was being written, ${on}`, async (t) => {
      await using made = await upgraded(options, { reads: false });
      const { client, stream, server, errors } = made;
      stream.resume();
      stream.write(LARGE);
      const closed = once(stream, "close");
      client.destroy();
      await closed.catch(() => {});
      t.is(errors.length, 1);
      await untilClosed(server);
    });

    test.serial(`the server's close waits for it, and destroys it after graceMs, ${on}`, async (t) => {
      await using made = await upgraded({ ...options, graceMs: 300 });
      const { client, stream, server } = made;
      stream.resume();
      const closed = new Promise((resolve) => stream.once("close", resolve));
      const startedAt = performance.now();
      await server.server.close();
      t.true(performance.now() - startedAt > 250);
      await Promise.all([closed, client.ending]);
      t.is(server.server.openConnections, 0);
    });

    test.serial(`a close of the server waits no longer than the stream lives, ${on}`, async (t) => {
      await using made = await upgraded({ ...options, graceMs: LONG });
      const { client, stream, server } = made;
      stream.resume();
      const closing = server.server.close();
      stream.end();
      await client.ending;
      client.end();
      await closing;
      t.pass();
    });

    test.serial(`no deadline counts any more, ${on}`, async (t) => {
      await using made = await upgraded(options, { reads: false });
      const { client, stream, server } = made;
      const { owner } = server.server as unknown as { owner: { sweeper: { sweep(elapsedMs: number): void } } };
      stream.write(LARGE);
      for (let second = 0; second < 300; second++) owner.sweeper.sweep(1_000);
      stream.end();
      client.read();
      t.true(LARGE.equals((await client.ending).bytes));
      t.deepEqual(server.seen.refused.all, []);
    });

    test.serial(`a stream is not cut to make room for others, however long it is silent, ${on}`, async (t) => {
      await using made = await upgraded({ ...options, maxConnections: 1 });
      const { client, stream, server } = made;
      const { owner } = server.server as unknown as { owner: { sweeper: { sweep(elapsedMs: number): void } } };
      for (let second = 0; second < 100; second++) owner.sweeper.sweep(1_000);
      t.is((await exchange(server.address, packet)).bytes.length, 0);
      stream.end("still here");
      t.is(Buffer.from((await client.ending).bytes).toString(), "still here");
    });

    test.serial(
      `nothing else of the exchange can be used behind it, and nothing of that hurts the stream, ${on}`,
      async (t) => {
        await using server = await answering(async (given) => {
          const stream = upgradeOf(given);
          t.throws(() => given.upgrade(), { code: "UWSGI_PEER_GONE" });
          await t.throwsAsync(async () => await given.write("x"), { code: "UWSGI_PEER_GONE" });
          given.end();
          t.false(given.isOpen);
          stream.end("the stream's");
        }, options);
        t.is(Buffer.from((await exchange(server.address, packet)).bytes).toString(), "the stream's");
      },
    );

    test.serial(`it is refused while a read waits, which goes on, ${on}`, async (t) => {
      const refused = gate();
      await using server = await answering(async (given) => {
        const reading = given.read();
        t.throws(() => given.upgrade(), { code: "UWSGI_PEER_GONE" });
        refused.open();
        await given.write((await reading) ?? "nothing");
        given.end();
      }, options);
      using client = await RawClient.connect(server.address);
      await client.send(packet);
      await refused.promise;
      await client.send("body");
      t.is(Buffer.from((await client.ending).bytes).toString(), "body");
    });

    test.serial(`it is refused behind the end, and behind an abort, ${on}`, async (t) => {
      for (const finish of ["end", "abort"] as const) {
        await using server = await answering((given) => {
          given[finish]();
          t.throws(() => given.upgrade(), { code: "UWSGI_PEER_GONE" });
        }, options);
        t.is((await exchange(server.address, packet)).bytes.length, 0);
      }
    });
  }
}

for (const transport of carriers) {
  test.serial(`a reset by the peer is an error of the stream, ${transport}, tcp`, async (t) => {
    await using made = await upgraded({ transport, kind: "tcp" });
    const { client, stream, server, errors } = made;
    stream.resume();
    client.socket.resetAndDestroy();
    await new Promise((resolve) => stream.once("close", resolve));
    t.like(errors, [{ code: "ECONNRESET" }]);
    await untilClosed(server);
  });
}

for (const transport of carriers) {
  test(`who waits for a write, or for the end, of a stream that is destroyed is told, ${transport}`, async (t) => {
    await using up = await upgraded({ transport }, { reads: false });
    const ended = new Promise<unknown>((resolve) => {
      up.stream.write(LARGE, (error) => resolve(error));
    });
    up.stream.destroy();
    t.true((await ended) instanceof Error);
  });
}

for (const transport of carriers) {
  for (const kind of bothKinds) {
    test(`an abort breaks the stream, so that the peer sees it over TCP alone, ${transport}, ${kind}`, async (t) => {
      const made = gate<[Exchange, Duplex]>();
      await using server = await answering(
        (given) => {
          const stream = upgradeOf(given);
          stream.on("error", () => {});
          made.open([given, stream]);
        },
        { transport, kind },
      );
      using client = await RawClient.connect(server.address);
      await client.send(packet);
      const [given, stream] = await made.promise;
      stream.write("half");
      await client.until("half");
      const closed = new Promise((resolve) => stream.once("close", resolve));
      t.is(given.abort(), kind === "tcp");
      t.is((await client.ending).how, kind === "tcp" ? "ECONNRESET" : "end");
      await closed;
      t.is(server.server.counts.unsignalled, kind === "tcp" ? 0 : 1);
    });

    test(`at the cut of a server that closes the signal fires before its stream goes, ${transport}, ${kind}`, async (t) => {
      const made = gate<Exchange>();
      await using server = await answering(
        (given) => {
          upgradeOf(given).on("error", () => {});
          given.signal.addEventListener("abort", () => given.abort());
          made.open(given);
        },
        { transport, kind, graceMs: 10 },
      );
      using client = await RawClient.connect(server.address);
      await client.send(packet);
      const given = await made.promise;
      await server.server.close();
      t.like(given.signal.reason, { code: "UWSGI_SERVER_CLOSED" });
      t.is((await client.ending).how, kind === "tcp" ? "ECONNRESET" : "end");
    });
  }

  test(`what the peer has not taken can be asked of the stream, ${transport}`, async (t) => {
    await using up = await upgraded({ transport }, { reads: false });
    const stream = up.stream as unknown as { readonly unsentBytes: number };
    t.is(stream.unsentBytes, 0);
    up.stream.write(LARGE);
    t.true(stream.unsentBytes > 0);
    up.client.read();
    await until(() => stream.unsentBytes === 0, 10_000, "all was taken");
    t.is(stream.unsentBytes, 0);
  });
}
