/**
 * T15: requests that two HTTP parsers read differently. The bridge refuses what is not plain, and agrees
 * with nginx wherever nginx is as strict.
 */
import test from "ava";
import { wsgi } from "../../src/app/index.ts";
import { formatAddress } from "../../src/connection/index.ts";
import type { Environ } from "../../src/environ/index.ts";
import { HttpBridge } from "../../src/gateway/index.ts";
import { Child } from "../helpers/child.ts";
import { needs } from "../helpers/needs.ts";
import { httpBlock, passTo, startFront } from "../helpers/nginx-stack.ts";
import { projectRoot } from "../helpers/project.ts";
import { RawClient } from "../helpers/raw-client.ts";
import { isWell } from "../helpers/target.ts";
import { startServer, type TestServer } from "../helpers/test-server.ts";

type Verdict = "served" | "refused";

interface Case {
  readonly about: string;
  readonly bytes: string;
  readonly verdict: Verdict;
  /** Why nginx may judge otherwise. */
  readonly nginxDiffers: string | undefined;
  /** More is awaited behind these bytes: the client closes its side. */
  readonly isCut: boolean;
}

const HOST = "Host: a.test\r\nConnection: close\r\n";

const get = (headers: string, line = "GET / HTTP/1.1"): string => `${line}\r\n${HOST}${headers}\r\n`;
const line = (requestLine: string): string => get("", requestLine);
const post = (headers: string, body: string): string => `POST / HTTP/1.1\r\n${HOST}${headers}\r\n${body}`;
const chunked = (body: string): string => post("Transfer-Encoding: chunked\r\n", body);

const LF = "nginx takes a bare LF for a line end (RFC 9112 2.2 allows it)";
const IGNORED = "nginx leaves out a header whose name it does not like, and serves the rest";
const CONTROLS = "nginx passes control characters in values on";
const VERSION = "nginx takes any HTTP/1.x for HTTP/1.1";

function rows(verdict: Verdict, cases: Readonly<Record<string, string>>, nginxDiffers?: string, isCut = false): Case[] {
  return Object.entries(cases).map(([about, bytes]) => ({ about, bytes, verdict, nginxDiffers, isCut }));
}

const framing: readonly Case[] = [
  ...rows("refused", {
    "Transfer-Encoding and Content-Length": post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n"),
    "Content-Length and Transfer-Encoding": post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
    "Transfer-Encoding and Content-Length in other cases": post(
      "transfer-ENCODING: Chunked\r\ncontent-LENGTH: 5\r\n",
      "0\r\n\r\n",
    ),
    "a smuggled request behind both": post(
      "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n",
      `0\r\n\r\n${line("GET /smuggled HTTP/1.1")}`,
    ),
    "two different Content-Length": post("Content-Length: 5\r\nContent-Length: 6\r\n", "hello!"),
    "two equal Content-Length": post("Content-Length: 5\r\nContent-Length: 5\r\n", "hello"),
    "a list for a Content-Length": post("Content-Length: 5, 5\r\n", "hello"),
    "a Content-Length with a plus": post("Content-Length: +5\r\n", "hello"),
    "a Content-Length below 0": post("Content-Length: -5\r\n", "hello"),
    "a hexadecimal Content-Length": post("Content-Length: 0x5\r\n", "hello"),
    "a Content-Length of two numbers": post("Content-Length: 5 5\r\n", "hello"),
    "a Content-Length with a fraction": post("Content-Length: 5.0\r\n", "hello"),
    "an empty Content-Length": post("Content-Length:\r\n", "hello"),
    "a Content-Length of 23 digits": post("Content-Length: 99999999999999999999999\r\n", "hello"),
    "Transfer-Encoding: identity": post("Transfer-Encoding: identity\r\n", "hello"),
    "Transfer-Encoding: identity with a length": post("Transfer-Encoding: identity\r\nContent-Length: 5\r\n", "hello"),
    "Transfer-Encoding: gzip, chunked": post("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"),
    "Transfer-Encoding: chunked, gzip": post("Transfer-Encoding: chunked, gzip\r\n", "0\r\n\r\n"),
    "Transfer-Encoding: chunked, chunked": post("Transfer-Encoding: chunked, chunked\r\n", "0\r\n\r\n"),
    "Transfer-Encoding twice": post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"),
    "an unknown Transfer-Encoding": post("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n"),
    "an empty Transfer-Encoding": post("Transfer-Encoding:\r\n", "0\r\n\r\n"),
    "a quoted Transfer-Encoding": post('Transfer-Encoding: "chunked"\r\n', "0\r\n\r\n"),
    "a vertical tab before chunked": post("Transfer-Encoding:\x0bchunked\r\n", "0\r\n\r\n"),
    "Transfer-Encoding with HTTP/1.0": get("Transfer-Encoding: chunked\r\n", "POST / HTTP/1.0").concat("0\r\n\r\n"),
  }),
  ...rows(
    "refused",
    { "a Content-Length of 2^53 + 1": post("Content-Length: 9007199254740993\r\n", "hello") },
    "nginx counts in 64 bits, and waits for that many bytes",
  ),
  ...rows("served", {
    "a request in the body of one that has no length": post("", line("GET /smuggled HTTP/1.1")),
    "a Content-Length": post("Content-Length: 5\r\n", "hello"),
    "a Content-Length with leading zeros": post("Content-Length: 0005\r\n", "hello"),
    "a GET with a Content-Length": get("Content-Length: 5\r\n").concat("hello"),
    "a GET with chunks": get("Transfer-Encoding: chunked\r\n").concat("5\r\nhello\r\n0\r\n\r\n"),
  }),
];

