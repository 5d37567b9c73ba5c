import { createServer } from "node:http";
import { join } from "node:path";
import test from "ava";
import express from "express";
import fastify from "fastify";
import { Hono } from "hono";
import { lint, wrap, type WsgiEnviron, type WsgiFunction } from "../../../src/app/index.ts";
import { exchangeEnd } from "../../../src/diagnostics.ts";
import { type Handler, titled } from "../../../src/handler/index.ts";
import { mount, type Mountable } from "../../../src/middleware/compose/mount.ts";
import { serve } from "../../../src/serve.ts";
import { inject, type InjectRequest } from "../../../src/testing/index.ts";
import { ask as askServer, get } from "../../helpers/raw-client.ts";
import { folderOf } from "../../helpers/temp-folder.ts";

/** Answers with where it is, and which one it is. */
function place(name = ""): WsgiFunction {
  return lint((environ, start) => {
    start("200 OK", []);
    return `${name}[${environ.SCRIPT_NAME}][${environ.PATH_INFO}]`;
  });
}

async function ask(
  table: Readonly<Record<string, Mountable>>,
  request: string | Omit<InjectRequest, "interface">,
): Promise<string> {
  const answer = await inject(mount(table), request);
  return answer.status === 200 ? answer.text() : String(answer.status);
}

for (const [what, path, seen] of [
  ["a path below", "/api/tea", "api[/api][/tea]"],
  ["the mount point itself", "/api", "api[/api][]"],
  ["the mount point with a slash", "/api/", "api[/api][/]"],
  ["a longer mount point before a shorter one", "/api/v1/tea", "v1[/api/v1][/tea]"],
  ["a path that only begins like a mount point", "/apix", "root[][/apix]"],
  ["a path that only begins like the longer one", "/api/v12", "api[/api][/v12]"],
  ["the root", "/", "root[][/]"],
  ["an encoded path", "/%61pi/%74ea", "api[/api][/tea]"],
  ["an encoded slash", "/api/a%2Fb", "api[/api][/a/b]"],
  ["double slashes", "//api//tea", "api[/api][/tea]"],
  ["dot segments that lead there", "/x/../api/./tea", "api[/api][/tea]"],
  ["dot segments that lead away", "/api/../tea", "root[][/tea]"],
  ["bytes beyond ASCII", "/caf%C3%A9/x", "caf\u00e9[/caf\u00c3\u00a9][/x]"],
] as const) {
  test(`${what}: ${path} is for ${seen}`, async (t) => {
    const table = {
      "/": place("root"),
      "/api": place("api"),
      "/api/v1/": place("v1"),
      "/caf\u00e9": place("caf\u00e9"),
    };
    t.is(await ask(table, path), seen);
  });
}

test("slashes and dots that a front end has left are the application's", async (t) => {
  const table = { "/": place("root"), "/api": place("api") };
  t.is(await ask(table, { vars: { PATH_INFO: "/api//tea" } }), "api[/api][//tea]");
  t.is(await ask(table, { vars: { PATH_INFO: "//api" } }), "root[][//api]");
  t.is(await ask(table, { vars: { PATH_INFO: "/x/../api" } }), "root[][/x/../api]");
  t.is(await ask(table, { vars: { PATH_INFO: "" } }), "root[][]");
  t.is(await ask(table, { method: "OPTIONS", vars: { PATH_INFO: "*" } }), "root[][*]");
});

test("SCRIPT_NAME of the front end stands before the mount point, without a slash at its end", async (t) => {
  const table = { "/": place("root"), "/api": place("api") };
  t.is(await ask(table, { vars: { SCRIPT_NAME: "/app", PATH_INFO: "/api/tea" } }), "api[/app/api][/tea]");
  t.is(await ask(table, { vars: { SCRIPT_NAME: "/app/", PATH_INFO: "/api/tea" } }), "api[/app/api][/tea]");
  t.is(await ask(table, { vars: { SCRIPT_NAME: "/api", PATH_INFO: "/tea" } }), "root[/api][/tea]");
});

test("what is below no mount point is not found", async (t) => {
  const answer = await inject(mount({ "/api": place() }), "/other");
  t.deepEqual([answer.status, answer.text()], [404, "404 Not Found\n"]);
  t.is((await inject(mount({}), "/")).status, 404);
  t.is((await inject(mount({ "/api": place() }), { path: "/other", method: "HEAD" })).get("content-length"), "14");
});

