import test from "ava";
import type { Environ } from "../../../src/environ/index.ts";
import { compose, type Handler, type Middleware } from "../../../src/handler/index.ts";
import { type Condition, readCondition } from "../../../src/middleware/compose/condition.ts";
import { when } from "../../../src/middleware/compose/when.ts";
import { inject } from "../../../src/testing/index.ts";
import { tagged } from "../../helpers/tagged.ts";

const hello: Handler = () => ({ status: 200, headers: [], body: "hello" });

async function seenAt(handler: Handler, path: string): Promise<string | undefined> {
  return (await inject(handler, { interface: "handler", path })).get("x-seen");
}

test("middleware is there for the requests that are meant, and for no others", async (t) => {
  const handler = when({ path: "/admin" }, tagged("a"))(hello);
  t.is(await seenAt(handler, "/admin"), "a");
  t.is(await seenAt(handler, "/"), undefined);
});

test("a list is put around in its order, between what is above and below", async (t) => {
  const list = [tagged("top"), when({ path: "/x" }, [tagged("a"), tagged("b")]), tagged("bottom")];
  t.is(await seenAt(compose(list)(hello), "/x"), "bottom, b, a, top");
  t.is(await seenAt(compose(list)(hello), "/"), "bottom, top");
});

test("conditions stand in one another", async (t) => {
  const handler = when({ path: "/x" }, when({ not: { path: "/x/y" } }, tagged("a")))(hello);
  t.is(await seenAt(handler, "/x"), "a");
  t.is(await seenAt(handler, "/x/y"), undefined);
});

test("middleware is called once for an application, whatever requests come", async (t) => {
  let calls = 0;
  const counted: Middleware = (next) => {
    calls++;
    return next;
  };
  const handler = when(({ REQUEST_METHOD }) => REQUEST_METHOD === "POST", counted)(hello);
  t.is(calls, 1);
  await inject(handler, { interface: "handler", method: "POST" });
  await inject(handler, { interface: "handler" });
  t.is(calls, 1);
});

test("what answers at once is answered at once, whether it is meant or not", (t) => {
  const handler = when(({ PATH_INFO }) => PATH_INFO === "/a", tagged("a"))(hello);
  for (const path of ["/a", "/b"]) t.false(handler({ environ: { PATH_INFO: path } } as never) instanceof Promise);
});

test("a function that throws is a failure of the request", async (t) => {
  const failure = new Error("planted");
  const handler = when(() => {
    throw failure;
  }, tagged("a"))(hello);
  const { status, errors } = await inject(handler, { interface: "handler" });
  t.deepEqual([status, errors], [500, [failure]]);
});

test("a function that answers a promise is a failure of the request, not a condition that never holds", async (t) => {
  const condition = (async () => true) as unknown as () => boolean;
  const handler = when({ not: condition }, tagged("a"))(hello);
  const { status, errors } = await inject(handler, { interface: "handler" });
  t.is(status, 500);
  t.like(errors[0], { code: "UWSGI_APP_CONTRACT" });
});

test("the title names what is there when it is meant", (t) => {
  t.is(when({ https: true }, [tagged("a"), tagged("b")]).title, "when(a, b)");
  t.is(when({ https: true }, []).title, "when(nothing)");
});

/** Notes the layers that it is put around. */
function watcher(notes: string[]): Middleware {
  const watch = (layer: Handler, title: string): Handler => {
    notes.push(title);
    return layer;
  };
  return Object.assign((next: Handler): Handler => next, { title: "watcher", watch });
}

test("who watches within sees the layers below, within and behind the condition, each once", (t) => {
  const notes: string[] = [];
  compose([tagged("top"), when({ path: "/" }, [watcher(notes), tagged("a")]), tagged("b")])(hello);
  t.deepEqual(notes, ["application", "b", "a"]);
});

test("who watches above sees the condition as one layer", (t) => {
  const notes: string[] = [];
  compose([watcher(notes), when({ path: "/" }, [tagged("a")])])(hello);
  t.deepEqual(notes, ["application", "when(a)"]);
  t.false("watch" in when({ path: "/" }, tagged("a")));
});

