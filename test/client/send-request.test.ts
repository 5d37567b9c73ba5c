import { getEventListeners, once } from "node:events";
import { writeFileSync } from "node:fs";
import type { Socket } from "node:net";
import test from "ava";
import { Client, type PacketRequest, sendRequest, senderTo } from "../../src/client/index.ts";
import { type Address, formatAddress, parseAddress } from "../../src/connection/index.ts";
import { ConnectionError, errorCode, LimitError, ProtocolError, TimeoutError } from "../../src/errors.ts";
import { readAll } from "../../src/client/index.ts";
import { answerWith, ScriptedPeer } from "../helpers/scripted-peer.ts";
import { folderOf } from "../helpers/temp-folder.ts";
import { gate } from "../helpers/test-server.ts";
import { latin1 } from "../helpers/wire.ts";

const vars = { REQUEST_METHOD: "GET", PATH_INFO: "/" };
const OK = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

async function ask(peer: ScriptedPeer, request: Partial<PacketRequest> = {}): Promise<string> {
  const { status, body } = await sendRequest(parseAddress(peer.address), { vars, ...request });
  return `${status} ${Buffer.from(await readAll(body)).toString("latin1")}`;
}

async function* pieces(...list: readonly (string | Uint8Array)[]): AsyncGenerator<Uint8Array> {
  for (const piece of list) yield typeof piece === "string" ? latin1(piece) : piece;
}

for (const kind of ["unix", "tcp"] as const) {
  test(`a response comes over ${kind}, and its connection is closed`, async (t) => {
    await using peer = await ScriptedPeer.start(answerWith(OK), kind);
    t.is(await ask(peer), "200 hello");
    await peer.allClosed();
  });

  test(`a peer that resets after each byte of its answer is no whole answer, over ${kind}`, async (t) => {
    for (let sent = 0; sent < OK.length; sent++) {
      await using peer = await ScriptedPeer.start((socket) => {
        socket.once("data", () => {
          socket.write(OK.slice(0, sent), () => (kind === "tcp" ? socket.resetAndDestroy() : socket.destroy()));
        });
      }, kind);
      const code = await ask(peer).then(() => "whole", errorCode);
      const expected = ["UWSGI_PEER_GONE", "UWSGI_RESPONSE_TRUNCATED", "UWSGI_BAD_RESPONSE_HEAD"];
      t.true(expected.includes(code ?? ""), `${sent}: ${code}`);
    }
  });

  test(`a peer that ends after each byte of its answer is told from a whole one, over ${kind}`, async (t) => {
    for (let sent = 0; sent < OK.length; sent++) {
      await using peer = await ScriptedPeer.start(answerWith(OK.slice(0, sent)), kind);
      const head = OK.indexOf("hello");
      const expected =
        sent === 0 ? "UWSGI_PEER_GONE" : sent < head ? "UWSGI_BAD_RESPONSE_HEAD" : "UWSGI_RESPONSE_TRUNCATED";
      t.is(await ask(peer).then(() => "whole", errorCode), expected, String(sent));
    }
  });

  test(`a head of 100 MiB is cut at its limit, over ${kind}`, async (t) => {
    await using peer = await ScriptedPeer.start((socket) => {
      const flood = (): void => {
        while (socket.write(`X-A: ${"b".repeat(65_530)}\r\n`)) if (socket.bytesWritten > 100 * 1024 ** 2) return;
      };
      socket.once("data", flood).on("drain", flood);
    }, kind);
    await t.throwsAsync(sendRequest(parseAddress(peer.address), { vars }), {
      instanceOf: LimitError,
      code: "UWSGI_RESPONSE_HEAD_LIMIT",
      message: "response head of more than 65536 bytes, at most 65536 are allowed",
    });
    await peer.allClosed();
    t.true(peer.sockets[0] !== undefined && peer.sockets[0].bytesWritten < 20 * 1024 ** 2);
  });

  test(`an answer that comes before the body is read counts, over ${kind}`, async (t) => {
    for (let round = 0; round < 20; round++) {
      // Answers and closes with bytes unread, as uWSGI does: what follows is a reset.
      await using peer = await ScriptedPeer.start((socket) => {
        socket.once("readable", () => {
          socket.read(1);
          socket.end("HTTP/1.1 401 No\r\nContent-Length: 2\r\n\r\nno", () => socket.destroy());
        });
      }, kind);
      t.is(await ask(peer, { body: pieces(...Array.from({ length: 400 }, () => Buffer.alloc(65_536))) }), "401 no");
      await peer.allClosed();
    }
  });
}

