import test from "ava";
import { ByteQueue } from "../../src/connection/byte-queue.ts";
import { Connection } from "../../src/connection/index.ts";
import { ConnectionError } from "../../src/errors.ts";
import { exchange, type Made, make, Owner, settle } from "../helpers/connection-owner.ts";
import { ways } from "../helpers/deliveries.ts";
import { MemoryTransport } from "../helpers/memory-transport.ts";
import { post } from "../helpers/raw-client.ts";
import { concat, hex, latin1, packetOf, wire } from "../helpers/wire.ts";

const WINDOW = 65_536;

/** True while a promise has not settled. */
async function isPending(promise: Promise<unknown>): Promise<boolean> {
  let pending = true;
  const done = (): void => {
    pending = false;
  };
  promise.then(done, done);
  await settle();
  return pending;
}

/** What comes behind the packet up to the end, or as much as is there. */
async function readAll(connection: Connection): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for (;;) {
    const chunk = await connection.read();
    if (chunk === undefined) return concat(chunks);
    chunks.push(chunk);
  }
}

// A packet and what follows, however it is cut.

const body = latin1("hello, this is a body");
const sent = post(body, { HTTP_X: "y" });

for (const lendsReads of [false, true]) {
  const lent = lendsReads ? " from lent buffers that are overwritten" : "";
  for (const [way, deliveries] of ways(sent)) {
    test(`a packet and its body come through${lent}, ${way}`, async (t) => {
      for (const [how, chunks] of deliveries) {
        const { owner, transport, connection } = make({ lendsReads });
        for (const chunk of chunks) transport.receive(chunk);
        transport.receiveEnd();
        const read = await readAll(connection);
        const vars = JSON.stringify(owner.packets.map((packet) => packet.vars.toObject()));
        const expected = { REQUEST_METHOD: "POST", PATH_INFO: "/", CONTENT_LENGTH: String(body.length), HTTP_X: "y" };
        if (vars !== JSON.stringify([expected]) || hex(read) !== hex(body)) t.fail(`${how}: ${vars}, ${hex(read)}`);
      }
      t.pass();
    });
  }
}

test("a second packet behind the first is bytes behind the first, not a packet", async (t) => {
  const { owner, transport, connection } = make();
  const packet = post("");
  transport.receive(concat([packet, packet]));
  transport.receive(packet);
  transport.receiveEnd();
  t.is(hex(await readAll(connection)), hex(concat([packet, packet])));
  t.is(owner.packets.length, 1);
});

test("a connection is idle until its packet is whole", (t) => {
  const { transport, connection } = make();
  const packet = post("");
  transport.receive(packet.subarray(0, -1));
  t.true(connection.isIdle);
  transport.receive(packet.subarray(-1));
  t.false(connection.isIdle);
});

// What is no packet.

for (const [about, bytes, expected] of [
  ["an empty key", wire("00 05 00 00 00 00 01 00 41"), ["UWSGI_EMPTY_KEY", 0]],
  ["a datasize over the limit", wire("07 ff ff 01"), ["UWSGI_DATASIZE_LIMIT", 7]],
] as const) {
  for (const lendsReads of [false, true]) {
    test(`${about} is reported with its modifier1, byte by byte${lendsReads ? " from a lent buffer" : ""}`, (t) => {
      const owner = new Owner({ maxDatasize: 1_000 });
      const transport = new MemoryTransport({ lendsReads });
      const connection = new Connection(transport, owner);
      connection.begin();
      for (const byte of bytes) transport.receive(new Uint8Array([byte]));
      t.deepEqual(owner.faults, [[...expected]]);
      t.false(connection.isIdle);
    });
  }
}

for (const [about, bytes, modifier1] of [
  ["the header", wire("00 05"), undefined],
  ["the payload", wire("00 05 00 00 01"), 0],
] as const) {
  test(`an end inside ${about} is a truncated packet`, (t) => {
    const { owner, transport } = make();
    transport.receive(bytes);
    transport.receiveEnd();
    t.deepEqual(owner.faults, [["UWSGI_TRUNCATED_PACKET", modifier1]]);
  });
}

test("an end before anything is nobody's fault: it is closed without a word", (t) => {
  const { owner, transport } = make();
  transport.receiveEnd();
  t.deepEqual([owner.faults, owner.packets, owner.closed, transport.calls, transport.text], [[], [], 1, ["close"], ""]);
});

test("what comes after a fault is thrown away", (t) => {
  const { owner, transport, connection } = make();
  transport.receive(wire("00 05 00 00 00 00 01 00 41"));
  connection.end();
  transport.receive(post("x"));
  t.deepEqual([owner.faults.length, owner.packets], [1, []]);
});

