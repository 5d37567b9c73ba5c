/** What holds of connections that were made by us, by a `net.Socket` and by a bare handle, on both kinds of socket. */
import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import test from "ava";
import { DialledTransport } from "../../src/connection/dialled-transport.ts";
import { openBySocket } from "../../src/connection/dialer.ts";
import type { Dialling } from "../../src/connection/dialling.ts";
import { type HandleAddress, handleKindOf, openByHandle } from "../../src/connection/handle-dialer.ts";
import { parseAddress, type Transport } from "../../src/connection/index.ts";
import { collectGarbage } from "../helpers/collect-garbage.ts";
import { until } from "../helpers/measure.ts";
import { needs } from "../helpers/needs.ts";
import { noise } from "../helpers/noise.ts";
import { ScriptedPeer } from "../helpers/scripted-peer.ts";
import { socketOptionsOf } from "../helpers/socket-options.ts";
import { bothKinds } from "../helpers/target.ts";
import { tempFolder } from "../helpers/temp-folder.ts";
import { gate } from "../helpers/test-server.ts";
import { type Carrier, carriers, TransportLog } from "../helpers/transport-pair.ts";

/** More than any socket takes while its peer does not read. */
const LARGE = noise(8 * 1_048_576);

type FailedConnect = Error & { readonly code: string; readonly cause: NodeJS.ErrnoException };

function open(carrier: Carrier, address: HandleAddress, dialling: Dialling): () => void {
  if (carrier === "net") return openBySocket(address, dialling);
  return openByHandle(address, dialling) ?? openBySocket(address, dialling);
}

function dialBy(carrier: Carrier, address: HandleAddress): Promise<Transport> {
  return new Promise((resolve, reject) => {
    open(carrier, address, { onOpen: resolve, onFail: reject });
  });
}

async function failureOf(carrier: Carrier, address: HandleAddress): Promise<FailedConnect> {
  const outcome = await dialBy(carrier, address).catch((error: unknown) => error);
  if (outcome instanceof Error) return outcome as FailedConnect;
  (outcome as Transport).destroy();
  throw new Error("it could be connected to");
}

interface Dialled extends AsyncDisposable {
  readonly transport: Transport;
  readonly log: TransportLog;
  readonly peer: ScriptedPeer;
  /** The other end. */
  readonly socket: Socket;
}

async function dialled(
  carrier: Carrier,
  kind: "unix" | "tcp",
  play: (socket: Socket) => void = () => {},
  log: TransportLog = new TransportLog(),
): Promise<Dialled> {
  const accepted = gate<Socket>();
  const peer = await ScriptedPeer.start((socket) => {
    play(socket);
    accepted.open(socket);
  }, kind);
  const transport = await dialBy(carrier, parseAddress(peer.address) as HandleAddress);
  transport.attach(log);
  const socket = await accepted.promise;
  return {
    transport,
    log,
    peer,
    socket,
    [Symbol.asyncDispose]: async () => {
      transport.destroy();
      await peer[Symbol.asyncDispose]();
    },
  };
}

async function textOf(socket: Socket): Promise<string> {
  const chunks: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => chunks.push(chunk)).resume();
  await once(socket, "end");
  return Buffer.concat(chunks).toString("latin1");
}

function turns(count: number): Promise<void> {
  return new Promise((resolve) => {
    const turn = (left: number): void => {
      if (left === 0) resolve();
      else setImmediate(turn, left - 1);
    };
    turn(count);
  });
}