test("a peer that accepts and closes at once is gone", async (t) => {
  await using peer = await ScriptedPeer.start((socket) => socket.destroy());
  const error = await t.throwsAsync(ask(peer), { instanceOf: ConnectionError, code: "UWSGI_PEER_GONE" });
  t.regex(error?.message ?? "", /closed the connection/);
});

for (const [what, address] of [
  ["a port where nobody listens", "127.0.0.1:1"],
  ["a path that is not there", "/nowhere/uisge.sock"],
] as const) {
  test(`${what} is a failure to connect that names the address`, async (t) => {
    await t.throwsAsync(sendRequest(parseAddress(address), { vars }), {
      instanceOf: ConnectionError,
      code: "UWSGI_CONNECT_FAILED",
      message: new RegExp(`^cannot connect to ${address}: connect E[A-Z]+`),
    });
  });
}

test("a path that is no socket is a failure to connect", async (t) => {
  const path = `${folderOf(t)}/file`;
  writeFileSync(path, "");
  await t.throwsAsync(sendRequest({ kind: "unix", path }, { vars }), { code: "UWSGI_CONNECT_FAILED" });
});

test("a name with several addresses fails by the reasons of all", async (t) => {
  const error = await t.throwsAsync(sendRequest(parseAddress("localhost:1"), { vars }), {
    code: "UWSGI_CONNECT_FAILED",
  });
  t.regex(error?.message ?? "", /ECONNREFUSED/);
});

test("an inherited socket cannot be asked", (t) => {
  t.throws(() => new Client("fd://3"), { instanceOf: TypeError, code: "UWSGI_INVALID_ADDRESS" });
});

test("vars that fit no packet are refused before anybody is connected to", async (t) => {
  await using peer = await ScriptedPeer.start(() => {});
  await t.throwsAsync(sendRequest(parseAddress(peer.address), { vars: { A: "b".repeat(65_532) } }), {
    instanceOf: RangeError,
    code: "UWSGI_PACKET_TOO_LARGE",
  });
  t.is(peer.sockets.length, 0);
});

test("garbage is refused with a hex dump, and the connection closed", async (t) => {
  await using peer = await ScriptedPeer.start((socket) => {
    socket.once("data", () => socket.write(Uint8Array.of(0, 1, 2, 0xff)));
  });
  await t.throwsAsync(ask(peer), {
    instanceOf: ProtocolError,
    code: "UWSGI_BAD_RESPONSE_HEAD",
    message: 'not a response head, it begins with 00 01 02 ff "...."',
  });
  await peer.allClosed();
});

// Timeouts. They are real time here: `exchange-clock.test.ts` has their rules.

const connectTimeout = { connectMs: 50 };

test.serial("a TLS handshake that never ends is cut by connectMs", async (t) => {
  await using peer = await ScriptedPeer.start((socket) => void socket.resume());
  const address: Address = { kind: "tls", over: { kind: "unix", path: peer.address } };
  await t.throwsAsync(sendRequest(address, { vars, timeouts: connectTimeout }), {
    instanceOf: TimeoutError,
    code: "UWSGI_CONNECT_TIMEOUT",
    message: `cannot connect to ${formatAddress(address)} within 50 ms`,
  });
  await peer.allClosed();
});

