/** What holds of every transport that accepted connections go by, on both kinds of socket. */
import test from "ava";
import type { Transport } from "../../src/connection/index.ts";
import { noise } from "../helpers/noise.ts";
import { RawClient } from "../helpers/raw-client.ts";
import { bothKinds } from "../helpers/target.ts";
import { gate } from "../helpers/test-server.ts";
import { carriers, connectPair, listenFor, TransportLog } from "../helpers/transport-pair.ts";
import { concat, hex, latin1 } from "../helpers/wire.ts";

/** More than any socket takes while its peer does not read. */
const LARGE = noise(8 * 1_048_576);

const texts = { bytes: latin1("caf\u00e9 in bytes"), string: "caf\u00e9 in a string" } as const;

function isSame(actual: Uint8Array, expected: Uint8Array): boolean {
  return Buffer.compare(actual, expected) === 0;
}

for (const carrier of carriers) {
  for (const kind of bothKinds) {
    const on = `${carrier}, ${kind}`;

    for (const [about, chunks] of [
      ["bytes", [texts.bytes]],
      ["a string", [texts.string]],
      ["bytes and bytes", [texts.bytes, latin1("more")]],
      ["bytes and a string", [texts.bytes, texts.string]],
      ["a string and bytes", [texts.string, texts.bytes]],
      ["a string and a string", [texts.string, "more"]],
      ["an empty string and bytes", ["", texts.bytes]],
    ] as const) {
      test.serial(`what is written arrives byte for byte, and there is room for more: ${about}, ${on}`, async (t) => {
        await using pair = await connectPair(kind, carrier);
        t.true(pair.transport.write(...(chunks as readonly [string])));
        pair.transport.end();
        const { bytes, how } = await pair.client.ending;
        t.deepEqual(
          [hex(bytes), how],
          [hex(concat(chunks.map((chunk) => (typeof chunk === "string" ? latin1(chunk) : chunk)))), "end"],
        );
      });
    }

    test.serial(`what is kept of what is read stays as it is, and is a Buffer: ${on}`, async (t) => {
      const kept: Buffer[] = [];
      let transport: Transport | undefined;
      const log = new TransportLog((bytes) => {
        if (transport !== undefined) kept.push(transport.keep(bytes));
      });
      await using pair = await connectPair(kind, carrier, { log, onAccepted: (accepted) => (transport = accepted) });
      // Much and little in turn.
      const sizes = [1, 300_000, 10, 40_000, 1_000_000, 7];
      let sent = 0;
      for (const size of sizes) {
        await pair.client.send(LARGE.subarray(sent, sent + size));
        sent += size;
        await log.untilReceived(sent);
      }
      t.true(isSame(concat(kept), LARGE.subarray(0, sent)));
      t.true(kept.every((bytes) => Buffer.isBuffer(bytes)));
    });

    for (const [about, first] of [
      ["a string and a large chunk", ["head", LARGE]],
      ["a large chunk and a string", [LARGE, "tail"]],
      ["a large string", [Buffer.from(LARGE).toString("latin1")]],
      ["large chunks", [LARGE, LARGE.toReversed()]],
    ] as const) {
      test.serial(`what is written while a peer does not read arrives in its order: ${about}, ${on}`, async (t) => {
        await using pair = await connectPair(kind, carrier, { reads: false });
        const { transport, client, log } = pair;
        t.false(transport.write(...(first as readonly [string])));
        t.false(transport.write("second"));
        t.false(transport.write(latin1("third"), "fourth"));
        transport.end();
        client.read();
        const { bytes } = await client.ending;
        const sent = concat(
          [...first, "second", "third", "fourth"].map((part) => (typeof part === "string" ? latin1(part) : part)),
        );
        t.true(isSame(bytes, sent));
        client.end();
        await log.until("close");
        t.is(log.cause, undefined);
      });
    }

    test.serial(`room is told once when all has been taken, and writing goes on, ${on}`, async (t) => {
      await using pair = await connectPair(kind, carrier, { reads: false });
      const { transport, client, log } = pair;
      transport.write(LARGE);
      transport.write("more");
      t.deepEqual(log.events, []);
      client.read();
      await log.until("drain");
      t.true(transport.write("last"));
      await client.until("last");
      t.deepEqual([log.events, transport.unsentBytes], [["drain"], 0]);
    });

    test.serial(`unsent bytes are counted while the peer takes them, and none are left, ${on}`, async (t) => {
      await using pair = await connectPair(kind, carrier, { reads: false });
      const { transport, client, log } = pair;
      t.is(transport.unsentBytes, 0);
      transport.write(LARGE);
      const before = transport.unsentBytes;
      t.true(before > 0);
      client.read();
      // How many at a time is the system's affair: over TCP it may be all that are left.
      while (transport.unsentBytes === before) await new Promise(setImmediate);
      t.true(transport.unsentBytes < before);
      await log.until("drain");
      t.is(transport.unsentBytes, 0);
    });

    test.serial(`unsent bytes of a transport that is closed are none, ${on}`, async (t) => {
      await using pair = await connectPair(kind, carrier, { reads: false });
      pair.transport.write(LARGE);
      pair.transport.destroy();
      await pair.log.until("close");
      t.is(pair.transport.unsentBytes, 0);
    });

    test.serial(`our end is seen by the peer, whose own side stays open, ${on}`, async (t) => {
      await using pair = await connectPair(kind, carrier);
      const { transport, client, log } = pair;
      transport.end();
      t.is((await client.ending).how, "end");
      await client.send("still sending");
      await log.untilReceived(13);
      client.end();
      await log.until("close");
      t.deepEqual([log.events, log.cause], [["finish", "read", "end", "close"], undefined]);
    });

    test.serial(`an end is told behind all that the peer sent, and our side stays open, ${on}`, async (t) => {
      await using pair = await connectPair(kind, carrier);
      const { transport, client, log } = pair;
      await client.send(LARGE);
      client.end();
      await log.until("end");
      t.true(isSame(log.received, LARGE));
      t.true(transport.write("answer"));
      transport.end();
      t.is(Buffer.from((await client.ending).bytes).toString(), "answer");
      await log.until("close");
      t.deepEqual([log.events, log.cause], [["read", "end", "finish", "close"], undefined]);
    });

    test.serial(
      `close closes both sides behind what is being written, and tells so unless it answered true, ${on}`,
      async (t) => {
        for (const written of [latin1("small"), LARGE]) {
          await using pair = await connectPair(kind, carrier, { reads: false });
          const { transport, client, log } = pair;
          transport.write(written);
          const isClosed = transport.close();
          t.is(isClosed, carrier === "direct" && written !== LARGE);
          client.read();
          const { bytes, how } = await client.ending;
          t.true(isSame(bytes, written));
          t.is(how, "end");
          if (!isClosed) await log.until("close");
          t.is(log.cause, undefined);
          t.false(log.events.includes("drain") && written !== LARGE);
        }
      },
    );

    test.serial(`a transport that was closed can be asked for anything again, and does nothing, ${on}`, async (t) => {
      await using pair = await connectPair(kind, carrier);
      const { transport, client, log } = pair;
      if (!transport.close()) await log.until("close");
      const told = [...log.events];
      transport.pause();
      transport.resume();
      t.false(transport.write("x"));
      transport.end();
      t.false(transport.close());
      transport.destroy();
      transport.reset();
      t.is(typeof transport.peer, "string");
      t.is((await client.ending).bytes.length, 0);
      client.end();
      await client.closed;
      t.deepEqual(log.events, told);
    });

    test.serial(
      `destroy closes both sides at once, whatever is being written, and tells so later, ${on}`,
      async (t) => {
        await using pair = await connectPair(kind, carrier, { reads: false });
        const { transport, client, log } = pair;
        transport.write(LARGE);
        transport.destroy();
        t.deepEqual(log.events, []);
        await log.until("close");
        t.deepEqual([log.events, log.cause], [["close"], undefined]);
        client.read();
        t.true((await client.ending).bytes.length < LARGE.length);
      },
    );

    test.serial(`a reset is seen where there is such a thing, and answers whether it is, ${on}`, async (t) => {
      await using pair = await connectPair(kind, carrier);
      const { transport, client, log } = pair;
      t.is(transport.reset(), kind === "tcp");
      t.is((await client.ending).how, kind === "tcp" ? "ECONNRESET" : "end");
      await log.until("close");
      t.deepEqual([log.events, log.cause], [["close"], undefined]);
    });

    test.serial(`a reset takes what is being written with it, ${on}`, async (t) => {
      await using pair = await connectPair(kind, carrier, { reads: false });
      const { transport, client, log } = pair;
      transport.write(LARGE);
      t.is(transport.reset(), kind === "tcp");
      await log.until("close");
      client.read();
      t.true((await client.ending).bytes.length < LARGE.length);
    });

    test.serial(`nothing is read while paused, and all of it in order when resumed, ${on}`, async (t) => {
      await using pair = await connectPair(kind, carrier);
      const { transport, client, log } = pair;
      await client.send("first");
      await log.untilReceived(5);
      transport.pause();
      transport.pause();
      await client.send("second");
      client.end();
      // Rounds of the loop in which it would be read.
      for (let round = 0; round < 20; round++) await new Promise(setImmediate);
      t.is(log.text, "first");
      transport.resume();
      transport.resume();
      await log.until("end");
      t.is(log.text, "firstsecond");
    });

    test.serial(`a resume of what was never paused changes nothing, ${on}`, async (t) => {
      await using pair = await connectPair(kind, carrier);
      const { transport, client, log } = pair;
      transport.resume();
      await client.send("goes on");
      await log.untilReceived(7);
      t.deepEqual(log.events, ["read"]);
    });

    test.serial(`another user is told from then on, ${on}`, async (t) => {
      await using pair = await connectPair(kind, carrier);
      const { transport, client, log } = pair;
      await client.send("one");
      await log.untilReceived(3);
      const other = new TransportLog();
      transport.attach(other);
      await client.send("other");
      client.end();
      transport.end();
      await other.until("close");
      t.deepEqual([log.text, other.text], ["one", "other"]);
      t.deepEqual([log.events.includes("end"), other.events.at(-1)], [false, "close"]);
    });

    test.serial(
      `a write to a peer that has closed both sides closes the connection, with the cause, ${on}`,
      async (t) => {
        await using pair = await connectPair(kind, carrier);
        const { transport, client, log } = pair;
        client.destroy();
        await log.until("end");
        // On TCP only the second one fails: the first is answered with a reset.
        for (let i = 0; i < 100 && !log.events.includes("close"); i++) {
          transport.write("x");
          await new Promise(setImmediate);
        }
        await log.until("close");
        t.true(log.cause?.code === "EPIPE" || log.cause?.code === "ECONNRESET", String(log.cause?.code));
        t.regex(log.cause?.message ?? "", /^(?:write|read) E[A-Z]+$/);
        t.true(typeof log.cause?.errno === "number" && typeof log.cause.syscall === "string");
      },
    );

    test.serial(`an end to a peer that has closed both sides is no error, ${on}`, async (t) => {
      await using pair = await connectPair(kind, carrier);
      const { transport, client, log } = pair;
      client.destroy();
      await client.closed;
      await log.until("end");
      transport.end();
      await log.until("close");
      t.is(log.cause, undefined);
    });

    test.serial(`the peer is named, on TCP by its address, also when it has closed, ${on}`, async (t) => {
      const names: string[] = [];
      await using pair = await connectPair(kind, carrier);
      const { transport, client, log, address } = pair;
      const { localAddress = "", localPort = 0 } = client.socket;
      client.end();
      await log.until("end");
      names.push(transport.peer);
      transport.end();
      await log.until("close");
      names.push(transport.peer);
      const name = address.kind === "unix" ? address.path : `${localAddress}:${localPort}`;
      t.deepEqual(names, [name, name]);
      t.is(transport.localPort, address.kind === "tcp" ? address.port : 0);
    });

    test.serial(`connections do not see each other's bytes, ${on}`, async (t) => {
      const all = gate();
      const logs: TransportLog[] = [];
      await using listening = await listenFor(kind, carrier, (transport) => {
        const log = new TransportLog();
        logs.push(log);
        transport.attach(log);
        void log.until("end").then(() => transport.end());
        if (logs.length === 50) all.open();
      });
      const sent = Array.from({ length: 50 }, (_, i) => String.fromCharCode(48 + i).repeat(1 + i * 2_000));
      const clients = await Promise.all(sent.map(() => RawClient.connect(listening.listener.address)));
      await all.promise;
      await Promise.all(clients.map((client, i) => client.send(sent[i] ?? "")));
      for (const client of clients) client.end();
      await Promise.all(clients.map(({ ending }) => ending));
      await Promise.all(logs.map((log) => log.until("close")));
      t.deepEqual(logs.map(({ text }) => text).sort(), [...sent].sort());
    });
  }

  test.serial(`a reset by the peer closes the connection, with the cause, ${carrier}`, async (t) => {
    await using pair = await connectPair("tcp", carrier);
    pair.client.socket.resetAndDestroy();
    await pair.log.until("close");
    t.like(pair.log.cause, { message: "read ECONNRESET", code: "ECONNRESET", syscall: "read" });
    t.deepEqual(pair.log.events, ["close"]);
  });
}
