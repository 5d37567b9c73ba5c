/** What only the direct transport has, or must see to itself. What holds of all is in `transport.test.ts`. */
import { closeSync, openSync } from "node:fs";
import { constants } from "node:os";
import test from "ava";
import type { Transport } from "../../src/connection/index.ts";
import { DirectTransport } from "../../src/connection/direct-transport.ts";
import { EarlyReads } from "../../src/connection/early-reads.ts";
import { collectGarbage } from "../helpers/collect-garbage.ts";
import { FakeHandle } from "../helpers/fake-handle.ts";
import { Fifo } from "../helpers/fifo.ts";
import { noise } from "../helpers/noise.ts";
import { RawClient } from "../helpers/raw-client.ts";
import { bothKinds } from "../helpers/target.ts";
import { tempFolder } from "../helpers/temp-folder.ts";
import { gate } from "../helpers/test-server.ts";
import { connectPair, listenFor, TransportLog } from "../helpers/transport-pair.ts";
import { latin1 } from "../helpers/wire.ts";

const { EPIPE, ENOTCONN, ECONNRESET, EINVAL, EBADF } = constants.errno;
const END_OF_STREAM = -4_095;
const MIB = 1_048_576;

interface Faked {
  readonly handle: FakeHandle;
  readonly transport: DirectTransport;
  readonly log: TransportLog;
}

function fake(kind: "unix" | "tcp" = "unix"): Faked {
  const handle = new FakeHandle(kind);
  const transport = new DirectTransport(handle, { name: "/run/s", port: 0 });
  const log = new TransportLog();
  transport.attach(log);
  handle.calls.length = 0;
  return { handle, transport, log };
}

