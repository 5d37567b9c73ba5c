import test from "ava";
import { ConnectionError } from "../../src/errors.ts";
import { exchange, type Made, make, settle } from "../helpers/connection-owner.ts";
import { post } from "../helpers/raw-client.ts";

/** A deadline falls up to two looks, of 250 ms each, late. */
const LATE_MS = 500;

// The packet.

test("T16: a header that drips is cut by a total deadline, however short its pauses are", (t) => {
  const { owner, transport } = make();
  const packet = post("");
  for (let at = 0; at < 9; at++) {
    transport.receive(packet.subarray(at, at + 1));
    owner.pass(500);
  }
  t.deepEqual([owner.timeouts, transport.calls], [[], []]);
  transport.receive(packet.subarray(9, 10));
  owner.pass(500 + LATE_MS);
  t.deepEqual([owner.timeouts, transport.calls], [["UWSGI_HEADER_TIMEOUT"], ["destroy"]]);
});

test("a connection that sends nothing is cut no earlier than the deadline, and no later than two looks behind it", (t) => {
  const { owner, transport } = make({ headerTimeoutMs: 2_000 });
  owner.pass(1_999);
  t.deepEqual(transport.calls, []);
  owner.pass(1 + LATE_MS);
  t.deepEqual(transport.calls, ["destroy"]);
});

test("the deadline of the packet is over once the packet is whole", (t) => {
  const { owner, transport } = exchange();
  owner.pass(3_600_000);
  t.deepEqual([owner.timeouts, transport.calls], [[], []]);
});

test("a timeout is told once, with what was seen", async (t) => {
  const { owner, transport, connection } = make();
  transport.receive(post("").subarray(0, 7));
  owner.pass(5_000 + LATE_MS);
  owner.pass(10_000);
  await settle();
  t.deepEqual([owner.timeouts, owner.closed], [["UWSGI_HEADER_TIMEOUT"], 1]);
  t.regex((connection.signal.reason as Error).message, /within 5000 ms, 7 bytes came/);
});

test("Infinity switches a deadline off", (t) => {
  const { owner, transport } = make({ headerTimeoutMs: Number.POSITIVE_INFINITY });
  owner.pass(3_600_000);
  t.deepEqual(transport.calls, []);
});

test("a connection is stale when a second has passed without a whole packet, and silent when nothing has come", (t) => {
  const { owner, transport, connection } = make();
  owner.pass(1_000);
  t.false(connection.isStale);
  owner.pass(250);
  t.true(connection.isStale && connection.isSilent);
  transport.receive(post("").subarray(0, 1));
  t.true(connection.isStale && !connection.isSilent);
  transport.receive(post("").subarray(1));
  t.false(connection.isStale);
});

test("a connection is not stale after one look, however long the process was busy: its packet may be there", (t) => {
  const { owner, connection } = make();
  owner.sweeper.sweep(10_000);
  t.false(connection.isStale);
});

test("a connection that has been cut is not stale any more: it is on its way out", async (t) => {
  const { owner, connection } = make();
  owner.pass(1_250);
  connection.destroy(new ConnectionError("enough", { code: "UWSGI_CONNECTIONS_LIMIT" }));
  t.false(connection.isStale);
  await settle();
});

// The body.

test("T16: a body that stops coming while it is waited for fails the read; the answer can still be made", async (t) => {
  const { owner, transport, connection } = exchange();
  const reading = t.throwsAsync(connection.read(), { code: "UWSGI_BODY_TIMEOUT", name: "TimeoutError" });
  owner.pass(29_999);
  t.deepEqual(transport.calls, []);
  owner.pass(1 + LATE_MS);
  await reading;
  t.false(connection.peerGone);
  await connection.write("408");
  t.is(transport.text, "408");
});

