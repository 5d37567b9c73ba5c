/**
 * What the middleware compress costs: with nothing to do, and beside the bare call of zlib for the same bytes.
 *
 *     npx tsc -p tsconfig.test.json && node build/bench/programs/compress.js
 */
import { brotliCompress, brotliCompressSync, constants, gzip, gzipSync } from "node:zlib";
import * as zlib from "node:zlib";
import { promisify } from "node:util";
import type { AppRequest, AppResponse, Handler } from "../../src/handler/index.ts";
import { compress, type CompressOptions } from "../../src/middleware/compress/index.ts";

/** Five rounds of at least so long; the quickest counts. */
const ROUND_MS = 150;

async function microseconds(work: () => unknown): Promise<number> {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 5; round++) {
    const began = performance.now();
    let count = 0;
    let passed = 0;
    while (passed < ROUND_MS) {
      for (let i = 0; i < 20; i++) {
        const given = work();
        if (given instanceof Promise) await given;
      }
      count += 20;
      passed = performance.now() - began;
    }
    best = Math.min(best, (passed / count) * 1_000);
  }
  return best;
}

function request(accept: string): AppRequest {
  const environ = { REQUEST_METHOD: "GET", QUERY_STRING: "", PATH_INFO: "/", HTTP_ACCEPT_ENCODING: accept };
  return { environ, isUpgraded: false } as unknown as AppRequest;
}

function response(type: string, body: AppResponse["body"]): AppResponse {
  const headers = [
    ["Content-Type", type],
    ["Cache-Control", "max-age=60"],
    ["ETag", '"0123456789abcdef"'],
    ["X-Request-Id", "0123456789abcdef"],
  ] as const;
  return { status: 200, headers, body };
}

let seed = 1;
function pick(list: readonly string[]): string {
  seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fffffff;
  return list[(seed >> 8) % list.length] ?? "";
}

const words =
  "tea leaf price stock name customer order created amount city street warehouse pot cup water milk sugar".split(" ");

function json(bytes: number): string {
  const items: unknown[] = [];
  for (let size = 0; size < bytes; size = JSON.stringify(items).length) {
    items.push({
      id: seed % 100_000,
      name: pick(words),
      tags: [pick(words), pick(words)],
      price: (seed % 9_999) / 100,
    });
  }
  return JSON.stringify(items).slice(0, bytes);
}

function html(bytes: number): string {
  let page = "<!doctype html><html><body>";
  while (page.length < bytes) {
    const text = Array.from({ length: 20 }, () => pick(words)).join(" ");
    page += `<div class="item item-${seed % 90}"><a href="/teas/${seed % 5_000}">${pick(words)}</a><p>${text}</p></div>\n`;
  }
  return page.slice(0, bytes);
}

async function idle(): Promise<void> {
  const cases: readonly (readonly [string, AppResponse, CompressOptions])[] = [
    ["a small answer", response("application/json", '{"tea":"oolong"}'), {}],
    ["an image of 100 KB", response("image/png", new Uint8Array(100_000)), {}],
    ["large text, client takes nothing", response("text/plain", html(20_000)), {}],
    ["large text, with a session", { ...response("text/plain", html(20_000)) }, {}],
  ];
  for (const [title, given, options] of cases) {
    const asked = request(title.includes("nothing") ? "" : "gzip, deflate, br");
    if (title.includes("session")) Object.assign(asked.environ, { "uisge.session": { isLoaded: true } });
    const bare: Handler = () => given;
    const handler = compress(options)(bare);
    // Each call with some of its own: a loop around one is measured away.
    const hundred = (one: Handler) => (): unknown => {
      let last: unknown;
      for (let i = 0; i < 100; i++) last = one(asked);
      return last;
    };
    const alone = (await microseconds(hundred(bare))) / 100;
    const around = (await microseconds(hundred(handler))) / 100;
    console.log(`${title.padEnd(34)} ${(around - alone).toFixed(3)} us`);
  }
}

type Code = (bytes: Buffer) => Promise<Uint8Array> | Uint8Array;

async function active(): Promise<void> {
  const brotli = { params: { [constants.BROTLI_PARAM_QUALITY]: 4, [constants.BROTLI_PARAM_LGWIN]: 18 } };
  const codes: Record<string, readonly [Code, Code]> = {
    gzip: [(bytes) => gzipSync(bytes), (bytes) => promisify(gzip)(bytes)],
    br: [(bytes) => brotliCompressSync(bytes, brotli), (bytes) => promisify(brotliCompress)(bytes, brotli)],
  };
  const { zstdCompressSync, zstdCompress } = zlib as unknown as Record<
    string,
    (bytes: Buffer, options: object, done?: (error: Error | null, coded: Buffer) => void) => Buffer
  >;
  if (zstdCompressSync !== undefined && zstdCompress !== undefined) {
    const sized = (bytes: Buffer): object => ({ pledgedSrcSize: bytes.length });
    const later: Code = (bytes) =>
      new Promise((resolve, reject) => {
        zstdCompress(bytes, sized(bytes), (error, coded) => (error === null ? resolve(coded) : reject(error)));
      });
    codes["zstd"] = [(bytes) => zstdCompressSync(bytes, sized(bytes)), later];
  }
  for (const [title, type, text] of [
    ["4 KB of JSON", "application/json", json(4_096)],
    ["10 KB of JSON", "application/json", json(10_240)],
    ["20 KB of HTML", "text/html", html(20_480)],
    ["100 KB of HTML", "text/html", html(102_400)],
  ] as const) {
    for (const [coding, [now, later]] of Object.entries(codes)) {
      const bytes = Buffer.from(text);
      const bare = bytes.length <= 16_384 ? now : later;
      const handler = compress()(() => response(type, text));
      const alone = await microseconds(() => bare(bytes));
      const around = await microseconds(() => handler(request(coding)));
      const atOnce = await microseconds(() => now(bytes));
      const size = (await now(bytes)).length;
      const ratio = (around / alone).toFixed(2);
      console.log(
        `${title.padEnd(16)} ${coding.padEnd(5)} ${String(size).padStart(6)} bytes  zlib ${alone.toFixed(0).padStart(5)} us (at once ${atOnce.toFixed(0)})  compress ${around.toFixed(0).padStart(5)} us  ratio ${ratio}`,
      );
    }
  }
}

async function streamed(): Promise<void> {
  const chunk = Buffer.from(html(65_536));
  for (const coding of ["gzip", "br"]) {
    const handler = compress()(() =>
      response(
        "text/html",
        (async function* () {
          for (let i = 0; i < 160; i++) yield chunk;
        })(),
      ),
    );
    const began = performance.now();
    let most = 0;
    let bytes = 0;
    const before = process.memoryUsage().rss;
    const { body } = await handler(request(coding));
    for await (const piece of body as AsyncIterable<Uint8Array>) {
      bytes += piece.length;
      most = Math.max(most, process.memoryUsage().rss - before);
    }
    const took = performance.now() - began;
    console.log(
      `10 MB stream      ${coding.padEnd(5)} ${bytes} bytes  ${took.toFixed(0)} ms  memory +${(most / 1_048_576).toFixed(1)} MB`,
    );
  }
}

console.log(`Node ${process.version}`);
await idle();
await active();
await streamed();