test("mounts nest, and mounted applications may be mounts with middleware around them", async (t) => {
  const inner = mount({ "/": place("inner root"), "/tea": place("tea") });
  const table = { "/a": mount({ "/b": wrap(inner, []) }) };
  t.is(await ask(table, "/a/b/tea/x"), "tea[/a/b/tea][/x]");
  t.is(await ask(table, "/a/b"), "inner root[/a/b][]");
  t.is(await ask(table, "/a/x"), "404");
});

test("query and REQUEST_URI stay as the client sent them", async (t) => {
  const show: WsgiFunction = (environ, start) => {
    start("200 OK", []);
    return `${environ.QUERY_STRING} ${environ.REQUEST_URI}`;
  };
  t.is(await ask({ "/api": show }, "/%61pi/x?a=%2F"), "a=%2F /%61pi/x?a=%2F");
});

// What is around sees the environ as it was.

test("the environ outside is what it was, also while and after the answer is sent", async (t) => {
  const seen: string[] = [];
  let environ: Record<string, unknown> = {};
  const note = (when: string): void => {
    seen.push(`${when} ${String(environ["SCRIPT_NAME"])} ${String(environ["PATH_INFO"])}`);
  };
  const around = titled("around", (next) => async (request) => {
    environ = request.environ;
    const response = await next(request);
    note("behind");
    return response;
  });
  const streaming: WsgiFunction = async function streaming(inner, start) {
    note("within");
    await Promise.resolve();
    start("200 OK", []);
    return lazy(inner);
  };
  async function* lazy(inner: WsgiEnviron): AsyncGenerator<string> {
    yield "late: ";
    await Promise.resolve();
    note("sent");
    yield `[${inner.SCRIPT_NAME}][${inner.PATH_INFO}]`;
  }
  const answer = await inject(wrap(mount({ "/api": streaming }), [around]), "/api/tea");
  t.is(answer.text(), "late: [/api][/tea]");
  t.deepEqual(seen, ["within  /api/tea", "behind  /api/tea", "sent  /api/tea"]);
});

for (const [how, answer] of [
  ["answers at once", () => ({ status: 200, headers: [], body: null })],
  ["answers later", () => Promise.resolve({ status: 200, headers: [], body: null })],
  [
    "fails at once",
    () => {
      throw new Error("planted");
    },
  ],
  ["fails later", () => Promise.reject(new Error("planted"))],
] as readonly (readonly [string, () => ReturnType<Handler>])[]) {
  test(`what an application that ${how} leaves in the environ is there outside`, async (t) => {
    const leaving: Handler = ({ environ }) => {
      environ.REMOTE_USER = "alice";
      environ["uisge.user"] = { name: "alice", scheme: "Basic" };
      return answer();
    };
    let left: Record<string, unknown> = {};
    const around = titled("around", (next) => (request) => {
      left = request.environ;
      return next(request);
    });
    const mounted = mount({ "/api": { application: leaving, interface: "handler" } });
    await inject(wrap(mounted, [around]), "/api/tea");
    t.deepEqual(
      ["REMOTE_USER", "uisge.user", "SCRIPT_NAME", "PATH_INFO", "uisge.mounted"].map((name) => left[name]),
      ["alice", { name: "alice", scheme: "Basic" }, "", "/api/tea", undefined],
    );
  });
}

test("what was said of the user, and taken away below, is not there outside either", async (t) => {
  const forgetting: Handler = ({ environ }) => {
    delete environ.REMOTE_USER;
    return { status: 401, headers: [], body: null };
  };
  let left: Record<string, unknown> = {};
  const around = titled("around", (next) => (request) => {
    left = request.environ;
    return next(request);
  });
  const mounted = mount({ "/api": { application: forgetting, interface: "handler" } });
  await inject(wrap(mounted, [around]), { path: "/api", vars: { REMOTE_USER: "claimed" } });
  t.is(left["REMOTE_USER"], undefined);
});

test("the gateway's own keys stay where they are", async (t) => {
  const keys = ["wsgi.input", "uisge.request"] as const;
  let isSame = false;
  const around = titled("around", (next) => async (request) => {
    const { environ } = request;
    for (const key of keys) environ[key] = key;
    const response = await next(request);
    isSame = keys.every((key) => environ[key] === key);
    return response;
  });
  await inject(wrap(mount({ "/api": place() }), [around]), "/api");
  t.true(isSame);
});

