import { fork } from "node:child_process";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import test from "ava";
import type { Address } from "../../src/connection/index.ts";
import { MIB, timeRequest, timeRequests, TimesBeside, until } from "../helpers/measure.ts";
import { MeasuredServer, program } from "../helpers/measured-server.ts";
import { get, parseAnswer, post, RawClient } from "../helpers/raw-client.ts";

/** A connection that has sent a part of something, and how long the server keeps it. */
interface Slow {
  readonly client: RawClient;
  readonly openedAt: number;
  /** When the server has closed it, in milliseconds from before the connect. */
  readonly lifetimeMs: Promise<number>;
}

async function openSlow(address: Address, beginning: Uint8Array): Promise<Slow> {
  const openedAt = performance.now();
  const client = await RawClient.connect(address);
  const lifetimeMs = client.ending.then(() => performance.now() - openedAt);
  await client.send(beginning);
  return { client, openedAt, lifetimeMs };
}

/** Opens in small groups: a machine that is busy must not be late for the first when the last comes. */
async function openMany(address: Address, beginning: Uint8Array, count: number): Promise<Slow[]> {
  const open: Slow[] = [];
  while (open.length < count) {
    const group = Math.min(50, count - open.length);
    open.push(...(await Promise.all(Array.from({ length: group }, () => openSlow(address, beginning)))));
  }
  return open;
}

async function closeAll(open: readonly Slow[]): Promise<void> {
  await Promise.all(
    open.map(({ client }) => {
      client.destroy();
      return client.closed;
    }),
  );
}

const packet = get({ HTTP_USER_AGENT: "drips one byte a second, and would need half a minute for all of this" });

const halfPacket = packet.subarray(0, packet.length / 2);

/** 10 of 1 000 bytes. */
const halfBody = post("0123456789", { PATH_INFO: "/digest", CONTENT_LENGTH: "1000" });

for (const kind of ["tcp", "unix"] as const) {
  test.serial(`stall (F9), ${kind}: 400 requests that do not go on hold up no other`, async (t) => {
    await using server = await MeasuredServer.start(kind);
    await using control = await MeasuredServer.start(kind);
    const { address } = server;
    const open = [...(await openMany(address, halfPacket, 200)), ...(await openMany(address, halfBody, 200))];
    const others = await new TimesBeside(address, control.address).take(20);
    t.true((await server.report()).openConnections >= 400);
    t.true(others.isWithin(1, 500), others.describe(1));
    await closeAll(open);
  });

  test.serial(`T16, ${kind}: 1 000 packets at 1 byte a second delay no other request and are cut at 5 s`, async (t) => {
    t.timeout(60_000);
    await using server = await MeasuredServer.start(kind);
    await using control = await MeasuredServer.start(kind);
    const { address } = server;
    await timeRequests(address, 100);
    await timeRequests(control.address, 100);
    const open = await openMany(address, packet.subarray(0, 1), 1_000);
    let sent = 1;
    const drip = setInterval(() => {
      for (const { client } of open) if (client.socket.writable) client.socket.write(packet.subarray(sent, sent + 1));
      sent++;
    }, 1_000);
    const others = await new TimesBeside(address, control.address).take(200);
    const wereOpen = (await server.report()).openConnections;
    const lifetimes = (await Promise.all(open.map(({ lifetimeMs }) => lifetimeMs))).sort((a, b) => a - b);
    clearInterval(drip);
    await closeAll(open);
    const [shortest = 0, longest = 0] = [lifetimes[0], lifetimes.at(-1)];
    t.log(`${others.describe(0.99)}; cut after ${shortest.toFixed(0)} to ${longest.toFixed(0)} ms`);
    t.true(wereOpen >= 1_000, `${wereOpen} were open`);
    t.true(others.isWithin(0.99, 250), others.describe(0.99));
    t.true(shortest > 4_950, `${shortest} ms`);
    t.true(longest < 6_500 + (await server.machineLateMs()), `${longest} ms`);
    t.deepEqual((await server.report()).refusals, { UWSGI_HEADER_TIMEOUT: 1_000 });
    await until(async () => (await server.report()).openConnections === 0, 2_000, "no connection is left");
  });

  test.serial(
    `stall-reap (F9), ${kind}: 200 half packets and 200 half bodies all end at their deadlines`,
    async (t) => {
      t.timeout(60_000);
      await using server = await MeasuredServer.start(kind, {
        options: { headerTimeoutMs: 4_000, bodyTimeoutMs: 3_000 },
      });
      const { address } = server;
      await timeRequest(address);
      const filesBefore = server.openFiles;
      const packets = await openMany(address, halfPacket, 200);
      const bodies = await openMany(address, halfBody, 200);
      await Promise.all([...packets, ...bodies].map(({ lifetimeMs }) => lifetimeMs));
      const lateMs = 3_000 + (await server.machineLateMs());
      for (const [open, timeoutMs] of [
        [packets, 4_000],
        [bodies, 3_000],
      ] as const) {
        for (const { lifetimeMs } of open) {
          const ms = await lifetimeMs;
          t.true(ms > timeoutMs - 50 && ms < timeoutMs + lateMs, `${ms} ms`);
        }
      }
      for (const { client } of packets) t.is(client.text, "");
      for (const { client } of bodies) t.is(parseAnswer(client.received).status, 408);
      await closeAll([...packets, ...bodies]);
      await until(() => server.openFiles <= filesBefore + 2, 3_000, "the descriptors are given back");
      t.like((await server.report()).refusals, { UWSGI_HEADER_TIMEOUT: 200, UWSGI_BODY_TIMEOUT: 200 });
    },
  );
}

