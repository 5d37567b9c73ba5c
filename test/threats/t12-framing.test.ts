/** T12: what an application says about framing. Front ends differ in what they make of it, so little of it goes out. */
import test from "ava";
import { type StartResponse, wsgi, type WsgiApplication } from "../../src/app/index.ts";
import type { Header } from "../../src/codec/index.ts";
import { errorCode } from "../../src/errors.ts";
import type { AppResponse } from "../../src/handler/index.ts";
import { send } from "../helpers/http-client.ts";
import { needs } from "../helpers/needs.ts";
import { bothWays, startStack } from "../helpers/nginx-stack.ts";
import { ask, exchange, get, parseAnswer, RawClient, valuesOf } from "../helpers/raw-client.ts";
import { bothKinds } from "../helpers/target.ts";
import { gate, respond, startServer } from "../helpers/test-server.ts";

const hopByHop: readonly Header[] = [
  ["Transfer-Encoding", "chunked"],
  ["transfer-encoding", "gzip, chunked"],
  ["Connection", "close"],
  ["CONNECTION", "keep-alive, X-A"],
  ["Keep-Alive", "timeout=5"],
  ["Proxy-Authenticate", "Basic"],
  ["Proxy-Authorization", "Basic YQ=="],
  ["Proxy-Connection", "close"],
  ["TE", "trailers"],
  ["Trailer", "X-A"],
  ["Trailers", "X-A"],
  ["Upgrade", "websocket"],
];

const badLengths: readonly string[] = [
  "",
  "-1",
  "+1",
  "1.0",
  "1e1",
  "0x1",
  "1 1",
  "1,1",
  "1, 1",
  "1;1",
  "one",
  "\u00b9",
  "NaN",
  "Infinity",
  "1234567890123456",
];

const twoLengths: readonly (readonly Header[])[] = [
  [
    ["Content-Length", "1"],
    ["Content-Length", "1"],
  ],
  [
    ["Content-Length", "1"],
    ["content-length", "2"],
  ],
  [
    ["CONTENT-LENGTH", "0"],
    ["X-Between", "1"],
    ["Content-Length", "1"],
  ],
];

const badStatuses: readonly string[] = [
  "99 Low",
  "099 Low",
  "0 None",
  "-200 OK",
  "100 Continue",
  "101 Switching Protocols",
  "102 Processing",
  "103 Early Hints",
  "199 Odd",
  "600 High",
  "999 High",
  "1000 Higher",
  "2000 OK",
  "20 OK",
  "2e2 OK",
  "200.0 OK",
  " 200 OK",
  "0x200 OK",
];

const plain = (header: Header): Parameters<StartResponse> => ["200 OK", [header]];

/** What a WSGI application must not begin its answer with. */
const refusedStarts: (readonly [about: string, start: Parameters<StartResponse>])[] = [
  ...hopByHop.map((header) => [header.join(": "), plain(header)] as const),
  ["Status: 200", plain(["Status", "200"])],
  ...badLengths.map((value) => [`Content-Length: ${JSON.stringify(value)}`, plain(["Content-Length", value])] as const),
  ...twoLengths.map((headers): readonly [string, Parameters<StartResponse>] => [
    headers.map((header) => header.join(": ")).join(" and "),
    ["200 OK", headers],
  ]),
  ...badStatuses.map((status): readonly [string, Parameters<StartResponse>] => [
    `status ${JSON.stringify(status)}`,
    [status, []],
  ]),
];

