/**
 * What any server of this protocol is asked from outside, of a master with 2 workers, a limit of 2 s for a request and of
 * 4 s for its packet. Kills, stuck workers and reloads are in `manager-killed` and `manager-faults`.
 */
import { once } from "node:events";
import test from "ava";
import { load } from "../helpers/load-process.ts";
import { SECRET } from "../helpers/load-bodies.ts";
import { ManagerCommand, memoryOf, openFilesOf } from "../helpers/manager-command.ts";
import { highest, MIB, timeRequest, until } from "../helpers/measure.ts";
import { noise } from "../helpers/noise.ts";
import { ask, exchange, get, parseAnswer, post, RawClient } from "../helpers/raw-client.ts";

const flags = ["--harakiri", "2", "--header-timeout", "4"];

const request = post("a body of thirty bytes exactly", {
  PATH_INFO: "/tracked",
  QUERY_STRING: String(MIB),
  HTTP_USER_AGENT: "goes away, at each of its bytes, in both of the ways that there are",
  HTTP_ACCEPT: "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
});

/** Bytes of the answer after which a client goes away. */
const POINTS = [1, 1_000, 100_000, MIB / 2, MIB];

async function leave(client: RawClient, isReset: boolean): Promise<void> {
  if (isReset) client.socket.resetAndDestroy();
  else client.destroy();
  await client.closed;
}

async function abortResponse(manager: ManagerCommand, readBytes: number, isReset: boolean): Promise<void> {
  const client = await RawClient.connect(manager.address, { reads: false });
  await client.send(request);
  let left = readBytes;
  client.socket.on("data", (chunk: Uint8Array) => {
    left -= chunk.length;
    if (left <= 0) client.socket.emit("read enough");
  });
  await once(client.socket, "read enough");
  await leave(client, isReset);
}

/** Descriptors of all workers. */
function filesOf(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + openFilesOf(pid), 0);
}

/** Proportional memory of all workers. */
function bytesOf(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + memoryOf(pid), 0);
}

