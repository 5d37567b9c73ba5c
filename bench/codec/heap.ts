/** What does a packet take from the heap, and does a parse that nobody reads leave anything behind? */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

import { decodePacket } from "../../src/codec/index.ts";
import { type Contestant, environ, jsonParse, parse, toObject } from "../cases/contestants.ts";
import { chromeGet, type Input, mixed, visits } from "../cases/inputs.ts";
import { sink } from "./rounds.ts";

const PARSES = 200_000;

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** Bytes by which the heap has grown per packet, after a collection. */
export function heapGrowthPerParse(): number {
  parseMany();
  collect();
  const before = process.memoryUsage().heapUsed;
  parseMany();
  collect();
  return (process.memoryUsage().heapUsed - before) / PARSES;
}

function parseMany(): void {
  for (let i = 0; i < PARSES; i++) sink.last = decodePacket(chromeGet.packet);
}

export interface Allocation {
  readonly what: string;
  /** Bytes taken from the heap for one packet, garbage or not. */
  readonly bytes: number;
}

export function allocations(): Allocation[] {
  const groups: readonly (readonly [title: string, inputs: readonly Input[]])[] = [
    [chromeGet.title, [chromeGet]],
    ["16 different requests", mixed],
    ["16 visits", visits],
  ];
  return groups.flatMap(([title, inputs]) =>
    [parse(inputs), jsonParse(inputs), toObject(inputs), ...environ(inputs)].map((contestant) => ({
      what: `${title}: ${contestant.name}`,
      bytes: bytesFor(contestant),
    })),
  );
}

/** Few enough that the heap is not collected meanwhile, and a multiple of 16 requests in turn. */
const MEASURED = 160;
const WARM_UP = 20_000;
const TIMES = 15;

function bytesFor({ run }: Contestant): number {
  for (let i = 0; i < WARM_UP; i++) sink.last = run();
  const measured = Array.from({ length: TIMES }, () => {
    collect();
    const before = process.memoryUsage().heapUsed;
    for (let i = 0; i < MEASURED; i++) sink.last = run();
    return (process.memoryUsage().heapUsed - before) / MEASURED;
  });
  // A collection in between makes it less, a function compiled in between makes it more.
  return measured.toSorted((a, b) => a - b)[TIMES >> 1] as number;
}
