import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { gunzipSync } from "node:zlib";
import test from "ava";
import compression from "compression";
import cors from "cors";
import express from "express";
import helmet from "helmet";
import morgan from "morgan";
import { asHandler, type AppRequest, compose, type Handler } from "../../../src/handler/index.ts";
import { nodeHandler, wrap, type WsgiFunction } from "../../../src/app/index.ts";
import { connectMiddleware } from "../../../src/middleware/compose/connect.ts";
import type { Next } from "../../../src/middleware/compose/node/chain.ts";
import { inject, type InjectRequest } from "../../../src/testing/index.ts";
import { get, RawClient } from "../../helpers/raw-client.ts";
import { startServer } from "../../helpers/test-server.ts";
import { Gate } from "../../helpers/wsgi-apps.ts";

type Req = IncomingMessage & { body?: unknown; uwsgi: AppRequest };
type Res = ServerResponse;

const LARGE = "tea ".repeat(2_000);

const wsgiApp: WsgiFunction = (environ, start) => {
  start("200 OK", [
    ["Content-Type", "text/plain"],
    ["Vary", "Cookie"],
  ]);
  return environ.PATH_INFO === "/large" ? LARGE : `wsgi ${environ.PATH_INFO}`;
};

const fetchApp = {
  fetch: (request: Request) => {
    const { pathname } = new URL(request.url);
    return new Response(pathname === "/large" ? LARGE : `fetch ${pathname}`, { headers: { Vary: "Cookie" } });
  },
};

function expressApp(): express.Express {
  const app = express();
  app.get("/large", (_req, res) => void res.type("text").set("Vary", "Cookie").send(LARGE));
  app.use((req, res) => void res.type("text").set("Vary", "Cookie").send(`express ${req.url}`));
  return app;
}

const applications = [
  ["wsgi", wsgiApp],
  ["fetch", fetchApp],
  ["express", expressApp()],
] as const;

for (const [name, application] of applications) {
  const surrounded = (...chain: Parameters<typeof connectMiddleware>) =>
    wrap(application as never, [connectMiddleware(...chain)]);
  const ask = (request: InjectRequest, ...chain: Parameters<typeof connectMiddleware>) =>
    inject(surrounded(...chain), request as never);

  test(`helmet sets its headers on the answer of a ${name} application`, async (t) => {
    const answer = await ask({ path: "/x" }, helmet());
    t.deepEqual([answer.status, answer.text()], [200, `${name} /x`]);
    t.is(answer.get("x-content-type-options"), "nosniff");
    t.is(answer.get("x-frame-options"), "SAMEORIGIN");
    t.is(answer.get("content-length"), String(`${name} /x`.length));
  });

  test(`cors answers a preflight in place of a ${name} application, and Vary says both`, async (t) => {
    const headers = { Origin: "http://other.example", "Access-Control-Request-Method": "PUT" };
    const preflight = await ask({ method: "OPTIONS", headers }, cors({ origin: /example$/ }));
    t.deepEqual([preflight.status, preflight.text()], [204, ""]);
    t.regex(preflight.get("access-control-allow-methods") ?? "", /PUT/);
    const answer = await ask({ headers }, cors({ origin: /example$/ }));
    t.is(answer.get("access-control-allow-origin"), "http://other.example");
    t.is(answer.get("vary"), "Origin, Cookie");
  });

  test(`compression compresses the answer of a ${name} application`, async (t) => {
    const headers = { "Accept-Encoding": "gzip" };
    const answer = await ask({ path: "/large", headers }, compression());
    t.is(answer.get("content-encoding"), "gzip");
    t.is(answer.get("content-length"), undefined);
    t.is(gunzipSync(answer.body).toString(), LARGE);
    t.is(answer.get("vary"), "Cookie, Accept-Encoding");
    t.is((await ask({ path: "/small", headers }, compression())).get("content-encoding"), undefined);
  });

  test(`morgan logs the answer of a ${name} application`, async (t) => {
    const lines: string[] = [];
    const format = ":remote-addr :method :url :status :res[content-length]";
    const logging = morgan(format, { stream: { write: (line) => void lines.push(line) } });
    await ask({ path: "/x?y" }, logging);
    // It writes when the response is finished.
    await new Promise(setImmediate);
    t.deepEqual(lines, [`127.0.0.1 GET /x?y 200 ${name === "express" ? "12" : "-"}\n`]);
  });

  test(`all four stand around a ${name} application together`, async (t) => {
    const logging = morgan("tiny", { stream: { write: () => {} } });
    const headers = { "Accept-Encoding": "gzip", Origin: "http://x" };
    const answer = await ask({ path: "/large", headers }, logging, helmet(), cors(), compression());
    t.is(gunzipSync(answer.body).toString(), LARGE);
    t.deepEqual([answer.get("access-control-allow-origin"), answer.get("x-dns-prefetch-control")], ["*", "off"]);
  });
}

