import test from "ava";
import { ResponseDecoder, type ResponseDecoderOptions } from "../../src/client/response-decoder.ts";
import type { Header } from "../../src/codec/index.ts";
import { errorCode } from "../../src/errors.ts";
import { deliveries } from "../helpers/deliveries.ts";
import { concat, latin1 } from "../helpers/wire.ts";

const rules: ResponseDecoderOptions = { isHead: false, chunked: "decode", maxHeadBytes: 65_536 };

interface Read {
  readonly head?: string;
  readonly headers?: readonly Header[];
  readonly body?: string;
  readonly excess?: number;
  readonly error?: string;
}

/** What a decoder makes of the chunks, and of the peer's end behind them. */
function read(chunks: readonly Uint8Array[], options: ResponseDecoderOptions): Read {
  const decoder = new ResponseDecoder(options);
  const pieces: Uint8Array[] = [];
  let error: string | undefined;
  try {
    for (const chunk of chunks) {
      if (decoder.isDone) break;
      const piece = decoder.push(chunk.slice());
      if (piece !== undefined) pieces.push(piece);
    }
    decoder.end();
  } catch (thrown) {
    error = errorCode(thrown) ?? String(thrown);
  }
  if (error !== undefined) return { error };
  return {
    head: `${decoder.head?.status} ${decoder.head?.reason}`,
    headers: decoder.headers,
    body: Buffer.from(concat(pieces)).toString("latin1"),
    excess: decoder.excessBytes,
  };
}

const CHUNKED = "Transfer-Encoding: chunked\r\n";