test("each byte that comes gives the body its whole time again", async (t) => {
  const { owner, transport, connection } = exchange({ minBodyRate: 0 });
  for (let i = 0; i < 5; i++) {
    const reading = connection.read();
    owner.pass(25_000);
    transport.receive("x");
    t.is((await reading)?.length, 1);
  }
  t.deepEqual(transport.calls, []);
});

test("a body that nobody waits for has no deadline", (t) => {
  const { owner, transport, connection } = exchange();
  transport.receive("some");
  owner.pass(3_600_000);
  t.deepEqual([transport.calls, connection.peerGone], [[], false]);
});

test("T16: a body that drips slower than minBodyRate is given up after 60 s of waiting", async (t) => {
  const { owner, transport, connection } = exchange();
  for (let i = 0; i < 600; i++) {
    const reading = connection.read();
    owner.pass(100);
    transport.receive("x");
    await reading;
  }
  const reading = t.throwsAsync(connection.read(), { code: "UWSGI_BODY_TIMEOUT", message: /too slowly, 600 bytes/ });
  owner.pass(1_000);
  await reading;
  t.deepEqual(owner.timeouts, []);
});

test("a body as fast as minBodyRate is read for as long as it takes", async (t) => {
  const { owner, transport, connection } = exchange({ minBodyRate: 1_000 });
  for (let i = 0; i < 300; i++) {
    const reading = connection.read();
    owner.pass(1_000);
    transport.receive(new Uint8Array(1_100));
    await reading;
  }
  t.deepEqual(owner.timeouts, []);
});

test("time in which the application does not wait for the body does not count against it", async (t) => {
  const { owner, transport, connection } = exchange();
  for (let i = 0; i < 10; i++) {
    owner.pass(60_000);
    const reading = connection.read();
    transport.receive("x");
    await reading;
  }
  const reading = connection.read();
  owner.pass(1_000);
  transport.receive("y");
  t.is((await reading)?.length, 1);
});

// The answer.

test("T16: a peer that takes nothing of the answer for 60 s is cut; the writer and the signal are told", async (t) => {
  const { owner, transport, connection } = exchange();
  const { signal } = connection;
  transport.hasRoom = false;
  const writing = t.throwsAsync(async () => await connection.write("x"), { code: "UWSGI_WRITE_TIMEOUT" });
  owner.pass(59_999);
  t.deepEqual(transport.calls, []);
  owner.pass(1 + LATE_MS);
  await writing;
  t.like(signal.reason, { code: "UWSGI_WRITE_TIMEOUT" });
  t.deepEqual([owner.timeouts, transport.calls], [["UWSGI_WRITE_TIMEOUT"], ["reset"]]);
});

test("each time that there is room again gives the peer its whole time", async (t) => {
  const { owner, transport, connection } = exchange();
  for (let i = 0; i < 5; i++) {
    transport.hasRoom = false;
    const writing = connection.write("x");
    owner.pass(50_000);
    transport.drain();
    await writing;
  }
  t.deepEqual(transport.calls, []);
});

test("T16: each byte that the system takes of an answer gives the peer its whole time again", async (t) => {
  const { owner, transport, connection } = exchange();
  transport.hasRoom = false;
  transport.unsentBytes = 1_000;
  const writing = t.throwsAsync(async () => await connection.write("x"), { code: "UWSGI_WRITE_TIMEOUT" });
  for (let i = 0; i < 5; i++) {
    transport.unsentBytes--;
    owner.pass(59_000);
  }
  t.deepEqual(transport.calls, []);
  owner.pass(1_000 + LATE_MS);
  await writing;
  t.deepEqual(transport.calls, ["reset"]);
});

test("an answer that has ended but was not taken is cut after the write deadline", (t) => {
  const { owner, transport, connection } = exchange();
  transport.hasRoom = false;
  void connection.write("x")?.catch(() => {});
  connection.end();
  owner.pass(60_000 + LATE_MS);
  t.deepEqual([owner.timeouts, transport.calls], [["UWSGI_WRITE_TIMEOUT"], ["end", "destroy"]]);
});