const hello: Handler = ({ environ }) => ({
  status: 200,
  headers: [["X-Own", "yes"]],
  body: `hello ${environ.PATH_INFO}`,
});

function through(handler: Handler, ...chain: Parameters<typeof connectMiddleware>): Handler {
  return compose([connectMiddleware(...chain)])(handler);
}

function askHandler(handler: Handler, request: Omit<InjectRequest, "interface"> = {}) {
  return inject(handler, { ...request, interface: "handler" });
}

test("middleware is called in its order, and may go on later", async (t) => {
  const calls: string[] = [];
  const note = (name: string) => async (_req: Req, _res: Res, next: Next) => {
    calls.push(name);
    await Promise.resolve();
    next();
  };
  t.is((await askHandler(through(hello, note("a"), note("b"), note("c")))).text(), "hello /");
  t.deepEqual(calls, ["a", "b", "c"]);
});

test("middleware that answers has the answer, and the application is not asked", async (t) => {
  const refusing = (_req: Req, res: Res) => void res.writeHead(403, { "X-Why": "no" }).end("refused");
  const answer = await askHandler(through(() => t.fail("it was asked"), refusing));
  t.deepEqual([answer.status, answer.text(), answer.get("x-why")], [403, "refused", "no"]);
});

test("middleware that answers and goes on all the same does no harm", async (t) => {
  const confused = (_req: Req, res: Res, next: Next) => {
    res.end("first");
    next();
  };
  const answer = await askHandler(through(hello, confused));
  t.deepEqual([answer.status, answer.text(), answer.errors], [200, "first", []]);
});

test("the headers of the application stand in place of those of middleware, cookies beside them", async (t) => {
  const setting = (_req: Req, res: Res, next: Next) => {
    res.statusCode = 500;
    res.setHeader("X-Own", "middleware");
    res.setHeader("X-Other", "middleware");
    res.setHeader("Set-Cookie", "a=1");
    next();
  };
  const handler: Handler = () => ({
    status: 201,
    reason: "Made",
    headers: [
      ["X-Own", "application"],
      ["Set-Cookie", "b=2"],
      ["Set-Cookie", "c=3"],
      ["Connection", "close"],
    ],
    body: null,
  });
  const answer = await askHandler(through(handler, setting));
  t.deepEqual([answer.status, answer.reason], [201, "Made"]);
  t.deepEqual([answer.get("x-own"), answer.get("x-other")], ["application", "middleware"]);
  t.deepEqual([answer.get("set-cookie"), answer.get("connection")], ["a=1, b=2, c=3", undefined]);
});

test("what has become of write and end gets the body of the application", async (t) => {
  const upper = (_req: Req, res: Res, next: Next) => {
    const { write, end } = res;
    res.write = ((chunk: string) => write.call(res, chunk.toUpperCase(), "utf8")) as never;
    res.end = ((chunk?: string) => end.call(res, chunk?.toUpperCase() ?? "", "utf8")) as never;
    next();
  };
  t.is((await askHandler(through(hello, upper))).text(), "HELLO /");
  const parts: Handler = () => ({ status: 200, headers: [], body: ["one ", "", "two"] });
  t.is((await askHandler(through(parts, upper))).text(), "ONE TWO");
});