// Backpressure of what is read.

test("reading is paused when 64 KiB lie unread, and goes on when they are read", async (t) => {
  const { transport, connection } = exchange();
  transport.receive(new Uint8Array(WINDOW - 1));
  t.false(transport.isPaused);
  transport.receive(new Uint8Array(1));
  t.true(transport.isPaused);
  await connection.read();
  await connection.read();
  t.false(transport.isPaused);
  t.deepEqual(transport.calls, ["pause", "resume"]);
});

test("bytes that somebody waits for are handed over without a pause, however many", async (t) => {
  const { transport, connection } = exchange();
  const reading = connection.read();
  transport.receive(new Uint8Array(4 * WINDOW));
  t.is((await reading)?.length, 4 * WINDOW);
  t.deepEqual(transport.calls, []);
});

test("a body that came with the packet counts towards the 64 KiB", (t) => {
  const { transport } = make();
  transport.receive(concat([packetOf(new Uint8Array(0)), new Uint8Array(WINDOW)]));
  t.true(transport.isPaused);
});

// Ends and breaks during the exchange.

test("the signal fires when the peer closes its side, and an answer that is still made is written", async (t) => {
  const { transport, connection } = exchange();
  const { signal } = connection;
  t.false(signal.aborted);
  transport.receiveEnd();
  t.like(signal.reason, { code: "UWSGI_PEER_GONE" });
  t.true(connection.peerGone);
  await connection.write("late but here");
  t.is(transport.text, "late but here");
});

test("a signal that is first asked for after the peer has gone has fired", (t) => {
  const { transport, connection } = exchange();
  transport.receiveEnd();
  t.true(connection.signal.aborted);
});

test("the signal does not fire when the peer closes after the answer", (t) => {
  const { transport, connection } = exchange();
  const { signal } = connection;
  connection.end();
  transport.receiveEnd();
  transport.break();
  t.false(signal.aborted);
});

test("the signal fires once, with the first reason", (t) => {
  const { transport, connection } = exchange();
  const { signal } = connection;
  transport.receiveEnd();
  const { reason } = signal;
  transport.break(new Error("reset"));
  t.is(signal.reason, reason);
});

test("a break fires the signal with its cause, and ends all waiting reads and writes", async (t) => {
  const { owner, transport, connection } = exchange();
  transport.hasRoom = false;
  const reading = t.throwsAsync(connection.read(), { code: "UWSGI_PEER_GONE" });
  const writing = t.throwsAsync(async () => await connection.write("x"), { code: "UWSGI_PEER_GONE" });
  const cause = new Error("reset");
  transport.break(cause);
  t.is((await reading)?.cause, cause);
  t.is((await writing)?.cause, cause);
  t.is((connection.signal.reason as Error).cause, cause);
  t.is(owner.closed, 1);
});

test("bytes that came before a break can still be read", async (t) => {
  const { transport, connection } = exchange();
  transport.receive("abc");
  transport.break(new Error("reset"));
  t.is(hex((await connection.read()) ?? new Uint8Array(0)), hex(latin1("abc")));
  await t.throwsAsync(connection.read(), { code: "UWSGI_PEER_GONE" });
});

test("writing waits for room, and all waiters go on at once", async (t) => {
  const { transport, connection } = exchange();
  t.is(connection.write("a"), undefined);
  transport.hasRoom = false;
  const first = connection.write("b");
  const second = connection.write("c");
  t.true(await isPending(Promise.race([first, second])));
  transport.drain();
  await Promise.all([first, second]);
  t.is(transport.text, "abc");
});

for (const [about, prepare] of [
  ["the end", ({ connection }: Made) => connection.end()],
  ["the connection is closed", ({ transport }: Made) => transport.break(new Error("reset"))],
] as const) {
  test(`writing after ${about} rejects`, async (t) => {
    const made = exchange();
    prepare(made);
    await t.throwsAsync(async () => await made.connection.write("x"), { code: "UWSGI_PEER_GONE" });
    t.is(made.transport.text, "");
  });

  test(`a write that nobody waits for, after ${about}, does not end the process`, async (t) => {
    const made = exchange();
    prepare(made);
    void made.connection.write("x");
    // An unhandled rejection would fail the run.
    await settle();
    t.pass();
  });
}

test("a connection that is destroyed with a reason fires the signal with it", async (t) => {
  const { transport, connection } = exchange();
  const reason = new ConnectionError("closing", { code: "UWSGI_SERVER_CLOSED" });
  const { signal } = connection;
  connection.destroy(reason);
  await settle();
  t.deepEqual([signal.reason, transport.calls], [reason, ["reset"]]);
});

