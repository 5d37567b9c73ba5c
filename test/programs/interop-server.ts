/**
 * A server whose memory is measured, run by `test/helpers/server-process.ts`:
 *
 *     node --expose-gc interop-server.js SOCKET
 *
 * `/digest` reads the body chunk by chunk, `/hold` does so once `/release` was asked for,
 * `/stream?SIZE` answers with that many bytes, `/progress` tells how far the latest stream has come.
 * Ends when the channel to its parent does.
 */
import { createHash } from "node:crypto";
import { serve, type WsgiApplication, type WsgiEnviron } from "../../src/index.ts";
import { noiseChunks } from "../helpers/noise.ts";
import type { Digest, Memory, Progress } from "../helpers/server-process.ts";
import { Gate } from "../helpers/wsgi-apps.ts";

/** How often garbage is collected: with 64 KB chunks every 8 MB. */
const LOOKS_PER_COLLECTION = 128;

/** Resident memory from now on. Garbage is V8's business and would hide what is kept. */
class Watch {
  private readonly before = measure();
  private peak = this.before;
  private looks = 0;

  look(): void {
    const rss = this.looks++ % LOOKS_PER_COLLECTION === 0 ? measure() : process.memoryUsage.rss();
    this.peak = Math.max(this.peak, rss);
  }

  report(): Memory {
    this.look();
    return { before: this.before, peak: this.peak };
  }
}

function measure(): number {
  globalThis.gc?.();
  return process.memoryUsage.rss();
}

let produced = 0;
let streamWatch = new Watch();
const held = new Gate();

async function digest(environ: WsgiEnviron): Promise<Digest> {
  const watch = new Watch();
  if (environ.PATH_INFO === "/hold") await held.opened;
  watch.look();
  const hash = createHash("sha256");
  let bytes = 0;
  for await (const chunk of environ["wsgi.input"]) {
    hash.update(chunk);
    bytes += chunk.length;
    watch.look();
  }
  return { contentLength: environ.CONTENT_LENGTH, bytes, sha256: hash.digest("hex"), memory: watch.report() };
}

async function* stream(size: number): AsyncGenerator<Uint8Array> {
  produced = 0;
  streamWatch = new Watch();
  for (const chunk of noiseChunks(size, 20_000)) {
    produced += chunk.length;
    streamWatch.look();
    yield chunk;
  }
}

const application: WsgiApplication = async (environ, startResponse) => {
  startResponse("200 OK", [["Content-Type", "application/octet-stream"]]);
  switch (environ.PATH_INFO) {
    case "/stream":
      return stream(Number(environ.QUERY_STRING));
    case "/digest":
    case "/hold":
      return JSON.stringify(await digest(environ));
    case "/release":
      held.open();
      return "";
    default:
      return JSON.stringify({ produced, memory: streamWatch.report() } satisfies Progress);
  }
};

const server = await serve(application, { socket: process.argv[2] ?? [] });
process.once("disconnect", () => void server.close());
process.send?.("listening");
