/** What the benchmarks read and write: real requests of browsers, and packets of chosen shapes. */
import { encodePacket } from "../../src/codec/index.ts";

export type VarsList = readonly (readonly [name: string, value: string])[];

export interface Input {
  readonly title: string;
  readonly vars: VarsList;
  readonly packet: Uint8Array;
}

/** Captured from nginx 1.22 with its own `uwsgi_params`: a page asked for by a browser. */
const nginxVars: VarsList = [
  ["QUERY_STRING", ""],
  ["REQUEST_METHOD", "GET"],
  ["CONTENT_TYPE", ""],
  ["CONTENT_LENGTH", ""],
  ["REQUEST_URI", "/"],
  ["PATH_INFO", "/"],
  ["DOCUMENT_ROOT", "/var/www/html"],
  ["SERVER_PROTOCOL", "HTTP/1.1"],
  ["REQUEST_SCHEME", "http"],
  ["REMOTE_ADDR", "127.0.0.1"],
  ["REMOTE_PORT", "57618"],
  ["SERVER_PORT", "20000"],
  ["SERVER_NAME", "example.test"],
  ["HTTP_HOST", "example.test"],
  [
    "HTTP_USER_AGENT",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
  ],
  ["HTTP_ACCEPT", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"],
  ["HTTP_ACCEPT_LANGUAGE", "en-US,en;q=0.5"],
  ["HTTP_ACCEPT_ENCODING", "gzip, deflate, br"],
  ["HTTP_CONNECTION", "keep-alive"],
  ["HTTP_UPGRADE_INSECURE_REQUESTS", "1"],
  ["HTTP_SEC_FETCH_MODE", "navigate"],
];

/** What the same nginx sends for a page that Chrome asks for, with a query, a referer and a cookie. */
const chromeVars: VarsList = [
  ["QUERY_STRING", "page=2&sort=title"],
  ["REQUEST_METHOD", "GET"],
  ["CONTENT_TYPE", ""],
  ["CONTENT_LENGTH", ""],
  ["REQUEST_URI", "/articles/list?page=2&sort=title"],
  ["PATH_INFO", "/articles/list"],
  ["DOCUMENT_ROOT", "/var/www/html"],
  ["SERVER_PROTOCOL", "HTTP/1.1"],
  ["REQUEST_SCHEME", "http"],
  ["REMOTE_ADDR", "192.168.1.23"],
  ["REMOTE_PORT", "52344"],
  ["SERVER_PORT", "80"],
  ["SERVER_NAME", "example.test"],
  ["HTTP_HOST", "example.test"],
  ["HTTP_CONNECTION", "keep-alive"],
  ["HTTP_SEC_CH_UA", '"Chromium";v="126", "Not/A)Brand";v="8"'],
  ["HTTP_UPGRADE_INSECURE_REQUESTS", "1"],
  [
    "HTTP_USER_AGENT",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
  ],
  ["HTTP_ACCEPT", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"],
  ["HTTP_SEC_FETCH_SITE", "same-origin"],
  ["HTTP_REFERER", "http://example.test/articles"],
  ["HTTP_ACCEPT_ENCODING", "gzip, deflate, br"],
  ["HTTP_ACCEPT_LANGUAGE", "en-US,en;q=0.5"],
  ["HTTP_COOKIE", "session=8f14e45fceea167a5a36dedd4bea2543; theme=dark; lang=en"],
];

/** Lengths are literal: an input that changes by accident shall not change the results quietly. */
export const nginxGet: Input = input("nginx GET, 21 vars", nginxVars, 672);
export const chromeGet: Input = input("Chrome GET, 24 vars", chromeVars, 913);

/**
 * Sixteen different requests, one after another: other pages, cookies and sets of headers. One packet
 * over and over lets a processor learn it by heart; this is what a server sees.
 */
export const mixed: readonly Input[] = Array.from({ length: 16 }, (_, i) => {
  const vars = chromeVars
    .filter(([name]) => !(i % 3 === 1 && name === "HTTP_COOKIE") && !(i % 4 === 2 && name.startsWith("HTTP_SEC_")))
    .map(([name, value]): [string, string] => {
      if (name === "REQUEST_URI" || name === "PATH_INFO") return [name, value + "x".repeat((i * 7) % 23)];
      if (name === "HTTP_USER_AGENT" && i % 2 === 1)
        return [name, value.replace("X11; Linux x86_64", "Windows NT 10.0")];
      return [name, value];
    });
  return input(`request ${i} of 16`, vars);
});

/**
 * What one location sends for sixteen pages: the same names each time. Two browsers at two addresses, each
 * with its cookie, other pages, queries and referers, and a port for each connection.
 */
export const visits: readonly Input[] = Array.from({ length: 16 }, (_, i) => {
  const browser = i % 3 === 1 ? 1 : 0;
  const path = `/articles/${(i * 7_919) % 1_000}`;
  const query = `page=${i}&sort=${i % 4 === 0 ? "title" : "date"}`;
  const changed: Readonly<Record<string, string>> = {
    QUERY_STRING: query,
    REQUEST_URI: `${path}?${query}`,
    PATH_INFO: path,
    REMOTE_ADDR: `192.168.1.${23 + browser}`,
    REMOTE_PORT: `${40_000 + ((i * 6_151) % 20_000)}`,
    HTTP_REFERER: `http://example.test/articles/${i}`,
    HTTP_COOKIE: `session=${browser}f14e45fceea167a5a36dedd4bea2543; theme=dark; lang=en; seen=${i}`,
  };
  const otherBrowser: Readonly<Record<string, string>> = {
    HTTP_USER_AGENT: "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/125.0.0.0 Safari/537.36",
    HTTP_SEC_CH_UA: '"Chromium";v="125", "Not.A/Brand";v="24"',
    HTTP_ACCEPT_LANGUAGE: "de-DE,de;q=0.9,en;q=0.8",
  };
  return input(
    `visit ${i} of 16`,
    chromeVars.map(([name, value]) => [
      name,
      changed[name] ?? (browser === 1 ? otherBrowser[name] : undefined) ?? value,
    ]),
  );
});

/** A packet of `count` vars with names and values of everyday length. */
export function ofCount(count: number): Input {
  return input(
    `${count} vars`,
    Array.from({ length: count }, (_, i) => [`HTTP_X_HEADER_${i}`, `value of header ${i}`]),
  );
}

/** A packet of 10 vars whose values have `size` bytes. */
export function ofValueSize(size: number): Input {
  return input(
    `10 values of ${size} bytes`,
    Array.from({ length: 10 }, (_, i) => [`HTTP_X_HEADER_${i}`, "v".repeat(size)]),
  );
}

function input(title: string, vars: VarsList, length?: number): Input {
  // Exactly as large as the packet, as a server's read would be seen; not a part of Buffer's pool.
  const packet = Buffer.from(new Uint8Array(encodePacket({ vars })).buffer);
  if (length !== undefined && packet.length !== length)
    throw new Error(`${title}: ${packet.length} bytes, expected ${length}`);
  return { title, vars, packet };
}