test("a rewritten url and another method reach the application", async (t) => {
  const show: Handler = ({ environ: e }) => ({
    status: 200,
    headers: [],
    body: [e.REQUEST_METHOD, e.SCRIPT_NAME, e.PATH_INFO, e.QUERY_STRING, e.REQUEST_URI].join(" "),
  });
  const rewriting = (req: Req, _res: Res, next: Next) => {
    req.url = (req.url ?? "").replace("tea?a", "%74ee/x?b");
    req.method = "PUT";
    next();
  };
  t.is((await askHandler(through(show, rewriting), { path: "/tea?a" })).text(), "PUT  /tee/x b /tea?a");
  const vars = { SCRIPT_NAME: "/app", PATH_INFO: "/tea" };
  t.is(
    (await askHandler(through(show, rewriting), { path: "/app/tea?a", vars })).text(),
    "PUT /app /tee/x b /app/tea?a",
  );
  // And what Express makes of it.
  const inner = asHandler(nodeHandler(expressApp()));
  t.is((await askHandler(through(inner, rewriting), { path: "/tea?a" })).text(), "express /tee/x?b");
});

// Failures

const planted = new Error("planted");

for (const [how, failing] of [
  ["throws", () => raise(planted)],
  ["rejects", () => Promise.reject(planted)],
  ["passes an error on", (_req: Req, _res: Res, next: Next) => next(planted)],
] as const) {
  test(`middleware that ${how} fails the request`, async (t) => {
    const answer = await askHandler(through(hello, failing));
    t.deepEqual([answer.status, answer.errors], [500, [planted]]);
  });

  test(`middleware that ${how} is answered by that which takes errors, and comes behind it`, async (t) => {
    const before = (_error: Error, _req: Req, _res: Res, _next: Next) => t.fail("it stands before");
    const taking = (error: Error, _req: Req, res: Res, _next: Next) => void res.writeHead(503).end(error.message);
    const skipped = (_req: Req, _res: Res, _next: Next) => t.fail("it takes no errors");
    const answer = await askHandler(through(hello, before, failing, skipped, taking));
    t.deepEqual([answer.status, answer.text(), answer.errors], [503, "planted", []]);
  });
}

function raise(error: Error): never {
  throw error;
}

test("middleware that takes errors may go on without one", async (t) => {
  const mending = (_error: Error, _req: Req, _res: Res, next: Next) => next();
  t.is((await askHandler(through(hello, () => raise(planted), mending))).text(), "hello /");
});

test("the application's failure goes to all that take errors, one after the other", async (t) => {
  const passing = (error: Error, _req: Req, _res: Res, next: Next) => next(new Error(`${error.message} on`));
  const taking = (error: Error, _req: Req, res: Res, _next: Next) => void res.writeHead(503).end(error.message);
  const plain = (_req: Req, _res: Res, next: Next) => next();
  for (const handler of [() => raise(planted), () => Promise.reject(planted)]) {
    const answer = await askHandler(through(handler, passing, plain, taking));
    t.deepEqual([answer.status, answer.text()], [503, "planted on"]);
  }
});

test("the application's failure stays one where nobody answers it", async (t) => {
  const dropping = (_error: Error, _req: Req, _res: Res, next: Next) => next();
  const answer = await askHandler(through(() => raise(planted), dropping));
  t.deepEqual([answer.status, answer.errors], [500, [planted]]);
});