function nextTick(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

// The buffer that all share.

test("read bytes are lent: the next read, of whichever connection, overwrites them", async (t) => {
  const lent: Uint8Array[] = [];
  const keep = (bytes: Uint8Array): void => void lent.push(bytes);
  await using first = await connectPair("unix", "direct", { log: new TransportLog(keep) });
  await using second = await connectPair("tcp", "direct", { log: new TransportLog(keep) });
  t.true(first.transport.lendsReads);
  await first.client.send("aaaa");
  await first.log.untilReceived(4);
  t.is(Buffer.from(lent[0] ?? []).toString(), "aaaa");
  await second.client.send("bb");
  await second.log.untilReceived(2);
  t.is(Buffer.from(lent[0] ?? []).toString(), "bbaa");
  t.is(lent[0]?.buffer, lent[1]?.buffer);
});

for (const kind of bothKinds) {
  test(`the shared buffer outlives every collection, ${kind}`, async (t) => {
    await using pair = await connectPair(kind, "direct");
    for (let round = 1; round <= 5; round++) {
      await collectGarbage();
      await pair.client.send(noise(40_000));
      await pair.log.untilReceived(round * 40_000);
    }
    t.deepEqual(Buffer.from(pair.log.received), Buffer.concat(Array.from({ length: 5 }, () => noise(40_000))));
  });

  for (const [about, write] of [
    ["one piece", (transport: DirectTransport, bytes: Uint8Array) => transport.write(bytes)],
    ["two pieces", (transport: DirectTransport, bytes: Uint8Array) => transport.write("head", bytes)],
  ] as const) {
    test.serial(`bytes that are being written are kept, whatever is collected: ${about}, ${kind}`, async (t) => {
      await using pair = await connectPair(kind, "direct", { reads: false });
      const { transport, client } = pair;
      // Nobody but the transport holds these, each in memory of its own.
      for (let piece = 0; piece < 4; piece++) {
        t.false(write(transport as DirectTransport, new Uint8Array(noise(4 * MIB))));
      }
      transport.end();
      client.read();
      for (let round = 0; round < 8; round++) {
        await collectGarbage();
        // Takes the memory that was given back, if any was.
        for (let i = 0; i < 4; i++) new Uint8Array(4 * MIB).fill(0xee);
      }
      const { bytes, how } = await client.ending;
      const head = about === "one piece" ? "" : "head";
      const expected = Buffer.concat(Array.from({ length: 4 }, () => Buffer.concat([latin1(head), noise(4 * MIB)])));
      t.true(expected.equals(bytes));
      t.is(how, "end");
    });
  }
}

// What is kept.

interface Kept {
  readonly handle: FakeHandle;
  readonly kept: Buffer[];
  /** Whether the last was read into the memory that all share. */
  isShared(): boolean;
}

/** All that is read is kept, from byte `skip` on. */
function keeping(skip = 0): Kept {
  const handle = new FakeHandle();
  const transport = new DirectTransport(handle, { name: "/run/s", port: 0 });
  const kept: Buffer[] = [];
  let read: Uint8Array | undefined;
  const log = new TransportLog((bytes) => {
    read = bytes;
    kept.push(transport.keep(bytes.subarray(skip)));
  });
  transport.attach(log);
  const { buffer: shared } = handle;
  return { handle, kept, isShared: () => read?.buffer === shared.buffer };
}

test("what is kept of much is given away, not copied, from the second read on", (t) => {
  const { handle, kept, isShared } = keeping();
  const chunks = Array.from({ length: 4 }, (_, i) => Buffer.alloc(40_000 + i, i + 1));
  const places: boolean[] = [];
  const buffers = new Set<unknown>();
  for (const chunk of chunks) {
    handle.read(chunk);
    places.push(isShared());
    buffers.add(kept.at(-1)?.buffer);
  }
  t.deepEqual(places, [true, false, false, false]);
  t.is(buffers.size, 4);
  t.deepEqual(kept, chunks);
  const given = new Uint8Array(kept[1]?.buffer ?? new ArrayBuffer(0));
  t.is(given.length, 65_536, "the buffer itself");
  t.true(
    given.subarray(40_001).every((byte) => byte === 0),
    "nothing of what memory held before is to be seen",
  );
});

test("what is kept of little is copied, and the next read goes to the memory that all share", (t) => {
  const { handle, kept, isShared } = keeping();
  const sizes = [40_000, 40_000, 1_000, 40_000, 1_000, 1_000, 40_000, 40_000];
  const chunks = sizes.map((size, i) => Buffer.alloc(size, i + 1));
  const places: boolean[] = [];
  for (const chunk of chunks) {
    handle.read(chunk);
    places.push(isShared());
  }
  t.deepEqual(places, [true, false, false, true, false, true, true, false]);
  t.deepEqual(kept, chunks);
  t.is(kept[2]?.buffer.byteLength, 1_000);
});

test("a part of a read can be kept", (t) => {
  const { handle, kept } = keeping(10);
  const chunks = [1, 2, 3].map((value) => Buffer.alloc(40_000, value));
  for (const chunk of chunks) handle.read(chunk);
  t.deepEqual(
    kept,
    chunks.map((chunk) => chunk.subarray(10)),
  );
});

test("bytes that are no read of this connection's are copied, however many they are", (t) => {
  const handle = new FakeHandle();
  const transport = new DirectTransport(handle, { name: "/run/s", port: 0 });
  const foreign = Buffer.alloc(40_000, 1);
  const kept: Buffer[] = [];
  transport.attach(new TransportLog(() => kept.push(transport.keep(foreign))));
  handle.read(Buffer.alloc(40_000, 2));
  handle.read(Buffer.alloc(40_000, 2));
  foreign.fill(3);
  t.deepEqual(kept, [Buffer.alloc(40_000, 1), Buffer.alloc(40_000, 1)]);
});

test("whoever keeps nothing reads into the memory that all share, however much comes", (t) => {
  const { handle } = fake();
  const { buffer } = handle;
  handle.read(Buffer.alloc(65_536, 1));
  t.is(handle.buffer, buffer);
});

test("a connection that was closed while it was read asks for no more memory", (t) => {
  const handle = new FakeHandle();
  const transport = new DirectTransport(handle, { name: "/run/s", port: 0 });
  const log = new TransportLog((bytes) => {
    transport.keep(bytes);
    transport.destroy();
  });
  transport.attach(log);
  const { buffer } = handle;
  handle.read(Buffer.alloc(65_536, 1));
  t.is(handle.buffer, buffer);
});

// Requests.

test("writes that are done at once make no object each: one request serves them all", (t) => {
  const { handle, transport } = fake();
  t.true(transport.write("a"));
  t.true(transport.write(latin1("b")));
  t.true(transport.write("c", latin1("d")));
  t.is(new Set(handle.requests).size, 1);
  t.is(handle.requests[0]?.chunks, undefined);
});

test("a write that goes on has a request of its own, and that holds the bytes", (t) => {
  const { handle, transport } = fake();
  handle.outcomes["writeBuffer"] = "goes on";
  const bytes = [latin1("one"), latin1("two")] as const;
  for (const chunk of bytes) t.false(transport.write(chunk));
  t.not(handle.requests[0], handle.requests[1]);
  t.deepEqual(
    handle.requests.map(({ chunks }) => chunks),
    [...bytes],
  );
});

test("room is told behind the last of several writes that go on", (t) => {
  const { handle, transport, log } = fake();
  handle.outcomes["writeBuffer"] = "goes on";
  transport.write(latin1("a"));
  transport.write(latin1("b"));
  handle.complete();
  t.deepEqual(log.events, []);
  handle.complete();
  t.deepEqual(log.events, ["drain"]);
});

test("unsent bytes are those of the system's queue, and nobody asks it when nothing goes on", (t) => {
  const { handle, transport } = fake();
  handle.writeQueueSize = 5;
  t.is(transport.unsentBytes, 0);
  handle.outcomes["writeBuffer"] = "goes on";
  transport.write(latin1("a"));
  t.is(transport.unsentBytes, 5);
});

test("two strings go out as one, anything else of two by one call", (t) => {
  const { handle, transport } = fake();
  transport.write("a", "b");
  transport.write("a", latin1("b"));
  t.deepEqual(handle.calls, ["writeLatin1String", "writev"]);
});

// Failures.

for (const [call, write] of [
  ["writeBuffer", (transport: DirectTransport) => transport.write(latin1("x"))],
  ["writeLatin1String", (transport: DirectTransport) => transport.write("x")],
  ["writev", (transport: DirectTransport) => transport.write("x", latin1("y"))],
] as const) {
  test(`a write that fails at once closes the connection, and tells so behind the call: ${call}`, async (t) => {
    const { handle, transport, log } = fake();
    handle.outcomes[call] = -EPIPE;
    t.false(write(transport));
    t.deepEqual([handle.calls, log.events], [[call, "close"], []]);
    await nextTick();
    t.deepEqual(log.events, ["close"]);
    t.like(log.cause, { message: "write EPIPE", code: "EPIPE", errno: -EPIPE, syscall: "write" });
  });

  test(`a write that fails later closes the connection, with the cause: ${call}`, async (t) => {
    const { handle, transport, log } = fake();
    handle.outcomes[call] = "goes on";
    t.false(write(transport));
    handle.complete(-ECONNRESET);
    await nextTick();
    t.deepEqual([handle.calls, log.events], [[call, "close"], ["close"]]);
    t.like(log.cause, { message: "write ECONNRESET", code: "ECONNRESET" });
  });
}

test("a write that fails behind a close tells the cause, once", async (t) => {
  const { handle, transport, log } = fake();
  handle.outcomes["writeBuffer"] = "goes on";
  transport.write(latin1("x"));
  t.false(transport.close());
  handle.complete(-EPIPE);
  await nextTick();
  t.deepEqual([handle.calls, log.events], [["writeBuffer", "close"], ["close"]]);
  t.is(log.cause?.code, "EPIPE");
});

test("a close behind writes that go on comes behind the last, and is told", (t) => {
  const { handle, transport, log } = fake();
  handle.outcomes["writeBuffer"] = "goes on";
  transport.write(latin1("x"));
  transport.write(latin1("y"));
  t.false(transport.close());
  handle.complete();
  t.deepEqual(log.events, []);
  handle.complete();
  t.deepEqual(
    [handle.calls, log.events, log.cause],
    [["writeBuffer", "writeBuffer", "close"], ["drain", "close"], undefined],
  );
});

for (const [about, fail] of [
  [
    "at once",
    ({ handle, transport }: Faked) => {
      handle.outcomes["shutdown"] = -EBADF;
      transport.end();
    },
  ],
  [
    "later",
    ({ handle, transport }: Faked) => {
      transport.end();
      handle.complete(-EBADF);
    },
  ],
] as const) {
  test(`an end that fails ${about} closes the connection, with the cause`, async (t) => {
    const faked = fake();
    fail(faked);
    await nextTick();
    t.deepEqual([faked.handle.calls, faked.log.events], [["shutdown", "close"], ["close"]]);
    t.like(faked.log.cause, { message: "shutdown EBADF", code: "EBADF", errno: -EBADF, syscall: "shutdown" });
  });
}

test("an end to a peer that has closed both sides meanwhile is an end", (t) => {
  const { handle, transport, log } = fake();
  transport.end();
  handle.complete(-ENOTCONN);
  t.deepEqual(log.events, ["finish"]);
  handle.read(END_OF_STREAM);
  t.deepEqual([log.events, log.cause], [["finish", "end", "close"], undefined]);
});

test("so is one that is refused at once because a read has failed before, and it is told behind the call", async (t) => {
  const { handle, transport, log } = fake();
  handle.outcomes["shutdown"] = -ENOTCONN;
  transport.end();
  t.deepEqual(log.events, []);
  await nextTick();
  t.deepEqual([handle.calls, log.events], [["shutdown"], ["finish"]]);
});

test("a second end does nothing", (t) => {
  const { handle, transport } = fake();
  transport.end();
  transport.end();
  t.deepEqual(handle.calls, ["shutdown"]);
});

test("a read that fails closes the connection, with the cause", async (t) => {
  const { handle, log } = fake();
  handle.read(-ECONNRESET);
  t.deepEqual(log.events, []);
  await nextTick();
  t.deepEqual([handle.calls, log.events], [["close"], ["close"]]);
  t.like(log.cause, { message: "read ECONNRESET", code: "ECONNRESET", syscall: "read" });
});

test("a start of reading that fails closes the connection, with the cause", async (t) => {
  const { handle, transport, log } = fake();
  transport.pause();
  handle.outcomes["readStart"] = -EINVAL;
  transport.resume();
  await nextTick();
  t.deepEqual(handle.calls, ["readStop", "readStart", "close"]);
  t.is(log.cause?.message, "read EINVAL");
});

test("reading is neither started twice nor stopped twice: the system takes that for an error", (t) => {
  const { handle, transport } = fake();
  transport.resume();
  transport.pause();
  transport.pause();
  transport.resume();
  transport.resume();
  t.deepEqual(handle.calls, ["readStop", "readStart"]);
});

test("nothing is started behind the end of the peer", (t) => {
  const { handle, transport } = fake();
  handle.read(END_OF_STREAM);
  transport.pause();
  transport.resume();
  t.false(handle.calls.includes("readStart"));
});

test("a read of nothing is nothing", (t) => {
  const { handle, log } = fake();
  handle.read(0);
  handle.read(latin1("x"));
  t.deepEqual([log.events, log.text], [["read"], "x"]);
});

test("what the system still tells of a connection that is closed reaches nobody", async (t) => {
  const { handle, transport, log } = fake();
  handle.outcomes["writeBuffer"] = "goes on";
  transport.write(latin1("x"));
  transport.end();
  transport.destroy();
  handle.complete(-125);
  handle.complete(-125);
  handle.read(latin1("late"));
  handle.read(END_OF_STREAM);
  await nextTick();
  t.deepEqual([handle.calls, log.events, log.cause], [["writeBuffer", "shutdown", "close"], ["close"], undefined]);
});

test("a second destroy, and a failure behind it, are told once", async (t) => {
  const { handle, transport, log } = fake();
  transport.destroy();
  transport.destroy();
  transport.reset();
  handle.read(-ECONNRESET);
  await nextTick();
  t.deepEqual([handle.calls, log.events], [["close"], ["close"]]);
});

// Reset.

test("a reset closes by a reset, and nothing else, on TCP", async (t) => {
  const { handle, transport, log } = fake("tcp");
  t.true(transport.reset());
  t.true(handle.calls.includes("reset") && !handle.calls.includes("close"));
  await nextTick();
  t.deepEqual([log.events, log.cause], [["close"], undefined]);
});

test("behind our end there is no reset: it closes, and answers that the peer cannot notice", async (t) => {
  await using pair = await connectPair("tcp", "direct");
  const { transport, client, log } = pair;
  transport.write("whole");
  transport.end();
  await log.until("finish");
  t.false(transport.reset());
  await log.until("close");
  t.deepEqual([Buffer.from((await client.ending).bytes).toString(), (await client.ending).how], ["whole", "end"]);
});

// The peer.

test("the peer is asked of the system once, and when it is needed", (t) => {
  const { handle, transport } = fake("tcp");
  t.deepEqual(handle.calls, []);
  t.deepEqual([transport.peer, transport.peer], ["192.0.2.1:4711", "192.0.2.1:4711"]);
  t.deepEqual(handle.calls, ["getpeername"]);
});

for (const [about, breakIt] of [
  ["has failed", ({ handle }: Faked) => handle.read(-ECONNRESET)],
  ["was reset", ({ transport }: Faked) => transport.reset()],
] as const) {
  test(`the peer of a connection that ${about} can still be named`, (t) => {
    const faked = fake("tcp");
    breakIt(faked);
    t.is(faked.transport.peer, "192.0.2.1:4711");
  });
}

test("the peer of a connection that was closed behind its answer is where it came to, unless it was asked before", (t) => {
  const late = fake("tcp");
  late.transport.close();
  t.is(late.transport.peer, "/run/s");
  const early = fake("tcp");
  void early.transport.peer;
  early.transport.close();
  t.is(early.transport.peer, "192.0.2.1:4711");
});

// What has come by the time a connection is accepted.

for (const [kind, text] of [
  ["unix", "abc"],
  ["tcp", ""],
] as const) {
  test(`what came with the connect is read ${kind === "unix" ? "at once" : "by the event loop"}, ${kind}`, async (t) => {
    const accepted = gate<Transport>();
    await using listening = await listenFor(kind, "direct", accepted.open);
    const client = await RawClient.connect(listening.listener.address);
    await client.send("abc");
    const transport = await accepted.promise;
    const log = new TransportLog();
    transport.attach(log);
    t.is(log.text, text);
    await client.send("def");
    await log.untilReceived(6);
    t.is(log.text, "abcdef");
    client.destroy();
    transport.destroy();
    await client.closed;
  });
}

interface WithPipe extends Disposable {
  readonly handle: FakeHandle;
  readonly transport: DirectTransport;
  readonly fifo: Fifo;
}

/** A transport whose descriptor is that of a pipe. */
function withPipe(): WithPipe {
  const folder = tempFolder();
  const fifo = new Fifo(folder.path);
  const handle = new FakeHandle();
  handle.fd = fifo.fd;
  const transport = new DirectTransport(handle, { name: "/run/s", port: 0, earlyReads: new EarlyReads() });
  return {
    handle,
    transport,
    fifo,
    [Symbol.dispose]: () => {
      fifo[Symbol.dispose]();
      folder[Symbol.dispose]();
    },
  };
}

test("what is there already is handed over within attach, what comes later by the event loop", (t) => {
  using faked = withPipe();
  const { handle, transport, fifo } = faked;
  const log = new TransportLog(() => handle.calls.push("onRead"));
  fifo.write("abc");
  transport.attach(log);
  t.deepEqual([log.text, handle.calls], ["abc", ["onRead", "readStart"]]);
  handle.read(Buffer.from("def"));
  handle.read(END_OF_STREAM);
  t.deepEqual([log.text, log.events], ["abcdef", ["read", "end"]]);
});

test("a connection that is over with what was there is never watched", (t) => {
  using faked = withPipe();
  const { handle, transport, fifo } = faked;
  const log = new TransportLog(() => {
    t.true(transport.write("answer"));
    t.true(transport.close());
  });
  fifo.write("abc");
  transport.attach(log);
  t.deepEqual(handle.calls, ["writeLatin1String", "close"]);
});

test("much that was there already, and is kept, has a buffer of its own follow it", (t) => {
  using faked = withPipe();
  const { handle, transport, fifo } = faked;
  const kept: Buffer[] = [];
  fifo.write("a".repeat(40_000));
  transport.attach(new TransportLog((bytes) => kept.push(transport.keep(bytes))));
  handle.read(Buffer.alloc(40_000, "b"));
  handle.read(Buffer.alloc(40_000, "c"));
  t.is(kept.join(""), ["a", "b", "c"].map((letter) => letter.repeat(40_000)).join(""));
  t.is(kept[1]?.buffer.byteLength, 65_536);
});

test("whoever pauses while what was there is handed over gets no more until it resumes", (t) => {
  using faked = withPipe();
  const { handle, transport, fifo } = faked;
  fifo.write("abc");
  transport.attach(new TransportLog(() => transport.pause()));
  t.deepEqual(handle.calls, []);
  transport.resume();
  transport.resume();
  t.deepEqual(handle.calls, ["readStart"]);
});

test("whoever pauses and resumes meanwhile has reading started once", (t) => {
  using faked = withPipe();
  const { handle, transport, fifo } = faked;
  fifo.write("abc");
  const log = new TransportLog(() => {
    transport.pause();
    transport.resume();
  });
  transport.attach(log);
  t.deepEqual(handle.calls, ["readStart"]);
});

test("an end that is there already is told, and nothing is read behind it", (t) => {
  using faked = withPipe();
  const { handle, transport, fifo } = faked;
  const log = new TransportLog();
  fifo.close();
  transport.attach(log);
  t.deepEqual([log.events, handle.calls], [["end"], []]);
});

test("where nothing is there yet, it is waited for", (t) => {
  using faked = withPipe();
  const { handle, transport } = faked;
  const log = new TransportLog();
  transport.attach(log);
  t.deepEqual([log.events, handle.calls], [[], ["readStart"]]);
});

test("where there is no descriptor, as on Windows, it is waited for", (t) => {
  for (const fd of [undefined, -1]) {
    const handle = new FakeHandle();
    if (fd !== undefined) handle.fd = fd;
    new DirectTransport(handle, { name: "/run/s", port: 0, earlyReads: new EarlyReads() }).attach(new TransportLog());
    t.deepEqual(handle.calls, ["readStart"]);
  }
});

test("an error of the system closes the connection, with the cause", async (t) => {
  const handle = new FakeHandle();
  const folder = openSync(".", "r");
  handle.fd = folder;
  const log = new TransportLog();
  new DirectTransport(handle, { name: "/run/s", port: 0, earlyReads: new EarlyReads() }).attach(log);
  closeSync(folder);
  t.deepEqual([handle.calls, log.events], [["close"], []]);
  await nextTick();
  t.deepEqual(log.events, ["close"]);
  t.like(log.cause, { message: "read EISDIR", code: "EISDIR", syscall: "read" });
});