for (const kind of ["tcp", "unix"] as const) {
  test.serial(
    `basic, half-close, closes, byte-by-byte, of a manager, ${kind}: all are answered, and closed`,
    async (t) => {
      await using manager = await ManagerCommand.start({ kind, flags });
      const { address } = manager;
      for (const bytes of [get(), get({ HTTP_CONNECTION: "keep-alive" })]) {
        t.like(await ask(address, bytes), { status: 200, body: "ok", how: "end" });
      }
      using half = await RawClient.connect(address);
      await half.send(get());
      half.end();
      t.is((await half.ending).how, "end");
      t.is(parseAnswer(half.received).body, "ok");
      using slow = await RawClient.connect(address);
      slow.socket.setNoDelay(true);
      for (const byte of post("twelve bytes", { PATH_INFO: "/digest" })) await slow.send(Uint8Array.of(byte));
      t.is((await slow.ending).how, "end");
      t.true(parseAnswer(slow.received).body.startsWith("12 "));
    },
  );

  test.serial(
    `errors, of a manager, ${kind}: 500 before the head, visibly short behind it, and no reason told`,
    async (t) => {
      await using manager = await ManagerCommand.start({ kind, flags });
      const pids = await manager.ready();
      for (const way of ["sync", "async", "started", "first-chunk"]) {
        const { bytes, how } = await exchange(manager.address, get({ PATH_INFO: `/fails/${way}` }));
        t.deepEqual({ status: parseAnswer(bytes).status, how }, { status: 500, how: "end" });
        t.false(Buffer.from(bytes).toString("latin1").includes(SECRET));
      }
      const short = await exchange(manager.address, get({ PATH_INFO: "/fails/mid-length" }));
      t.true(Buffer.from(short.bytes).toString("latin1").split("\r\n\r\n").slice(1).join("").length < 1_000);
      using client = await RawClient.connect(manager.address);
      await client.send(get({ PATH_INFO: "/fails/mid", CONTENT_LENGTH: "1" }));
      await client.until("\r\n\r\n");
      await client.send("x");
      // Nothing shows it on a unix socket.
      t.is((await client.ending).how, kind === "tcp" ? "ECONNRESET" : "end");
      t.false(client.text.includes(SECRET));
      t.deepEqual(await manager.ready(), pids);
    },
  );

  test.serial(
    `abort, of a manager, ${kind}: 451 clients that go away at any byte cost no worker and no descriptor`,
    async (t) => {
      await using manager = await ManagerCommand.start({ kind, flags });
      const pids = await manager.ready();
      for (let i = 0; i < 20; i++) await timeRequest(manager.address);
      const before = filesOf(pids);
      const ways = kind === "tcp" ? [false, true] : [false];
      let aborts = 0;
      while (aborts < 451) {
        for (const isReset of ways) {
          for (let sent = 0; sent <= request.length; sent++, aborts++) {
            const client = await RawClient.connect(manager.address);
            if (sent > 0) await client.send(request.subarray(0, sent));
            await leave(client, isReset);
          }
          for (const point of POINTS) {
            await abortResponse(manager, point, isReset);
            aborts++;
          }
        }
      }
      t.true((await timeRequest(manager.address)) < 500);
      await until(() => filesOf(pids) <= before + 2, 5_000, "the descriptors are given back");
      t.deepEqual(await manager.ready(), pids);
    },
  );

  test.serial(
    `stall, stall-reap, of a manager, ${kind}: 200 half packets delay nobody, and end at their deadline`,
    async (t) => {
      await using manager = await ManagerCommand.start({ kind, flags });
      const pids = await manager.ready();
      const before = filesOf(pids);
      const lifetimes: Promise<number>[] = [];
      for (let i = 0; i < 200; i++) {
        const openedAt = performance.now();
        const client = await RawClient.connect(manager.address);
        await client.send(request.subarray(0, request.length / 2));
        lifetimes.push(
          client.ending.then(() => {
            client.destroy();
            return performance.now() - openedAt;
          }),
        );
      }
      t.true((await timeRequest(manager.address)) < 500);
      const lived = (await Promise.all(lifetimes)).sort((left, right) => left - right);
      const [shortest = 0, longest = 0] = [lived[0], lived.at(-1)];
      t.true(shortest > 3_900 && longest < 7_000, `${shortest} to ${longest} ms`);
      await until(() => filesOf(pids) <= before + 2, 5_000, "the descriptors are given back");
      t.deepEqual(await manager.ready(), pids);
    },
  );

  test.serial(
    `slow-reader, of a manager, ${kind}: 10 peers that do not read their 64 MiB cost under 40 MiB`,
    async (t) => {
      await using manager = await ManagerCommand.start({ kind, flags });
      const pids = await manager.ready();
      for (let i = 0; i < 200; i++) await timeRequest(manager.address);
      // What a process needs for its first streams it keeps: that is not the slow readers'.
      const streamed = get({ PATH_INFO: "/stream", QUERY_STRING: String(4 * MIB) });
      for (let i = 0; i < 5; i++) await Promise.all(Array.from({ length: 8 }, () => ask(manager.address, streamed)));
      const before = bytesOf(pids);
      const clients = await Promise.all(
        Array.from({ length: 10 }, () => RawClient.connect(manager.address, { reads: false })),
      );
      const answering = (async () => {
        for (const client of clients) await client.send(get({ PATH_INFO: "/stream", QUERY_STRING: String(64 * MIB) }));
        await manager.running(10);
        for (let i = 0; i < 50; i++) t.true((await timeRequest(manager.address)) < 500);
      })();
      const grown = (await highest(() => bytesOf(pids), answering)) - before;
      t.log(`${(grown / MIB).toFixed(1)} MiB`);
      t.true(grown < 40 * MIB, `${grown} bytes`);
      for (const client of clients) client.destroy();
      t.deepEqual(await manager.ready(), pids);
    },
  );

  test.serial(
    `early-answer, of a manager, ${kind}: 20 uploads of 4 MiB refused unread all get their 401 whole`,
    async (t) => {
      await using manager = await ManagerCommand.start({ kind, flags });
      const upload = post(noise(4 * MIB), { PATH_INFO: "/refuse" });
      for (let i = 0; i < 20; i++) {
        using client = await RawClient.connect(manager.address);
        await client.send(upload);
        const { bytes, how } = await client.ending;
        client.end();
        await client.closed;
        const { status, body } = parseAnswer(bytes);
        t.deepEqual({ status, body, how }, { status: 401, body: "who are you?", how: "end" });
      }
    },
  );

  test.serial(
    `soak, of a manager, ${kind}: 20 s of everything: 0 wrong, memory and descriptors as before`,
    async (t) => {
      await using manager = await ManagerCommand.start({ kind, flags });
      const pids = await manager.ready();
      const plan = { address: manager.address, lanes: 8, mostBytes: MIB, abortShare: 0.01, errorShare: 0.01 };
      await load({ ...plan, lanes: 16, requests: 5_000, seed: 1 });
      const [bytesBefore, filesBefore] = [bytesOf(pids), filesOf(pids)];
      const { requests, aborts, errors, wrong, examples, p99Ms } = await load({ ...plan, seconds: 20, seed: 2 });
      await until(() => filesOf(pids) <= filesBefore + 2, 5_000, "the descriptors are given back");
      const grown = bytesOf(pids) - bytesBefore;
      t.log(`${requests} requests, p99 ${p99Ms.toFixed(1)} ms, memory ${(grown / MIB).toFixed(1)} MiB`);
      t.deepEqual({ wrong, examples }, { wrong: 0, examples: [] });
      t.true(aborts > 0 && errors > 0);
      t.true(grown <= pids.length * 20 * MIB, `${grown} bytes`);
      t.deepEqual(await manager.ready(), pids);
    },
  );
}