test("what the application fails with behind its head breaks the answer off, once", async (t) => {
  const taking = (_error: Error, _req: Req, _res: Res, _next: Next) => t.fail("it is too late");
  const handler: Handler = () => ({ status: 200, headers: [], body: breaking() });
  async function* breaking(): AsyncGenerator<string> {
    yield "x";
    await new Promise(setImmediate);
    raise(planted);
  }
  const answer = await askHandler(through(handler, taking));
  t.deepEqual([answer.status, answer.isComplete, answer.errors], [200, false, [planted]]);
});

test("a throw behind next is not lost", async (t) => {
  const late = (_req: Req, _res: Res, next: Next) => {
    next();
    raise(planted);
  };
  const { logs, errors } = await askHandler(through(hello, late));
  // By then the answer may be complete.
  t.regex([...logs, ...errors].join("\n"), /planted/);
});

test("a second next is nothing", async (t) => {
  let asked = 0;
  const twice = (_req: Req, _res: Res, next: Next) => {
    next();
    next();
  };
  const counting: Handler = (request) => {
    asked++;
    return hello(request);
  };
  await askHandler(through(counting, twice));
  t.is(asked, 1);
});

test("Express' words for leaving a route are no errors", async (t) => {
  const leaving = (word: string) => (_req: Req, _res: Res, next: Next) => next(word);
  const second = (_req: Req, res: Res, next: Next) => {
    res.setHeader("X-Second", "yes");
    next();
  };
  t.is((await askHandler(through(hello, leaving("route"), second))).get("x-second"), "yes");
  t.is((await askHandler(through(hello, leaving("router"), second))).get("x-second"), undefined);
});

for (const [what, response, message] of [
  ["no response", "text", /did not return a response/],
  ["a status that is none", { status: 99, headers: [], body: null }, /status 99/],
  ["a header that is none", { status: 200, headers: [["a b", "c"]], body: null }, /a b/],
  [
    "two lengths",
    {
      status: 200,
      headers: [
        ["Content-Length", "1"],
        ["content-length", "1"],
      ],
      body: "x",
    },
    /two/,
  ],
  ["more than it announces", { status: 200, headers: [["Content-Length", "1"]], body: "xy" }, /2 bytes/],
  ["less than it announces", { status: 200, headers: [["Content-Length", "3"]], body: ["x"] }, /1 bytes/],
  ["a chunk that is none", { status: 200, headers: [], body: [1] }, /a body chunk is number/],
] as const) {
  test(`an application that answers ${what} has failed`, async (t) => {
    const { errors } = await askHandler(through(() => response as never, helmet()));
    t.is(errors.length, 1);
    t.regex(String(errors[0]), message);
  });
}

// Bodies

const echo: Handler = async ({ body, environ }) => {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  const parsed = (environ["uisge.req"] as Req).body;
  return {
    status: 200,
    headers: [["X-Length", String(body.length)]],
    body: `${Buffer.concat(chunks).length} ${JSON.stringify(parsed)}`,
  };
};

test("a body that nobody has read is there for the application", async (t) => {
  const answer = await askHandler(through(echo, helmet()), { body: new Uint8Array(300_000) });
  t.deepEqual([answer.text(), answer.get("x-length")], ["300000 undefined", "300000"]);
});

test("of a body that was parsed nothing is left, and the Node request has it", async (t) => {
  const answer = await askHandler(through(echo, express.json() as never), { body: { tea: "assam" } });
  t.deepEqual([answer.text(), answer.get("x-length")], ['0 {"tea":"assam"}', "15"]);
});

test("of a body that was read in part the rest is there", async (t) => {
  const part = async (req: Req, _res: Res, next: Next) => {
    await once(req, "readable");
    req.read(5);
    next();
  };
  t.is((await askHandler(through(echo, part as never), { body: "0123456789" })).text(), "5 undefined");
});

test("a body that nobody reads does not hold up the answer", async (t) => {
  const handler: Handler = async ({ body }) => {
    await body.read();
    return { status: 200, headers: [], body: "enough" };
  };
  for (const one of [hello, handler]) {
    const answer = await askHandler(through(one, helmet()), { body: new Uint8Array(1_000_000) });
    t.deepEqual([answer.status, answer.isComplete, answer.errors], [200, true, []]);
  }
});

