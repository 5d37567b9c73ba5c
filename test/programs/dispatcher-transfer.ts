/**
 * Sends and receives by a dispatcher, in a process of its own so that its memory can be told from the test's:
 *
 *     node --expose-gc dispatcher-transfer.js SOCKET download|upload|spooled|paused BYTES [undici6|undici7|undici8]
 *
 * The server is `interop-server.ts`. Prints, as JSON, how many bytes came or were counted at the other end, and its own
 * memory; without an undici it is Node's fetch that asks.
 */
import { Readable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { UwsgiDispatcher } from "../../src/client/dispatcher/index.ts";
import { noiseChunks } from "../helpers/noise.ts";
import type { Undici } from "../helpers/undicis.ts";

const [socket = "", what = "", size = "", by] = process.argv.slice(2);
const bytes = Number(size);
const dispatcher = new UwsgiDispatcher(socket);
let came = 0;
let peak = 0;

function measure(): number {
  globalThis.gc?.();
  return process.memoryUsage.rss();
}

async function ask(path: string, init: object = {}): Promise<AsyncIterable<Uint8Array>> {
  const url = `http://app.test${path}`;
  if (by === undefined) {
    const { body } = await fetch(url, { dispatcher, duplex: "half", ...init } as object);
    return body as unknown as AsyncIterable<Uint8Array>;
  }
  const { request } = (await import(by)) as Undici;
  return (await request(url, { dispatcher, ...init })).body;
}

/** What came, in all; memory is looked at with each piece. */
async function take(body: AsyncIterable<Uint8Array>, isPaused: boolean): Promise<Uint8Array[]> {
  const first: Uint8Array[] = [];
  let pieces = 0;
  for await (const chunk of body) {
    came += chunk.length;
    if (pieces < 10) first.push(chunk);
    if (isPaused && pieces === 10) await delay(500);
    look(pieces++);
  }
  return first;
}

function look(pieces: number): void {
  peak = Math.max(peak, pieces % 64 === 0 ? measure() : process.memoryUsage.rss());
}

async function* source(): AsyncGenerator<Uint8Array> {
  let pieces = 0;
  for (const chunk of noiseChunks(bytes, 65_536)) {
    look(pieces++);
    yield chunk;
  }
}

// All code that is needed is there, and has run once.
await take(await ask("/stream?1000000"), false);
came = 0;

const before = measure();
peak = before;
if (what === "download" || what === "paused") {
  await take(await ask(`/stream?${bytes}`), what === "paused");
} else {
  const headers = what === "upload" ? { "content-length": size } : {};
  const body = by === undefined ? Readable.toWeb(Readable.from(source())) : source();
  const text = Buffer.concat(await take(await ask("/digest", { method: "POST", headers, body }), false)).toString();
  came = (JSON.parse(text) as { bytes: number }).bytes;
}
console.log(JSON.stringify({ bytes: came, grown: peak - before }));