// From here on nearly all is waiting, so these run side by side.

for (const [kind, transport] of [
  ["tcp", "direct"],
  ["unix", "direct"],
  ["tcp", "net"],
  ["unix", "net"],
] as const) {
  test(`T16, ${kind}, ${transport}: a body may take longer than its timeout as long as it comes`, async (t) => {
    await using server = await MeasuredServer.start(kind, { options: { transport, bodyTimeoutMs: 2_000 } });
    using client = await RawClient.connect(server.address);
    await client.send(post("", { PATH_INFO: "/digest", CONTENT_LENGTH: "8" }));
    for (let i = 0; i < 8; i++) {
      await delay(500);
      await client.send("x");
    }
    const { bytes, how } = await client.ending;
    t.is(how, "end");
    t.true(parseAnswer(bytes).body.startsWith("8 "));
  });

  test(`T16, ${kind}, ${transport}: a peer that takes nothing of its answer is cut`, async (t) => {
    await using server = await MeasuredServer.start(kind, { options: { transport, writeTimeoutMs: 2_000 } });
    const client = await RawClient.connect(server.address, { reads: false });
    const startedAt = performance.now();
    await client.send(get({ PATH_INFO: "/stream", QUERY_STRING: String(2 ** 30) }));
    await until(async () => (await server.report()).counts.exchanges === 1, 30_000, "the request has come");
    await until(async () => (await server.report()).openConnections === 0, 6_000, "the connection is closed");
    t.true(performance.now() - startedAt > 1_900);
    const { refusals, endings } = await server.report();
    t.deepEqual([refusals, endings], [{ UWSGI_WRITE_TIMEOUT: 1 }, { "peer-gone": 1 }]);
    client.destroy();
    await client.closed;
  });

  test(`F10, ${kind}, ${transport}: a client process that is stopped while it reads is cut by the write timeout`, async (t) => {
    await using server = await MeasuredServer.start(kind, { options: { transport, writeTimeoutMs: 2_000 } });
    const child = fork(program("reading-client"), [JSON.stringify(server.address), String(2 ** 40)]);
    t.teardown(() => child.kill("SIGKILL"));
    await once(child, "message");
    child.kill("SIGSTOP");
    const startedAt = performance.now();
    await until(async () => (await server.report()).openConnections === 0, 6_000, "the connection is closed");
    t.true(performance.now() - startedAt > 1_900);
    t.deepEqual((await server.report()).refusals, { UWSGI_WRITE_TIMEOUT: 1 });
    await timeRequest(server.address);
  });

  test(`T16, ${kind}, ${transport}: a peer that takes a large chunk slowly gets all of it, however long it takes`, async (t) => {
    t.timeout(60_000);
    await using server = await MeasuredServer.start(kind, { options: { transport, writeTimeoutMs: 2_000 } });
    using client = await RawClient.connect(server.address, { reads: false });
    const { socket } = client;
    const startedAt = performance.now();
    await client.send(get({ PATH_INFO: "/chunk", QUERY_STRING: String(32 * MIB) }));
    let taken = 0;
    let most = 0;
    let isOver = false;
    socket.once("end", () => (isOver = true));
    socket.on("data", (chunk: Uint8Array) => {
      taken += chunk.length;
      // Here, and not by a look now and then: a fast machine hands over all of it in a few milliseconds.
      if (taken >= most) socket.pause();
    });
    while (!isOver) {
      await delay(250);
      most = taken + MIB;
      socket.resume();
      while (!isOver && taken < most) await delay(1);
    }
    t.true(performance.now() - startedAt > 2 * 2_000);
    t.true(taken > 32 * MIB, `${taken}`);
    t.like(await server.report(), { refusals: {}, endings: { complete: 1 } });
  });
}

for (const kind of ["tcp", "unix"] as const) {
  // Serial ones run before all others, and alone: what is timed here is a server, not the checks beside it.
  test.serial(
    `F12, ${kind}: 100 bodies at 10 bytes a second delay no other request and get a 408 after 60 s`,
    async (t) => {
      t.timeout(120_000);
      await using server = await MeasuredServer.start(kind);
      await using control = await MeasuredServer.start(kind);
      const { address } = server;
      await timeRequests(address, 50);
      await timeRequests(control.address, 50);
      const open = await openMany(address, post("", { PATH_INFO: "/digest", CONTENT_LENGTH: "10000" }), 100);
      let isOver = false;
      const drip = setInterval(() => {
        for (const { client } of open) if (client.socket.writable) client.socket.write("x");
      }, 100);
      const others = new TimesBeside(address, control.address);
      const watch = (async () => {
        while (!isOver) {
          await others.take(1);
          await delay(100);
        }
      })();
      // Not to its end: the server may wait for the rest of a body that is still coming.
      const answered = open.map(async ({ client, openedAt }) => {
        await client.until("HTTP/1.1 408");
        return performance.now() - openedAt;
      });
      const answeredMs = (await Promise.all(answered)).sort((a, b) => a - b);
      isOver = true;
      await watch;
      clearInterval(drip);
      const [shortest = 0, longest = 0] = [answeredMs[0], answeredMs.at(-1)];
      t.log(`${others.describe(0.99)}; answered after ${shortest.toFixed(0)} to ${longest.toFixed(0)} ms`);
      t.true(others.isWithin(0.99, 100), others.describe(0.99));
      // The time that was waited is known to one look at the clock.
      t.true(shortest > 59_700, `${shortest} ms`);
      t.true(longest < 63_000 + (await server.machineLateMs()), `${longest} ms`);
      await closeAll(open);
    },
  );
}
