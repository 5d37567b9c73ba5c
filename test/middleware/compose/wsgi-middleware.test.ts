import test from "ava";
import express from "express";
import { lint, wrap, wsgiFunction, type WsgiMiddleware } from "../../../src/app/index.ts";
import { wsgiMiddleware } from "../../../src/middleware/compose/wsgi-middleware.ts";
import { inject } from "../../../src/testing/index.ts";

/** As PEP 3333 shows one: sees the status, adds a header, changes the body. */
const shouting: WsgiMiddleware = function shouting(application) {
  const call = wsgiFunction(application);
  return async (environ, start) => {
    const body = await call(environ, (status, headers, error) =>
      start(status, [...headers].filter(([name]) => name !== "Content-Length").concat([["X-Status", status]]), error),
    );
    return Buffer.from(body as Uint8Array)
      .toString()
      .toUpperCase();
  };
};

test("WSGI middleware stands around a fetch application", async (t) => {
  const app = { fetch: () => new Response("tea", { status: 418 }) };
  const answer = await inject(wrap(app, [wsgiMiddleware(shouting)]), "/");
  t.deepEqual([answer.text(), answer.get("x-status")], ["TEA", "418"]);
});

test("WSGI middleware stands around Express", async (t) => {
  const app = express();
  app.get("/tea", (_req, res) => void res.type("text").send("assam"));
  const answer = await inject(wrap(app, [wsgiMiddleware(shouting)]), "/tea");
  t.deepEqual([answer.text(), answer.get("x-status")], ["ASSAM", "200 OK"]);
});

test("Express sees the environ and the body that WSGI middleware has put there", async (t) => {
  const moving: WsgiMiddleware = (application) => async (environ, start) => {
    const read = await environ["wsgi.input"].read(1);
    environ.PATH_INFO = `/moved${Buffer.from(read).toString()}`;
    return wsgiFunction(application)(environ, start);
  };
  const app = express();
  app.use(express.text({ type: "*/*" }));
  app.use((req, res) => void res.json([req.url, req.body]));
  const answer = await inject(wrap(app, [wsgiMiddleware(moving)]), {
    path: "/x",
    body: "body",
    headers: { "content-length": "4" },
  });
  t.is(answer.status, 400, "body-parser tells of the byte that is missing");
  const untouched: WsgiMiddleware = (application) => application;
  t.deepEqual((await inject(wrap(app, [wsgiMiddleware(untouched)]), { path: "/x", body: "body" })).json(), [
    "/x",
    "body",
  ]);
});

test("WSGI middleware may answer itself, and ask the application a second time", async (t) => {
  const retrying: WsgiMiddleware = (application) => async (environ, start) => {
    const call = wsgiFunction(application);
    try {
      return await call(environ, start);
    } catch {
      environ.PATH_INFO = "/again";
      return call(environ, start);
    }
  };
  const app = {
    fetch: (request: Request) => {
      if (new URL(request.url).pathname !== "/again") throw new Error("planted");
      return new Response("second");
    },
  };
  t.is((await inject(wrap(app, [wsgiMiddleware(retrying)]), "/")).text(), "second");
});

test("the options are of the environ", async (t) => {
  const show: WsgiMiddleware = () => (environ, start) => {
    start("200 OK", []);
    return String(environ["MY"]);
  };
  const app = { fetch: () => new Response() };
  t.is((await inject(wrap(app, [wsgiMiddleware(show, { env: { MY: "own" } })]), "/")).text(), "own");
});

test("the title is the name of the function", (t) => {
  t.is(wsgiMiddleware(shouting).title, "shouting");
  t.is(wsgiMiddleware(lint).title, "lint");
  t.is(wsgiMiddleware([(application: never) => application][0] as never).title, "WSGI middleware");
});

test("what is no WSGI middleware is refused", (t) => {
  t.throws(() => wsgiMiddleware({} as never), { instanceOf: TypeError, code: "UWSGI_INVALID_ARGUMENT" });
  t.throws(() => wrap({ fetch: () => new Response() }, [wsgiMiddleware(() => undefined as never)]), {
    code: "UWSGI_APP_CONTRACT",
  });
});
