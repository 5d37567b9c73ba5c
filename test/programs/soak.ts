/**
 * A soak by hand: the load of the timed checks for as long as you like, on TCP and on a unix socket
 * at once.
 *
 *     npm run soak:load -- --minutes 120 [--lanes 8]
 *
 * Says how it goes after each round, and at the end how memory has grown in the last half. The exit
 * code is 1 when an answer was wrong, descriptors or bodies were left open, or memory grew: by more
 * than 1 MiB an hour, which shorter soaks than one hour cannot tell from noise and only report.
 */
import { parseArgs } from "node:util";
import { load } from "../helpers/load-process.ts";
import { lastHalf, MIB, slope, until } from "../helpers/measure.ts";
import { MeasuredServer, watchRss } from "../helpers/measured-server.ts";
import type { TransportKind } from "../helpers/test-server.ts";

const HOUR_MS = 3_600_000;
const MOST_MIB_AN_HOUR = 1;

/** An hour at least: in less, the noise of a few MiB is more than that. */
const JUDGED_FROM_MINUTES = 60;

const { values } = parseArgs({
  options: { minutes: { type: "string", default: "10" }, lanes: { type: "string", default: "8" } },
});
const [minutes, lanes] = [Number(values.minutes), Number(values.lanes)];
if (!(minutes > 0 && lanes > 0)) throw new Error("--minutes and --lanes are numbers above 0");
const roundSeconds = Math.min(60, Math.max(5, minutes * 3));

/** Soaks one server; answers what was wrong with it. */
async function soak(kind: TransportKind): Promise<string[]> {
  await using server = await MeasuredServer.start(kind);
  const plan = { address: server.address, lanes, mostBytes: MIB, abortShare: 0.01, errorShare: 0.01 };
  const untilIdle = (): Promise<number> =>
    until(async () => (await server.report()).openConnections === 0, 10_000, "no connection is left");
  await load({ ...plan, lanes: 2 * lanes, requests: 8_000, seed: 0 });
  await untilIdle();
  const filesBefore = server.openFiles;
  const watch = watchRss(server, 1_000);
  const endsAt = performance.now() + minutes * 60_000;
  const p99s: number[] = [];
  let requests = 0;
  let wrong = 0;
  for (let round = 1; performance.now() < endsAt; round++) {
    const seconds = Math.min(roundSeconds, (endsAt - performance.now()) / 1_000);
    const result = await load({ ...plan, seconds, seed: round });
    requests += result.requests;
    wrong += result.wrong;
    p99s.push(result.p99Ms);
    const leftMinutes = Math.max(0, (endsAt - performance.now()) / 60_000);
    console.log(
      `${kind}: ${requests} requests, ${wrong} wrong, p99 ${result.p99Ms.toFixed(1)} ms, ` +
        `RSS ${(server.rssBytes / MIB).toFixed(1)} MiB, ${server.openFiles} descriptors, ${leftMinutes.toFixed(1)} min left`,
    );
    for (const example of result.examples) console.log(`${kind}: wrong: ${example}`);
  }
  watch.stop();
  await untilIdle();
  const { opened, closed, heapBytes } = await server.report();
  const mibAnHour = (slope(lastHalf(watch.points)) * HOUR_MS) / MIB;
  const half = Math.floor(p99s.length / 2);
  const p99Growth = median(p99s.slice(half)) / median(p99s.slice(0, half));
  console.log(
    `${kind}: RSS grew ${mibAnHour.toFixed(2)} MiB an hour in the last half, heap ${(heapBytes / MIB).toFixed(1)} MiB, ` +
      `p99 of the second half ${p99Growth.toFixed(2)} times that of the first`,
  );
  const faults: string[] = [];
  if (wrong > 0) faults.push(`${wrong} wrong answers`);
  if (opened !== closed) faults.push(`${opened - closed} bodies not closed`);
  if (server.openFiles > filesBefore + 2) faults.push(`${server.openFiles - filesBefore} more descriptors`);
  if (minutes >= JUDGED_FROM_MINUTES && mibAnHour > MOST_MIB_AN_HOUR) faults.push("memory grows");
  return faults.map((fault) => `${kind}: ${fault}`);
}

function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;
}

const faults = (await Promise.all([soak("tcp"), soak("unix")])).flat();
for (const fault of faults) console.error(fault);
process.exitCode = faults.length === 0 ? 0 : 1;
