/** CGI programs under web servers that know CGI, configured as in `examples/cgi`. */
import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import test, { type ExecutionContext } from "ava";
import { type CgiFrontEnd, cgiFrontEnds, exampleProgram, writeProgram } from "../helpers/cgi-front-ends.ts";
import { cgiProgram } from "../helpers/cgi-program.ts";
import type { FrontEndProcess } from "../helpers/front-end-process.ts";
import { open, send, sendRaw, start } from "../helpers/http-client.ts";
import { until } from "../helpers/measure.ts";
import { needs } from "../helpers/needs.ts";
import { tempFolder } from "../helpers/temp-folder.ts";

const MEGABYTE = 1024 * 1024;

for (const frontEnd of cgiFrontEnds) declare(frontEnd);

function declare({ name, start: startFrontEnd }: CgiFrontEnd): void {
  const cgiTest = needs(name);
  let running: { readonly process: FrontEndProcess; readonly folder: ReturnType<typeof tempFolder> } | undefined;

  /** Our program under this web server; one for all tests. */
  async function stack(): Promise<FrontEndProcess> {
    if (running === undefined) {
      const folder = tempFolder();
      const process = await startFrontEnd(await writeProgram(folder.path, cgiProgram));
      running = { process, folder };
    }
    return running.process;
  }

  test.after.always(`${name} is stopped`, async () => {
    await running?.process.stop();
    running?.folder[Symbol.dispose]();
  });

  /** Waits until the web server's log has what a program said. */
  async function logged(t: ExecutionContext, pattern: RegExp): Promise<void> {
    const { errorLog } = await stack();
    await until(async () => pattern.test(await errorLog()), 30_000, `${pattern} in the log`);
    t.pass();
  }

  cgiTest.serial(`a request reaches the program with the meaning that CGI gives its variables, ${name}`, async (t) => {
    const { port } = await stack();
    const { status, headers, body } = await send({
      port,
      path: "/app/a%20b/%C3%A9?x=%20y",
      headers: [
        ["X-A", "1"],
        ["Cookie", "a=1"],
      ],
    });
    t.is(status, 200);
    t.deepEqual(headers.get("content-type"), ["application/json"]);
    t.like(JSON.parse(body.toString()), {
      REQUEST_METHOD: "GET",
      SCRIPT_NAME: "/app",
      PATH_INFO: "/a b/\u00c3\u00a9",
      QUERY_STRING: "x=%20y",
      REQUEST_URI: "/app/a%20b/%C3%A9?x=%20y",
      GATEWAY_INTERFACE: "CGI/1.1",
      REMOTE_ADDR: "127.0.0.1",
      SERVER_PORT: String(port),
      HTTP_X_A: "1",
      HTTP_COOKIE: "a=1",
      "wsgi.url_scheme": "http",
      "wsgi.run_once": true,
    });
  });

  cgiTest.serial(`the environ holds nothing of the process, ${name}`, async (t) => {
    const { port } = await stack();
    const environ = JSON.parse((await send({ port, path: "/app/environ" })).body.toString()) as object;
    const others = Object.keys(environ).filter((key) => ["PATH", "HOME", "PWD", "LD_LIBRARY_PATH"].includes(key));
    t.deepEqual(others, []);
  });

  if (name === "apache2") {
    // lighttpd answers 400 itself, unless it is told not to (url-invalid-utf8-reject).
    cgiTest.serial(`bytes of a path that are not UTF-8 arrive, ${name}`, async (t) => {
      const { port } = await stack();
      const { body } = await send({ port, path: "/app/caf%E9%FF" });
      t.is((JSON.parse(body.toString()) as { PATH_INFO: string }).PATH_INFO, "/caf\u00e9\u00ff");
    });
  }

  cgiTest.serial(`bytes of a header that are not UTF-8 arrive, ${name}`, async (t) => {
    const { port } = await stack();
    const { body } = await send({ port, path: "/app/environ", headers: [["X-A", "caf\u00e9\u00ff"]] });
    t.is((JSON.parse(body.toString()) as { HTTP_X_A: string }).HTTP_X_A, "caf\u00e9\u00ff");
  });

  cgiTest.serial(`a query without = is only a query, ${name}`, async (t) => {
    const { port } = await stack();
    const { body } = await send({ port, path: "/app/environ?--version+-x" });
    t.is((JSON.parse(body.toString()) as { QUERY_STRING: string }).QUERY_STRING, "--version+-x");
  });

  cgiTest.serial(`a Proxy header does not arrive, ${name}`, async (t) => {
    const { port } = await stack();
    const { body } = await send({ port, path: "/app/environ", headers: [["Proxy", "http://evil.example"]] });
    t.notRegex(body.toString(), /evil/);
  });

  cgiTest.serial(`a POST with a body is answered with it, ${name}`, async (t) => {
    const { port } = await stack();
    const body = Buffer.from("caf\u00e9 \0\r\n\xff", "latin1");
    t.deepEqual((await send({ port, path: "/app/echo", method: "POST", body })).body, body);
  });

  cgiTest.serial(`an upload of 50 MB arrives whole, ${name}`, async (t) => {
    const { port } = await stack();
    const { body } = await send({ port, path: "/app/count", method: "POST", body: Buffer.alloc(50 * MEGABYTE, 97) });
    t.is(body.toString(), `${50 * MEGABYTE} bytes`);
  });

  cgiTest.serial(`an upload that nobody reads is answered, ${name}`, async (t) => {
    const { port } = await stack();
    const { body } = await send({ port, path: "/app/unread", method: "POST", body: Buffer.alloc(5 * MEGABYTE, 97) });
    t.is(body.toString(), "not read");
  });

  const [chunked, expected] = name === "apache2" ? ["is refused with 411", 411] : ["arrives with its length", 200];
  cgiTest.serial(`a chunked upload ${chunked}, ${name}`, async (t) => {
    const { port } = await stack();
    const body = [Buffer.alloc(MEGABYTE, 97), Buffer.alloc(MEGABYTE, 98)];
    t.is((await send({ port, path: "/app/count", method: "POST", body })).status, expected);
  });

  cgiTest.serial(`a large answer to an upload that nobody reads arrives whole, ${name}`, async (t) => {
    const { port } = await stack();
    const path = `/app/download?${5 * MEGABYTE}`;
    const { body } = await send({ port, path, method: "POST", body: Buffer.alloc(5 * MEGABYTE, 97) });
    t.is(body.length, 5 * MEGABYTE);
  });

  cgiTest.serial(`a download of 50 MB arrives whole, ${name}`, async (t) => {
    const { port } = await stack();
    const { body } = await send({ port, path: `/app/download?${50 * MEGABYTE}` });
    t.is(body.length, 50 * MEGABYTE);
  });

  cgiTest.serial(`status, reason and repeated headers arrive, ${name}`, async (t) => {
    const { port } = await stack();
    const { status, headers, body } = await send({ port, path: "/app/created" });
    t.is(status, 201);
    t.deepEqual(headers.get("set-cookie"), ["a=1", "b=2"]);
    t.is(body.toString(), "one two");
  });

  for (const [path, status] of [
    ["/found", 302],
    ["/empty", 204],
    ["/unchanged", 304],
  ] as const) {
    cgiTest.serial(`a ${status} arrives without a body, ${name}`, async (t) => {
      const { port } = await stack();
      const answer = await send({ port, path: `/app${path}` });
      t.is(answer.status, status);
      t.is(answer.body.length, 0);
    });
  }

  cgiTest.serial(`a redirect to another path goes to the client, not to the server itself, ${name}`, async (t) => {
    const { port } = await stack();
    t.deepEqual((await send({ port, path: "/app/found" })).headers.get("location"), ["/elsewhere"]);
  });

  cgiTest.serial(`HEAD is answered with the head alone, ${name}`, async (t) => {
    const { port } = await stack();
    const answer = await sendRaw(port, "HEAD /app/unread HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    t.regex(answer, /^HTTP\/1\.1 200 OK\r\n/);
    t.regex(answer, /\r\n\r\n$/);
  });

  cgiTest.serial(`a failure is a 500, and the error is in the log of the web server, ${name}`, async (t) => {
    const { port } = await stack();
    t.is((await send({ port, path: "/app/fail" })).status, 500);
    await logged(t, /GET \/app\/fail answered 500: Error: it failed on purpose/);
  });

  cgiTest.serial(`what the application prints is in the log, not in the answer, ${name}`, async (t) => {
    const { port } = await stack();
    t.is((await send({ port, path: "/app/print" })).body.toString(), "answer");
    await logged(t, /printed by console[^]*printed to the stream[^]*said to wsgi\.errors/);
  });

  cgiTest.serial(`a streamed answer arrives while it goes on, ${name}`, async (t) => {
    const { port } = await stack();
    const message = await open({ port, path: "/app/endless" });
    t.regex(await firstChunk(message), /^x+$/);
    message.destroy();
  });

  cgiTest.serial(`an application is told that its client has gone, ${name}`, async (t) => {
    const { port } = await stack();
    const request = start({ port, path: "/app/endless?gone" });
    const [message] = (await once(request, "response")) as [IncomingMessage];
    await firstChunk(message);
    message.destroy();
    await logged(t, /the client is gone/);
  });

  cgiTest.serial(`an answer is over though work goes on behind it, ${name}`, async (t) => {
    const { port } = await stack();
    t.is((await send({ port, path: "/app/behind" })).body.toString(), "answer");
    await logged(t, /work was done behind the answer/);
  });

  cgiTest.serial(`the example answers, ${name}`, async (t) => {
    await using front = await startFrontEnd(exampleProgram);
    t.is((await send({ port: front.port, path: "/app/tea" })).body.toString(), "Hello, 127.0.0.1, at /app with /tea\n");
    const body = Buffer.from("milk");
    t.is((await send({ port: front.port, path: "/app", method: "POST", body })).body.toString(), "milk");
  });
}

async function firstChunk(message: IncomingMessage): Promise<string> {
  const [chunk] = (await once(message, "data")) as [Buffer];
  return chunk.toString();
}