const cases: readonly (readonly [
  what: string,
  wire: string,
  expected: Read,
  options?: Partial<ResponseDecoderOptions>,
])[] = [
  [
    "a body to the end of the connection",
    "HTTP/1.1 200 OK\r\nA: b\r\n\r\nhello",
    { head: "200 OK", headers: [["A", "b"]], body: "hello" },
  ],
  ["a body of Content-Length", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", { head: "200 OK", body: "hello" }],
  [
    "a body shorter than Content-Length",
    "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello",
    { error: "UWSGI_RESPONSE_TRUNCATED" },
  ],
  ["an empty body of Content-Length 0", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", { body: "" }],
  ["HTTP/1.0, as uWSGI answers without SERVER_PROTOCOL", "HTTP/1.0 200 OK\r\n\r\nx", { head: "200 OK", body: "x" }],
  ["HTTP/2.0, as uWSGI echoes it", "HTTP/2.0 200 OK\r\n\r\nx", { head: "200 OK", body: "x" }],
  ["a status line without a reason", "HTTP/1.1 599\r\n\r\nx", { head: "599 ", body: "x" }],
  [
    "a Status header first",
    "Status: 201 Created\r\nA: b\r\n\r\nx",
    { head: "201 Created", headers: [["A", "b"]], body: "x" },
  ],
  ["neither a status line nor a Status", "A: b\r\n\r\nx", { head: "200 OK", body: "x" }],
  ["a Location alone", "Location: /\r\n\r\n", { head: "302 Found", body: "" }],
  ["line ends of LF", "HTTP/1.1 200 OK\nContent-Length: 1\n\nx", { head: "200 OK", body: "x" }],
  [
    "a Content-Length twice, equal",
    "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx",
    { headers: [["Content-Length", "1"]], body: "x" },
  ],
  [
    "a Content-Length twice, different",
    "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx",
    { error: "UWSGI_BAD_RESPONSE_HEAD" },
  ],
  [
    "a chunked body",
    `HTTP/1.1 200 OK\r\n${CHUNKED}A: b\r\n\r\n5\r\nhello\r\n0\r\n\r\n`,
    { headers: [["A", "b"]], body: "hello" },
  ],
  [
    "a chunked body without its last chunk",
    `HTTP/1.1 200 OK\r\n${CHUNKED}\r\n5\r\nhello\r\n`,
    { error: "UWSGI_RESPONSE_TRUNCATED" },
  ],
  ["a chunked body that is malformed", `HTTP/1.1 200 OK\r\n${CHUNKED}\r\n5\r\nhelloo`, { error: "UWSGI_BAD_CHUNKING" }],
  [
    "a chunked body that is to be refused",
    `HTTP/1.1 200 OK\r\n${CHUNKED}\r\n0\r\n\r\n`,
    { error: "UWSGI_BAD_RESPONSE_HEAD" },
    { chunked: "refuse" },
  ],
  [
    "an interim head",
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx",
    { head: "200 OK", body: "x" },
  ],
  [
    "several interim heads",
    "HTTP/1.1 103 \r\nLink: a\r\n\r\nHTTP/1.1 102 \r\n\r\nHTTP/1.1 404 No\r\n\r\nx",
    { head: "404 No", headers: [], body: "x" },
  ],
  ["an interim head and nothing", "HTTP/1.1 100 Continue\r\n\r\n", { error: "UWSGI_PEER_GONE" }],
  [
    "interim heads over the limit together",
    `${"HTTP/1.1 100 x\r\n\r\n".repeat(3)}HTTP/1.1 200 OK\r\n\r\n`,
    { error: "UWSGI_RESPONSE_HEAD_LIMIT" },
    { maxHeadBytes: 72 },
  ],
  [
    "interim heads up to the limit",
    `${"HTTP/1.1 100 x\r\n\r\n".repeat(3)}HTTP/1.1 200 OK\r\n\r\n`,
    { head: "200 OK" },
    { maxHeadBytes: 73 },
  ],
  [
    "a 101 and bytes of another protocol",
    "HTTP/1.1 101 Switching\r\nContent-Length: 1\r\n\r\n\0\x81abc",
    { head: "101 Switching", body: "\0\x81abc" },
  ],
  [
    "a 204 with a body",
    "HTTP/1.1 204 No Content\r\nContent-Length: 4\r\n\r\nbody",
    { head: "204 No Content", body: "", excess: 0 },
  ],
  [
    "a 304 with a length",
    "HTTP/1.1 304 Not Modified\r\nContent-Length: 4\r\n\r\n",
    { head: "304 Not Modified", body: "" },
  ],
  [
    "an answer to HEAD with its body",
    "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody",
    { headers: [["Content-Length", "4"]], body: "", excess: 0 },
    { isHead: true },
  ],
  ["an answer to HEAD, chunked", `HTTP/1.1 200 OK\r\n${CHUNKED}\r\n`, { body: "" }, { isHead: true }],
  ["nothing", "", { error: "UWSGI_PEER_GONE" }],
  ["half a head", "HTTP/1.1 200 OK\r\nA: b", { error: "UWSGI_BAD_RESPONSE_HEAD" }],
  ["a line that is no header", "HTTP/1.1 200 OK\r\nno colon\r\n\r\n", { error: "UWSGI_BAD_RESPONSE_HEAD" }],
  [
    "text without a head, as uWSGI sends it when the application never starts one",
    "hello\nworld\n\n",
    { error: "UWSGI_BAD_RESPONSE_HEAD" },
  ],
  ["an empty line first", "\r\nHTTP/1.1 200 OK\r\n\r\n", { error: "UWSGI_BAD_RESPONSE_HEAD" }],
  ["a packet", "\xff\0\0\x01", { error: "UWSGI_BAD_RESPONSE_HEAD" }],
  [
    "a head over the limit",
    `HTTP/1.1 200 OK\r\nA: ${"b".repeat(60)}\r\n\r\n`,
    { error: "UWSGI_RESPONSE_HEAD_LIMIT" },
    { maxHeadBytes: 60 },
  ],
];

for (const [what, wire, expected, options] of cases) {
  test(`${what}: read in every delivery`, (t) => {
    for (const [how, chunks] of deliveries(latin1(wire))) t.like(read(chunks, { ...rules, ...options }), expected, how);
  });
}

test("of a head that is exactly as long as the limit all is read, in every delivery", (t) => {
  const wire = `HTTP/1.1 200 OK\r\nA: ${"b".repeat(60)}\r\n\r\n`;
  for (const [how, chunks] of deliveries(latin1(wire))) {
    t.like(read(chunks, { ...rules, maxHeadBytes: wire.length }), { head: "200 OK" }, how);
    t.like(read(chunks, { ...rules, maxHeadBytes: wire.length - 1 }), { error: "UWSGI_RESPONSE_HEAD_LIMIT" }, how);
  }
});

test("bytes behind the Content-Length are cut and counted", (t) => {
  const wire = latin1("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhello");
  t.like(read([wire], rules), { body: "he", excess: 3 });
  t.like(read([wire.slice(0, -4), wire.slice(-4)], rules), { body: "he", excess: 3 });
});

test("what cannot be a head is refused by its first byte, with a hex dump", (t) => {
  const decoder = new ResponseDecoder(rules);
  t.throws(() => decoder.push(Uint8Array.of(0xff, 0, 0, 1)), {
    code: "UWSGI_BAD_RESPONSE_HEAD",
    message: 'not a response head, it begins with ff 00 00 01 "...."',
  });
});

test("a head that ends too early is shown in the message", (t) => {
  const decoder = new ResponseDecoder(rules);
  decoder.push(latin1("Traceback"));
  t.throws(() => decoder.end(), {
    code: "UWSGI_BAD_RESPONSE_HEAD",
    message: /inside its head, after 9 bytes that begin with 54 72 61 63 65 62 61 63 6b "Traceback"/,
  });
});

test("interim heads are told to whoever wants them", (t) => {
  const told: unknown[] = [];
  const onInterim = (status: number, headers: readonly Header[]): number => told.push([status, headers]);
  const wire = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\n\r\n";
  read([latin1(wire)], { ...rules, onInterim });
  t.deepEqual(told, [[103, [["Link", "</a>"]]]]);
});

test("of a long head that comes byte by byte each byte is copied and looked at a few times, not for each other", (t) => {
  const wire = latin1(`HTTP/1.1 200 OK\r\n${`A: ${"b".repeat(100)}\r\n`.repeat(600)}\r\n`);
  const bytes = Array.from(wire, (byte) => Uint8Array.of(byte));
  const decoder = new ResponseDecoder(rules);
  const { set, indexOf } = Uint8Array.prototype;
  let touched = 0;
  Object.assign(Uint8Array.prototype, {
    set(this: Uint8Array, source: Uint8Array, at: number): void {
      touched += source.length;
      set.call(this, source, at);
    },
    indexOf(this: Uint8Array, byte: number, from = 0): number {
      const found = indexOf.call(this, byte, from);
      touched += (found < 0 ? this.length : found) - from;
      return found;
    },
  });
  try {
    for (const byte of bytes) decoder.push(byte);
  } finally {
    Object.assign(Uint8Array.prototype, { set, indexOf });
  }
  t.is(decoder.headers.length, 600);
  t.true(touched > wire.length && touched < 10 * wire.length, `${touched} of ${wire.length}`);
});