const request: Environ = {
  REQUEST_METHOD: "POST",
  SCRIPT_NAME: "/app",
  PATH_INFO: "/admin/x",
  QUERY_STRING: "",
  SERVER_NAME: "server",
  SERVER_PORT: "80",
  SERVER_PROTOCOL: "HTTP/1.1",
  HTTP_HOST: "Shop.Example.ORG:8080",
  HTTP_X_TEA: "gr\u00c3\u00bcn",
};

for (const [condition, isMeant, vars] of [
  [{ path: "/" }, true],
  [{ path: "/app" }, true],
  [{ path: "/app/admin/" }, true],
  [{ path: "/app/admin/x" }, true],
  [{ path: "/app/adm" }, false],
  [{ path: "/admin" }, false],
  [{ path: "/app/admin/x/y" }, false],
  [{ path: ["/other", "/app"] }, true],
  [{ path: "/app/adm" }, false, { PATH_INFO: "/admin" }],
  [{ path: "/app/admin" }, true, { PATH_INFO: "//admin" }],
  [{ path: "/app/admin" }, true, { PATH_INFO: "/x/../admin/y" }],
  [{ path: "/app/admin" }, true, { PATH_INFO: "/./admin" }],
  [{ path: "/app/admin" }, true, { SCRIPT_NAME: "", PATH_INFO: "/../../app//admin/." }],
  [{ path: "/app/admin" }, true, { PATH_INFO: "/admin/.." }],
  [{ path: "/app/admin" }, true, { REQUEST_URI: "/app/admin/..%2Fhome", PATH_INFO: "/home" }],
  [{ path: "/app/admin" }, true, { REQUEST_URI: "/app/admin/%2e%2e/home?x", PATH_INFO: "/home", QUERY_STRING: "x" }],
  [{ path: "/app/admin" }, true, { REQUEST_URI: "/app/.\\admin", PATH_INFO: "/.\\admin" }],
  [{ path: "/app/admin" }, true, { REQUEST_URI: "/a/../app/admin/x/..%2f..%2fy", PATH_INFO: "/y" }],
  [{ path: "/app/admin" }, true, { REQUEST_URI: "/app/%61dmin", PATH_INFO: "/admin" }],
  [{ path: "/app/admin" }, false, { REQUEST_URI: "/app/%61dmins", PATH_INFO: "/admins" }],
  [{ path: "/app/admin" }, false, { REQUEST_URI: "/app/x?/app/admin", PATH_INFO: "/x", QUERY_STRING: "/app/admin" }],
  [{ path: "/app/admin" }, false, { REQUEST_URI: "/app/admin/old", PATH_INFO: "/new" }],
  [{ not: { path: "/app/home" } }, true, { REQUEST_URI: "/app/admin/..%2Fhome", PATH_INFO: "/home" }],
  [{ not: { path: "/app/home" } }, true, { REQUEST_URI: "/app/admin/../home", PATH_INFO: "/admin/../home" }],
  [{ not: { path: "/app/home" } }, true, { REQUEST_URI: "/app/home/..\\admin", PATH_INFO: "/home/..\\admin" }],
  [{ not: { path: "/app/home" } }, false, { REQUEST_URI: "/app//home/%61?x", PATH_INFO: "/home/a", QUERY_STRING: "x" }],
  [{ not: { not: { path: "/app/admin" } } }, true, { PATH_INFO: "/admin/.." }],
  [{ method: "POST" }, true, { REQUEST_METHOD: "post" }],
  [{ not: { method: "GET" } }, true, { REQUEST_METHOD: "get" }],
  [{ host: "shop.example.org" }, true, { HTTP_HOST: "shop.example.org.:80" }],
  [{ not: { host: "shop.example.org" } }, true, { HTTP_HOST: "shop.example.org." }],
  [{ path: "/app/.well-known" }, true, { PATH_INFO: "/.well-known/x" }],
  [{ path: "/caf\u00e9" }, true, { SCRIPT_NAME: "", PATH_INFO: "/caf\u00c3\u00a9/x" }],
  [{ path: "/" }, true, { SCRIPT_NAME: "", PATH_INFO: "" }],
  [{ path: "/a" }, false, { SCRIPT_NAME: "", PATH_INFO: "" }],
  [{ method: "POST" }, true],
  [{ method: ["PUT", "POST"] }, true],
  [{ method: "GET" }, false],
  [{ method: "GET" }, false, { REQUEST_METHOD: "HEAD" }],
  [{ host: "shop.example.org" }, true],
  [{ host: "SHOP.example.org:8080" }, true],
  [{ host: "shop.example.org:80" }, false],
  [{ host: "*.example.org" }, true],
  [{ host: "*.example.org:8080" }, true],
  [{ host: "example.org" }, false],
  [{ host: ["a", "shop.example.org"] }, true],
  [{ host: "*.example.org" }, false, { HTTP_HOST: "example.org" }],
  [{ host: "*.example.org" }, false, { HTTP_HOST: ".example.org" }],
  [{ host: "[::1]" }, true, { HTTP_HOST: "[::1]:80" }],
  [{ host: "shop" }, false, { HTTP_HOST: "" }],
  [{ https: true }, false],
  [{ https: false }, true],
  [{ https: true }, true, { HTTPS: "on" }],
  [{ header: { "X-Tea": "gr\u00fcn" } }, true],
  [{ header: { "x-tea": "black" } }, false],
  [{ header: { "x-tea": true } }, true],
  [{ header: { "x-tea": false } }, false],
  [{ header: { "x-milk": false } }, true],
  [{ header: { "x-milk": true } }, false],
  [{ header: { "content-type": "text/plain" } }, true, { CONTENT_TYPE: "text/plain" }],
  [{ header: { "content-type": true } }, false, { CONTENT_TYPE: "" }],
  [{ header: { "x-tea": true, "x-milk": true } }, false],
  [{ path: "/app", method: "POST", https: false }, true],
  [{ path: "/app", method: "GET" }, false],
  [{ not: { path: "/app" } }, false],
  [{ not: { path: "/app", method: "GET" } }, true],
  [{ path: "/app", not: { method: "GET" } }, true],
  [({ PATH_INFO }: Environ) => PATH_INFO === "/admin/x", true],
] as readonly (readonly [Condition, boolean, Partial<Environ>?])[]) {
  const what = typeof condition === "function" ? "a function" : JSON.stringify(condition);
  const where = vars === undefined ? "" : ` for ${JSON.stringify(vars)}`;
  test(`${what} ${isMeant ? "holds" : "does not hold"}${where}`, (t) => {
    t.is(readCondition(condition)({ ...request, ...vars }), isMeant);
  });
}