test("an application sees what middleware outside has left, and may change its own", async (t) => {
  const leaving = titled("leaving", (next) => (request) => {
    request.environ["uisge.user"] = { name: "alice", scheme: "Basic" };
    return next(request);
  });
  const show: WsgiFunction = (environ, start) => {
    start("200 OK", []);
    return environ["uisge.user"]?.name;
  };
  t.is((await inject(wrap(mount({ "/api": show }), [leaving]), "/api")).text(), "alice");
});

// Node applications

/** Answers with what a Node application sees of its place. */
function expressPlace(): express.Express {
  const app = express();
  app.get("/go", (req, res) => res.redirect(`${req.baseUrl}/there?x`));
  app.use("/deep", (req, res) => void res.json([req.url, req.baseUrl, req.originalUrl, req.path]));
  app.use((req, res) => void res.json([req.url, req.baseUrl, req.originalUrl, req.path]));
  return app;
}

for (const [path, seen] of [
  ["/api/tea?a=b", ["/tea?a=b", "/api", "/api/tea?a=b", "/tea"]],
  ["/api", ["/", "/api", "/api", "/"]],
  ["/api?a", ["/?a", "/api", "/api?a", "/"]],
  ["/api/a%2Fb", ["/a%2Fb", "/api", "/api/a%2Fb", "/a%2Fb"]],
  ["/%61pi/tea", ["/tea", "/%61pi", "/%61pi/tea", "/tea"]],
  ["/api/deep/x?q", ["/x?q", "/api/deep", "/api/deep/x?q", "/x"]],
  ["/x/../api/tea", ["/tea", "/api", "/x/../api/tea", "/tea"]],
] as const) {
  test(`Express at /api sees ${path} as if app.use had mounted it`, async (t) => {
    t.deepEqual(JSON.parse(await ask({ "/api": expressPlace() }, path)), seen);
  });
}

test("Express redirects below its mount point by req.baseUrl", async (t) => {
  const answer = await inject(mount({ "/api": expressPlace() }), "/api/go");
  t.deepEqual([answer.status, answer.get("location")], [302, "/api/there?x"]);
});

test("Express at the root sees what it sees without a mount, SCRIPT_NAME of the front end included", async (t) => {
  const vars = { SCRIPT_NAME: "/app", PATH_INFO: "/tea" };
  const request = { path: "/app/tea?q", vars };
  const seen = ["/app/tea?q", "", "/app/tea?q", "/app/tea"];
  t.deepEqual((await inject(expressPlace(), request)).json(), seen);
  t.deepEqual(JSON.parse(await ask({ "/": expressPlace() }, request)), seen);
});

test("mounted below SCRIPT_NAME of the front end, baseUrl and url together are originalUrl", async (t) => {
  const vars = { SCRIPT_NAME: "/app", PATH_INFO: "/api/tea" };
  t.deepEqual(JSON.parse(await ask({ "/api": expressPlace() }, { path: "/app/api/tea?q", vars })), [
    "/tea?q",
    "/app/api",
    "/app/api/tea?q",
    "/tea",
  ]);
});

test("an http.Server and a Node listener are mounted", async (t) => {
  const server = createServer((req, res) => res.end(`server ${req.url}`));
  const listener = (req: { url?: string }, res: { end(text: string): void }): void => res.end(`listener ${req.url}`);
  const table = { "/s": server, "/l": { application: listener as never, interface: "node" } } as const;
  t.is(await ask(table, "/s/x"), "server /x");
  t.is(await ask(table, "/l/x"), "listener /x");
});

// Fetch applications

test("a fetch application sees the URL below its mount point", async (t) => {
  const show = { fetch: (request: Request) => new Response(request.url) };
  t.is(await ask({ "/api": show }, "/api/a%2Fb?q"), "http://localhost/a%2Fb?q");
  t.is(await ask({ "/api": show }, "/api"), "http://localhost/");
  t.is(await ask({ "/": show }, "/api/x"), "http://localhost/api/x");
});

test("Hono routes below its mount point", async (t) => {
  const app = new Hono();
  app.get("/tea/:kind", (c) => c.text(`${c.req.param("kind")} at ${c.req.path}`));
  t.is(await ask({ "/api": app }, "/api/tea/assam"), "assam at /tea/assam");
});

// What stands in the table

