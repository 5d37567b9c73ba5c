import test from "ava";
import { decodeStream, formatText, type Part, redactPart } from "../../src/capture/index.ts";
import { encodePacket } from "../../src/codec/index.ts";

const bytesOf = (text: string): Buffer => Buffer.from(text, "latin1");
const kindsOf = (parts: readonly Part[]): string[] => parts.map(({ kind }) => kind);
const textOf = (parts: readonly Part[]): string => [...formatText([{ parts, notes: [] }])].join("");

test("a request with a body is shown by name, var and byte", (t) => {
  const packet = encodePacket({ vars: { REQUEST_METHOD: "POST", CONTENT_LENGTH: "6", PATH_INFO: "/caf\xc3\xa9" } });
  const parts = decodeStream(Buffer.concat([packet, bytesOf("a\n\x00\xffb\\")]));
  t.is(
    textOf(parts),
    `packet modifier1=0 modifier2=0  # WSGI (Python) request, 60 bytes
  REQUEST_METHOD = "POST"
  CONTENT_LENGTH = "6"
  PATH_INFO = "/caf\\xc3\\xa9"  # /café
body  # 6 bytes
  "a\\n"
  "\\x00\\xffb\\\\"
`,
  );
});

test("packets follow each other, each behind the body that its CONTENT_LENGTH announces", (t) => {
  const post = encodePacket({ vars: { CONTENT_LENGTH: "2" } });
  const parts = decodeStream(Buffer.concat([post, bytesOf("hi"), post, bytesOf("ho")]));
  t.deepEqual(kindsOf(parts), ["packet", "body", "packet", "body"]);
});

test("behind an Upgrade nothing is taken for a packet", (t) => {
  const packet = encodePacket({ vars: { HTTP_UPGRADE: "websocket" } });
  t.deepEqual(kindsOf(decodeStream(Buffer.concat([packet, bytesOf("\x64\x00\x00\x00")]))), ["packet", "raw"]);
});

test("a body that has not come whole says how many bytes are missing", (t) => {
  const [, body] = decodeStream(Buffer.concat([encodePacket({ vars: { CONTENT_LENGTH: "9" } }), bytesOf("abc")]));
  t.like(body, { kind: "body", missingBytes: 6 });
});

for (const [what, text, form] of [
  ["with a status line", "HTTP/1.0 404 Not Found\r\nA: b\r\n\r\nbody", "http"],
  ["with CGI headers", "Status: 404 Not Found\nA: b\n\nbody", "cgi"],
] as const) {
  test(`a response ${what} is taken for one`, (t) => {
    const [head, body] = decodeStream(bytesOf(text));
    t.like(head, { kind: "response", status: 404, reason: "Not Found", headers: [["A", "b"]], form });
    t.like(body, { kind: "body", missingBytes: 0 });
  });
}

test("a packet whose header could begin a response is a packet where no head follows", (t) => {
  const echo = encodePacket({ modifier1: 101, payload: "x" });
  t.like(decodeStream(echo)[0], { kind: "packet", modifier1: 101 });
});

test("a broken response is a fault only for who says that it is one, or says HTTP", (t) => {
  t.like(decodeStream(bytesOf("HTTP/1.1 abc\r\n\r\n"))[0], { kind: "raw", fault: { code: "UWSGI_BAD_RESPONSE_HEAD" } });
  t.like(decodeStream(bytesOf("abc"), { direction: "response" })[0], {
    kind: "raw",
    fault: { code: "UWSGI_BAD_RESPONSE_HEAD" },
  });
  t.like(decodeStream(bytesOf("abc"))[0], { kind: "raw", fault: { code: "UWSGI_TRUNCATED_PACKET" } });
});

test("a broken block shows its fault, the bytes around it, its header, and the vars before it", (t) => {
  const good = encodePacket({ vars: { REQUEST_METHOD: "GET" } });
  const bytes = Buffer.concat([good, bytesOf("\x60\xeaAB")]);
  bytes.writeUInt16LE(bytes.length - 4, 1);
  const shown = textOf(decodeStream(bytes));
  t.regex(shown, /^# FAULT at byte 25: .*\(UWSGI_(?:KEY_PAST_END|TRAILING_BYTES)\)$/m);
  t.regex(shown, /^# {3}around it: .*60 ea 41 42 /m);
  t.regex(shown, /^# {3}in: packet modifier1=0 modifier2=0, WSGI \(Python\) request, 25 bytes$/m);
  t.regex(shown, /^# {3}before it: REQUEST_METHOD = "GET"$/m);
});

test("a payload is read as its family and modifier2 say", (t) => {
  const call = encodePacket({ modifier1: 173, items: ["hello", "", "x"] });
  t.like(decodeStream(call)[0], { payload: { kind: "array", items: ["hello", "", "x"] } });
  const result = encodePacket({ modifier1: 173, payload: "abc" });
  t.like(decodeStream(result)[0], { payload: { kind: "bytes" } });
  const magic = encodePacket({ modifier1: 111, modifier2: 17, vars: { status: "ok", size: "2" } });
  t.deepEqual(kindsOf(decodeStream(Buffer.concat([magic, bytesOf("v1")]))), ["packet", "body"]);
});

test("what a terminal would obey is never in the text", (t) => {
  const shown = textOf(decodeStream(encodePacket({ vars: { "\x1b[31m": "\x9b\x07\x7f" } })));
  t.regex(shown.replaceAll("\n", ""), /^[\x20-\x7e]*$/);
});

test("secrets are hidden by as many asterisks, in vars, heads and whatever is broken", (t) => {
  const packet = encodePacket({ vars: { HTTP_COOKIE: "sid=1", HTTP_AUTHORIZATION: "Basic x", HTTP_ACCEPT: "*/*" } });
  const [hidden] = decodeStream(packet).map(redactPart);
  t.like(hidden, {
    payload: {
      vars: [
        ["HTTP_COOKIE", "*****"],
        ["HTTP_AUTHORIZATION", "*******"],
        ["HTTP_ACCEPT", "*/*"],
      ],
    },
  });
  const head = textOf(
    decodeStream(bytesOf("HTTP/1.1 200 OK\r\nset-cookie:  a=secret\r\nB: c\r\n\r\n")).map(redactPart),
  );
  t.true(head.includes('"set-cookie:  ********\\r\\n"'));
  const broken = Buffer.concat([packet, bytesOf("!")]);
  broken.writeUInt16LE(broken.length - 4, 1);
  const shown = textOf(decodeStream(broken).map(redactPart));
  t.false(shown.includes("sid"));
  t.false(Buffer.from(shown).includes("53 69 64"));
});
