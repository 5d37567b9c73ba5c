/** What is asked of middleware: idle, and at work beside the bare call that it cannot do without. */
import { createHash, webcrypto } from "node:crypto";
import { promisify } from "node:util";
import * as zlib from "node:zlib";
import { SignJWT } from "jose";
import type { StartResponse, WsgiEnviron } from "../../src/app/index.ts";
import { encodePacket } from "../../src/codec/index.ts";
import { type Middleware, titled } from "../../src/handler/index.ts";
import { auth, basic, bearer } from "../../src/middleware/auth/index.ts";
import { type Coding, compress } from "../../src/middleware/compress/index.ts";
import { errors } from "../../src/middleware/errors/index.ts";
import { inspect } from "../../src/middleware/inspect/index.ts";
import { session } from "../../src/middleware/session/index.ts";
import { type ExchangeCase, hello } from "../cases/exchanges.ts";
import { nginxGet } from "../cases/inputs.ts";

/** Something to be measured: an exchange, or a bare call. */
export interface Case {
  readonly title: string;
  /** Its cost beyond this one is what is told. */
  readonly beyond?: string;
  /** The bare call that is told beside it. */
  readonly beside?: string;
  readonly what: ExchangeCase | (() => unknown);
}

const KEY = "a secret of the bench, of at least 32 characters";
const JWT_SECRET = "another secret of the bench, 32 characters at least";
const PASSWORD = "open sesame";
const users = { ada: `{SHA}${createHash("sha1").update(PASSWORD).digest("base64")}` };

/** The request of a browser without a cookie, with more vars. */
function packetWith(vars: Readonly<Record<string, string>> = {}): Uint8Array {
  return encodePacket({ vars: [...nginxGet.vars, ...Object.entries(vars)] });
}

const plain: ExchangeCase = { ...hello, request: packetWith() };
const around = (middleware: readonly Middleware[], more: Partial<ExchangeCase> = {}): ExchangeCase => ({
  ...plain,
  middleware,
  ...more,
});

const five: readonly (readonly [name: string, make: () => Middleware])[] = [
  ["inspect", () => inspect()],
  ["errors", () => errors()],
  ["compress", () => compress()],
  ["session", () => session({ keys: [KEY] })],
  ["auth", () => auth(basic({ users }), { optional: true })],
];

const through = titled("through", (next) => (request) => next(request));

const idle: readonly Case[] = [
  { title: "no middleware", what: plain },
  { title: "one that passes on", beyond: "no middleware", what: around([through]) },
  ...five.map(([name, make]): Case => ({ title: `${name}, idle`, beyond: "no middleware", what: around([make()]) })),
  { title: "all five, idle", beyond: "no middleware", what: around(five.map(([, make]) => make())) },
];

// Sessions

const SESSION = { name: "ada", visits: 17, theme: "dark", cart: [1_017, 2_031, 4] };

/** The cookie that a session middleware sets. */
async function sealedCookie(): Promise<string> {
  const { inject } = await import("../../src/testing/index.ts");
  const { wrap } = await import("../../src/app/index.ts");
  const application = async (environ: WsgiEnviron, start: StartResponse): Promise<string> => {
    const opened = await environ["uisge.session"]?.load();
    for (const [name, value] of Object.entries(SESSION)) opened?.set(name, value);
    start("200 OK", []);
    return "";
  };
  const answer = await inject(wrap(application, [session({ keys: [KEY] })]));
  return (answer.get("set-cookie") ?? "").split(";")[0] ?? "";
}

async function reading(environ: WsgiEnviron, start: StartResponse): Promise<string> {
  const opened = await environ["uisge.session"]?.load();
  if (opened?.get("name") !== "ada") throw new Error("the session was not opened");
  start("200 OK", [["Content-Type", "text/plain"]]);
  return "Hello world\n";
}

async function changing(environ: WsgiEnviron, start: StartResponse): Promise<string> {
  const opened = await environ["uisge.session"]?.load();
  opened?.set("visits", Number(opened.get("visits")) + 1);
  start("200 OK", [["Content-Type", "text/plain"]]);
  return "Hello world\n";
}

async function sessions(): Promise<Case[]> {
  const request = packetWith({ HTTP_COOKIE: await sealedCookie() });
  const key = await webcrypto.subtle.importKey("raw", new Uint8Array(32), "AES-GCM", false, ["encrypt", "decrypt"]);
  const iv = new Uint8Array(12);
  const text = new TextEncoder().encode(JSON.stringify(SESSION));
  const sealed = await webcrypto.subtle.encrypt({ name: "AES-GCM", iv }, key, text);
  const one = [session({ keys: [KEY] })];
  const answer = /^HTTP\/1\.1 200 OK\r\n[^]*Hello world\n$/;
  return [
    { title: "AES-GCM, opened", what: () => webcrypto.subtle.decrypt({ name: "AES-GCM", iv }, key, sealed) },
    { title: "AES-GCM, sealed", what: () => webcrypto.subtle.encrypt({ name: "AES-GCM", iv }, key, text) },
    {
      title: "session, read from its cookie",
      beyond: "no middleware",
      beside: "AES-GCM, opened",
      what: around(one, { request, application: reading, answer }),
    },
    {
      title: "session, read and changed",
      beyond: "session, read from its cookie",
      beside: "AES-GCM, sealed",
      what: around(one, { request, application: changing, answer }),
    },
  ];
}