test("F10: a peer that has vanished behind the end of its request is cut by the write deadline", (t) => {
  const { owner, transport, connection } = exchange();
  transport.receiveEnd();
  transport.hasRoom = false;
  void connection.write("x")?.catch(() => {});
  owner.pass(60_000 + LATE_MS);
  t.deepEqual(owner.timeouts, ["UWSGI_WRITE_TIMEOUT"]);
});

// Lingering.

test("a peer that does not close behind its answer is cut after 30 s, without a word", async (t) => {
  const { owner, transport, connection } = exchange();
  connection.end();
  await settle();
  owner.pass(29_999);
  t.deepEqual(transport.calls, ["end"]);
  owner.pass(1 + LATE_MS);
  t.deepEqual([transport.calls, owner.timeouts], [["end", "destroy"], []]);
});

test("a peer that drips behind its answer is cut all the same", async (t) => {
  const { owner, transport, connection } = exchange();
  connection.end();
  await settle();
  for (let i = 0; i < 31; i++) {
    transport.receive("x");
    owner.pass(1_000);
  }
  t.deepEqual(transport.calls, ["end", "destroy"]);
});

test("the time to close begins when the answer has been taken", async (t) => {
  const { owner, transport, connection } = exchange();
  transport.hasRoom = false;
  void connection.write("a long answer")?.catch(() => {});
  connection.end();
  owner.pass(50_000);
  transport.drain();
  owner.pass(29_000);
  t.deepEqual(transport.calls, ["end"]);
  owner.pass(1_000 + LATE_MS);
  t.deepEqual(transport.calls, ["end", "destroy"]);
  await settle();
});

test("an answer to a peer that has closed its side is cut after the write deadline when it is not taken", (t) => {
  const { owner, transport, connection } = exchange();
  transport.receiveEnd();
  transport.hasRoom = false;
  void connection.write("x")?.catch(() => {});
  connection.end();
  owner.pass(60_000 + LATE_MS);
  t.deepEqual([owner.timeouts, transport.calls], [["UWSGI_WRITE_TIMEOUT"], ["close", "destroy"]]);
});

// Behind an answer whose length is known, while the body is still on its way.

test("our side stays open until the announced body has come: uWSGI's router cuts its client at our end", (t) => {
  const { transport, connection } = exchange();
  connection.expectBody(100);
  transport.receive(new Uint8Array(40));
  connection.end(true);
  t.deepEqual(transport.calls, []);
  transport.receive(new Uint8Array(59));
  t.deepEqual(transport.calls, []);
  transport.receive(new Uint8Array(1));
  t.deepEqual(transport.calls, ["close"]);
});

test("our side is closed at once behind an answer whose length the peer does not know", (t) => {
  const { transport, connection } = exchange();
  connection.expectBody(100);
  transport.receive(new Uint8Array(40));
  connection.end();
  t.deepEqual(transport.calls, ["end"]);
});

for (const isLengthKnown of [true, false]) {
  const known = isLengthKnown ? "of known length" : "whose length the peer does not know";
  for (const [about, come] of [
    ["the whole body has come", ({ transport }: Made) => transport.receive(new Uint8Array(100))],
    ["the peer has closed its side", ({ transport }: Made) => transport.receiveEnd()],
  ] as const) {
    test(`both sides are closed at once behind an answer ${known} when ${about}`, (t) => {
      const made = exchange();
      const { owner, transport, connection } = made;
      connection.expectBody(100);
      come(made);
      connection.end(isLengthKnown);
      t.deepEqual([transport.calls, owner.closed], [["close"], 1]);
    });
  }
}

test("both sides are closed behind an answer that still has to be taken, and the owner is told then", (t) => {
  const { owner, transport, connection } = exchange();
  connection.expectBody(0);
  transport.hasRoom = false;
  void connection.write("x")?.catch(() => {});
  connection.end(true);
  t.deepEqual([transport.calls, owner.closed], [["close"], 0]);
  transport.drain();
  t.is(owner.closed, 1);
});