test("middleware that fails with the body half read is answered all the same", async (t) => {
  const handler: Handler = async ({ body }) => {
    await body.read();
    throw planted;
  };
  const taking = (_error: Error, _req: Req, res: Res, _next: Next) => void res.writeHead(503).end();
  t.is((await askHandler(through(handler, taking), { body: new Uint8Array(1_000_000) })).status, 503);
});

test("a read while another waits is refused, and so is one behind the answer", async (t) => {
  let body: AppRequest["body"] | undefined;
  const handler: Handler = async (request) => {
    ({ body } = request);
    const first = body.read();
    await t.throwsAsync(body.read(), { code: "UWSGI_INVALID_ARGUMENT" });
    await first;
    return { status: 200, headers: [], body: null };
  };
  await askHandler(through(handler, helmet()), { body: new Uint8Array(200_000) });
  await t.throwsAsync(async () => body?.read(), { code: "UWSGI_PEER_GONE" });
});

test("HEAD asks the application, and sends no body", async (t) => {
  let closes = 0;
  const stream = {
    [Symbol.asyncIterator]: () => t.fail("it was iterated"),
    close: () => void closes++,
  };
  const answer = await askHandler(through(hello, helmet()), { method: "HEAD" });
  t.deepEqual([answer.text(), answer.get("content-length"), answer.get("x-own")], ["", "7", "yes"]);
  await askHandler(
    through(() => ({ status: 200, headers: [], body: stream }), helmet()),
    { method: "HEAD" },
  );
  t.is(closes, 1);
});

test("a stream is asked for more only when there is room, and closed once when the client leaves", async (t) => {
  let asked = 0;
  let closes = 0;
  const body = {
    async *[Symbol.asyncIterator]() {
      for (;;) {
        asked++;
        yield new Uint8Array(60_000);
      }
    },
    close: () => void closes++,
  };
  const answer = await inject.stream(
    through(() => ({ status: 200, headers: [], body }), helmet()),
    { interface: "handler" },
  );
  await answer.read();
  await new Promise(setImmediate);
  const before = asked;
  for (let i = 0; i < 10; i++) await new Promise(setImmediate);
  t.is(asked, before);
  t.true(asked < 8, String(asked));
  await answer.leave();
  t.is(closes, 1);
});

test("an event goes out through compression though the next one takes its time", async (t) => {
  const gate = new Gate();
  async function* events(): AsyncGenerator<string> {
    yield "data: 0\n\n";
    await gate.opened;
    yield "data: 1\n\n";
  }
  const headers = [["Content-Type", "text/event-stream"]] as const;
  const handler: Handler = () => ({ status: 200, headers, body: Object.assign(events(), { isHeadFinal: true }) });
  const answer = await inject.stream(through(handler, compression()), {
    interface: "handler",
    headers: { "Accept-Encoding": "gzip" },
  });
  t.is(answer.get("content-encoding"), "gzip");
  const parts: Uint8Array[] = [];
  // The head of gzip alone is 10 bytes.
  while (Buffer.concat(parts).length <= 10) parts.push((await answer.read()) ?? raise(planted));
  gate.open();
  for await (const part of answer) parts.push(part);
  t.is(gunzipSync(Buffer.concat(parts)).toString(), "data: 0\n\ndata: 1\n\n");
});

test("a long stream through compression keeps its room, without a heap of listeners", async (t) => {
  const warnings: string[] = [];
  const onWarning = ({ name }: Error) => void warnings.push(name);
  process.on("warning", onWarning);
  async function* noise(): AsyncGenerator<Uint8Array> {
    for (let i = 0; i < 60; i++) yield Uint8Array.from({ length: 30_000 }, (_, j) => (j * j * (i + 7919)) >> 5);
  }
  const handler: Handler = () => ({ status: 200, headers: [["Content-Type", "text/plain"]], body: noise() });
  const answer = await askHandler(through(handler, compression()), { headers: { "Accept-Encoding": "gzip" } });
  await new Promise(setImmediate);
  process.off("warning", onWarning);
  t.is(gunzipSync(answer.body).length, 1_800_000);
  t.deepEqual(warnings, []);
});

