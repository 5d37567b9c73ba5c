/**
 * What a request costs in this process, from the read of its packet to the last byte of its answer: no
 * sockets, no system calls. Prints microseconds for each case; `in-process.js POST` asks only the cases with
 * that word in their title. Two versions are compared by running both in turns.
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
    const startedAt = performance.now();
    await peer.ask(REQUESTS);
    times.push(((performance.now() - startedAt) * 1_000) / REQUESTS);
  }
  times.sort((a, b) => a - b);
  const [least = 0, most = 0] = [times[0], times.at(-1)];
  const median = times[ROUNDS >> 1] ?? 0;
  console.log(
    `${exchange.title.padEnd(30)}${median.toFixed(2).padStart(8)} us  (${least.toFixed(2)} to ${most.toFixed(2)})`,
  );
  await peer[Symbol.asyncDispose]();
}