const chunks: readonly Case[] = [
  ...rows("served", {
    "a chunk": chunked("5\r\nhello\r\n0\r\n\r\n"),
    "a chunk size with leading zeros": chunked("0005\r\nhello\r\n0\r\n\r\n"),
    "a chunk size in capitals": chunked("A\r\nhellohello\r\n0\r\n\r\n"),
    "a short chunk extension": chunked('5;a="b c";d\r\nhello\r\n0\r\n\r\n'),
    "a chunk extension of 1 KiB": chunked(`5;${"a".repeat(1_024)}\r\nhello\r\n0\r\n\r\n`),
    "a trailer": chunked("5\r\nhello\r\n0\r\nX-Trailer: 1\r\n\r\n"),
    "a trailer that is a Host": chunked("5\r\nhello\r\n0\r\nHost: evil.test\r\n\r\n"),
  }),
  ...rows("refused", {
    "a chunk size with 0x": chunked("0x5\r\nhello\r\n0\r\n\r\n"),
    "a chunk size with a plus": chunked("+5\r\nhello\r\n0\r\n\r\n"),
    "a chunk size below 0": chunked("-5\r\nhello\r\n0\r\n\r\n"),
    "a chunk size that is no number": chunked("g\r\nhello\r\n0\r\n\r\n"),
    "a chunk size of no digits": chunked("\r\nhello\r\n0\r\n\r\n"),
    "a chunk size of no digits with an extension": chunked(";a\r\nhello\r\n0\r\n\r\n"),
    "a blank before a chunk size": chunked(" 5\r\nhello\r\n0\r\n\r\n"),
    "an underscore in a chunk size": chunked("0_5\r\nhello\r\n0\r\n\r\n"),
    "a chunk size above 2^64": chunked("fffffffffffffffff\r\nhello\r\n0\r\n\r\n"),
    "a chunk longer than its size": chunked("5\r\nhelloworld\r\n0\r\n\r\n"),
    "chunks that end with bare CR": chunked("5\rhello\r0\r\r"),
    "a bare CR in a chunk extension": chunked("5;a\rb\r\nhello\r\n0\r\n\r\n"),
  }),
  ...rows(
    "refused",
    {
      "a chunk shorter than its size": chunked("8\r\nhello\r\n"),
      "a chunk that is cut off": chunked("5\r\nhel"),
      "chunks without their end": chunked("5\r\nhello\r\n0\r\n"),
      "a chunk of 2^64 - 1 bytes": chunked("ffffffffffffffff\r\nhello\r\n0\r\n\r\n"),
    },
    undefined,
    true,
  ),
  ...rows(
    "refused",
    { "a chunk size with a blank behind": chunked("5 \r\nhello\r\n0\r\n\r\n") },
    "nginx skips blanks behind a chunk size",
  ),
  ...rows(
    "refused",
    {
      "chunks that end with bare LF": chunked("5\nhello\n0\n\n"),
      "a chunk's data that ends with bare LF": chunked("5\r\nhello\n0\r\n\r\n"),
      "a bare LF in a chunk extension": chunked("5;a\nhello\r\n0\r\n\r\n"),
    },
    LF,
  ),
  // Node's parser stops at 16 KiB for each chunk, and its limit cannot be set.
  ...rows(
    "refused",
    {
      "a chunk extension above 16 KiB": chunked(`5;${"a".repeat(17_000)}\r\nhello\r\n0\r\n\r\n`),
    },
    "nginx skips an extension of any length",
  ),
  ...rows(
    "refused",
    {
      "a trailer that is a Content-Length": chunked("5\r\nhello\r\n0\r\nContent-Length: 3\r\n\r\n"),
      "a trailer above 16 KiB": chunked(`5\r\nhello\r\n0\r\nX-T: ${"a".repeat(20_000)}\r\n\r\n`),
    },
    "nginx skips trailers unread",
  ),
];

