/**
 * What a request costs in this process, from the read of its packet to the last byte of its answer: no
 * sockets, no system calls. Prints microseconds of processor time for each case: the median of the rounds, the
 * least and the most. `in-process.js POST` asks only the cases with that word in their title. Two versions are
 * compared by running both in turns.
 */
import { exchanges } from "../cases/exchanges.ts";
import { Peer } from "./peer.ts";

const ROUNDS = 9;
const REQUESTS = 20_000;

const asked = process.argv.slice(2);
for (const exchange of exchanges) {
  if (asked.length > 0 && !asked.some((word) => exchange.title.includes(word))) continue;
  const peer = await Peer.start(exchange);
  const times: number[] = [];
  // The first is for the compiler.
  await peer.ask(REQUESTS);
  for (let round = 0; round < ROUNDS; round++) {
    const before = process.cpuUsage();
    await peer.ask(REQUESTS);
    const { user, system } = process.cpuUsage(before);
    times.push((user + system) / REQUESTS);
  }
  const [least, median, most] = [0, ROUNDS >> 1, ROUNDS - 1].map((i) => times.toSorted((a, b) => a - b)[i]?.toFixed(2));
  console.log(`${exchange.title.padEnd(30)}${median?.padStart(8)} us  (${least} to ${most})`);
  await peer[Symbol.asyncDispose]();
}