test.serial("a peer that takes nothing is cut by sendMs", async (t) => {
  await using peer = await ScriptedPeer.start((socket) => void socket.pause());
  const body = pieces(...Array.from({ length: 200 }, () => Buffer.alloc(65_536)));
  const error = await t.throwsAsync(sendRequest(parseAddress(peer.address), { vars, body, timeouts: { sendMs: 80 } }), {
    instanceOf: TimeoutError,
    code: "UWSGI_SEND_TIMEOUT",
  });
  t.regex(error?.message ?? "", /took none of the \d+ bytes that wait to be sent for 80 ms$/);
  await peer.allClosed();
});

test.serial("a peer that never answers is cut by responseMs", async (t) => {
  await using peer = await ScriptedPeer.start((socket) => void socket.resume());
  await t.throwsAsync(sendRequest(parseAddress(peer.address), { vars, timeouts: { responseMs: 50 } }), {
    instanceOf: TimeoutError,
    code: "UWSGI_RESPONSE_TIMEOUT",
    message: `${peer.address}: the head of the response did not come within 50 ms behind the last byte of the request`,
  });
  await peer.allClosed();
});

test.serial("a head that drips in is cut by responseMs, though it never stands still", async (t) => {
  await using peer = await ScriptedPeer.start((socket) => {
    const timer = setInterval(() => socket.write("A"), 5);
    socket.on("close", () => clearInterval(timer)).resume();
  });
  await t.throwsAsync(sendRequest(parseAddress(peer.address), { vars, timeouts: { responseMs: 60 } }), {
    code: "UWSGI_RESPONSE_TIMEOUT",
  });
});

test.serial("a body that stands still while somebody waits is cut by bodyMs", async (t) => {
  await using peer = await ScriptedPeer.start((socket) => {
    socket.once("data", () => socket.write("HTTP/1.1 200 OK\r\n\r\nhalf")).resume();
  });
  const { body } = await sendRequest(parseAddress(peer.address), { vars, timeouts: { bodyMs: 50 } });
  await t.throwsAsync(readAll(body), {
    instanceOf: TimeoutError,
    code: "UWSGI_RESPONSE_BODY_TIMEOUT",
    message: `${peer.address}: nothing of the response body came for 50 ms`,
  });
  await peer.allClosed();
});

test.serial("a body that drips in is cut by totalMs only", async (t) => {
  await using peer = await ScriptedPeer.start((socket) => {
    socket.once("data", () => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      const timer = setInterval(() => socket.write("A"), 5);
      socket.on("close", () => clearInterval(timer));
    });
  });
  const { body } = await sendRequest(parseAddress(peer.address), { vars, timeouts: { bodyMs: 2_000, totalMs: 1_000 } });
  await t.throwsAsync(readAll(body), {
    code: "UWSGI_TOTAL_TIMEOUT",
    message: `${peer.address}: request and response took more than 1000 ms in total`,
  });
});

test.serial("a client's timeouts are under those of a request, and checked when it is made", async (t) => {
  await using peer = await ScriptedPeer.start((socket) => void socket.resume());
  const client = new Client(peer.address, { timeouts: { responseMs: 40 } });
  await t.throwsAsync(client.send({ vars }), { code: "UWSGI_RESPONSE_TIMEOUT", message: /within 40 ms/ });
  await t.throwsAsync(client.send({ vars, timeouts: { responseMs: 20 } }), { message: /within 20 ms/ });
  await t.throwsAsync(client.send({ vars, timeouts: { responseMs: 0 } }), { code: "UWSGI_INVALID_ARGUMENT" });
  t.throws(() => new Client(peer.address, { timeouts: { bodyMs: -1 } }), { code: "UWSGI_INVALID_ARGUMENT" });
});

for (const [what, options] of [
  ["maxHeadBytes", { maxHeadBytes: 0 }],
  ["chunked", { chunked: "maybe" }],
] as const) {
  test(`a client refuses ${what} that cannot be`, (t) => {
    t.throws(() => new Client("/s", options as object), { code: "UWSGI_INVALID_ARGUMENT" });
  });
}

// The body of the request

