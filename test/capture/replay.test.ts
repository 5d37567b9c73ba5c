import test from "ava";
import {
  compareResponses,
  type ComparedResponse,
  isFilter,
  replay,
  type RecordedExchange,
  type ReplayResult,
} from "../../src/capture/index.ts";
import { dueMs, planOf } from "../../src/capture/replay-plan.ts";
import { encodePacket } from "../../src/codec/index.ts";
import { respond, startServer } from "../helpers/test-server.ts";

interface Init {
  readonly n?: number;
  readonly method?: string;
  readonly uri?: string;
  readonly body?: string;
  readonly response?: string;
  readonly vars?: Readonly<Record<string, string>>;
  readonly startMs?: number;
}

function recorded({
  n = 1,
  method = "GET",
  uri = "/",
  body = "",
  response = "HTTP/1.1 200 OK\r\n\r\nhello",
  vars = {},
  startMs = 0,
}: Init = {}): RecordedExchange {
  const packet = encodePacket({
    vars: {
      REQUEST_METHOD: method,
      REQUEST_URI: uri,
      PATH_INFO: uri.split("?", 1)[0] ?? "",
      CONTENT_LENGTH: String(body.length),
      ...vars,
    },
  });
  const bytes = Buffer.concat([packet, Buffer.from(body)]);
  const answer = Buffer.from(response, "latin1");
  return {
    n,
    at: "",
    startMs,
    peer: "",
    ms: { end: 1 },
    end: "complete",
    request: { length: bytes.length, bytes },
    response: { length: answer.length, bytes: answer },
  };
}

async function* all(...exchanges: RecordedExchange[]): AsyncGenerator<RecordedExchange, void> {
  yield* exchanges;
}

test("requests go out as they were recorded, and answers are compared", async (t) => {
  await using server = await startServer(async ({ environ, body }) => {
    let text = "";
    for await (const chunk of body) text += Buffer.from(chunk).toString();
    if (environ["PATH_INFO"] === "/gone") return respond("", { status: 410 });
    return respond(text === "" ? "hello" : text, {
      headers: [
        ["Date", "now"],
        ["X-Version", "2"],
      ],
    });
  });
  const results: ReplayResult[] = [];
  const summary = await replay(
    all(
      recorded(),
      recorded({ n: 2, uri: "/gone" }),
      recorded({ n: 3, method: "POST", body: "posted", response: "HTTP/1.1 200 OK\r\nX-Version: 1\r\n\r\nposter" }),
      recorded({ n: 4, response: "garbage\r\n\r\n" }),
    ),
    server.address,
    { all: true, diff: true, onResult: (result) => results.push(result) },
  );
  t.like(summary, { sent: 4, same: 0, different: 3, failed: 0, uncompared: 1 });
  t.deepEqual(
    results.map(({ differences }) => differences),
    [
      [
        { in: "header", name: "x-version", recorded: undefined, now: "2" },
        { in: "header", name: "content-length", recorded: undefined, now: "5" },
      ],
      [
        { in: "status", recorded: 200, now: 410 },
        { in: "header", name: "content-length", recorded: undefined, now: "0" },
        { in: "body", offset: 0, recordedBytes: 5, nowBytes: 0 },
      ],
      [
        { in: "header", name: "x-version", recorded: "1", now: "2" },
        { in: "header", name: "content-length", recorded: undefined, now: "6" },
        { in: "body", offset: 5, recordedBytes: 6, nowBytes: 6 },
      ],
      [],
    ],
  );
});

test("a server that does not answer, or in time, is a failure with its code", async (t) => {
  await using server = await startServer(() => new Promise(() => {}));
  const results: ReplayResult[] = [];
  const options = { timeoutMs: 50, onResult: (result: ReplayResult) => results.push(result) };
  t.is((await replay(all(recorded()), server.address, options)).failed, 1);
  t.is((await replay(all(recorded()), "/tmp/uisge-no-such-socket", options)).failed, 1);
  t.deepEqual(
    results.map(({ error }) => error?.code),
    ["UWSGI_TOTAL_TIMEOUT", "UWSGI_CONNECT_FAILED"],
  );
});

