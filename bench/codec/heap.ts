/** Does a parse that nobody reads leave anything behind? */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

import { decodePacket } from "../../src/codec/index.ts";
import { chromeGet } from "../cases/inputs.ts";
import { sink } from "./rounds.ts";

const PARSES = 200_000;

/** Bytes by which the heap has grown per packet, after a collection. */
export function heapGrowthPerParse(): number {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
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