for (const carrier of carriers) {
  for (const kind of bothKinds) {
    const on = `${carrier}, ${kind}`;

    test.serial(
      `what is asked arrives, what is answered comes back, and both sides end one by one, ${on}`,
      async (t) => {
        await using pair = await dialled(carrier, kind);
        const { transport, log, socket } = pair;
        t.is(transport instanceof DialledTransport, carrier === "direct");
        transport.write("que");
        transport.write(Buffer.from("st"), "ion");
        transport.end();
        t.is(await textOf(socket), "question");
        socket.write("ans");
        await log.untilReceived(3);
        socket.end("wer");
        await log.until("close");
        t.deepEqual([log.text, log.events, log.cause], ["answer", ["finish", "read", "end", "close"], undefined]);
      },
    );

    test.serial(`a server's end leaves our side open, ${on}`, async (t) => {
      await using pair = await dialled(carrier, kind, (socket) => socket.end("early"));
      const { transport, log, socket } = pair;
      await log.until("end");
      t.true(transport.write("still sent"));
      transport.end();
      t.is(await textOf(socket), "still sent");
      await log.until("close");
      t.is(log.cause, undefined);
    });

    test.serial(`nobody is told before the call has returned, and then once, ${on}`, async (t) => {
      await using peer = await ScriptedPeer.start(() => {}, kind);
      const told: string[] = [];
      const opened = gate<Transport>();
      open(carrier, parseAddress(peer.address) as HandleAddress, {
        onOpen: (transport) => {
          told.push("open");
          opened.open(transport);
        },
        onFail: () => told.push("fail"),
      });
      told.push("returned");
      const transport = await opened.promise;
      await turns(5);
      t.deepEqual(told, ["returned", "open"]);
      transport.destroy();
    });

    test.serial(`whoever gives up is told nothing, and the connection is closed, ${on}`, async (t) => {
      await using peer = await ScriptedPeer.start(() => {}, kind);
      const told: string[] = [];
      const giveUp = open(carrier, parseAddress(peer.address) as HandleAddress, {
        onOpen: () => told.push("open"),
        onFail: () => told.push("fail"),
      });
      giveUp();
      giveUp();
      // One that comes behind it says that the first was seen.
      const second = await dialBy(carrier, parseAddress(peer.address) as HandleAddress);
      await turns(5);
      second.destroy();
      await peer.allClosed();
      t.deepEqual(told, []);
    });

    test.serial(`giving up behind an open changes nothing, ${on}`, async (t) => {
      await using peer = await ScriptedPeer.start((socket) => socket.end("whole"), kind);
      let giveUp = (): void => {};
      const transport = await new Promise<Transport>((resolve, reject) => {
        giveUp = open(carrier, parseAddress(peer.address) as HandleAddress, { onOpen: resolve, onFail: reject });
      });
      giveUp();
      const log = new TransportLog();
      transport.attach(log);
      await log.until("end");
      t.is(log.text, "whole");
      transport.destroy();
    });

    test.serial(`the peer is named as its address, and our port is that which the server sees, ${on}`, async (t) => {
      await using pair = await dialled(carrier, kind);
      const { transport, peer, socket } = pair;
      t.is(transport.peer, peer.address);
      t.is(transport.localPort, kind === "tcp" ? (socket.remotePort ?? -1) : 0);
      t.is(transport.localPort, kind === "tcp" ? (socket.remotePort ?? -1) : 0);
    });

    test.serial(`nothing is read while paused, and all of it when resumed, ${on}`, async (t) => {
      await using pair = await dialled(carrier, kind);
      const { transport, log, socket } = pair;
      transport.pause();
      socket.end(LARGE);
      await turns(20);
      t.deepEqual(log.events, []);
      transport.resume();
      await log.until("end");
      t.is(Buffer.compare(log.received, LARGE), 0);
    });

    test.serial(`room is told when a server has taken what waited, ${on}`, async (t) => {
      await using pair = await dialled(carrier, kind, (socket) => socket.pause());
      const { transport, log, socket } = pair;
      t.false(transport.write(LARGE));
      t.true(transport.unsentBytes > 0);
      let taken = 0;
      socket.on("data", (chunk: Buffer) => (taken += chunk.length)).resume();
      await log.until("drain");
      t.is(transport.unsentBytes, 0);
      transport.end();
      if (!socket.readableEnded) await once(socket, "end");
      t.is(taken, LARGE.length);
    });

    test.serial(
      `what a server has answered is read before a write that fails ends the connection, ${on}`,
      async (t) => {
        for (let round = 0; round < 10; round++) {
          const answer = "x".repeat(50_000);
          // With bytes unread: what follows is a reset, or a write that fails.
          await using pair = await dialled(carrier, kind, (socket) => {
            socket.once("data", () => {
              socket.pause();
              socket.write(answer, () => socket.destroy());
            });
          });
          const { transport, log } = pair;
          const end = log.until("close");
          const send = (): void => {
            if (log.events.includes("close")) return;
            transport.write(LARGE.subarray(0, 65_536));
            setImmediate(send);
          };
          send();
          await end;
          // Over TCP a reset may overtake the answer in the system, whatever the reader does.
          if (kind === "unix") t.is(log.text.length, answer.length);
          t.regex(log.cause?.code as string, /^(?:EPIPE|ECONNRESET)$/);
          t.is(log.events.filter((event) => event === "close").length, 1);
          t.false(log.events.includes("finish"));
        }
      },
    );

    test.serial(`a write that fails while paused breaks nothing off until what has come is read, ${on}`, async (t) => {
      const answer = "y".repeat(50_000);
      await using pair = await dialled(carrier, kind, (socket) => {
        socket.write(answer);
      });
      const { transport, log, socket } = pair;
      transport.pause();
      socket.destroy();
      await once(socket, "close");
      // On TCP only the second one fails.
      for (let i = 0; i < 3; i++) {
        transport.write("z");
        await turns(5);
      }
      transport.end();
      await turns(10);
      t.false(log.events.includes("close"));
      if (kind === "tcp") return;
      transport.resume();
      await log.until("close");
      t.is(log.text, answer);
    });

    test.serial(`what has come is not lost by a reset while nobody reads, ${on}`, async (t) => {
      // No more than a socket reads ahead: then Node hears of the reset while it still has all of it.
      const answer = "w".repeat(50_000);
      await using pair = await dialled(carrier, kind, (socket) => socket.pause());
      const { transport, log, socket } = pair;
      transport.pause();
      // A unix socket is reset by what lies there unread: more than the peer's socket reads ahead, less than would wait here.
      if (kind === "unix") transport.write(noise(200_000));
      await new Promise((resolve) => socket.write(answer, resolve));
      if (kind === "unix") socket.destroy();
      else socket.resetAndDestroy();
      await once(socket, "close");
      await turns(5);
      t.deepEqual(log.events, []);
      transport.resume();
      const hasEnded = (): boolean => log.events.includes("end") || log.events.includes("close");
      await until(hasEnded, 5_000, "the connection has ended");
      t.is(log.text, answer);
      if (kind === "tcp") return;
      t.deepEqual(log.events, ["read", "end"]);
      transport.end();
      await log.until("close");
      t.deepEqual([log.events, log.cause], [["read", "end", "finish", "close"], undefined]);
    });

    test.serial(`bytes that are being written are kept, whatever is collected, ${on}`, async (t) => {
      await using pair = await dialled(carrier, kind, (socket) => socket.pause());
      const { transport, socket } = pair;
      for (let piece = 0; piece < 4; piece++) transport.write(new Uint8Array(noise(4 * 1_048_576)));
      transport.end();
      for (let round = 0; round < 4; round++) {
        await collectGarbage();
        for (let i = 0; i < 4; i++) new Uint8Array(4 * 1_048_576).fill(0xee);
      }
      const received = Buffer.from(await textOf(socket), "latin1");
      t.is(received.compare(Buffer.concat(Array.from({ length: 4 }, () => noise(4 * 1_048_576)))), 0);
    });

    test.serial(`nothing is left of connections that were destroyed, made or not, ${on}`, async (t) => {
      const name = kind === "unix" ? /^Pipe(?:Connect|Socket)?Wrap$/ : /^TCP(?:Connect|Socket)?Wrap$/;
      const countOf = (): number => process.getActiveResourcesInfo().filter((resource) => name.test(resource)).length;
      const before = countOf();
      const peer = await ScriptedPeer.start((socket) => socket.on("end", () => socket.end()).resume(), kind);
      for (let i = 0; i < 20; i++) {
        open(carrier, parseAddress(peer.address) as HandleAddress, {
          onOpen: (made) => made.destroy(),
          onFail: () => {},
        })();
        (await dialBy(carrier, parseAddress(peer.address) as HandleAddress)).destroy();
      }
      await peer[Symbol.asyncDispose]();
      await turns(5);
      // Others may have closed theirs meanwhile.
      t.true(countOf() <= before);
    });
  }

  test.serial(`nothing is lost where reading begins again in the turn of the peer's close, ${carrier}`, async (t) => {
    // More than a socket reads ahead: it stops then.
    const [early, late] = ["e".repeat(100_000), "l".repeat(50_000)];
    using folder = tempFolder();
    const path = folder.file("s");
    const accepted = gate<Socket>();
    // Its handle is not read from until it is told to.
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, accepted.open);
    t.teardown(() => server.close());
    server.listen(path);
    await once(server, "listening");
    const transport = await dialBy(carrier, { kind: "unix", path });
    t.teardown(() => transport.destroy());
    const log = new TransportLog();
    transport.attach(log);
    const socket = await accepted.promise;
    await using other = await dialled("net", "unix", () => {}, new TransportLog(() => transport.resume()));
    transport.pause();
    await new Promise((resolve) => socket.write(early, resolve));
    await turns(5);
    // What does not fit is waited for, and the close with it.
    transport.write(LARGE);
    await turns(5);
    // By net a chunk that waits counts twice.
    const taken = LARGE.length - (transport.unsentBytes % LARGE.length);
    let received = 0;
    socket.on("data", (chunk: Buffer) => {
      // Before there is room here again, so that it is told first.
      if (received === 0) other.socket.write("now");
      received += chunk.length;
      if (received !== taken) return;
      socket.write(late);
      socket.destroy();
    });
    socket.resume();
    await log.until("end");
    t.is(log.text, early + late);
  });

  test.serial(`a full queue of a unix socket is EAGAIN, ${carrier}`, async (t) => {
    using folder = tempFolder();
    const server = createServer((socket) => socket.destroy());
    const path = folder.file("s");
    server.listen({ path, backlog: 1 });
    await once(server, "listening");
    // All in one turn of the loop, in which nothing is accepted.
    const outcomes = await Promise.allSettled(Array.from({ length: 5 }, () => dialBy(carrier, { kind: "unix", path })));
    const refused = outcomes.filter((outcome) => outcome.status === "rejected");
    for (const outcome of outcomes) if (outcome.status === "fulfilled") outcome.value.destroy();
    t.true(refused.length > 0 && refused.length < 5);
    const [{ message, cause }] = refused.map(({ reason }) => reason as FailedConnect) as [FailedConnect];
    t.is(message, `cannot connect to ${path}: connect EAGAIN ${path}`);
    t.like(cause, { code: "EAGAIN", syscall: "connect", address: path });
    await new Promise((resolve) => server.close(resolve));
  });
}