test("the application hears that the client has gone", async (t) => {
  const heard = new Gate<unknown>();
  const handler: Handler = async ({ signal }) => {
    await once(signal, "abort");
    heard.open(signal.reason);
    throw signal.reason;
  };
  const leave = new AbortController();
  const asking = inject(through(handler, helmet()), { interface: "handler", signal: leave.signal });
  await new Promise(setImmediate);
  await new Promise(setImmediate);
  leave.abort();
  await t.throwsAsync(asking, { any: true });
  t.is(((await heard.opened) as { code: string }).code, "UWSGI_PEER_GONE");
});

test("the application has the request below: id, log, work beside the answer", async (t) => {
  const handler: Handler = (request) => {
    request.log(`said by ${request.id}`);
    request.waitUntil(Promise.reject(planted));
    return { status: 200, headers: [], body: null };
  };
  const answer = await askHandler(through(handler, helmet()), { headers: { "X-Request-ID": "abc" } });
  t.deepEqual([answer.logs, answer.errors], [["said by abc"], [planted]]);
});

test("the body of the application is closed before the answer of middleware ends", async (t) => {
  const order: string[] = [];
  const body = { [Symbol.iterator]: () => ["x"][Symbol.iterator](), close: () => void order.push("close") };
  const noting = (_req: Req, res: Res, next: Next) => {
    const { end } = res;
    res.end = ((...given: []) => {
      order.push("end");
      return Reflect.apply(end, res, given) as Res;
    }) as never;
    next();
  };
  for (const method of ["GET", "HEAD"]) {
    await askHandler(
      through(() => ({ status: 200, headers: [], body }), noting),
      { method },
    );
  }
  t.deepEqual(order, ["close", "end", "close", "end"]);
});

test("what the close of a body throws is logged", async (t) => {
  const body = { [Symbol.iterator]: () => ["x"][Symbol.iterator](), close: () => raise(planted) };
  const answer = await askHandler(through(() => ({ status: 200, headers: [], body }), helmet()));
  t.deepEqual([answer.text(), answer.logs], ["x", ["in close(): Error: planted"]]);
});

test("an upgrade passes through, and its end is no failure", async (t) => {
  const handler: Handler = (request) => {
    const stream = request.upgrade();
    stream.write("HTTP/1.1 101 Switching Protocols\r\n\r\nraw");
    stream.on("data", (chunk: Uint8Array) => stream.end(chunk));
    return { status: 101, headers: [], body: null };
  };
  await using server = await startServer(through(handler, helmet()));
  using client = await RawClient.connect(server.address);
  await client.send(get({ HTTP_UPGRADE: "tea", HTTP_CONNECTION: "upgrade" }));
  await client.until("\r\n\r\nraw");
  await client.send("back");
  await client.until("rawback");
  client.end();
  await client.closed;
  t.deepEqual([server.seen.errors.all, server.seen.messages.all.map(({ text }) => text)], [[], []]);
});

test("the title names the middleware", (t) => {
  t.is(connectMiddleware(helmet(), cors()).title, "helmetMiddleware, corsMiddleware");
  t.is(connectMiddleware([() => {}][0] as never).title, "Connect middleware");
});

test("what is no middleware is refused at once", (t) => {
  for (const chain of [[undefined], [helmet(), {}]]) {
    t.throws(() => connectMiddleware(...(chain as [never])), {
      instanceOf: TypeError,
      code: "UWSGI_INVALID_ARGUMENT",
      message: /^Connect middleware [12] is (undefined|object)/,
    });
  }
});
