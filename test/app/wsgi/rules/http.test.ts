/** PEP 3333, features of HTTP: rules 53 to 55. */
import test from "ava";
import type { WsgiEnviron } from "../../../../src/app/index.ts";
import { get, post, valuesOf } from "../../../helpers/raw-client.ts";
import { environOf, run, type Start } from "../../../helpers/wsgi-run.ts";

test("pep3333-53: Expect: 100-continue is the front end's to answer: one answer goes out, the final one", async (t) => {
  const { answer } = await run(
    async (environ: WsgiEnviron, start: Start) => {
      const body = await environ["wsgi.input"].read();
      start("200 OK", []);
      return body;
    },
    post("abc", { HTTP_EXPECT: "100-continue" }),
  );
  t.deepEqual([answer.statusLine, answer.body], ["HTTP/1.1 200 OK", "abc"]);
});

test("pep3333-54: HTTP_TRANSFER_ENCODING is left out where the front end has decoded the body", async (t) => {
  const environ = await environOf(post("abc", { HTTP_TRANSFER_ENCODING: "chunked" }));
  t.false("HTTP_TRANSFER_ENCODING" in environ);
});

test("pep3333-54: HTTP_CONNECTION concerns the client's connection, not ours", async (t) => {
  for (const connection of ["keep-alive", "close", "upgrade"]) {
    const { answer } = await run(
      (_: WsgiEnviron, start: Start) => {
        start("200 OK", []);
        return "ok";
      },
      get({ HTTP_CONNECTION: connection, HTTP_UPGRADE: "websocket" }),
    );
    t.deepEqual([answer.status, answer.body, valuesOf(answer, "connection")], [200, "ok", []]);
  }
});

test("pep3333-55: ranges, validators and encodings are the application's: its answer goes out as it is", async (t) => {
  const { answer } = await run(
    (_: WsgiEnviron, start: Start) => {
      start("200 OK", [
        ["ETag", '"x"'],
        ["Content-Encoding", "gzip"],
      ]);
      return "not gzip at all";
    },
    get({ HTTP_IF_NONE_MATCH: '"x"', HTTP_RANGE: "bytes=0-1", HTTP_ACCEPT_ENCODING: "identity" }),
  );
  t.deepEqual(
    [answer.status, answer.body, valuesOf(answer, "etag"), valuesOf(answer, "content-encoding")],
    [200, "not gzip at all", ['"x"'], ["gzip"]],
  );
});