test("a body that fails breaks the connection, and is named as the cause", async (t) => {
  await using peer = await ScriptedPeer.start((socket) => void socket.resume());
  const cause = new Error("disk is gone");
  async function* failing(): AsyncGenerator<Uint8Array> {
    yield latin1("half");
    throw cause;
  }
  const error = await t.throwsAsync(sendRequest(parseAddress(peer.address), { vars, body: failing() }), {
    code: "UWSGI_REQUEST_BODY_FAILED",
    message: `the body of the request to ${peer.address} failed: disk is gone`,
  });
  t.is(error?.cause, cause);
  await peer.allClosed();
});

for (const [what, length, message] of [
  ["shorter", 6, "the request body has 5 bytes, it was to have 6"],
  ["longer", 4, "the request body has more than the 4 bytes that it was to have"],
] as const) {
  test(`a body that is ${what} than its length breaks the connection, and sends no byte too many`, async (t) => {
    const received: Buffer[] = [];
    await using peer = await ScriptedPeer.start((socket) => socket.on("data", (bytes: Buffer) => received.push(bytes)));
    const body = pieces("he", "llo");
    const error = await t.throwsAsync(sendRequest(parseAddress(peer.address), { vars, body, bodyLength: length }), {
      code: "UWSGI_REQUEST_BODY_FAILED",
    });
    t.like(error?.cause, { code: "UWSGI_BODY_LENGTH", message });
    await peer.allClosed();
    t.false(Buffer.concat(received).toString("latin1").endsWith("llo") && length === 4);
  });
}

test("pieces that are no bytes are refused, and so is a body that has none", async (t) => {
  await using peer = await ScriptedPeer.start((socket) => void socket.resume());
  async function* wrong(): AsyncGenerator {
    yield "text";
  }
  const error = await t.throwsAsync(
    sendRequest(parseAddress(peer.address), { vars, body: wrong() as AsyncGenerator<Uint8Array> }),
    {
      code: "UWSGI_REQUEST_BODY_FAILED",
    },
  );
  t.like(error?.cause, { code: "UWSGI_INVALID_ARGUMENT" });
  await t.throwsAsync(
    sendRequest(parseAddress(peer.address), { vars, body: "text" as unknown as AsyncIterable<Uint8Array> }),
    {
      instanceOf: TypeError,
      code: "UWSGI_INVALID_ARGUMENT",
      message: "body is of type string, an async iterable of Uint8Array is needed",
    },
  );
});

test("a body is not asked for a byte where there is no connection", async (t) => {
  let asked = 0;
  const body = {
    [Symbol.asyncIterator]: () => {
      asked++;
      return pieces();
    },
  };
  await t.throwsAsync(sendRequest(parseAddress("/nowhere/s"), { vars, body }), { code: "UWSGI_CONNECT_FAILED" });
  t.is(asked, 0);
});

test("the source of a body is let go when the answer is whole before it", async (t) => {
  await using peer = await ScriptedPeer.start(answerWith(OK));
  const released = gate();
  const body = {
    [Symbol.asyncIterator]: (): AsyncIterator<Uint8Array> => ({
      // Never gives anything.
      next: () => new Promise(() => {}),
      return: () => {
        released.open();
        return Promise.resolve({ done: true, value: undefined });
      },
    }),
  };
  t.is(await ask(peer, { body }), "200 hello");
  await t.notThrowsAsync(released.promise);
});

// What is read of the response

test("a response that nobody reads holds the server back", async (t) => {
  await using peer = await ScriptedPeer.start((socket) => {
    socket.once("data", () => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      const flood = (): void => {
        while (socket.write(Buffer.alloc(65_536)));
      };
      socket.on("drain", flood);
      flood();
    });
  });
  const { body } = await sendRequest(parseAddress(peer.address), { vars });
  const reading = body[Symbol.asyncIterator]();
  t.false((await reading.next()).done);
  const [socket] = peer.sockets;
  await new Promise((resolve) => setTimeout(resolve, 50));
  t.true(socket !== undefined && socket.bytesWritten < 4 * 1024 ** 2, String(socket?.bytesWritten));
  await reading.return?.();
  await peer.allClosed();
});

