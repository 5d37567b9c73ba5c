/** What the benchmarks of the server send, and the applications that answer. */
import type { StartResponse, WsgiApplication, WsgiEnviron } from "../../src/app/index.ts";
import { encodePacket } from "../../src/codec/index.ts";
import type { Middleware } from "../../src/handler/index.ts";
import { chromeGet } from "./inputs.ts";

/** A request, who answers it, and the answer that must come. */
export interface ExchangeCase {
  readonly title: string;
  /** Packet and body, as one read of a socket. */
  readonly request: Uint8Array;
  readonly application: WsgiApplication;
  /** What stands around the application. Default: nothing. */
  readonly middleware?: readonly Middleware[];
  /** The whole answer, latin-1, or what it must look like. */
  readonly answer: string | RegExp;
}

const HELLO = "Hello world\n";
const HELLO_BYTES: Uint8Array = new TextEncoder().encode(HELLO);

const head = (type: string, length: number): string =>
  `HTTP/1.1 200 OK\r\nContent-Type: ${type}\r\nContent-Length: ${length}\r\n\r\n`;

function text(_: WsgiEnviron, start: StartResponse): string {
  start("200 OK", [["Content-Type", "text/plain"]]);
  return HELLO;
}

function bytes(_: WsgiEnviron, start: StartResponse): Uint8Array {
  start("200 OK", [["Content-Type", "text/plain"]]);
  return HELLO_BYTES;
}

/** As frameworks answer: a list of one chunk, a length, a value that is another each time. */
function page(_: WsgiEnviron, start: StartResponse): string[] {
  pages = (pages + 1) % 10;
  start("200 OK", [
    ["Content-Type", "text/html; charset=utf-8"],
    ["Cache-Control", "no-cache"],
    ["ETag", `"5e1f-${pages}"`],
    ["Content-Length", String(HELLO.length)],
  ]);
  return [HELLO];
}

let pages = 0;

async function json(environ: WsgiEnviron, start: StartResponse): Promise<string> {
  const body = await environ["wsgi.input"].read();
  const order = JSON.parse(decoder.decode(body)) as { readonly items: readonly unknown[] };
  start("200 OK", [["Content-Type", "application/json"]]);
  return JSON.stringify({ items: order.items.length });
}

const CHUNKS = 100;
const CHUNK: Uint8Array = new Uint8Array(1_024).fill(0x61);

function* download(_: WsgiEnviron, start: StartResponse): Generator<Uint8Array> {
  start("200 OK", [["Content-Type", "text/plain"]]);
  for (let i = 0; i < CHUNKS; i++) yield CHUNK;
}

async function* slowDownload(_: WsgiEnviron, start: StartResponse): AsyncGenerator<Uint8Array> {
  start("200 OK", [["Content-Type", "text/plain"]]);
  for (let i = 0; i < CHUNKS; i++) yield CHUNK;
}

const downloaded = `HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n${"a".repeat(CHUNKS * CHUNK.length)}`;

const decoder = new TextDecoder();

const ITEMS = 16;
const order = JSON.stringify({
  items: Array.from({ length: ITEMS }, (_, i) => ({ sku: `A-${1_000 + i}`, title: "a thing that is sold", count: i })),
});
const answered = JSON.stringify({ items: ITEMS });

const post: Uint8Array = encodePacket({
  vars: chromeGet.vars.map(([name, value]): readonly [string, string] => {
    if (name === "REQUEST_METHOD") return [name, "POST"];
    if (name === "CONTENT_TYPE") return [name, "application/json"];
    return name === "CONTENT_LENGTH" ? [name, String(order.length)] : [name, value];
  }),
});

export const hello: ExchangeCase = {
  title: "hello, a string",
  request: chromeGet.packet,
  application: text,
  answer: head("text/plain", HELLO.length) + HELLO,
};

export const exchanges: readonly ExchangeCase[] = [
  hello,
  { ...hello, title: "hello, bytes", application: bytes },
  {
    title: "a page with four headers",
    request: chromeGet.packet,
    application: page,
    answer:
      "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nCache-Control: no-cache\r\n" +
      `ETag: "5e1f-1"\r\nContent-Length: ${HELLO.length}\r\n\r\n${HELLO}`,
  },
  {
    title: `a POST of JSON, ${order.length} bytes`,
    request: Buffer.concat([post, Buffer.from(order)]),
    application: json,
    answer: head("application/json", answered.length) + answered,
  },
  { ...hello, title: `a generator of ${CHUNKS} chunks`, application: download, answer: downloaded },
  { ...hello, title: `the same, asynchronous`, application: slowDownload, answer: downloaded },
];