test("an abort is a reset, answers whether the peer can notice, and fires the signal", async (t) => {
  const { transport, connection } = exchange();
  const { signal } = connection;
  t.true(connection.abort());
  await settle();
  t.deepEqual([transport.calls, signal.aborted], [["reset"], true]);
  t.true(connection.abort());
  t.deepEqual(transport.calls, ["reset"]);
});

// Lingering.

test("the end closes our side, lets flow what was paused, and throws away what comes", async (t) => {
  const { transport, connection } = exchange();
  transport.receive(new Uint8Array(WINDOW));
  connection.end();
  t.deepEqual(transport.calls, ["pause", "end", "resume"]);
  transport.receive(new Uint8Array(500));
  await t.throwsAsync(connection.read(), { code: "UWSGI_PEER_GONE" });
  t.deepEqual(transport.calls, ["pause", "end", "resume"]);
});

test("a second end does nothing", (t) => {
  const { transport, connection } = exchange();
  connection.end();
  connection.end();
  t.deepEqual(transport.calls, ["end"]);
});

test("a read that waits when the answer ends is told", async (t) => {
  const { connection } = exchange();
  const reading = t.throwsAsync(connection.read(), { code: "UWSGI_PEER_GONE" });
  connection.end();
  await reading;
});

test("a peer that goes on sending is cut as soon as it has sent more than maxDrainBytes", (t) => {
  const { transport, connection } = exchange({ maxDrainBytes: 1_000 });
  connection.end();
  transport.receive(new Uint8Array(1_000));
  t.deepEqual(transport.calls, ["end"]);
  transport.receive(new Uint8Array(1));
  t.deepEqual(transport.calls, ["end", "destroy"]);
});

// The queue alone.

interface Flow {
  readonly calls: string[];
  readonly queue: ByteQueue;
}

function flow(): Flow {
  const calls: string[] = [];
  return { calls, queue: new ByteQueue({ pause: () => calls.push("pause"), resume: () => calls.push("resume") }) };
}

test("a queue hands out chunks in order, then undefined for ever", async (t) => {
  const { queue } = flow();
  for (const text of ["a", "", "bc"]) queue.push(latin1(text));
  queue.end();
  const read = [await queue.read(), await queue.read(), await queue.read(), await queue.read()];
  t.deepEqual(read, [latin1("a"), latin1("bc"), undefined, undefined]);
});

test("a queue refuses a second reader while the first waits, which still gets its bytes", async (t) => {
  const { queue } = flow();
  const first = queue.read();
  await t.throwsAsync(queue.read(), { code: "UWSGI_INVALID_ARGUMENT" });
  queue.push(latin1("a"));
  t.deepEqual(await first, latin1("a"));
});

test("a queue ends a waiting reader with undefined at the end, with the error at a failure", async (t) => {
  const ended = flow();
  const reading = ended.queue.read();
  ended.queue.end();
  t.is(await reading, undefined);
  const failed = flow();
  const error = new Error("broken");
  const waiting = t.throwsAsync(failed.queue.read(), { is: error });
  failed.queue.fail(error);
  failed.queue.fail(new Error("later"));
  await waiting;
  await t.throwsAsync(failed.queue.read(), { is: error });
});

test("a queue pauses its source once, and resumes it once, however often it is filled", async (t) => {
  const { calls, queue } = flow();
  for (let i = 0; i < 4; i++) queue.push(new Uint8Array(WINDOW / 2));
  t.deepEqual(calls, ["pause"]);
  for (let i = 0; i < 4; i++) await queue.read();
  t.deepEqual(calls, ["pause", "resume"]);
});

test("a queue that discards resumes its source, and keeps nothing", async (t) => {
  const { calls, queue } = flow();
  queue.push(new Uint8Array(WINDOW));
  queue.discard();
  queue.push(new Uint8Array(WINDOW));
  t.deepEqual(calls, ["pause", "resume"]);
  await t.throwsAsync(queue.read(), { code: "UWSGI_PEER_GONE" });
});

for (const [about, leave] of [
  ["the answer, when the peer is gone", ({ connection }) => connection.end(true)],
  ["a hand-over", ({ connection }) => void connection.takeOver().on("error", () => {})],
] as const satisfies (readonly [string, (made: Made) => void])[]) {
  test(`a read that begins behind ${about} does not wait for ever`, async (t) => {
    const made = exchange();
    made.connection.expectBody(1_000);
    leave(made);
    made.transport.break(new Error("read ECONNRESET"));
    await t.throwsAsync(made.connection.read(), { code: "UWSGI_PEER_GONE" });
  });
}
