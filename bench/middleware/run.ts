/**
 * What middleware costs a request: microseconds of processor time, all threads of the process, without sockets. All cases
 * take turns in each round; a cost is the difference to another case in the same round, then the median and the
 * quartiles of these. `run.js session` asks only the cases with that word in their title, which is not kept.
 */
import { writeFileSync } from "node:fs";
import { machine } from "../machine.ts";
import { type Spread, spreadOf } from "../report/statistics.ts";
import { Peer } from "../server/peer.ts";
import { type Case, cases } from "./cases.ts";

const ROUNDS = 11;
const RESULTS = new URL("../../../bench/results/middleware.json", import.meta.url);
/** A turn of a case takes about so long. */
const TURN_MS = 60;

interface Contestant {
  readonly about: Case;
  /** Does it so many times. */
  run(count: number): Promise<void>;
  count: number;
  /** Microseconds, by round. */
  readonly times: number[];
}

async function contestantOf(about: Case): Promise<Contestant> {
  const { what } = about;
  if (typeof what === "function") {
    const run = async (count: number): Promise<void> => {
      for (let i = 0; i < count; i++) await what();
    };
    return { about, run, count: 0, times: [] };
  }
  const peer = await Peer.start({ ...what, title: about.title });
  return { about, run: (count) => peer.ask(count), count: 0, times: [] };
}

/** How many of it fill a turn. */
async function warm(contestant: Contestant): Promise<void> {
  let count = 100;
  for (;;) {
    const before = performance.now();
    await contestant.run(count);
    const took = performance.now() - before;
    if (took >= TURN_MS) {
      contestant.count = Math.max(20, Math.round((count * TURN_MS) / took));
      return;
    }
    count *= 2;
  }
}

async function measure({ run, count, times }: Contestant): Promise<void> {
  const before = process.cpuUsage();
  await run(count);
  const { user, system } = process.cpuUsage(before);
  times.push((user + system) / count);
}

interface Row {
  readonly title: string;
  readonly us: Spread;
  readonly beyond?: { readonly title: string; readonly us: Spread };
  readonly beside?: { readonly title: string; readonly us: Spread; readonly ratio: Spread };
}

function rowOf({ about, times }: Contestant, all: ReadonlyMap<string, Contestant>): Row {
  const { title, beyond, beside } = about;
  const timesOf = (name: string): readonly number[] => all.get(name)?.times ?? [];
  const extra = beyond === undefined ? times : times.map((time, i) => time - (timesOf(beyond)[i] ?? Number.NaN));
  const bare = beside === undefined ? [] : timesOf(beside);
  return {
    title,
    us: spreadOf(times),
    ...(beyond === undefined ? {} : { beyond: { title: beyond, us: spreadOf(extra) } }),
    ...(beside === undefined
      ? {}
      : {
          beside: {
            title: beside,
            us: spreadOf(bare),
            ratio: spreadOf(extra.map((time, i) => time / (bare[i] ?? Number.NaN))),
          },
        }),
  };
}

const show = ({ median, low, high }: Spread): string =>
  `${median.toFixed(2)} (${low.toFixed(2)} to ${high.toFixed(2)})`;

function lineOf({ title, us, beyond, beside }: Row): string {
  const more = beyond === undefined ? "" : `${show(beyond.us)} more than ${beyond.title}`;
  const times = beside === undefined ? "" : `; ${show(beside.ratio)} times ${beside.title}`;
  return `${title.padEnd(38)}${us.median.toFixed(2).padStart(9)} us  ${more}${times}`.trimEnd();
}

const asked = process.argv.slice(2);
const every = await cases();
const wanted = every.filter(({ title }) => asked.length === 0 || asked.some((word) => title.includes(word)));
const titles = new Set(wanted.flatMap(({ title, beyond, beside }) => [title, beyond, beside]));
const contestants: Contestant[] = [];
for (const about of every) if (titles.has(about.title)) contestants.push(await contestantOf(about));
for (const contestant of contestants) await warm(contestant);
for (const contestant of contestants) await warm(contestant);
for (let round = 0; round < ROUNDS; round++) {
  for (const contestant of round % 2 === 0 ? contestants : contestants.toReversed()) await measure(contestant);
}
const byTitle = new Map(contestants.map((contestant) => [contestant.about.title, contestant]));
const rows = contestants.map((contestant) => rowOf(contestant, byTitle));
const { cpu, cores, os, node } = machine();
console.log(`${cpu}, ${cores} cores, ${os}, Node ${node}; medians and quartiles of ${ROUNDS} rounds, processor time\n`);
for (const row of rows) console.log(lineOf(row));
if (asked.length === 0) {
  const kept = { date: new Date().toISOString(), cpu, cores, os, node, rounds: ROUNDS, rows };
  writeFileSync(RESULTS, `${JSON.stringify(kept, undefined, 2)}\n`);
}
process.exit();