test("an entry has its own middleware, which sees the environ below", async (t) => {
  const show = titled("show", () => ({ environ }) => ({ status: 200, headers: [], body: environ.PATH_INFO }));
  t.is(await ask({ "/api": { application: place(), middleware: [show] } }, "/api/tea"), "/tea");
});

test("an entry has the options of wrap", async (t) => {
  const show: WsgiFunction = (environ, start) => {
    start("200 OK", []);
    return String(environ["MY"]);
  };
  t.is(await ask({ "/a": { application: show, wsgi: { env: { MY: "own" } } } }, "/a"), "own");
  t.is(await ask({ "/a": { application: expressPlace() } }, "/a/deep"), '["/","/a/deep","/a/deep","/"]');
});

test("a WSGI application that is an object keeps its this", async (t) => {
  const counting = {
    name: "object",
    application(_: WsgiEnviron, start: Parameters<WsgiFunction>[1]): string {
      start("200 OK", []);
      return this.name;
    },
  };
  t.is(await ask({ "/a": counting }, "/a"), "object");
});

for (const [what, table, message] of [
  ["no object", undefined, /mount needs an object/],
  ["a path without a slash", { api: place() }, /the path of a mount is "api"/],
  ["an empty path", { "": place() }, /the path of a mount is ""/],
  ["a path with an empty segment", { "/a//b": place() }, /"\/a\/\/b"/],
  ["a path with a dot segment", { "/a/..": place() }, /"\/a\/\.\."/],
  ["a path that comes twice", { "/a": place(), "/a/": place() }, /two applications are mounted at "\/a\/"/],
  ["an unknown option", { "/a": { application: place(), interface: "wsgi", midleware: [] } }, /"midleware"/],
  ["an unknown interface", { "/a": { application: place(), interface: "rack" } }, /"rack"/],
  ["no list of middleware", { "/a": { application: place(), middleware: {} } }, /a list is needed/],
] as const) {
  test(`a table with ${what} is refused at once`, (t) => {
    t.throws(() => mount(table as never), { instanceOf: TypeError, code: "UWSGI_INVALID_ARGUMENT", message });
  });
}

test("what is no application is refused at once", (t) => {
  t.throws(() => mount({ "/a": undefined as never }), { code: "UWSGI_APP_CONTRACT" });
  t.throws(() => mount({ "/a": { application: 1 as never, interface: "fetch" } }), { code: "UWSGI_APP_CONTRACT" });
});

// Life

/** A framework whose hooks note that they were called: it has the shape of hapi. */
function framework(calls: string[], name: string): never {
  const note = (hook: string) => () => void calls.push(`${name} ${hook}`);
  const listener = createServer((_req, res) => res.end(name));
  return { initialize: note("start"), stop: note("stop"), route: () => {}, listener } as never;
}

test("applications start in the order of the table and stop in reverse, each once", async (t) => {
  const calls: string[] = [];
  const [a, b] = [framework(calls, "a"), framework(calls, "b")];
  const { lifecycle } = mount({ "/a": a, "/b": b, "/again": { application: a } });
  await lifecycle.start?.();
  await lifecycle.stop?.();
  t.deepEqual(calls, ["a start", "b start", "b stop", "a stop"]);
});

test("Fastify is made ready before its first request", async (t) => {
  const app = fastify();
  app.get("/tea", (request) => Promise.resolve({ url: request.url, original: request.originalUrl }));
  t.deepEqual(JSON.parse(await ask({ "/api": app as never }, "/api/tea")), {
    url: "/tea",
    original: "/api/tea",
  });
});

test("a mount is served, and the access log has the whole path", async (t) => {
  const socket = join(folderOf(t), "s");
  const server = await serve(mount({ "/api": place("api") }), { socket, log: false });
  t.teardown(() => server.close());
  const paths: unknown[] = [];
  const note = ({ environ }: { environ: Record<string, unknown> }): void => {
    if (environ["HTTP_X_TEST"] === "mount") paths.push([environ["SCRIPT_NAME"], environ["PATH_INFO"]]);
  };
  exchangeEnd.subscribe(note);
  const { body } = await askServer({ kind: "unix", path: socket }, get({ PATH_INFO: "/api/x", HTTP_X_TEST: "mount" }));
  exchangeEnd.unsubscribe(note);
  t.is(body, "api[/api][/x]");
  t.deepEqual(paths, [["", "/api/x"]]);
});