test("ending the iteration early closes the connection", async (t) => {
  await using peer = await ScriptedPeer.start((socket) => {
    socket.once("data", () => socket.write("HTTP/1.1 200 OK\r\n\r\nfirst"));
  });
  const { body } = await sendRequest(parseAddress(peer.address), { vars });
  for await (const piece of body) {
    t.is(Buffer.from(piece).toString(), "first");
    break;
  }
  await peer.allClosed();
});

test("two reads at once are refused: one of them would wait for what the other has taken", async (t) => {
  await using peer = await ScriptedPeer.start((socket) => {
    socket.once("data", () => socket.write("HTTP/1.1 200 OK\r\n\r\n"));
  });
  const { body } = await sendRequest(parseAddress(peer.address), { vars });
  const reading = body[Symbol.asyncIterator]();
  const first = reading.next();
  await t.throwsAsync(reading.next(), { code: "UWSGI_INVALID_ARGUMENT" });
  await reading.return?.();
  t.true((await first).done);
});

test("a body that was cut rejects once, and is at its end behind that", async (t) => {
  await using peer = await ScriptedPeer.start(answerWith("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello"));
  const { body } = await sendRequest(parseAddress(peer.address), { vars });
  const reading = body[Symbol.asyncIterator]();
  t.is(Buffer.from((await reading.next()).value as Uint8Array).toString(), "hello");
  await t.throwsAsync(reading.next(), {
    instanceOf: ConnectionError,
    code: "UWSGI_RESPONSE_TRUNCATED",
    message: "the response body ended 4 bytes before its Content-Length of 9",
  });
  t.true((await reading.next()).done);
});

test("more bytes than Content-Length are cut, and the caller can see it", async (t) => {
  await using peer = await ScriptedPeer.start(answerWith(`${OK} and more`));
  const response = await sendRequest(parseAddress(peer.address), { vars });
  t.is(Buffer.from(await readAll(response.body)).toString(), "hello");
  t.is(response.excessBytes, 9);
});

test("a chunked answer is decoded by the option of a client, and refused without", async (t) => {
  const chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
  await using peer = await ScriptedPeer.start(answerWith(chunked));
  const response = await new Client(peer.address, { chunked: "decode" }).send({ vars });
  t.deepEqual(response.headers, []);
  t.is(Buffer.from(await readAll(response.body)).toString(), "hello");
  await t.throwsAsync(new Client(peer.address).send({ vars }), { code: "UWSGI_BAD_RESPONSE_HEAD" });
});

test("a chunked body that is malformed behind its head rejects the body, not the request", async (t) => {
  await using peer = await ScriptedPeer.start(
    answerWith("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhelloXX"),
  );
  const { body } = await new Client(peer.address, { chunked: "decode" }).send({ vars });
  await t.throwsAsync(readAll(body), { instanceOf: ProtocolError, code: "UWSGI_BAD_CHUNKING" });
});

test("interim heads are told, and the limit of heads is an option", async (t) => {
  const told: number[] = [];
  const onInterim = (status: number): number => told.push(status);
  await using peer = await ScriptedPeer.start(answerWith(`HTTP/1.1 103 Early\r\n\r\n${OK}`));
  t.is(await ask(peer, { onInterim }), "200 hello");
  t.deepEqual(told, [103]);
  await t.throwsAsync(new Client(peer.address, { maxHeadBytes: 30 }).send({ vars }), {
    code: "UWSGI_RESPONSE_HEAD_LIMIT",
  });
});

// Aborts

/** A peer for each phase: what it does, and when it is there. */
const phases: readonly (readonly [phase: string, play: (socket: Socket) => void, isBodyStuck?: boolean])[] = [
  ["while nothing is answered", (socket) => void socket.resume()],
  ["in the middle of the head", (socket) => void socket.once("data", () => socket.write("HTTP/1.1 2")).resume()],
  ["while the peer takes nothing", (socket) => void socket.pause(), true],
];