const headers: readonly Case[] = [
  ...rows("refused", {
    "obs-fold with a blank": get("X-A: 1\r\n 2\r\n"),
    "obs-fold with a tab": get("X-A: 1\r\n\t2\r\n"),
    "obs-fold of a Transfer-Encoding": post("Transfer-Encoding:\r\n chunked\r\n", "0\r\n\r\n"),
    "obs-fold in the first header": `GET / HTTP/1.1\r\n X-A: 1\r\n${HOST}\r\n`,
    "a bare CR in a header": get("X-A: 1\rX-B: 2\r\n"),
    "a bare CR behind the request line": `GET / HTTP/1.1\r${HOST}\r\n`,
    "a blank before a colon": get("X-A : 1\r\n"),
    "a tab before a colon": get("X-A\t: 1\r\n"),
    "a blank before the colon of Content-Length": post("Content-Length : 5\r\n", "hello"),
    "a blank before the colon of Transfer-Encoding": post("Transfer-Encoding : chunked\r\n", "0\r\n\r\n"),
    "a header without a name": get(": 1\r\n"),
    "a blank in a name": get("X A: 1\r\n"),
    "NUL in a name": get("X-\0A: 1\r\n"),
    "NUL in a value": get("X-A: 1\x002\r\n"),
    "NUL for a value": get("X-A: \0\r\n"),
    "two different Host": get("Host: b.test\r\n"),
    "two equal Host": get("Host: a.test\r\n"),
    "HTTP/1.1 without a Host": "GET / HTTP/1.1\r\nConnection: close\r\n\r\n",
    "an empty Host": "GET / HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n",
    "a Host with a slash": "GET / HTTP/1.1\r\nHost: a/b\r\nConnection: close\r\n\r\n",
    "a Host with a blank": "GET / HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n",
    "two different Authorization": get("Authorization: Basic YQ==\r\nAuthorization: Basic Yg==\r\n"),
    "a header of 64 KiB": get(`X-A: ${"a".repeat(65_536)}\r\n`),
    "2 000 headers": get(Array.from({ length: 2_000 }, (_, i) => `X-Header-${i}: ${i}\r\n`).join("")),
  }),
  ...rows(
    "refused",
    {
      "bare LF everywhere": "GET / HTTP/1.1\nHost: a.test\nConnection: close\n\n",
      "a bare LF behind a header": get("X-A: 1\nX-B: 2\r\n"),
      "a bare LF behind the request line": `GET / HTTP/1.1\n${HOST}\r\n`,
      "a bare LF for the empty line": `GET / HTTP/1.1\r\n${HOST}\n`,
    },
    LF,
  ),
  ...rows(
    "refused",
    {
      "a line without a colon": get("X-A\r\n"),
      "a parenthesis in a name": get("X(A): 1\r\n"),
      "a name above ASCII": get("X-\xc3\xa4: 1\r\n"),
      "X_Real_IP alone": get("X_Real_IP: 203.0.113.66\r\n"),
      "Transfer_Encoding alone": get("Transfer_Encoding: chunked\r\n"),
      "a dot in a name": get("X.Real.IP: 203.0.113.66\r\n"),
    },
    IGNORED,
  ),
  ...rows(
    "refused",
    {
      "a control character in a value": get("X-A: 1\x012\r\n"),
      "DEL in a value": get("X-A: 1\x7f2\r\n"),
    },
    CONTROLS,
  ),
  ...rows(
    "refused",
    {
      "X_Real_IP beside X-Real-IP": get("X-Real-IP: 192.0.2.1\r\nX_Real_IP: 203.0.113.66\r\n"),
      "X-Real-IP behind x_real_ip": get("x_real_ip: 203.0.113.66\r\nX-Real-IP: 192.0.2.1\r\n"),
      "Content_Length beside Content-Length": post("Content-Length: 5\r\nContent_Length: 6\r\n", "hello!"),
      "X.Forwarded.For beside X-Forwarded-For": get("X.Forwarded.For: 1\r\nX-Forwarded-For: 2\r\n"),
    },
    "nginx drops the one with the underscore in silence",
  ),
  ...rows("served", {
    "a tab in a value": get("X-A: 1\t2\r\n"),
    "bytes above ASCII in a value": get("X-A: \xff\xfe\r\n"),
    "an empty value": get("X-A:\r\n"),
    "a header of 4 KiB": get(`X-A: ${"a".repeat(4_096)}\r\n`),
    "HTTP/1.0 without a Host": "GET / HTTP/1.0\r\n\r\n",
  }),
];

