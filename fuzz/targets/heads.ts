/** What applications give for a head -> bytes that are read back as the same, or a documented error; and heads that were damaged. */
import { readHead } from "../../src/app/wsgi/response-start.ts";
import { decodeResponseHead, formatResponseHead, type Header } from "../../src/codec/index.ts";
import { errorCode, LimitError, ProtocolError } from "../../src/errors.ts";
import { Choices } from "../inputs/choices.ts";
import { latin1 } from "../../test/helpers/wire.ts";
import { referenceHead } from "../reference/head.ts";
import { Broken, mustHold, type Target } from "../target.ts";

/** The code under test; another one in the tests of this target. */
export interface HeadCodec {
  readonly readHead: typeof readHead;
  readonly formatResponseHead: typeof formatResponseHead;
  readonly decodeResponseHead: typeof decodeResponseHead;
}

/** The errors of a head that must not go out. */
const refusals: ReadonlySet<string | undefined> = new Set([
  "UWSGI_INVALID_STATUS",
  "UWSGI_INVALID_HEADER",
  "UWSGI_NOT_LATIN1",
]);

const hopByHop = /^(connection|keep-alive|proxy-.*|te|trailers?|transfer-encoding|upgrade|status)$/i;

export function headTarget(codec: HeadCodec = { readHead, formatResponseHead, decodeResponseHead }): Target {
  return {
    name: "heads",
    share: 15,
    makeInput: (random) => random.bytes(random.below(random.once(8) ? 160 : 40)),
    check: (input) => {
      const choices = new Choices(input);
      if (choices.once(2)) checkBytes(codec, makeBytes(choices), choices);
      else checkValues(codec, choices);
    },
  };
}

// Values -> bytes -> values

function checkValues(codec: HeadCodec, choices: Choices): void {
  const status = makeStatus(choices);
  const headers = makeHeaders(choices);
  const start = orRefusal(() => codec.readHead(status as string, headers as Header[]));
  if (start !== undefined) {
    mustHold(start.status >= 200 && start.status <= 599, "an application's status is one of 200 to 599", () => start);
    const own = start.headers.find(([name]) => hopByHop.test(name));
    mustHold(own === undefined, "an application sets no header that is the server's", () => own);
    mustHold(`${start.status} ${start.reason}` === status, "a status line is read as the application wrote it", () => [
      status,
      start,
    ]);
    const lengths = start.headers.filter(([name]) => name.toLowerCase() === "content-length");
    mustHold(
      lengths.length <= 1 && lengths.every(([, value]) => /^\d+$/.test(value)),
      "an application sets one Content-Length at most, of digits",
      () => lengths,
    );
    // What an application was told to be good must never fail later.
    checkBack(codec, start, codec.formatResponseHead(start));
  }
  // The function below is the codec's, whose callers are programs: what is no list of pairs does not reach it.
  if (!Array.isArray(headers) || !headers.every((header) => Array.isArray(header) && header.length === 2)) return;
  const raw = {
    status: Number.parseInt(String(status), 10),
    reason: String(status).slice(4),
    headers: headers as Header[],
  };
  const text = orRefusal(() => codec.formatResponseHead(raw));
  if (text !== undefined) checkBack(codec, raw, text);
}

/** The head that was written is read back as what it was made of, by the codec and by the rules. */
function checkBack(
  codec: HeadCodec,
  { status, reason, headers }: { status: number; reason: string; headers: Iterable<Header> },
  text: string,
): void {
  const bytes = latin1(text);
  const given = JSON.stringify([status, reason, [...headers]]);
  for (const read of [codec.decodeResponseHead(bytes), referenceHead(bytes)]) {
    mustHold(typeof read === "object", "a head that was written can be read", () => [text, read]);
    const back = JSON.stringify([read.status, read.reason, read.headers]);
    mustHold(back === given, "a head is read back as what it was made of", () => `${back}, made of ${given}`);
    mustHold(read.byteLength === bytes.length, "a head ends where it ends", () => [text, read.byteLength]);
  }
}

/** What a call answers; undefined where it throws a documented error. */
function orRefusal<Value>(call: () => Value): Value | undefined {
  try {
    return call();
  } catch (error) {
    const isCallersMistake = error instanceof TypeError || error instanceof RangeError;
    if (!isCallersMistake || !refusals.has(errorCode(error))) throw error;
    return undefined;
  }
}

const statuses: readonly unknown[] = [
  "200 OK",
  "404 Not Found",
  "204 No Content",
  "304 Not Modified",
  "599 ",
  "200",
  "200OK",
  "200  two",
  " 200 OK",
  "199 x",
  "600 x",
  "099 x",
  "1000 x",
  "2e2 OK",
  "200 OK\r\nX-Split: 1",
  "200 OK\n",
  "200 \0",
  "200 \u20ac",
  "200 \u00e9",
  "\u0662\u0660\u0660 OK",
  "",
  200,
  200n,
  null,
  undefined,
];