for (const [phase, play, isBodyStuck = false] of phases) {
  test(`an abort ${phase} rejects with its reason, and leaves nothing behind`, async (t) => {
    await using peer = await ScriptedPeer.start(play);
    const stop = new AbortController();
    const { signal } = stop;
    const body = isBodyStuck ? pieces(...Array.from({ length: 99 }, () => Buffer.alloc(65_536))) : pieces("x");
    const asking = sendRequest(parseAddress(peer.address), { vars, body, signal });
    t.is(getEventListeners(signal, "abort").length, 1);
    while (peer.sockets.length === 0) await new Promise((resolve) => setImmediate(resolve));
    const reason = new Error("enough");
    stop.abort(reason);
    t.is(await t.throwsAsync(asking), reason);
    t.is(getEventListeners(signal, "abort").length, 0);
    await peer.allClosed();
  });
}

test("an abort before the call connects to nobody", async (t) => {
  await using peer = await ScriptedPeer.start(() => {});
  const reason = new Error("too late");
  t.is(
    await t.throwsAsync(sendRequest(parseAddress(peer.address), { vars, signal: AbortSignal.abort(reason) })),
    reason,
  );
  t.is(peer.sockets.length, 0);
});

test("an abort while connecting rejects with its reason", async (t) => {
  await using peer = await ScriptedPeer.start(() => {});
  const stop = new AbortController();
  const asking = sendRequest(parseAddress(peer.address), { vars, signal: stop.signal });
  const reason = new Error("at once");
  stop.abort(reason);
  t.is(await t.throwsAsync(asking), reason);
  t.is(getEventListeners(stop.signal, "abort").length, 0);
});

test("an abort in the middle of the body rejects the body with its reason, as fetch does", async (t) => {
  await using peer = await ScriptedPeer.start((socket) => {
    socket.once("data", () => socket.write("HTTP/1.1 200 OK\r\n\r\nhalf"));
  });
  const stop = new AbortController();
  const { body } = await sendRequest(parseAddress(peer.address), { vars, signal: stop.signal });
  const reading = body[Symbol.asyncIterator]();
  await reading.next();
  const waiting = reading.next();
  const reason = new Error("enough");
  stop.abort(reason);
  t.is(await t.throwsAsync(waiting), reason);
  t.is(getEventListeners(stop.signal, "abort").length, 0);
  await peer.allClosed();
});

test("behind a whole response the signal has no listener of ours, read or not", async (t) => {
  await using peer = await ScriptedPeer.start(answerWith(OK));
  const stop = new AbortController();
  const { body } = await sendRequest(parseAddress(peer.address), { vars, signal: stop.signal });
  await peer.allClosed();
  while (getEventListeners(stop.signal, "abort").length > 0) await new Promise((resolve) => setImmediate(resolve));
  stop.abort();
  t.is(Buffer.from(await readAll(body)).toString(), "hello");
});

test("behind a 101 bytes go both ways until the peer ends", async (t) => {
  await using peer = await ScriptedPeer.start((socket) => {
    socket.once("data", () => {
      socket.write("HTTP/1.1 101 Switching\r\n\r\n");
      socket.once("data", (bytes: Buffer) => socket.end(`got ${bytes.toString()}`));
    });
  });
  const begun = gate();
  async function* later(): AsyncGenerator<Uint8Array> {
    await begun.promise;
    yield latin1("ping");
    await once(peer.sockets[0] as Socket, "close");
  }
  const response = await sendRequest(parseAddress(peer.address), { vars, body: later() });
  t.is(response.status, 101);
  begun.open();
  t.is(Buffer.from(await readAll(response.body)).toString(), "got ping");
});

test("senderTo takes an address in text, an address, or whoever sends", (t) => {
  const sender = { send: () => Promise.reject(new Error("no")) };
  t.is(senderTo(sender), sender);
  t.true(senderTo("/s") instanceof Client);
  t.true(senderTo({ kind: "unix", path: "/s" }) instanceof Client);
  t.throws(() => senderTo("nonsense"), { code: "UWSGI_INVALID_ADDRESS" });
});
