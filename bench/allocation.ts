/**
 * What a request leaves for the garbage collector: bytes for each request by the function that allocated
 * them, the most first. Sampled by the engine (`HeapProfiler`), so small figures are rough.
 *
 *     npm run bench:allocation            hello
 *     npm run bench:allocation -- POST    the cases with that word in their title
 */
import { type HeapProfiler, Session } from "node:inspector";
import { fileURLToPath } from "node:url";
import { type ExchangeCase, exchanges, hello } from "./cases/exchanges.ts";
import { Peer } from "./server/peer.ts";

const WARM_UP = 20_000;
const REQUESTS = 100_000;
const LINES = 15;

/** Of the build, which is where functions are found. */
const ROOT = fileURLToPath(new URL("../", import.meta.url));

/** Mean bytes between two samples: about four samples to a request. */
const INTERVAL_BYTES = 512;

const asked = process.argv.slice(2);
const session = new Session();
session.connect();
for (const exchange of exchanges) {
  if (asked.length === 0 ? exchange !== hello : !asked.some((word) => exchange.title.includes(word))) continue;
  print(exchange, await profile(exchange));
}
session.disconnect();

async function profile(exchange: ExchangeCase): Promise<HeapProfiler.SamplingHeapProfile> {
  const peer = await Peer.start(exchange);
  await peer.ask(WARM_UP);
  await post("HeapProfiler.startSampling", {
    samplingInterval: INTERVAL_BYTES,
    // What is collected while it runs is what this is about.
    includeObjectsCollectedByMajorGC: true,
    includeObjectsCollectedByMinorGC: true,
  });
  await peer.ask(REQUESTS);
  const { profile: sampled } = await post<{ profile: HeapProfiler.SamplingHeapProfile }>("HeapProfiler.stopSampling");
  await peer[Symbol.asyncDispose]();
  return sampled;
}

function post<Answer>(method: string, parameters: object = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    session.post(method, parameters, (error, answer) => {
      if (error === null) resolve(answer as Answer);
      else reject(new Error(`${method} failed`, { cause: error }));
    });
  });
}

function print({ title }: ExchangeCase, { head }: HeapProfiler.SamplingHeapProfile): void {
  const sizes = new Map<string, number>();
  add(head, sizes);
  let total = 0;
  for (const size of sizes.values()) total += size;
  console.log(`${title}: ${(total / REQUESTS).toFixed(0)} bytes for each request`);
  const most = [...sizes].toSorted(([, a], [, b]) => b - a).slice(0, LINES);
  for (const [name, size] of most) console.log(`${(size / REQUESTS).toFixed(0).padStart(8)}  ${name}`);
}

/** Adds what a node and those below it have allocated themselves. */
function add(
  { callFrame, selfSize, children }: HeapProfiler.SamplingHeapProfileNode,
  sizes: Map<string, number>,
): void {
  const { functionName, url, lineNumber } = callFrame;
  const file = url.startsWith("file:") ? fileURLToPath(url).replace(ROOT, "") : url;
  const where = file === "" ? "" : `  ${file}:${lineNumber + 1}`;
  const name = `${functionName || "(anonymous)"}${where}`;
  sizes.set(name, (sizes.get(name) ?? 0) + selfSize);
  for (const child of children) add(child, sizes);
}
