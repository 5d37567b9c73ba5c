/** What is asked in the side-by-side, and what every backend must answer to it. */
import { chromeGet } from "../cases/inputs.ts";

export interface Application {
  readonly name: string;
  readonly title: string;
  readonly method: "GET" | "POST";
  /** Path and query as the client writes them. */
  readonly target: string;
  /** Sent besides `Host` and `Content-Length`. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Request body: text, or that many times the letter x. */
  readonly body?: string | number;
  /** Body of the answer: text, or that many times the letter x. */
  readonly answer: string | number;
  /** Bytes of body in whichever direction they go; what MB/s count. Undefined where they are few. */
  readonly bodyBytes?: number;
  /** Connections of the load. Large bodies take fewer, so that one round answers each of them many times. */
  readonly connections: number;
}

export const HELLO = "Hello world";

/** Path that answers how many vars begin with `HTTP_`; only where there are vars. */
export const COUNT_PATH = "/count";

export const KIB_64: number = 64 * 1024;
export const MIB_10: number = 10 * 1024 * 1024;

/** Headers that Chrome sends for a page: with nginx's own params they make 24 vars. */
const browserHeaders = chromeGet.vars
  .filter(([name]) => name.startsWith("HTTP_") && name !== "HTTP_HOST")
  .map(([name, value]) => [headerName(name), value] as const);

/** About 1 KB, in the very form that JSON.stringify and json.dumps(separators=(",", ":")) give it. */
const order = JSON.stringify({
  customer: 48_213,
  currency: "EUR",
  express: true,
  note: null,
  items: Array.from({ length: 14 }, (_, i) => ({
    article: `article number ${1_000 + i}`,
    quantity: 1 + (i % 4),
    cents: 995 + 250 * i,
  })),
});

export const applications: readonly Application[] = [
  {
    name: "hello",
    title: "hello: a small GET",
    method: "GET",
    target: "/hello",
    headers: [],
    answer: HELLO,
    connections: 32,
  },
  {
    name: "browser",
    title: "browser: a GET with the headers of Chrome, 24 vars",
    method: "GET",
    target: "/articles/list?page=2&sort=title",
    headers: browserHeaders,
    answer: HELLO,
    connections: 32,
  },
  {
    name: "json",
    title: "json: a POST of 1 KB, read, parsed and answered as JSON",
    method: "POST",
    target: "/json",
    headers: [["Content-Type", "application/json"]],
    body: order,
    answer: order,
    connections: 32,
  },
  {
    name: "download-64k",
    title: "download-64k: an answer of 64 KiB, one buffer",
    method: "GET",
    target: "/download-64k",
    headers: [],
    answer: KIB_64,
    bodyBytes: KIB_64,
    connections: 32,
  },
  {
    name: "download-10m",
    title: "download-10m: an answer of 10 MiB, streamed in chunks of 64 KiB",
    method: "GET",
    target: "/download-10m",
    headers: [],
    answer: MIB_10,
    bodyBytes: MIB_10,
    connections: 4,
  },
  {
    name: "upload-10m",
    title: "upload-10m: a body of 10 MiB, read to its end and counted",
    method: "POST",
    target: "/upload-10m",
    headers: [["Content-Type", "application/octet-stream"]],
    body: MIB_10,
    answer: String(MIB_10),
    bodyBytes: MIB_10,
    connections: 4,
  },
];

/** Throws for a name that is none. */
export function applicationNamed(name: string): Application {
  const found = applications.find((application) => application.name === name);
  if (found === undefined) throw new Error(`no application ${name}`);
  return found;
}

/** The text, or that many times the letter x. */
export function bytesOf(content: string | number): Buffer {
  return typeof content === "string" ? Buffer.from(content, "latin1") : Buffer.alloc(content, "x");
}

/** `HTTP_SEC_CH_UA` -> `Sec-Ch-Ua`. */
function headerName(name: string): string {
  return name
    .slice("HTTP_".length)
    .toLowerCase()
    .replaceAll(/(?:^|_)(.)/g, (_, letter: string) => `-${letter.toUpperCase()}`)
    .slice(1);
}