for (const [what, exchange, filter, expected] of [
  ["a POST", recorded({ method: "POST" }), {}, "unsafe"],
  ["a POST that is wanted", recorded({ method: "POST" }), { all: true }, "sent"],
  ["a method that nobody knows", recorded({ method: "BREW" }), {}, "unsafe"],
  ["another path", recorded({ uri: "/a/b" }), { only: ["/b*"] }, "filtered"],
  ["the path, whatever its query", recorded({ uri: "/a/b?c" }), { only: ["/x", "GET /a/*"] }, "sent"],
  ["a path with its query", recorded({ uri: "/a?b=1" }), { only: ["/a?b=*"] }, "sent"],
  ["another method", recorded(), { only: ["HEAD"] }, "filtered"],
  ["a body that was not kept whole", recorded({ vars: { CONTENT_LENGTH: "9" } }), {}, "cut"],
  ["an upgrade", recorded({ vars: { HTTP_UPGRADE: "websocket" } }), {}, "not-a-request"],
] as const) {
  test(`${what} is ${expected}`, (t) => {
    const planned = planOf(exchange, filter);
    t.is(typeof planned === "string" ? planned : "sent", expected);
  });
}

test("bytes that are no packet, and packets that are no request, are not sent", (t) => {
  const bytesOf = (bytes: Uint8Array): RecordedExchange => ({
    ...recorded(),
    request: { length: bytes.length, bytes },
  });
  t.is(planOf(bytesOf(encodePacket({ modifier1: 100 })), {}), "not-a-request");
  t.is(planOf(bytesOf(Buffer.from("\0\x02\0\0\xff\xff", "latin1")), {}), "not-a-request");
  t.is(planOf(bytesOf(Buffer.from([0, 9])), {}), "cut");
});

test("filters are a method, a path, or both", (t) => {
  for (const text of ["GET", "/a*", "POST /b", "*", "* /a"]) t.true(isFilter(text), text);
  for (const text of ["", " ", "GET x", "/a GET /b\n c", "1"]) t.false(isFilter(text), text);
});

test("a pace says when each is due", (t) => {
  t.is(dueMs({ kind: "free" }, 7, 1_000), 0);
  t.is(dueMs({ kind: "rate", perSecond: 20 }, 7, 1_000), 350);
  t.is(dueMs({ kind: "speed", times: 4 }, 7, 1_000), 250);
  t.is(dueMs({ kind: "speed", times: 4 }, 7, -5), 0);
});

test("no more run at a time than are allowed", async (t) => {
  let running = 0;
  let most = 0;
  await using server = await startServer(async () => {
    most = Math.max(most, ++running);
    await new Promise((resolve) => setImmediate(resolve));
    running--;
    return respond("hello");
  });
  const many = Array.from({ length: 30 }, (_, i) => recorded({ n: i + 1 }));
  t.is((await replay(all(...many), server.address, { concurrency: 4 })).same, 30);
  t.true(most <= 4, `${most}`);
  await t.throwsAsync(replay(all(), server.address, { concurrency: 0 }), { code: "UWSGI_INVALID_ARGUMENT" });
});

test("headers that say when and where are not compared, nor those that are ignored", (t) => {
  const response = (headers: readonly (readonly [string, string])[], body = "a", isWhole = true): ComparedResponse => ({
    status: 200,
    headers,
    body: Buffer.from(body),
    isWhole,
  });
  t.deepEqual(
    compareResponses(
      response([
        ["Date", "1"],
        ["ETag", "x"],
      ]),
      response([
        ["date", "2"],
        ["etag", "y"],
      ]),
      true,
      new Set(["etag"]),
    ),
    [],
  );
  t.is(
    compareResponses(
      response([
        ["A", "1"],
        ["a", "2"],
      ]),
      response([["a", "1, 2"]]),
      true,
    ).length,
    0,
  );
  t.is(compareResponses(response([], "abc", false), response([], "abcdef"), true).length, 0);
  t.is(compareResponses(response([], "abc"), response([], "abcdef"), true).length, 1);
  t.is(compareResponses(response([], "abc"), response([["A", "1"]], "x"), false).length, 0);
});
