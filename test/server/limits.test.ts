import test from "ava";
import { connectionsFor, openFilesLimit, readLimits } from "../../src/server/fd-limit.ts";
import { Server } from "../../src/server/index.ts";
import { settle } from "../helpers/connection-owner.ts";
import { MemoryTransport } from "../helpers/memory-transport.ts";
import { ask, exchange, get, post, RawClient } from "../helpers/raw-client.ts";
import { gate, respond, startServer } from "../helpers/test-server.ts";
import { packetOf, varsBlock, wire } from "../helpers/wire.ts";

// Connections.

for (const [openFiles, connections] of [
  [16, 16],
  [64, 16],
  [100, 36],
  [256, 192],
  [1_024, 768],
  [65_536, 49_152],
  [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY],
] as const) {
  test(`${openFiles} open files leave ${connections} connections`, (t) => {
    t.is(connectionsFor(openFiles), connections);
  });
}

for (const [about, text, openFiles] of [
  ["a number", "Max processes 7 8 x\nMax open files            1048576              1048577   files\n", 1_048_576],
  [
    "no limit",
    "Max open files            unlimited            unlimited            files     \n",
    Number.POSITIVE_INFINITY,
  ],
  ["nothing", "", 1_024],
] as const) {
  test(`the limit of open files is read where the system says ${about}`, (t) => {
    t.is(readLimits(text), openFiles);
  });
}

test("the limit of open files of this process is a usable number", (t) => {
  t.true(openFilesLimit() >= 16);
});

for (const kind of ["unix", "tcp"] as const) {
  test(`one connection more than maxConnections is closed at once and counted; there is room again when one ends, ${kind}`, async (t) => {
    const go = gate();
    await using server = await startServer(
      async () => {
        await go.promise;
        return respond("done");
      },
      { kind, maxConnections: 2 },
    );
    using first = await RawClient.connect(server.address);
    await first.send(get());
    using second = await RawClient.connect(server.address);
    await second.send(get());
    using third = await RawClient.connect(server.address);
    t.is((await third.ending).bytes.length, 0);
    t.like(await server.seen.refused.at(), {
      status: 0,
      error: { code: "UWSGI_CONNECTIONS_LIMIT", name: "LimitError" },
    });
    t.like(server.server.counts, { overLimit: 1, refused: 1, accepted: 2 });
    go.open();
    await Promise.all([first.ending, second.ending]);
    first.destroy();
    second.destroy();
    await Promise.all([server.seen.ends.at(0), server.seen.ends.at(1)]);
    await first.closed;
    await second.closed;
    // The server hears of the closes in its own time.
    while (server.server.openConnections > 0) await new Promise(setImmediate);
    t.is((await ask(server.address)).body, "done");
  });
}

test("connections that send nothing make room for one that does, once a second has passed", async (t) => {
  await using server = await startServer(() => respond("served"), { maxConnections: 3, headerTimeoutMs: 60_000 });
  const idle = [
    await RawClient.connect(server.address),
    await RawClient.connect(server.address),
    await RawClient.connect(server.address),
  ];
  // What the sweeper does four times a second; a test need not wait for it.
  const { owner } = server.server as unknown as { owner: { sweeper: { sweep(elapsedMs: number): void } } };
  while (server.server.openConnections < 3) await new Promise(setImmediate);
  for (let look = 0; look < 5; look++) owner.sweeper.sweep(250);
  t.is((await ask(server.address)).body, "served");
  t.is((await Promise.race(idle.map(({ ending }) => ending))).bytes.length, 0);
  // Rounds of the loop in which an end of another would be seen.
  for (let round = 0; round < 10; round++) await new Promise(setImmediate);
  t.is(idle.filter(({ socket }) => socket.destroyed || socket.readableEnded).length, 1);
  t.like(server.seen.refused.all, [{ error: { code: "UWSGI_CONNECTIONS_LIMIT" }, status: 0 }]);
  for (const client of idle) client.destroy();
});

test("connections that have had their answer make room for one that asks", async (t) => {
  await using server = await startServer(() => respond("served"), { maxConnections: 3 });
  const { owner } = server.server as unknown as { owner: { sweeper: { sweep(elapsedMs: number): void } } };
  const answered = [];
  for (let i = 0; i < 3; i++) {
    const client = await RawClient.connect(server.address);
    await client.send(get());
    await client.ending;
    answered.push(client);
  }
  for (let look = 0; look < 5; look++) owner.sweeper.sweep(250);
  t.is((await ask(server.address)).body, "served");
  for (const client of answered) client.destroy();
});

// Bodies.