test("a body that does not come is not waited for longer than a second", (t) => {
  const { owner, transport, connection } = exchange();
  connection.expectBody(100);
  connection.end(true);
  owner.pass(999);
  t.deepEqual(transport.calls, []);
  owner.pass(LATE_MS);
  t.deepEqual(transport.calls, ["end"]);
});

test("a body that drips behind the answer is waited for no longer than drainTimeoutMs", (t) => {
  const { owner, transport, connection } = exchange({ drainTimeoutMs: 5_000 });
  connection.expectBody(100);
  connection.end(true);
  for (let i = 0; i < 9; i++) {
    transport.receive("x");
    owner.pass(500);
  }
  t.deepEqual(transport.calls, []);
  transport.receive("x");
  owner.pass(500 + LATE_MS);
  t.deepEqual(transport.calls, ["end"]);
});

test("both sides are closed when the peer closes its own in the middle of the body behind the answer", (t) => {
  const { transport, connection } = exchange();
  connection.expectBody(100);
  connection.end(true);
  transport.receiveEnd();
  t.deepEqual(transport.calls, ["close"]);
});

test("a body that was waited for behind the answer does not give the peer more time to close", async (t) => {
  const { owner, transport, connection } = exchange({ drainTimeoutMs: 5_000 });
  connection.expectBody(100);
  connection.end(true);
  for (let i = 0; i < 11; i++) {
    transport.receive("x");
    owner.pass(500);
  }
  await settle();
  owner.pass(1_000 + LATE_MS);
  t.deepEqual(transport.calls, ["end", "destroy"]);
});

test("a body that was given up is not waited for behind the answer", async (t) => {
  const { owner, transport, connection } = exchange();
  connection.expectBody(100);
  const reading = t.throwsAsync(connection.read(), { code: "UWSGI_BODY_TIMEOUT" });
  owner.pass(30_000 + LATE_MS);
  await reading;
  connection.end(true);
  t.deepEqual(transport.calls, ["end"]);
});

test("an end that is not taken is cut after the write deadline, though nothing was written before it", (t) => {
  const { owner, transport, connection } = exchange();
  transport.hasRoom = false;
  connection.end();
  owner.pass(60_000 + LATE_MS);
  t.deepEqual([owner.timeouts, transport.calls], [["UWSGI_WRITE_TIMEOUT"], ["end", "destroy"]]);
});

test("an answered connection makes room when nothing has come for a second behind the answer that was taken", async (t) => {
  const { owner, transport, connection } = exchange();
  connection.end();
  await settle();
  owner.pass(1_000);
  t.false(connection.isStale);
  transport.receive("x");
  owner.pass(1_000);
  t.false(connection.isStale);
  owner.pass(250);
  t.true(connection.isStale && connection.isSilent);
});

test("an answered connection whose answer is on its way, and one that is being answered, make no room", (t) => {
  const answering = exchange();
  const sending = exchange();
  sending.transport.hasRoom = false;
  void sending.connection.write("x")?.catch(() => {});
  sending.connection.end();
  for (const { owner, connection } of [answering, sending]) {
    owner.pass(10_000);
    t.false(connection.isStale);
  }
});

test("an abort behind the end closes the connection", async (t) => {
  const { transport, connection } = exchange();
  connection.end();
  connection.abort();
  await settle();
  t.deepEqual(transport.calls, ["end", "destroy"]);
});

test("nothing can be written behind an abort, though the transport is still closing", async (t) => {
  const { transport, connection } = exchange();
  connection.abort();
  t.false(connection.isAnswering);
  await t.throwsAsync(async () => await connection.write("x"), { code: "UWSGI_PEER_GONE" });
  t.is(transport.text, "");
});
