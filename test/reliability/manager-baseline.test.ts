/**
 * What any server of this protocol is asked from outside, of a master with 2 workers, a limit of 2 s for a request and of
 * 4 s for its packet. Kills, stuck workers and reloads are in `manager-killed` and `manager-faults`.
 */
import test from "ava";
import { abortRequest, abortResponse, trackedRequest } from "../helpers/aborts.ts";
import { load } from "../helpers/load-process.ts";
import { SECRET } from "../helpers/load-bodies.ts";
import { ManagerCommand, memoryOf, openFilesOf } from "../helpers/manager-command.ts";
import { highest, MIB, timeRequest, until } from "../helpers/measure.ts";
import { noise } from "../helpers/noise.ts";
import {
  askByteByByte,
  askHalfClosed,
  failWithLength,
  failWithoutLength,
  upload,
  waysToFailEarly,
} from "../helpers/odd-requests.ts";
import { ask, exchange, get, parseAnswer, RawClient } from "../helpers/raw-client.ts";

const flags = ["--harakiri", "2", "--header-timeout", "4"];

const request = trackedRequest(MIB);

/** Bytes of the answer after which a client goes away. */
const POINTS = [1, 1_000, 100_000, MIB / 2, MIB];

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
      t.like(await askHalfClosed(address), { body: "ok", how: "end" });
      const { body, how } = await askByteByByte(address);
      t.is(how, "end");
      t.true(body.startsWith("12 "));
    },
  );

  test.serial(
    `errors, of a manager, ${kind}: 500 before the head, visibly short behind it, and no reason told`,
    async (t) => {
      await using manager = await ManagerCommand.start({ kind, flags });
      const pids = await manager.ready();
      for (const way of waysToFailEarly) {
        const { bytes, how } = await exchange(manager.address, get({ PATH_INFO: `/fails/${way}` }));
        t.deepEqual({ status: parseAnswer(bytes).status, how }, { status: 500, how: "end" });
        t.false(Buffer.from(bytes).toString("latin1").includes(SECRET));
      }
      t.true((await failWithLength(manager.address)).body.length < 1_000);
      const { text, how } = await failWithoutLength(manager.address);
      // Nothing shows it on a unix socket.
      t.is(how, kind === "tcp" ? "ECONNRESET" : "end");
      t.false(text.includes(SECRET));
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
      const ways = kind === "tcp" ? (["close", "reset"] as const) : (["close"] as const);
      let aborts = 0;
      while (aborts < 451) {
        for (const way of ways) {
          for (let sent = 0; sent <= request.length; sent++, aborts++) {
            await abortRequest(manager.address, request, sent, way);
          }
          for (const point of POINTS) {
            await abortResponse(manager.address, request, point, way);
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
      const bytes = noise(4 * MIB);
      for (let i = 0; i < 20; i++) {
        const { status, body, how } = await upload(manager.address, bytes);
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