const nowhere: readonly (readonly [string, HandleAddress])[] = [
  ["a path where nothing is", { kind: "unix", path: "/nowhere/at/all" }],
  ["a file that is no socket", { kind: "unix", path: process.execPath }],
  ["a path that is too long", { kind: "unix", path: `/${"x".repeat(300)}` }],
  ["a name that nobody has", { kind: "abstract", name: "uisge-nobody-has-this-name" }],
  ["a port that nobody listens on", { kind: "tcp", host: "127.0.0.1", port: 1 }],
  ["a port that nobody listens on, IPv6", { kind: "tcp", host: "::1", port: 1 }],
  ["port 0", { kind: "tcp", host: "127.0.0.1", port: 0 }],
  ["an address that no route leads to", { kind: "tcp", host: "255.255.255.255", port: 1 }],
];

for (const [about, address] of nowhere) {
  test.serial(`both ways fail alike, message and cause: ${about}`, async (t) => {
    const [net, direct] = [await failureOf("net", address), await failureOf("direct", address)];
    t.is(direct.message, net.message);
    t.is(direct.code, "UWSGI_CONNECT_FAILED");
    t.deepEqual({ ...direct.cause }, { ...net.cause });
    t.is(direct.cause.message, net.cause.message);
  });
}

test("paths and IP addresses have a handle; names, TLS, inherited sockets and ports that are none do not", (t) => {
  t.is(handleKindOf({ kind: "unix", path: "/run/s" }), "pipe");
  t.is(handleKindOf({ kind: "abstract", name: "s" }), "pipe");
  t.is(handleKindOf({ kind: "tcp", host: "127.0.0.1", port: 3_031 }), "tcp");
  t.is(handleKindOf({ kind: "tcp", host: "::1", port: 0 }), "tcp");
  t.is(handleKindOf({ kind: "tcp", host: "localhost", port: 3_031 }), undefined);
  t.is(handleKindOf({ kind: "tls", over: { kind: "unix", path: "/run/s" } }), undefined);
  t.is(handleKindOf({ kind: "fd", fd: 3 }), undefined);
  for (const port of [-1, 65_536, 1.5, Number.NaN]) {
    t.is(handleKindOf({ kind: "tcp", host: "127.0.0.1", port }), undefined);
  }
});

for (const carrier of carriers) {
  needs("perl")(`a connection over TCP does not wait to fill its segments, ${carrier}`, async (t) => {
    await using pair = await dialled(carrier, "tcp");
    t.like(socketOptionsOf(pair.transport), { noDelay: true, keepAlive: false });
  });
}