// Authentication

async function authentication(): Promise<Case[]> {
  const credentials = Buffer.from(`ada:${PASSWORD}`).toString("base64");
  const secret = new TextEncoder().encode(JWT_SECRET);
  const token = await new SignJWT({ sub: "ada" })
    .setProtectedHeader({ alg: "HS256" })
    .setExpirationTime("1h")
    .sign(secret);
  const [head = "", body = "", sent = ""] = token.split(".");
  const hash = { name: "HMAC", hash: "SHA-256" };
  const key = await webcrypto.subtle.importKey("raw", secret, hash, false, ["verify"]);
  const [signature, signed] = [Buffer.from(sent, "base64url"), Buffer.from(`${head}.${body}`)];
  const answer = /^HTTP\/1\.1 200 OK\r\n[^]*Hello world\n$/;
  return [
    { title: "SHA-1 of a password", what: () => createHash("sha1").update(PASSWORD).digest("base64") },
    {
      title: "auth basic, the same password again",
      beyond: "no middleware",
      beside: "SHA-1 of a password",
      what: around([auth(basic({ users }))], {
        request: packetWith({ HTTP_AUTHORIZATION: `Basic ${credentials}` }),
        answer,
      }),
    },
    { title: "HMAC of a token", what: () => webcrypto.subtle.verify("HMAC", key, signature, signed) },
    {
      title: "auth bearer, HS256",
      beyond: "no middleware",
      beside: "HMAC of a token",
      what: around([auth(bearer({ secret: JWT_SECRET }))], {
        request: packetWith({ HTTP_AUTHORIZATION: `Bearer ${token}` }),
        answer,
      }),
    },
  ];
}

// Compression

const rows = Array.from({ length: 1_200 }, (_, i) => ({
  sku: `A-${(i * 7919) % 10_007}`,
  title: `thing ${i}`,
  count: i % 97,
}));

/** JSON of about that many bytes. */
function jsonOf(bytes: number): string {
  let text = "[";
  for (const row of rows) {
    if (text.length >= bytes) break;
    text += `${JSON.stringify(row)},`;
  }
  return `${text.slice(0, -1)}]`;
}

interface Bare {
  now(bytes: Uint8Array, options: object): Uint8Array;
  later(bytes: Uint8Array, options: object): Promise<Uint8Array>;
  readonly options: object;
}

/** As the middleware sets them by default. */
const bare: ReadonlyMap<Coding, Bare> = new Map([
  ["gzip", { now: zlib.gzipSync, later: promisify(zlib.gzip), options: {} }],
  [
    "br",
    {
      now: zlib.brotliCompressSync,
      later: promisify(zlib.brotliCompress),
      options: { params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 4 } },
    },
  ],
  ...zstd(),
]);

/** What the types of Node 20 do not know yet. */
interface Zstd {
  readonly zstdCompressSync?: Bare["now"];
  readonly zstdCompress?: (
    bytes: Uint8Array,
    options: object,
    done: (error: Error | null, coded: Buffer) => void,
  ) => void;
}

function zstd(): [Coding, Bare][] {
  const { zstdCompressSync: now, zstdCompress } = zlib as Zstd;
  if (now === undefined || zstdCompress === undefined) return [];
  return [["zstd", { now, later: promisify(zstdCompress), options: {} }]];
}

/** Up to this size at once, beyond in another thread: as it is right for the size, and as the middleware does. */
const MOST_AT_ONCE = 16_384;

function compression(): Case[] {
  return [10_000, 50_000].flatMap((size) => {
    const body = Buffer.from(jsonOf(size));
    const application = (_: WsgiEnviron, start: StartResponse): Uint8Array => {
      start("200 OK", [["Content-Type", "application/json"]]);
      return body;
    };
    const kilo = `${size / 1_000} kB of JSON`;
    return Array.from(bare).flatMap(([coding, { now, later, options }]): Case[] => [
      {
        title: `${coding} of ${kilo}, bare`,
        what: () => (body.length <= MOST_AT_ONCE ? now(body, options) : later(body, options)),
      },
      {
        title: `compress, ${coding} of ${kilo}`,
        beyond: "no middleware",
        beside: `${coding} of ${kilo}, bare`,
        what: around([compress({ encodings: [coding] })], {
          request: encodePacket({
            vars: nginxGet.vars.map(([name, value]) => [name, name === "HTTP_ACCEPT_ENCODING" ? coding : value]),
          }),
          application,
          answer: new RegExp(`^HTTP/1\\.1 200 OK\\r\\n[^]*Content-Encoding: ${coding}\\r\\n`),
        }),
      },
    ]);
  });
}

/** All of them. */
export async function cases(): Promise<Case[]> {
  return [...idle, ...(await sessions()), ...(await authentication()), ...compression()];
}