for (const [condition, message] of [
  [undefined, /the condition is undefined/],
  [null, /the condition is null/],
  ["/admin", /the condition is "\/admin", a function or an object/],
  [[{ path: "/" }], /the condition is a list of 1/],
  [{}, /the condition is empty/],
  [{ path: undefined, not: { https: undefined } }, /the condition is empty/],
  [{ paths: "/" }, /the condition has "paths", there are path, method, host, https, header, not/],
  [{ toString: "/" }, /the condition has "toString"/],
  [{ path: "admin" }, /path of the condition is "admin", one like "\/admin"/],
  [{ path: "/a//b" }, /path of the condition/],
  [{ path: "/a/../b" }, /path of the condition/],
  [{ path: [] }, /path of the condition is a list of 0/],
  [{ path: 1 }, /path of the condition is 1/],
  [{ method: "post" }, /method of the condition is "post", one like "POST"/],
  [{ method: "A B" }, /method of the condition/],
  [{ host: "http://x" }, /host of the condition/],
  [{ host: "a.*.b" }, /host of the condition/],
  [{ https: "on" }, /https of the condition is "on"/],
  [{ header: "x" }, /header of the condition is "x"/],
  [{ header: {} }, /header of the condition/],
  [{ header: { x_y: "z" } }, /header of the condition has "x_y"/],
  [{ header: { x: 1 } }, /header x of the condition is 1/],
] as const) {
  test(`${JSON.stringify(condition)} is refused at once`, (t) => {
    t.throws(() => when(condition as never, []), { instanceOf: TypeError, code: "UWSGI_INVALID_ARGUMENT", message });
  });
}

test("what is no middleware is refused at once", (t) => {
  t.throws(() => when({ path: "/" }, [undefined as never]), {
    code: "UWSGI_INVALID_ARGUMENT",
    message: /middleware 1/,
  });
  t.throws(() => when({ path: "/" }, undefined as never), { code: "UWSGI_INVALID_ARGUMENT", message: /a list/ });
});