for (const kind of bothKinds) {
  test(`T12: no framing and no impossible status gets through startResponse on ${kind}`, async (t) => {
    let thrown: unknown;
    let start: Parameters<StartResponse> = ["200 OK", []];
    const application: WsgiApplication = (_, startResponse) => {
      try {
        startResponse(...start);
      } catch (error) {
        thrown = error;
        throw error;
      }
      return "x";
    };
    await using server = await startServer(wsgi(application), { kind });
    for (const [about, refused] of refusedStarts) {
      thrown = undefined;
      start = refused;
      const answer = await ask(server.address);
      t.regex(String(errorCode(thrown)), /^UWSGI_INVALID_(?:STATUS|HEADER)$/, about);
      t.deepEqual([answer.status, answer.body, answer.how], [500, "500 Internal Server Error\n", "end"], about);
      t.deepEqual(valuesOf(answer, "content-length"), ["26"], about);
    }
  });

  test(`T12: hop-by-hop headers of a handler stay behind, all others go out, on ${kind}`, async (t) => {
    for (const header of hopByHop) {
      await using server = await startServer(() => respond("x", { headers: [header, ["X-Kept", "1"]] }), { kind });
      const answer = await ask(server.address);
      const expected = [
        ["x-kept", "1"],
        ["content-length", "1"],
      ];
      t.deepEqual([answer.status, answer.headers, answer.body], [200, expected, "x"], header.join(": "));
    }
  });

  test(`T12: a handler's bad or repeated length, and its impossible status, are a 500 on ${kind}`, async (t) => {
    let response: AppResponse = respond("x");
    await using server = await startServer(() => response, { kind });
    const refused: AppResponse[] = [
      ...badLengths.map((value) => respond("x", { headers: [["Content-Length", value]] })),
      ...twoLengths.map((headers) => respond("x", { headers })),
      ...[99, 0, -200, 100, 101, 103, 199, 600, 999, 1000, 200.5, Number.NaN].map((status) => respond("x", { status })),
      respond("x", { status: "200" as unknown as number }),
    ];
    for (const next of refused) {
      response = next;
      const answer = await ask(server.address);
      const about = JSON.stringify([next.status, next.headers]);
      t.deepEqual([answer.status, valuesOf(answer, "content-length")], [500, ["26"]], about);
    }
    t.is(server.seen.errors.all.length, refused.length);
  });

  test(`T12: an answer has exactly one right length, or none and ends with the connection, on ${kind}`, async (t) => {
    let response: AppResponse = respond("x");
    await using server = await startServer(() => response, { kind });
    const rows: readonly (readonly [response: AppResponse, method: string, lengths: string[], body: string])[] = [
      [respond("abc"), "GET", ["3"], "abc"],
      [respond("\u20ac"), "GET", ["3"], "\u00e2\u0082\u00ac"],
      [respond(null), "GET", ["0"], ""],
      [respond([]), "GET", ["0"], ""],
      [respond(["a", "bc"]), "GET", [], "abc"],
      [respond("abc", { headers: [["Content-Length", "3"]] }), "GET", ["3"], "abc"],
      [respond(["a", "bc"], { headers: [["Content-Length", "003"]] }), "GET", ["003"], "abc"],
      [respond("abc"), "HEAD", ["3"], ""],
      [respond(["abc"]), "HEAD", [], ""],
      [respond(["abc"], { headers: [["Content-Length", "3"]] }), "HEAD", ["3"], ""],
      [respond(null, { headers: [["Content-Length", "3"]] }), "HEAD", ["3"], ""],
      [respond("abc", { status: 204 }), "GET", [], ""],
      [respond("abc", { status: 204, headers: [["Content-Length", "3"]] }), "GET", [], ""],
      [respond(["abc"], { status: 204 }), "HEAD", [], ""],
      [respond("abc", { status: 304 }), "GET", [], ""],
      [respond("abc", { status: 304, headers: [["Content-Length", "3"]] }), "GET", ["3"], ""],
      [respond("", { status: 205 }), "GET", ["0"], ""],
    ];
    for (const [next, method, lengths, body] of rows) {
      response = next;
      const answer = await ask(server.address, get({ REQUEST_METHOD: method }));
      const about = `${method} ${next.status} ${JSON.stringify(next.body)} ${JSON.stringify(next.headers)}`;
      t.deepEqual([valuesOf(answer, "content-length"), answer.body, answer.how], [lengths, body, "end"], about);
      t.deepEqual(valuesOf(answer, "transfer-encoding"), [], about);
    }
  });

  test(`T12: what is longer than announced is cut at the announced byte on ${kind}`, async (t) => {
    const bodies: readonly AppResponse["body"][] = [
      "abcHTTP/1.1 200 OK\r\n\r\nsmuggled",
      ["abc", "HTTP/1.1 200 OK\r\n\r\nsmuggled"],
      ["ab", "cHTTP/1.1 200 OK\r\n\r\nsmuggled"],
    ];
    for (const body of bodies) {
      await using server = await startServer(() => respond(body, { headers: [["Content-Length", "3"]] }), { kind });
      const { bytes, how } = await exchange(server.address, get());
      t.deepEqual([Buffer.from(bytes).toString(), how], ["HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", "end"]);
      t.like(await server.seen.errors.at(), { error: { code: "UWSGI_APP_CONTRACT" }, outcome: "complete" });
    }
  });

  test(`T12: what is shorter than announced is broken off, not ended, on ${kind}`, async (t) => {
    const isRead = gate();
    async function* short(): AsyncGenerator<string> {
      yield "ab";
      await isRead.promise;
    }
    await using server = await startServer(() => respond(short(), { headers: [["Content-Length", "3"]] }), { kind });
    using client = await RawClient.connect(server.address);
    await client.send(get());
    await client.until("ab");
    isRead.open();
    const { bytes, how } = await client.ending;
    t.deepEqual([parseAnswer(bytes).body, how], ["ab", kind === "tcp" ? "ECONNRESET" : "end"]);
    t.like(await server.seen.ends.at(), { ending: "broken-off" });
  });

  test(`T12: what is known to be shorter before anything was sent is a whole 500 on ${kind}`, async (t) => {
    for (const body of ["ab", "", null, [], ["", ""]]) {
      await using server = await startServer(() => respond(body, { headers: [["Content-Length", "3"]] }), { kind });
      const answer = await ask(server.address);
      t.deepEqual([answer.status, answer.how], [500, "end"], JSON.stringify(body));
    }
  });
}

const nginxTest = needs("nginx");

for (const over of bothWays) {
  nginxTest(
    `T12: nginx's client gets one answer, and the right one, whatever the application says, over ${over}`,
    async (t) => {
      let start: Parameters<StartResponse> = ["200 OK", []];
      await using stack = await startStack(
        (_, startResponse) => {
          startResponse(...start);
          return "x";
        },
        { over },
      );
      for (const [about, refused] of refusedStarts) {
        start = refused;
        const answer = await send({ port: stack.port });
        t.deepEqual([answer.status, answer.body.toString()], [500, "500 Internal Server Error\n"], about);
        t.deepEqual(answer.headers.get("content-length"), ["26"], about);
      }
    },
  );
}