const requestLines: readonly Case[] = [
  ...rows("served", {
    "a target in absolute form": line("GET http://b.test/x HTTP/1.1"),
    "a target in absolute form without a path": line("GET http://b.test HTTP/1.1"),
    "a target of two slashes": line("GET //evil.test/x HTTP/1.1"),
    "a fragment": line("GET /x#y HTTP/1.1"),
    "an empty line before the request": `\r\n${line("GET / HTTP/1.1")}`,
    "an offer of HTTP/2": get("Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n"),
    "a target of 4 KiB": line(`GET /${"a".repeat(4_096)} HTTP/1.1`),
  }),
  ...rows("refused", {
    "a target in absolute form with a user": line("GET http://user:password@b.test/x HTTP/1.1"),
    "a target in absolute form with a host that looks like another": line("GET http://a.test:80@evil.test/ HTTP/1.1"),
    "a target in absolute form without a host": line("GET http:///x HTTP/1.1"),
    "a target in asterisk form": line("OPTIONS * HTTP/1.1"),
    "a GET of an asterisk": line("GET * HTTP/1.1"),
    "a target in authority form": line("GET a.test:80 HTTP/1.1"),
    CONNECT: line("CONNECT a.test:80 HTTP/1.1"),
    "a target without a slash": line("GET x HTTP/1.1"),
    "an empty target": line("GET  HTTP/1.1"),
    "a blank in a target": line("GET /a b HTTP/1.1"),
    "tabs in the request line": line("GET\t/\tHTTP/1.1"),
    "NUL in a target": line("GET /\0 HTTP/1.1"),
    "an encoded NUL in a target": line("GET /%00 HTTP/1.1"),
    "a control character in a target": line("GET /\x01 HTTP/1.1"),
    "broken percent-encoding": line("GET /%zz HTTP/1.1"),
    "a target that climbs above the root": line("GET /../x HTTP/1.1"),
    "an encoded target that climbs above the root": line("GET /%2e%2e/x HTTP/1.1"),
    "HTTP/2.0 in a request line": line("GET / HTTP/2.0"),
    "HTTP/3.0 in a request line": line("GET / HTTP/3.0"),
    "the preface of HTTP/2": "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0",
    "HTTP/1": line("GET / HTTP/1"),
    "http/1.1": line("GET / http/1.1"),
    "another protocol's name": line("GET / HTTX/1.1"),
    "a method in small letters": line("get / HTTP/1.1"),
    "a control character in a method": line("G\x01T / HTTP/1.1"),
    "a request line of 64 KiB": line(`GET /${"a".repeat(65_536)} HTTP/1.1`),
    "a TLS handshake": "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "a uwsgi packet": "\x00\x05\x00\x00\x01\x00A\x00\x00",
  }),
  ...rows(
    "refused",
    { "HTTP/0.9": "GET /\r\n", "HTTP/0.9 with an empty line": "GET /\r\n\r\n" },
    "nginx still serves HTTP/0.9",
    true,
  ),
  ...rows("refused", { "HTTP/1.2": line("GET / HTTP/1.2"), "HTTP/1.11": line("GET / HTTP/1.11") }, VERSION),
  ...rows("refused", { "a target of another scheme": line("GET ftp://b.test/x HTTP/1.1") }, "nginx takes any scheme"),
  ...rows("refused", { "an unknown method": line("FOO / HTTP/1.1") }, "nginx passes any method on; Node knows a list"),
  ...rows(
    "refused",
    { "bytes above ASCII in a target": line("GET /\xff HTTP/1.1") },
    "nginx passes bytes on that must be encoded (RFC 3986 2.1)",
  ),
];

