import test from "ava";
import { ResponseWatch } from "../../src/router/response-watch.ts";
import { ways } from "../helpers/deliveries.ts";
import { latin1 } from "../helpers/wire.ts";

for (const [what, response, expected] of [
  [
    "a status line",
    "HTTP/1.1 201 Made\r\nContent-Length: 2\r\n\r\nok",
    { status: 201, bodyBytes: 2, isLengthKnown: true },
  ],
  ["the CGI form", "X: 1\nStatus: 404 No\n\nbody", { status: 404, bodyBytes: 4, isLengthKnown: false }],
  [
    "the CGI form without a status",
    "Content-Type: a/b\r\n\r\n12345",
    { status: 200, bodyBytes: 5, isLengthKnown: false },
  ],
  [
    "a chunked body",
    "HTTP/1.1 200\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    { status: 200, bodyBytes: 5, isLengthKnown: true },
  ],
  [
    "headers in a body",
    "HTTP/1.1 200 OK\r\n\r\nContent-Length: 5\r\n\r\n",
    { status: 200, bodyBytes: 21, isLengthKnown: false },
  ],
  ["half a head", "HTTP/1.1 200 OK\r\nA: 1", { status: 200, bodyBytes: 0, isLengthKnown: false }],
  ["what is no HTTP", "\u0001\u0002\u0003", { status: 0, bodyBytes: 0, isLengthKnown: false }],
] as const) {
  for (const [way, family] of ways(latin1(response))) {
    test(`of ${what} status and length of the body are seen, ${way}`, (t) => {
      for (const [how, chunks] of family) {
        const watch = new ResponseWatch();
        for (const chunk of chunks) watch.push(chunk);
        const { status, bodyBytes, isLengthKnown, bytes } = watch;
        t.deepEqual({ status, bodyBytes, isLengthKnown }, expected, how);
        t.is(bytes, response.length);
      }
    });
  }
}

test("a head without an end is not gathered for ever", (t) => {
  const watch = new ResponseWatch();
  watch.push(latin1(`HTTP/1.1 200 OK\r\nA: ${"x".repeat(20_000)}`));
  t.is(watch.status, 200);
  t.is(watch.bytes, 20_020);
});
