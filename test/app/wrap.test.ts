import { writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import test from "ava";
import express from "express";
import fastify from "fastify";
import { Hono } from "hono";
import { type AppRequest, type AppResponse, type Middleware, serve, type Session, wrap } from "../../src/index.ts";
import { loadApplication } from "../../src/app/index.ts";
import { onResponse, titled } from "../../src/handler/index.ts";
import { inject } from "../../src/testing/index.ts";
import { ask, get } from "../helpers/raw-client.ts";
import { tempFolder } from "../helpers/temp-folder.ts";

/** Says that it was there. */
const seen = titled(
  "seen",
  (next) => (request) =>
    onResponse(next(request), (response) => ({ ...response, headers: [...response.headers, ["X-Seen", "yes"]] })),
);

const text = (_environ: object, startResponse: (status: string, headers: [string, string][]) => unknown): string => {
  startResponse("200 OK", []);
  return "hello";
};

for (const [what, wrapped] of [
  ["a WSGI function", wrap(text, [seen])],
  [
    "an http.Server",
    wrap(
      createServer((_, res) => void res.end("hello")),
      [seen],
    ),
  ],
  ["a Node handler that is said to be one", wrap((_, res) => res.end("hello"), [seen], { interface: "node" })],
  [
    "an Express application",
    wrap(
      express().get("/", (_, res) => void res.send("hello")),
      [seen],
    ),
  ],
  [
    "a Hono application",
    wrap(
      new Hono().get("/", (c) => c.text("hello")),
      [seen],
    ),
  ],
  ["a fetch handler that is said to be one", wrap(() => new Response("hello"), [seen], { interface: "fetch" })],
  [
    "a handler",
    wrap(() => ({ status: 200, headers: [], body: "hello" }), [seen], {
      interface: "handler",
    }),
  ],
  ["what was wrapped before", wrap(wrap(text, []), [seen])],
] as const) {
  test(`middleware stands around ${what}`, async (t) => {
    const answer = await inject(wrapped);
    t.deepEqual([answer.text(), answer.get("x-seen")], ["hello", "yes"]);
  });
}

test("what a framework wants done before it serves and at its end goes with what is wrapped", async (t) => {
  const app = fastify();
  let isClosed = false;
  app.addHook("onClose", async () => {
    isClosed = true;
  });
  app.get("/", async () => "hello");
  const wrapped = wrap(app, [seen]);
  t.is((await inject(wrapped)).text(), "hello");
  await wrapped.lifecycle.stop?.();
  t.true(isClosed);
});

test("serve puts its middleware around the application, the first outermost", async (t) => {
  using folder = tempFolder();
  const order: string[] = [];
  const noting = (name: string): Middleware =>
    titled(name, (next) => (request) => {
      order.push(name);
      return next(request);
    });
  await using server = await serve(wrap(text, [noting("third")]), {
    socket: folder.file("s"),
    middleware: [noting("first"), seen, noting("second")],
  });
  const [address] = server.addresses;
  const answer = await ask(address as NonNullable<typeof address>, get());
  t.deepEqual([answer.body, answer.headers.find(([name]) => name === "x-seen")?.[1]], ["hello", "yes"]);
  t.deepEqual(order, ["first", "second", "third"]);
});

test("serve without middleware, and with a list of none, serves a Node application as it is", async (t) => {
  using folder = tempFolder();
  for (const options of [{}, { middleware: [] }]) {
    await using server = await serve((_, res) => res.end("direct"), {
      socket: folder.file("s"),
      interface: "node",
      ...options,
    });
    const [address] = server.addresses;
    t.is((await ask(address as NonNullable<typeof address>, get())).body, "direct");
  }
});

test("serve refuses what is no middleware, and says where it stands", async (t) => {
  const refused = serve(text, { socket: "/nowhere/s", middleware: [seen, 7 as unknown as Middleware] });
  await t.throwsAsync(refused, {
    code: "UWSGI_INVALID_ARGUMENT",
    message: "middleware 2 is number, a function is needed",
  });
});

test("a module may export what is wrapped, and it is recognised", async (t) => {
  using folder = tempFolder();
  const module = folder.file("app.mjs");
  const source = new URL("../../src/index.js", import.meta.url).href;
  await writeFile(
    module,
    `import { wrap } from ${JSON.stringify(source)};
     export default wrap((request) => ({ status: 200, headers: [], body: "hello" }), [], { interface: "handler" });`,
  );
  const loaded = await loadApplication(module);
  t.is(loaded.interface, "handler");
  t.is(loaded.why, "the default export is an application with middleware: handler");
  t.is((await inject(loaded.application, { interface: loaded.interface })).text(), "hello");
});

test("what is no handler is refused", (t) => {
  t.throws(() => wrap({} as never, [], { interface: "handler" }), {
    code: "UWSGI_APP_CONTRACT",
    message: /^the application is no handler: /,
  });
});

test("a handler that writes its answers itself is one too", async (t) => {
  const direct = {
    answer: (_: AppRequest, answer: { begin(...given: unknown[]): unknown; end(): void }) => {
      answer.begin(200, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", 5, "hello");
      answer.end();
    },
  };
  t.is((await inject(direct as never, { interface: "handler" })).text(), "hello");
});

test("what is wrapped tells what is inside", (t) => {
  const inside = wrap(new Hono(), [seen]);
  t.deepEqual(
    [wrap(text, []).interfaces, inside.interfaces, wrap(inside, [seen]).interfaces],
    [["wsgi"], ["fetch"], ["fetch"]],
  );
});

// What is left for the application

const session = { isLoaded: true } as Session;
const user = { name: "ada", scheme: "Basic" };
const leaving = titled("leaving", (next) => (request) => {
  request.environ["uisge.session"] = session;
  request.environ["uisge.user"] = user;
  return next(request);
});

test("a WSGI application has what middleware leaves in its environ", async (t) => {
  let found: unknown;
  await inject(
    wrap(
      (environ, startResponse) => {
        found = [environ["uisge.session"], environ["uisge.user"]];
        return text(environ, startResponse);
      },
      [leaving],
    ),
  );
  t.deepEqual(found, [session, user]);
});

test("a Node application has what middleware leaves in its request", async (t) => {
  let found: unknown;
  const listener = (req: object, res: { end(): void }): void => {
    const { session: given, user: who } = req as { session?: unknown; user?: unknown };
    found = [given, who];
    res.end();
  };
  await inject(wrap(listener as never, [leaving], { interface: "node" }));
  t.deepEqual(found, [session, user]);
});

test("a Node request has no session and no user where no middleware has left them", async (t) => {
  let found: unknown;
  await inject(
    (req, res) => {
      found = ["session" in req, "user" in req];
      res.end();
    },
    { interface: "node" },
  );
  t.deepEqual(found, [false, false]);
});

test("a fetch application has what middleware leaves in env", async (t) => {
  let found: unknown;
  await inject(
    wrap(
      (_, env) => {
        found = [env.session, env.user];
        return new Response();
      },
      [leaving],
      { interface: "fetch" },
    ),
  );
  t.deepEqual(found, [session, user]);
});

// Failures that middleware answers

test("what middleware reports is logged as the server's own failures are", async (t) => {
  const planted = new Error("planted");
  const answering = titled("answering", () => (request): AppResponse => {
    request.report(planted, 500);
    return { status: 500, headers: [], body: "no" };
  });
  const answer = await inject(wrap(text, [answering]));
  t.deepEqual([answer.status, answer.errors], [500, [planted]]);
});