const all: readonly (readonly [group: string, cases: readonly Case[]])[] = [
  ["framing", framing],
  ["chunks", chunks],
  ["headers", headers],
  ["request lines", requestLines],
];

/** An application that remembers what it was called with, once it has read the body. */
async function startReader(): Promise<TestServer & { readonly calls: (Environ & { body: string })[] }> {
  const calls: (Environ & { body: string })[] = [];
  const server = await startServer(
    wsgi(async (environ, startResponse) => {
      const body = Buffer.from(await environ["wsgi.input"].read()).toString("latin1");
      calls.push({ ...environ, body });
      startResponse("200 OK", []);
      return "served";
    }),
  );
  return { ...server, calls };
}

/** What comes back: the status, 0 for a connection that was closed without one. */
async function statusFrom(port: number, { bytes, isCut }: Case): Promise<number> {
  using client = await RawClient.connect({ kind: "tcp", host: "127.0.0.1", port });
  void client.send(bytes);
  if (isCut) client.end();
  const { bytes: answer } = await client.ending;
  const text = Buffer.from(answer).toString("latin1");
  if (text === "served") return 200;
  return Number(/^HTTP\/1\.1 (\d{3}) /.exec(text)?.[1] ?? 0);
}

function verdictOf(status: number): Verdict | `status ${number}` {
  if (status === 200) return "served";
  return status === 0 || (status >= 400 && status <= 505) ? "refused" : `status ${status}`;
}

for (const [group, cases] of all) {
  for (const row of cases) {
    test(`T15: ${row.about} (${group}) is ${row.verdict} by the bridge`, async (t) => {
      await using server = await startReader();
      await using bridge = await HttpBridge.listen({ to: formatAddress(server.address) });
      const status = await statusFrom(bridge.port, row);
      t.is(verdictOf(status), row.verdict, `status ${status}`);
      // Once for what is served, and never for what was hidden behind it.
      t.is(server.calls.length, row.verdict === "served" ? 1 : 0);
      t.true(await isWell(server));
    });
  }
}

test("T15: what the bridge refuses is never a 502: the upstream is not to blame", async (t) => {
  await using server = await startReader();
  const errors: unknown[] = [];
  await using bridge = await HttpBridge.listen({
    to: formatAddress(server.address),
    onError: (error) => errors.push(error),
  });
  for (const [, cases] of all) {
    for (const row of cases.filter(({ verdict }) => verdict === "refused")) {
      t.not(await statusFrom(bridge.port, row), 502, row.about);
    }
  }
  t.deepEqual([errors, server.calls], [[], []]);
});