function makeStatus(choices: Choices): unknown {
  if (choices.once(4))
    return `${choices.pick(["200", "500", "2 0", "20"])}${choices.pick([" ", "", "\t", "\u00a0"])}${makeText(choices)}`;
  return choices.pick(statuses);
}

const names: readonly unknown[] = [
  "Content-Type",
  "Content-Length",
  "content-length",
  "CONTENT-LENGTH",
  "Set-Cookie",
  "Location",
  "X-A",
  "X_A",
  "__proto__",
  "Status",
  "status",
  "Connection",
  "Transfer-Encoding",
  "transfer-encoding",
  "Upgrade",
  "TE",
  "Proxy-Connection",
  "",
  "A B",
  "A:",
  ":A",
  "A\r\n",
  "\u00c4",
  "\u212a",
  "\u0130",
  " A",
  "A\0",
  1,
  null,
  undefined,
  Object.create(null),
];

const values: readonly unknown[] = [
  "1",
  "",
  "text/plain",
  "5",
  "a: b",
  " a ",
  "\ta\t",
  "\u00e9",
  "\u20ac",
  "a\r\nB: c",
  "a\n b",
  "\r",
  "\0",
  "\x7f",
  5,
  null,
  undefined,
];

function makeHeaders(choices: Choices): unknown {
  if (choices.once(32))
    return choices.pick([undefined, null, 5, "ab", {}, [null], ["ab"], [5n], [["A"]], [["A", "b", "c"]]]);
  const headers: unknown[] = [];
  for (let count = choices.below(6); count > 0; count--) {
    const name = choices.once(4) ? makeText(choices) : choices.pick(names);
    headers.push([name, choices.once(2) ? makeText(choices) : choices.pick(values)]);
  }
  return headers;
}

const characters = [
  "a",
  "B",
  "7",
  "-",
  " ",
  "\t",
  ":",
  "\r",
  "\n",
  "\0",
  "\x1f",
  "\x7f",
  "\x80",
  "\x85",
  "\xa0",
  "\xff",
  "\u0100",
  "\u2028",
  "\ud800",
  "\u010d",
  "\u010a",
] as const;

/** Mostly harmless, sometimes not: few texts of nasty characters only would ever be accepted. */
function makeText(choices: Choices): string {
  let text = "";
  for (let count = choices.below(8); count > 0; count--) {
    text += choices.once(4) ? choices.pick(characters) : String.fromCharCode(33 + choices.below(94));
  }
  return text;
}

// Bytes -> values

const lines = [
  "HTTP/1.1 200 OK",
  "HTTP/1.0 404 Not Found",
  "HTTP/2 500 ",
  "HTTP/1.1 200",
  "HTTP/1.1 099 x",
  "HTTP/3 200 OK",
  "http/1.1 200 OK",
  "HTTP/1.1  200 OK",
  "Status: 404 Not Found",
  "status: 200",
  "Status: 2000",
  "Status:",
  "Location: /",
  "Content-Length: 5",
  "A: b",
  "A:\tb \t",
  "A : b",
  ": b",
  " folded",
  "no colon",
  "A: \u00e9\u0080",
  "A: \0",
  "A: b\rc",
  "",
] as const;

function makeBytes(choices: Choices): Uint8Array {
  let text = "";
  for (let count = choices.below(7); count > 0; count--) {
    text += choices.once(4) ? makeText(choices) : choices.pick(lines);
    text += choices.pick(["\r\n", "\r\n", "\n", "\r", "\r\r\n"]);
  }
  text += choices.pick(["\r\n", "\n", ""]);
  return new Uint8Array(Buffer.from(`${text}${makeText(choices)}`, "latin1"));
}

/** Whole, and cut anywhere: a head, not yet one, or the error that the rules have for it. */
function checkBytes(codec: HeadCodec, bytes: Uint8Array, choices: Choices): void {
  const maxHeadBytes = choices.pick([65_536, 65_536, 60, 20]);
  checkRead(codec, bytes, maxHeadBytes);
  checkRead(codec, bytes.subarray(0, choices.byte() % (bytes.length + 1)), maxHeadBytes);
}

function checkRead(codec: HeadCodec, bytes: Uint8Array, maxHeadBytes: number): void {
  const expected = referenceHead(bytes, maxHeadBytes);
  let read: ReturnType<typeof decodeResponseHead>;
  try {
    read = codec.decodeResponseHead(bytes, { maxHeadBytes });
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    const { code } = error;
    mustHold(code === expected, "a head is refused for what is wrong with it", () => [code, expected]);
    mustHold(
      error instanceof LimitError === (code === "UWSGI_RESPONSE_HEAD_LIMIT"),
      "limits, and only limits, are LimitErrors",
      () => code,
    );
    return;
  }
  if (JSON.stringify(read ?? "missing") === JSON.stringify(expected)) return;
  const { status, reason, headers, form, byteLength } = read ?? {};
  const seen = read === undefined ? "missing" : { status, reason, headers, form, byteLength };
  if (JSON.stringify(seen) !== JSON.stringify(expected))
    throw new Broken("a head is read as the rules say", [seen, expected]);
}