test("a body of maxBodyBytes is read, one byte more is a 413 and the application not called", async (t) => {
  let calls = 0;
  await using server = await startServer(
    async ({ body }) => {
      calls++;
      for await (const _ of body) continue;
      return respond("ok");
    },
    { maxBodyBytes: 10 },
  );
  t.is((await ask(server.address, post("x".repeat(10)))).status, 200);
  t.is((await ask(server.address, post("x".repeat(11)))).status, 413);
  t.is(calls, 1);
  t.like(await server.seen.refused.at(), { status: 413, error: { code: "UWSGI_BODY_LIMIT" } });
  t.like(await server.seen.ends.at(1), { status: 413, ending: "complete" });
});

for (const kind of ["unix", "tcp"] as const) {
  test(`T19: a 413 arrives whole before 4 MiB of unread body, ${kind}`, async (t) => {
    await using server = await startServer(() => respond("never"), { kind, maxBodyBytes: 1_000 });
    const answer = await ask(server.address, post(new Uint8Array(4 * 1_048_576)));
    t.deepEqual([answer.status, answer.body, answer.how], [413, "413 Content Too Large\n", "end"]);
  });
}

for (const [about, vars, status] of [
  ["a chunked body without a length", { HTTP_TRANSFER_ENCODING: "chunked" }, 411],
  ["a chunked body with an empty length", { HTTP_TRANSFER_ENCODING: "chunked", CONTENT_LENGTH: "" }, 411],
  ["a chunked body that the front end has decoded", { HTTP_TRANSFER_ENCODING: "chunked", CONTENT_LENGTH: "0" }, 200],
  ["an identity encoding", { HTTP_TRANSFER_ENCODING: "identity" }, 200],
] as const) {
  test(`${about} is a ${status}: what has no end is not taken for nothing`, async (t) => {
    await using server = await startServer(() => respond(""));
    t.is((await ask(server.address, get(vars))).status, status);
    if (status === 411) t.like(await server.seen.refused.at(), { error: { code: "UWSGI_LENGTH_REQUIRED" } });
  });
}

// Time.

test("a header that does not come is cut, and told with the bytes that were seen", async (t) => {
  await using server = await startServer(() => respond("never"), { headerTimeoutMs: 1_000 });
  using client = await RawClient.connect(server.address);
  await client.send(get().subarray(0, 9));
  t.is((await client.ending).bytes.length, 0);
  t.like(await server.seen.refused.at(), {
    status: 0,
    error: { code: "UWSGI_HEADER_TIMEOUT", message: "no whole packet within 1000 ms, 9 bytes came" },
  });
});

test("a body that stops coming is a 408, and no error of the application", async (t) => {
  await using server = await startServer(
    async ({ body }) => {
      for await (const _ of body) continue;
      return respond("never");
    },
    { bodyTimeoutMs: 100 },
  );
  using client = await RawClient.connect(server.address);
  await client.send(post("hello").subarray(0, -1));
  await client.ending;
  t.regex(client.text, /^HTTP\/1\.1 408 /);
  t.like(await server.seen.refused.at(), { status: 408, error: { code: "UWSGI_BODY_TIMEOUT" } });
  t.like(await server.seen.ends.at(), { status: 408, ending: "complete" });
  t.deepEqual(server.seen.errors.all, []);
});

test("an application may answer in its own way to a body that has stopped, which it cannot read on", async (t) => {
  await using server = await startServer(
    async ({ body }) => {
      await body.read();
      await t.throwsAsync(body.read(), { code: "UWSGI_BODY_TIMEOUT" });
      await t.throwsAsync(body.read(), { code: "UWSGI_BODY_TIMEOUT" });
      return respond("too slow for me");
    },
    { bodyTimeoutMs: 100 },
  );
  using client = await RawClient.connect(server.address);
  await client.send(post("hello").subarray(0, -1));
  await client.until("too slow for me");
  t.deepEqual([server.seen.errors.all, server.seen.refused.all], [[], []]);
});

for (const kind of ["unix", "tcp"] as const) {
  test(`a peer that does not take its answer is cut; the application is told, and it is nobody's error, ${kind}`, async (t) => {
    const told = gate<unknown>();
    await using server = await startServer(
      ({ signal }) => {
        signal.addEventListener("abort", () => told.open(signal.reason));
        return respond(new Uint8Array(64 * 1_048_576));
      },
      { kind, writeTimeoutMs: 100 },
    );
    using client = await RawClient.connect(server.address, { reads: false });
    await client.send(get());
    t.like(await told.promise, { code: "UWSGI_WRITE_TIMEOUT" });
    t.like(await server.seen.ends.at(), { status: 200, ending: "peer-gone" });
    t.like(server.seen.refused.all[0], { status: 0, error: { code: "UWSGI_WRITE_TIMEOUT" } });
    t.deepEqual(server.seen.errors.all, []);
  });
}