test("T15: what the bridge serves arrives without what only looked like a part of it", async (t) => {
  await using server = await startReader();
  await using bridge = await HttpBridge.listen({ to: formatAddress(server.address) });
  const ask = async (about: string): Promise<Environ & { body: string }> => {
    const row = all.flatMap(([, cases]) => cases).find((one) => one.about === about);
    if (row === undefined) throw new Error(`no case ${about}`);
    t.is(await statusFrom(bridge.port, row), 200, about);
    const call = server.calls.at(-1);
    if (call === undefined) throw new Error("not called");
    return call;
  };
  t.like(await ask("a trailer that is a Host"), { HTTP_HOST: "a.test", body: "hello" });
  t.like(await ask("a target in absolute form"), { HTTP_HOST: "b.test", PATH_INFO: "/x", REQUEST_SCHEME: "http" });
  t.like(await ask("a chunk size with leading zeros"), { CONTENT_LENGTH: "5", body: "hello" });
  t.like(await ask("a target of two slashes"), { HTTP_HOST: "a.test", PATH_INFO: "/evil.test/x" });
  t.like(await ask("an offer of HTTP/2"), { SERVER_PROTOCOL: "HTTP/1.1" });
});

test("T15: where odd names are to be dropped, a request is served without them, unless they look like another", async (t) => {
  await using server = await startReader();
  await using bridge = await HttpBridge.listen({ to: formatAddress(server.address), headerNames: "drop" });
  for (const [about, name] of [
    ["X_Real_IP alone", "HTTP_X_REAL_IP"],
    ["Transfer_Encoding alone", "HTTP_TRANSFER_ENCODING"],
    ["a dot in a name", "HTTP_X.REAL.IP"],
  ] as const) {
    const row = headers.find((one) => one.about === about);
    t.is(row === undefined ? 0 : await statusFrom(bridge.port, row), 200, about);
    t.is(server.calls.at(-1)?.[name], undefined, about);
  }
  const both = headers.find(({ about }) => about === "Content_Length beside Content-Length");
  t.is(both === undefined ? 0 : await statusFrom(bridge.port, both), 400);
});

test("T15: no flag of the process makes the bridge's parser lenient", async (t) => {
  await using server = await startReader();
  const program =
    'import { HttpBridge } from "uisge/gateway";' +
    "const bridge = await HttpBridge.listen({ to: process.argv[1] });" +
    "console.log(`port ${bridge.port}`);";
  const to = formatAddress(server.address);
  await using child = new Child(["--insecure-http-parser", "--input-type=module", "--eval", program, to], {
    cwd: projectRoot,
  });
  const [, port] = await child.printed("stdout", /port (\d+)/);
  for (const about of [
    "Transfer-Encoding and Content-Length",
    "obs-fold with a blank",
    "NUL in a value",
    "a control character in a value",
  ]) {
    const row = all.flatMap(([, cases]) => cases).find((one) => one.about === about);
    t.is(row === undefined ? 0 : await statusFrom(Number(port), row), 400, about);
  }
  t.deepEqual(server.calls, []);
});

const nginxTest = needs("nginx");

nginxTest("T15: nginx's verdict is the same, but for the cases that name a reason", async (t) => {
  await using server = await startReader();
  const pass = passTo(formatAddress(server.address));
  await using front = await startFront(
    { confText: ({ port }) => httpBlock(port, `location / { ${pass} }`) },
    async () => {},
  );
  for (const [, cases] of all) {
    for (const row of cases.filter(({ nginxDiffers }) => nginxDiffers === undefined)) {
      const before = server.calls.length;
      const status = await statusFrom(front.port, row);
      t.is(verdictOf(status), row.verdict, `${row.about}: ${status}`);
      t.is(server.calls.length - before, row.verdict === "served" ? 1 : 0, row.about);
    }
  }
});
