import { execFile } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { createServer } from "node:http";
import test from "ava";
import express from "express";
import Fastify from "fastify";
import { Hono } from "hono";
import Koa from "koa";
import { exchangeError } from "../src/diagnostics.ts";
import { type LogOptions, serve, type ServeOptions, type Server, type WsgiApplication } from "../src/index.ts";
import type { Address } from "../src/connection/index.ts";
import { failureOf } from "./helpers/messages.ts";
import { ask, exchange, get } from "./helpers/raw-client.ts";
import { projectRoot } from "./helpers/project.ts";
import { tempFolder } from "./helpers/temp-folder.ts";
import { hex, wire } from "./helpers/wire.ts";

const hello: WsgiApplication = (environ, start) => {
  start("200 OK", []);
  return `hello ${environ.SERVER_NAME}`;
};

function unix(path: string): Address {
  return { kind: "unix", path };
}

/** Lines of a log, waited for. */
function sink(): { readonly lines: string[]; write(line: string): void; until(pattern: RegExp): Promise<void> } {
  const lines: string[] = [];
  let wake: () => void = () => {};
  return {
    lines,
    write: (line) => {
      lines.push(line);
      wake();
    },
    until: async (pattern) => {
      while (!lines.some((line) => pattern.test(line))) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
  };
}

test("serve answers requests and pings on all its sockets", async (t) => {
  using folder = tempFolder();
  const sockets = [folder.file("a"), folder.file("b")];
  await using server = await serve(hello, { socket: sockets, log: false });
  for (const path of sockets) {
    t.is((await ask(unix(path))).body, "hello localhost");
    t.is(hex((await exchange(unix(path), wire("64 00 00 00"))).bytes), "64 00 00 01");
  }
  t.deepEqual(server.addresses, sockets.map(unix));
});

for (const [about, start] of [
  ["a Node handler, when said so", (options) => serve((_, res) => res.end("hi"), { ...options, interface: "node" })],
  ["a fetch handler, when said so", (options) => serve(() => new Response("hi"), { ...options, interface: "fetch" })],
  [
    "a server of node:http",
    (options) =>
      serve(
        createServer((_, res) => res.end("hi")),
        options,
      ),
  ],
  ["an object with fetch", (options) => serve({ fetch: () => new Response("hi") }, options)],
  [
    "a Hono application",
    (options) =>
      serve(
        new Hono().get("/", (c) => c.text("hi")),
        options,
      ),
  ],
  [
    "an Express application",
    (options) =>
      serve(
        express().get("/", (_, res) => void res.send("hi")),
        options,
      ),
  ],
  [
    "a Koa application",
    (options) => {
      const application = new Koa();
      application.use((context) => {
        context.body = "hi";
      });
      return serve(application, options);
    },
  ],
  [
    "a Fastify application",
    (options) => {
      const application = Fastify();
      application.get("/", () => "hi");
      return serve(application, options);
    },
  ],
] satisfies [string, (options: ServeOptions) => Promise<Server>][]) {
  test(`serve takes ${about}`, async (t) => {
    using folder = tempFolder();
    await using server = await start({ socket: folder.file("s"), log: false });
    const { status, body } = await ask(unix(folder.file("s")), get({ HTTP_HOST: "example.org" }));
    t.deepEqual([status, body, server.counts.exchanges], [200, "hi", 1]);
  });
}

test("hooks of a framework run within those of the application", async (t) => {
  using folder = tempFolder();
  const calls: string[] = [];
  const application = Fastify();
  application.addHook("onReady", async () => void calls.push("framework ready"));
  application.addHook("onClose", async () => void calls.push("framework close"));
  const lifecycle = { start: () => void calls.push("start"), stop: () => void calls.push("stop") };
  const server = await serve(application, { socket: folder.file("s"), log: false, lifecycle });
  await server.close();
  t.deepEqual(calls, ["start", "framework ready", "framework close", "stop"]);
});

test("a Node handler that is taken for a WSGI application is named once in the log, with the fix", async (t) => {
  using folder = tempFolder();
  const errors = sink();
  const application = ((_req: unknown, res: { end(text: string): void }) =>
    res.end("hi")) as unknown as WsgiApplication;
  await using server = await serve(application, { socket: folder.file("s"), log: { errors } });
  for (let i = 0; i < 2; i++) t.is((await ask(unix(folder.file("s")))).status, 500);
  await errors.until(/or \{ interface: "node" \} in code\n$/);
  t.is(server.counts.exchanges, 2);
  t.is(errors.lines.filter((line) => line.includes("in code")).length, 1);
});

test("an interface that there is not is refused", async (t) => {
  const options = { socket: "/nowhere/s", interface: "rack" } as unknown as ServeOptions;
  await t.throwsAsync(serve(hello, options), {
    code: "UWSGI_INVALID_ARGUMENT",
    message: 'interface is "rack", there are wsgi, node, fetch, handler',
  });
});

test("options for WSGI applications reach the environ, and are refused for others", async (t) => {
  using folder = tempFolder();
  const socket = folder.file("s");
  const options = { multiprocess: true, env: { "site.name": "Tea" } };
  const application: WsgiApplication = (environ, start) => {
    start("200 OK", []);
    return `${String(environ["wsgi.multiprocess"])} ${String(environ["site.name"])}`;
  };
  await using server = await serve(application, { socket, log: false, wsgi: options });
  t.is((await ask(unix(socket))).body, "true Tea");
  t.is(server.addresses.length, 1);
  await t.throwsAsync(
    serve(() => new Response(), { socket: folder.file("o"), interface: "fetch", wsgi: options }),
    {
      code: "UWSGI_INVALID_ARGUMENT",
    },
  );
});

test("options reach the server, its sockets and the environ", async (t) => {
  using folder = tempFolder();
  await using server = await serve(hello, {
    socket: folder.file("s"),
    log: false,
    serverName: "app",
    maxVars: 3,
    graceMs: 1,
  });
  t.is((await ask(unix(folder.file("s")))).body, "hello app");
  t.is((await ask(unix(folder.file("s")), get({ A: "", B: "" }))).status, 431);
  t.is(server.addresses.length, 1);
});

test("requests and errors are logged where the options say, and no longer once the server is closed", async (t) => {
  using folder = tempFolder();
  const access = sink();
  const errors = sink();
  const application: WsgiApplication = (environ, start) => {
    if (environ.PATH_INFO === "/fail") throw new Error("on purpose");
    return (hello as (environ: unknown, start: unknown) => string)(environ, start);
  };
  const server = await serve(application, { socket: folder.file("s"), log: { access, errors } });
  await ask(unix(folder.file("s")), get({ PATH_INFO: "/ok" }));
  await ask(unix(folder.file("s")), get({ PATH_INFO: "/fail" }));
  await access.until(/"GET \/ok HTTP\/1\.0" 200 15 "-" "-"\n$/);
  await access.until(/"GET \/fail HTTP\/1\.0" 500 /);
  await errors.until(/^\S+ error \[[0-9a-f]{32}\] GET \/fail answered 500: Error: on purpose \| at [^\n]+\n$/);
  await server.close();
  await new Promise(setImmediate);
  const before = errors.lines.length;
  exchangeError.publish(failureOf("x", { server }));
  t.is(errors.lines.length, before, "a closed server is still listened to");
});

test("errors go to standard error when nothing is said, and requests nowhere", async (t) => {
  using folder = tempFolder();
  const program = `
    import { serve } from ${JSON.stringify(join(projectRoot, "build/src/index.js"))};
    import { connect } from "node:net";
    const server = await serve(() => { throw new Error("on purpose"); }, { socket: process.argv[1] });
    const socket = connect(process.argv[1]).end(Buffer.alloc(4)).resume();
    socket.on("close", () => server.close());
  `;
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [
    "--input-type=module",
    "-e",
    program,
    folder.file("s"),
  ]);
  t.is(stdout, "");
  t.regex(stderr, /^\S+ error \[[0-9a-f]{32}\] GET \/ answered 500: Error: on purpose \| /);
  t.notRegex(stderr, /" 500 /);
});

test("a socket that cannot be listened on leaves none of the others behind", async (t) => {
  using folder = tempFolder();
  const [first, taken] = [folder.file("a"), folder.file("b")];
  writeFileSync(taken, "kept");
  const errors = sink();
  await t.throwsAsync(serve(hello, { socket: [first, taken], log: { errors } }), { code: "UWSGI_LISTEN_FAILED" });
  t.deepEqual([existsSync(first), existsSync(taken)], [false, true]);
  await new Promise(setImmediate);
  t.false(exchangeError.hasSubscribers && errors.lines.length > 0);
});

test("logs are JSON where the options say so", async (t) => {
  using folder = tempFolder();
  const [access, errors] = [sink(), sink()];
  const application: WsgiApplication = () => {
    throw new Error("on purpose");
  };
  const server = await serve(application, {
    socket: folder.file("s"),
    log: { access, accessFormat: "json", errors, errorFormat: "json" },
  });
  await ask(unix(folder.file("s")), get({ HTTP_X_REQUEST_ID: "abc-1" }));
  await access.until(/"request_id":"abc-1"/);
  await errors.until(/"request_id":"abc-1"/);
  await server.close();
  t.like(JSON.parse(access.lines.join()), { request_id: "abc-1", status: 500 });
  t.like(JSON.parse(errors.lines.join()), { request_id: "abc-1", event: "exchange:error", status: 500 });
});

test("a format that there is not is said before anything listens", async (t) => {
  using folder = tempFolder();
  const log = { accessFormat: "common" } as unknown as LogOptions;
  await t.throwsAsync(serve(hello, { socket: folder.file("s"), log }), { code: "UWSGI_INVALID_ARGUMENT" });
  t.false(existsSync(folder.file("s")));
});

for (const [about, options] of [
  ["no options", undefined],
  ["no socket", {}],
  ["an empty list", { socket: [] }],
  ["a number", { socket: 3031 }],
] as const) {
  test(`serve with ${about} is a mistake of the caller`, async (t) => {
    await t.throwsAsync(serve(hello, options as unknown as ServeOptions), { instanceOf: TypeError });
  });
}

test("an address that is none is named", async (t) => {
  await t.throwsAsync(serve(hello, { socket: "nonsense", log: false }), {
    code: "UWSGI_INVALID_ADDRESS",
    message: /"nonsense"/,
  });
});

test("what is no application is said at once", async (t) => {
  using folder = tempFolder();
  await t.throwsAsync(serve({} as WsgiApplication, { socket: folder.file("s") }), { code: "UWSGI_APP_CONTRACT" });
});

for (const [about, socket, options] of [
  ["tls", "127.0.0.1:0", { tls: { cert: "c", key: "k" } }],
  ["allow", "/nowhere/s", { allow: ["127.0.0.1"] }],
  ["insecure", "/nowhere/s", { insecure: true }],
  ["mode", "127.0.0.1:0", { mode: 0o600 }],
  ["owner", "@abstract", { owner: 0 }],
  ["group", "@abstract", { group: 0 }],
  ["recreate", "fd://3", { recreate: true }],
] as const) {
  test(`${about} is refused where no address has a use for it, such as ${socket}`, async (t) => {
    const error = await t.throwsAsync(
      serve(() => null, { socket, ...options, log: false }),
      { code: "UWSGI_INVALID_ARGUMENT" },
    );
    t.true(error.message.startsWith(`${about} is for `) && error.message.endsWith(` none among ${socket}`));
  });
}