test("a large chunk is handed over whole, and counted so, though the peer takes nothing yet", async (t) => {
  await using server = await startServer(() => respond(new Uint8Array(4 * 65_536)));
  const transport = new MemoryTransport();
  server.server.adopt(transport);
  transport.hasRoom = false;
  transport.receive(get());
  t.is(transport.written.length - transport.text.indexOf("\r\n\r\n") - 4, 4 * 65_536);
  t.is(server.seen.ends.all.length, 0);
  transport.drain();
  t.like(await server.seen.ends.at(), { ending: "complete", bodyBytes: 4 * 65_536 });
});

test("a slow peer that takes some of a large chunk in time is not cut, and gets all of it", async (t) => {
  const large = 4 * 65_536;
  await using server = await startServer(() => respond(new Uint8Array(large)));
  const { owner } = server.server as unknown as { owner: { sweeper: { sweep(elapsedMs: number): void } } };
  const transport = new MemoryTransport();
  server.server.adopt(transport);
  transport.hasRoom = false;
  transport.receive(get());
  await settle();
  // Just below the deadline of 60 s each time, four times as long in all.
  for (let taken = 1; taken <= 4; taken++) {
    transport.unsentBytes = 65_536 - taken;
    for (let second = 0; second < 59; second++) owner.sweeper.sweep(1_000);
  }
  transport.drain();
  t.like(await server.seen.ends.at(), { ending: "complete", bodyBytes: large });
  t.deepEqual([transport.written.length - transport.text.indexOf("\r\n\r\n") - 4, transport.calls], [large, ["close"]]);
  transport.break();
});

// Packets.

for (const [about, options, status] of [
  ["more vars than maxVars", { maxVars: 1 }, 431],
  ["a larger block than maxDatasize", { maxDatasize: 10 }, 431],
] as const) {
  test(`${about} is a ${status}`, async (t) => {
    await using server = await startServer(() => respond("never"), options);
    t.is((await ask(server.address)).status, status);
  });
}

test("what is malformed is a 400", async (t) => {
  await using server = await startServer(() => respond("never"));
  const { bytes } = await exchange(server.address, wire("00 05 00 00 00 00 01 00 41"));
  t.regex(Buffer.from(bytes).toString("latin1"), /^HTTP\/1\.1 400 /);
});

test("a request whose vars contradict each other is a 400 that is counted, and has a line in the access log", async (t) => {
  await using server = await startServer(() => respond("never"));
  const block = varsBlock([
    ["REQUEST_METHOD", "GET"],
    ["PATH_INFO", "/twice"],
    ["REMOTE_USER", "a"],
    ["REMOTE_USER", "b"],
  ]);
  t.is((await ask(server.address, packetOf(block))).status, 400);
  t.like(await server.seen.ends.at(), { status: 400, ending: "complete", environ: { PATH_INFO: "/twice" } });
  t.like(await server.seen.refused.at(), { status: 400, error: { code: "UWSGI_CONFLICTING_VARS" } });
  t.is(server.server.counts.refused, 1);
});

// Options.

for (const [name, value] of [
  ["maxConnections", 0],
  ["headerTimeoutMs", 0],
  ["bodyTimeoutMs", -1],
  ["writeTimeoutMs", 1.5],
  ["drainTimeoutMs", Number.NaN],
  ["maxDrainBytes", -1],
  ["minBodyRate", Number.POSITIVE_INFINITY],
] as const) {
  test(`${name} of ${value} is refused with what is allowed`, (t) => {
    const error = t.throws(() => new Server({ plugins: [], [name]: value }), { code: "UWSGI_INVALID_ARGUMENT" });
    t.regex(error?.message ?? "", new RegExp(`^${name} is ${value}, allowed are whole numbers from`));
  });
}

// Long heads.

test("a head of more than 4 KiB is reported: nginx refuses it unless it is told otherwise", async (t) => {
  await using server = await startServer(({ environ }) =>
    respond("", { headers: [["X-Long", "x".repeat(environ.PATH_INFO === "/long" ? 4_096 : 4_000)]] }),
  );
  await ask(server.address, get({ PATH_INFO: "/short" }));
  const answer = await ask(server.address, get({ PATH_INFO: "/long", HTTP_X_REQUEST_ID: "r1" }));
  t.is(answer.status, 200);
  t.like(await server.seen.largeHeads.at(), { requestId: "r1", environ: { PATH_INFO: "/long" } });
  t.true((server.seen.largeHeads.all[0]?.bytes ?? 0) > 4_096);
  t.is(server.seen.largeHeads.all.length, 1);
});
