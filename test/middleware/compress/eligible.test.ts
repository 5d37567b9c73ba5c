/** What is compressed at all, and what never. */
import { gunzipSync } from "node:zlib";
import test from "ava";
import type { Header } from "../../../src/codec/index.ts";
import type { AppResponse } from "../../../src/handler/index.ts";
import { ask, outcome, respond, TEXT } from "./ask.ts";

const CODED = "gzip Accept-Encoding";
const LEFT = "- -";

test("a large text is compressed, with its length and a Vary", async (t) => {
  const answer = await ask(respond());
  t.is(outcome(answer), CODED);
  t.is(answer.get("Content-Length"), String(answer.body.length));
  t.true(answer.body.length < TEXT.length / 10);
  t.is(gunzipSync(answer.body).toString(), TEXT);
});

for (const [what, headers, status, expected] of [
  ["that has a coding", [["Content-Encoding", "br"]], 200, "br -"],
  ["that has a coding of an unknown name", [["content-encoding", "tea"]], 200, "tea -"],
  [
    "that has a coding behind identity",
    [
      ["Content-Encoding", "identity"],
      ["content-encoding", "br"],
    ],
    200,
    "identity, br -",
  ],
  ["that is coded as identity", [["Content-Encoding", "identity"]], 200, CODED],
  ["with no-transform", [["Cache-Control", "max-age=1, No-Transform"]], 200, LEFT],
  [
    "with no-transform in a second line",
    [
      ["Cache-Control", "public"],
      ["cache-control", "no-transform"],
    ],
    200,
    LEFT,
  ],
  ["with no-transform as a part of a word", [["Cache-Control", "x-no-transform"]], 200, CODED],
  ["that is a part", [["Content-Range", "bytes 0-9/10"]], 206, LEFT],
  ["of several parts", [], 206, LEFT],
  ["with a range that cannot be met", [["Content-Range", "bytes */10"]], 416, LEFT],
  ["that is an error page", [], 500, CODED],
  ["without content", [], 205, LEFT],
  ["of an image", [["Content-Type", "image/png"]], 200, LEFT],
  ["of a drawing", [["Content-Type", "image/svg+xml"]], 200, CODED],
  ["of JSON with parameters", [["Content-Type", "Application/JSON; charset=utf-8"]], 200, CODED],
  ["of JSON of its own", [["Content-Type", "application/vnd.tea+json"]], 200, CODED],
  ["of lines of JSON", [["Content-Type", "application/x-ndjson"]], 200, CODED],
  ["of unknown bytes", [["Content-Type", "application/octet-stream"]], 200, LEFT],
  ["of a type that nobody knows", [["Content-Type", "tea/oolong"]], 200, LEFT],
  ["of what is no type", [["Content-Type", ";;;"]], 200, LEFT],
] satisfies [string, Header[], number, string][]) {
  test(`${expected === CODED ? "compressed" : "left as it is"}: an answer ${what}`, async (t) => {
    t.is(outcome(await ask(respond(TEXT, headers, status))), expected);
  });
}

test("an answer without a type is left as it is", async (t) => {
  t.is(outcome(await ask({ status: 200, headers: [], body: TEXT })), LEFT);
});

test("what is left as it is, is the very response of the application", async (t) => {
  const { compress } = await import("../../../src/middleware/compress/index.ts");
  const request = { environ: { REQUEST_METHOD: "GET" }, isUpgraded: false };
  for (const response of [respond("small"), respond(TEXT, [["Content-Type", "image/png"]])]) {
    t.is(compress()(() => response)(request as never), response);
  }
});

test("behind an upgrade the response is passed on unseen", async (t) => {
  const { compress } = await import("../../../src/middleware/compress/index.ts");
  const response = respond();
  const request = { environ: { REQUEST_METHOD: "GET", HTTP_ACCEPT_ENCODING: "gzip" }, isUpgraded: true };
  t.is(await compress()(async () => response)(request as never), response);
});

