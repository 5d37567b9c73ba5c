import { once } from "node:events";
import {
  createServer,
  type IncomingMessage,
  request as httpRequest,
  type Server,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import test, { type ExecutionContext } from "ava";
import express from "express";
import { Hono } from "hono";
import { lint, wrap, type WsgiFunction } from "../../../src/app/index.ts";
import { type AppRequest, type Handler, titled } from "../../../src/handler/index.ts";
import { asListener } from "../../../src/middleware/compose/as-listener.ts";
import { mount } from "../../../src/middleware/compose/mount.ts";
import { inject } from "../../../src/testing/index.ts";
import { type HttpAnswer, open, send } from "../../helpers/http-client.ts";
import { until } from "../../helpers/measure.ts";
import { Gate } from "../../helpers/wsgi-apps.ts";

type NodeListener = (req: IncomingMessage, res: ServerResponse) => void;

async function listening(t: ExecutionContext, listener: NodeListener): Promise<number> {
  const server: Server = createServer(listener);
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

/** Answers with where it is. */
const place: WsgiFunction = lint((environ, start) => {
  start("200 OK", [["X-App", "yes"]]);
  return `[${environ.SCRIPT_NAME}][${environ.PATH_INFO}][${environ.QUERY_STRING}][${environ.REQUEST_URI}]`;
});

const handler = (answer: Handler) => [answer, { interface: "handler" }] as const;

async function text(answer: Promise<HttpAnswer>): Promise<string> {
  return (await answer).body.toString();
}

test("a WSGI application answers a server of node:http", async (t) => {
  const port = await listening(t, asListener(place));
  const answer = await send({ port, path: "/a%2Fb//c?q" });
  t.deepEqual([answer.status, answer.body.toString()], [200, "[][/a/b/c][q][/a%2Fb//c?q]"]);
  t.deepEqual([answer.headers.get("x-app"), answer.headers.get("content-length")], [["yes"], ["26"]]);
});

test("the environ says what a front end would say of the connection, and not what headers say", async (t) => {
  const show: WsgiFunction = (environ, start) => {
    start("200 OK", []);
    const { REMOTE_ADDR, REQUEST_SCHEME, SERVER_PROTOCOL, HTTP_HOST, HTTP_PROXY } = environ;
    return JSON.stringify({ REMOTE_ADDR, REQUEST_SCHEME, SERVER_PROTOCOL, HTTP_HOST, HTTP_PROXY });
  };
  const port = await listening(t, asListener(show));
  const headers = [
    ["X-Forwarded-For", "192.0.2.1"],
    ["X-Forwarded-Proto", "https"],
    ["Proxy", "http://evil"],
  ] as const;
  t.deepEqual(JSON.parse(await text(send({ port, headers }))), {
    REMOTE_ADDR: "127.0.0.1",
    REQUEST_SCHEME: "http",
    SERVER_PROTOCOL: "HTTP/1.1",
    HTTP_HOST: `127.0.0.1:${port}`,
  });
});

for (const [path, seen] of [
  ["/wsgi/tea?q", "[/wsgi][/tea][q][/wsgi/tea?q]"],
  ["/wsgi", "[/wsgi][][][/wsgi]"],
  ["/wsgi?q", "[/wsgi][][q][/wsgi?q]"],
  ["/wsgi/", "[/wsgi][/][][/wsgi/]"],
  ["/wsgi/%74ea%2Fb", "[/wsgi][/tea/b][][/wsgi/%74ea%2Fb]"],
  ["/deep/er/x", "[/deep/er][/x][][/deep/er/x]"],
  ["/other", "[][/other][][/other]"],
] as const) {
  test(`in Express the environ is that of the place: ${path}`, async (t) => {
    const app = express();
    app.use("/wsgi", asListener(place));
    app.use("/deep", express.Router().use("/er", asListener(place)));
    app.use(asListener(place));
    const port = await listening(t, app);
    t.is(await text(send({ port, path })), seen);
    t.is((await inject(app, path)).text(), seen, "below a server of ours");
  });
}

test("a rewritten url is where the request is", async (t) => {
  const app = express();
  app.use((req, _res, next) => {
    req.url = "/wsgi/other?r";
    next();
  });
  app.use("/wsgi", asListener(place));
  t.is(await text(send({ port: await listening(t, app), path: "/x?q" })), "[/wsgi][/other][r][/x?q]");
});

test("in Connect, which has no baseUrl, the place is what the url lacks", async (t) => {
  const connect = (url: string, originalUrl: string) =>
    listening(t, (req, res) => {
      Object.assign(req, { url, originalUrl });
      asListener(place)(req, res);
    });
  t.is(await text(send({ port: await connect("/tea?q", "/wsgi/tea?q") })), "[/wsgi][/tea][q][/wsgi/tea?q]");
  t.is(await text(send({ port: await connect("/", "/wsgi/") })), "[/wsgi][/][][/wsgi/]");
  t.is(await text(send({ port: await connect("/?q", "/wsgi?q") })), "[/wsgi][][q][/wsgi?q]");
});

test("fetch applications, Express and mounts are listeners, and see what is below", async (t) => {
  const hono = new Hono();
  hono.get("/tea", (c) => c.text(c.req.url));
  const inner = express();
  inner.get("/tea", (req, res) => void res.json([req.url, req.baseUrl, req.originalUrl]));
  const app = express();
  app.use("/hono", asListener(hono));
  app.use("/inner", asListener(inner));
  app.use("/mount", asListener(mount({ "/a": place })));
  const port = await listening(t, app);
  t.is(await text(send({ port, path: "/hono/tea?q" })), `http://127.0.0.1:${port}/tea?q`);
  t.is(await text(send({ port, path: "/inner/tea?q" })), '["/tea?q","/inner","/inner/tea?q"]');
  t.is(await text(send({ port, path: "/mount/a/b" })), "[/mount/a][/b][][/mount/a/b]");
});

// Below a server of ours

test("a request that has come from us keeps its environ, whoever stands between", async (t) => {
  const show: WsgiFunction = (environ, start) => {
    start("200 OK", []);
    return [environ.REMOTE_ADDR, environ["wsgi.url_scheme"], environ["MY"], environ.SCRIPT_NAME].join(" ");
  };
  const app = express();
  app.use("/wsgi", asListener(show));
  const request = { path: "/app/wsgi", vars: { MY: "own", HTTPS: "on", SCRIPT_NAME: "/app", PATH_INFO: "/wsgi" } };
  t.is((await inject(app, { ...request, remoteAddress: "192.0.2.7", scheme: "https" })).status, 404);
  const below = express();
  below.use("/app/wsgi", asListener(show));
  t.is(
    (await inject(below, { ...request, remoteAddress: "192.0.2.7", scheme: "https" })).text(),
    "192.0.2.7 https own /app/wsgi",
  );
  const root = express();
  root.use(asListener(show));
  t.is((await inject(root, { ...request, remoteAddress: "192.0.2.7" })).text(), "192.0.2.7 https own /app");
});

test("middleware around Express is around what is mounted in it, and sees what that leaves", async (t) => {
  let user: unknown;
  const around = titled("around", (next) => async (request) => {
    request.environ["uisge.user"] = { name: "alice", scheme: "Basic" };
    const response = await next(request);
    user = request.environ.REMOTE_USER;
    t.is(request.environ.PATH_INFO, "/wsgi/x");
    return response;
  });
  const show: WsgiFunction = (environ, start) => {
    environ.REMOTE_USER = "bob";
    start("200 OK", []);
    return environ["uisge.user"]?.name;
  };
  const app = express();
  app.use("/wsgi", asListener(show));
  t.is((await inject(wrap(app, [around]), "/wsgi/x")).text(), "alice");
  t.is(user, "bob");
});

test("log, id and work are those of the request below", async (t) => {
  const failure = new Error("beside");
  const working: Handler = (request) => {
    request.log(`said by ${request.id}`);
    request.waitUntil(Promise.reject(failure));
    return { status: 200, headers: [], body: null };
  };
  const app = express();
  app.use(asListener(...handler(working)));
  const answer = await inject(app, { headers: { "X-Request-ID": "abc" } });
  t.deepEqual([answer.logs, answer.errors], [["said by abc"], [failure]]);
});

// Failures

const planted = new Error("planted");
const failing = handler(() => Promise.reject(planted));

test("without next a failure is a 500 that tells nothing, and is told to onLog", async (t) => {
  const logs: string[] = [];
  const [application, options] = failing;
  const port = await listening(t, asListener(application, { ...options, onLog: (line) => logs.push(line) }));
  const answer = await send({ port });
  t.deepEqual([answer.status, answer.body.toString()], [500, "500 Internal Server Error\n"]);
  t.is(logs.length, 1);
  t.regex(logs[0] ?? "", /^Error: planted\n/);
});

test("with next a failure is Express'", async (t) => {
  const app = express();
  app.use(asListener(...failing));
  app.use((error: Error, _req: express.Request, res: express.Response, _next: express.NextFunction) => {
    res.status(503).send(error.message);
  });
  const answer = await send({ port: await listening(t, app) });
  t.deepEqual([answer.status, answer.body.toString()], [503, "planted"]);
});

test("without next, below a server of ours, a failure is reported there", async (t) => {
  const { status, errors } = await inject(asListener(...failing), { interface: "node" });
  t.deepEqual([status, errors], [500, [planted]]);
});

for (const isOurs of [false, true]) {
  test(`behind the head a failure breaks the answer off, ${isOurs ? "below a server of ours" : "and is told"}`, async (t) => {
    async function* breaking(): AsyncGenerator<string> {
      yield "x";
      await new Promise(setImmediate);
      throw planted;
    }
    const logs: string[] = [];
    const [application, options] = handler(() => ({ status: 200, headers: [], body: breaking() }));
    const listener = asListener(application, { ...options, onLog: (line) => logs.push(line) });
    if (isOurs) {
      const answer = await inject(listener, { interface: "node" });
      t.deepEqual([answer.isComplete, answer.errors, logs], [false, [planted], []]);
      return;
    }
    await t.throwsAsync(send({ port: await listening(t, listener) }), { code: "ECONNRESET" });
    t.regex(logs.join("\n"), /^Error: planted/);
  });
}

test("a chunked body is a 411, a target that is none a 400", async (t) => {
  const port = await listening(t, asListener(place));
  const asking = httpRequest({ port, host: "127.0.0.1", method: "POST", headers: { "Transfer-Encoding": "chunked" } });
  asking.end("x");
  const [answer] = (await once(asking, "response")) as [IncomingMessage];
  answer.resume();
  t.is(answer.statusCode, 411);
  t.is((await send({ port, path: "/%zz" })).status, 400);
  const app = express();
  app.use(asListener(place));
  t.is((await send({ port: await listening(t, app), path: "/%zz" })).status, 400, "and Express' next is told so");
});

test("an upgrade is refused with an error that says where to go", async (t) => {
  const upgrading = handler((request) => {
    request.upgrade();
    return { status: 101, headers: [], body: null };
  });
  const { errors } = await inject(asListener(...upgrading), { interface: "node" });
  t.regex(String(errors[0]), /no connection to take over/);
});

test("work that fails beside the answer, and what the application logs, are told to onLog", async (t) => {
  const logs: string[] = [];
  const [application, options] = handler((request) => {
    request.log(`said by ${request.id}`);
    request.report(new Error("reported"), 503);
    request.waitUntil(Promise.reject(planted));
    return { status: 200, headers: [], body: null };
  });
  const port = await listening(t, asListener(application, { ...options, onLog: (line) => logs.push(line) }));
  await send({ port, headers: [["X-Request-ID", "abc"]] });
  await send({ port, headers: [["X-Request-ID", "a b"]] });
  t.is(logs[0], "said by abc");
  t.regex(logs.slice(1, 3).join(" "), /^Error: reported[^]* Error: planted/);
  t.regex(logs[3] ?? "", /^said by [0-9a-f]{32}$/);
});

// Bodies

const echo = handler(async ({ body, environ }) => {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  const { body: parsed } = environ["uisge.req"] as { body?: unknown };
  return {
    status: 200,
    headers: [],
    body: `${Buffer.concat(chunks).length} of ${body.length} ${JSON.stringify(parsed)}`,
  };
});

test("the body is that of the request, and what a parser has left of it", async (t) => {
  const body = Buffer.alloc(1_000_000);
  t.is(
    await text(send({ port: await listening(t, asListener(...echo)), method: "POST", body })),
    "1000000 of 1000000 undefined",
  );
  const app = express();
  app.use(express.json(), asListener(...echo));
  const headers = [["Content-Type", "application/json"]] as never;
  const port = await listening(t, app);
  t.is(await text(send({ port, method: "POST", headers, body: Buffer.from('{"a":1}') })), '0 of 7 {"a":1}');
});

test("a body that is not read does not hold up the connection", async (t) => {
  const port = await listening(t, asListener(place));
  for (let i = 0; i < 3; i++) t.is((await send({ port, method: "POST", body: Buffer.alloc(500_000) })).status, 200);
});

test("a client that goes away in the middle of its body is an error of the read", async (t) => {
  const seen = new Gate<unknown>();
  const [application, options] = handler(async ({ body }) => {
    try {
      for await (const _ of body);
    } catch (error) {
      seen.open(error);
    }
    return { status: 200, headers: [], body: null };
  });
  const port = await listening(t, asListener(application, options));
  const asking = httpRequest({ port, host: "127.0.0.1", method: "POST", headers: { "Content-Length": "1000" } });
  asking.on("error", () => {});
  asking.write("x".repeat(500), () => asking.destroy());
  t.is(((await seen.opened) as { code: string }).code, "UWSGI_BODY_TRUNCATED");
});

test("a client that leaves a stream ends it: the signal fires, and the body is closed", async (t) => {
  let closes = 0;
  let request: AppRequest | undefined;
  const [application, options] = handler((given) => {
    request = given;
    const { signal } = given;
    const body = {
      async *[Symbol.asyncIterator]() {
        while (!signal.aborted) {
          yield new Uint8Array(50_000);
          await new Promise(setImmediate);
        }
      },
      close: () => void closes++,
    };
    return { status: 200, headers: [], body };
  });
  const port = await listening(t, asListener(application, options));
  const answer = await open({ port });
  answer.destroy();
  await until(() => closes === 1, 10_000, "the body is closed");
  t.true(request?.signal.aborted);
  t.like(request?.signal.reason, { code: "UWSGI_PEER_GONE" });
});

test("the signal of an answer that has ended well does not fire", async (t) => {
  let signal: AbortSignal | undefined;
  const [application, options] = handler((request) => {
    ({ signal } = request);
    return { status: 200, headers: [], body: "x" };
  });
  const port = await listening(t, asListener(application, options));
  await send({ port });
  await new Promise(setImmediate);
  t.false(signal?.aborted);
});

test("HEAD has the head alone", async (t) => {
  const answer = await send({ port: await listening(t, asListener(place)), path: "/x", method: "HEAD" });
  t.deepEqual([answer.status, answer.body.length, answer.headers.get("content-length")], [200, 0, ["12"]]);
});

// Life

test("what an application wants done before it serves is done by the first request, once", async (t) => {
  const calls: string[] = [];
  const note = (name: string) => async () => {
    await Promise.resolve();
    calls.push(name);
  };
  const listener = createServer((_req, res) => res.end(calls.join(" ")));
  const framework = { initialize: note("start"), stop: note("stop"), route: () => {}, listener } as never;
  const made = asListener(framework);
  const port = await listening(t, made);
  t.deepEqual(calls, []);
  t.deepEqual(await Promise.all([text(send({ port })), text(send({ port }))]), ["start", "start"]);
  await made.close();
  t.deepEqual(calls, ["start", "stop"]);
});

test("what is no application is refused at once", (t) => {
  t.throws(() => asListener(undefined as never), { code: "UWSGI_APP_CONTRACT" });
  t.throws(() => asListener(place, { interface: "rack" as never }), { code: "UWSGI_INVALID_ARGUMENT" });
});