for (const [what, body] of [
  ["text", (size: number) => "a".repeat(size)],
  ["text beyond ASCII", (size: number) => `${"\u00e9".repeat(Math.floor(size / 2))}${"a".repeat(size % 2)}`],
  ["bytes", (size: number) => new Uint8Array(size)],
  ["a list", (size: number) => ["a", new Uint8Array(size - 1)]],
] as const) {
  test(`the threshold is met in bytes, of ${what}`, async (t) => {
    t.is(outcome(await ask(respond(body(1_023)))), LEFT);
    t.is(outcome(await ask(respond(body(1_024)))), CODED);
    t.is(outcome(await ask(respond(body(99)), { compress: { thresholdBytes: 99 } })), CODED);
  });
}

test("the threshold of a stream is met by its Content-Length; one that has none is compressed", async (t) => {
  const stream = (): AppResponse["body"] =>
    (async function* () {
      yield "a".repeat(1_000);
    })();
  t.is(outcome(await ask(respond(stream(), [["Content-Length", "1000"]]))), LEFT);
  t.is(outcome(await ask(respond(stream()))), CODED);
  const low = { compress: { thresholdBytes: 1_000 } };
  t.is(outcome(await ask(respond(stream(), [["Content-Length", "1000"]]), low)), CODED);
});

test("a body that is empty is left as it is, also without a threshold", async (t) => {
  for (const body of [null, "", new Uint8Array(0), [], [""]]) {
    const answer = await ask(respond(body), { compress: { thresholdBytes: 0 } });
    t.deepEqual([outcome(answer), answer.body.length], [LEFT, 0]);
  }
});

test("what does not get shorter is sent as it is, with a Vary", async (t) => {
  const noise = Uint8Array.from({ length: 2_000 }, (_, i) => (Math.sin(i + 1) * 1e6) & 0xff);
  const answer = await ask(respond(noise, [["ETag", '"one"']]));
  t.deepEqual([outcome(answer), answer.get("ETag")], ["- Accept-Encoding", '"one"']);
  t.deepEqual(Buffer.from(answer.body), Buffer.from(noise));
});

test("types instead of, and beside, those of the database", async (t) => {
  const tea = respond(TEXT, [["Content-Type", "tea/oolong; leaf=whole"]]);
  t.is(outcome(await ask(tea, { compress: { moreTypes: ["tea/oolong"] } })), CODED);
  t.is(outcome(await ask(tea, { compress: { moreTypes: ["tea/*"] } })), CODED);
  t.is(outcome(await ask(respond(), { compress: { moreTypes: ["tea/*"] } })), CODED);
  t.is(outcome(await ask(respond(), { compress: { types: ["tea/*"] } })), LEFT);
  t.is(outcome(await ask(tea, { compress: { types: ["TEA/Oolong"] } })), CODED);
});

test("the filter is asked last, with request and response, and may refuse", async (t) => {
  const asked: string[] = [];
  const filter = (request: { readonly environ: { readonly PATH_INFO: string } }, { status }: AppResponse): boolean => {
    asked.push(`${request.environ.PATH_INFO} ${status}`);
    return request.environ.PATH_INFO !== "/no";
  };
  t.is(outcome(await ask(respond(), { path: "/yes", compress: { filter } })), CODED);
  t.is(outcome(await ask(respond(), { path: "/no", compress: { filter } })), LEFT);
  await ask(respond("small"), { path: "/small", compress: { filter } });
  t.deepEqual(asked, ["/yes 200", "/no 200"]);
});

test("a wrong Content-Length is left for the server to complain of", async (t) => {
  const answer = await ask(respond(TEXT, [["Content-Length", "5000"]]));
  t.is(answer.status, 500);
  t.regex(String(answer.errors[0]), /Content-Length|bytes/);
});

test("a list with something that is no chunk is a failure of the application", async (t) => {
  const answer = await ask(respond([TEXT, 5] as never));
  t.is(answer.status, 500);
  t.like(answer.errors[0], { code: "UWSGI_APP_CONTRACT" });
});
