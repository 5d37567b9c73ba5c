/** What the types of the gateway interface allow: checked when this file is compiled. */
import test from "ava";
import {
  type FileBody,
  lint,
  type StartResponse,
  wsgi,
  type WsgiApplication,
  type WsgiBody,
  type WsgiEnviron,
  type WsgiInput,
  wsgiFunction,
  type WsgiMiddleware,
} from "../../../src/app/index.ts";
import type { Handler } from "../../../src/handler/index.ts";
import { run, type Start } from "../../helpers/wsgi-run.ts";

/** Never called: it is enough that it compiles, or does not. */
export function typed(environ: WsgiEnviron, start: StartResponse): void {
  // Every form of an application is one.
  const forms: readonly WsgiApplication[] = [
    () => null,
    () => "text",
    () => new Uint8Array(0),
    () => ["a", new Uint8Array(0)],
    () => {},
    async () => "text",
    function* generator() {
      yield "a";
    },
    async function* generator() {
      yield "a";
    },
    class Page {
      *[Symbol.iterator](): Generator<string> {
        yield "a";
      }
    },
    { application: () => "text" },
    // @ts-expect-error A body is no number.
    () => 5,
    // @ts-expect-error Chunks are no numbers.
    () => [5],
    // @ts-expect-error An object needs a method application.
    { call: () => "text" },
    // @ts-expect-error The instances of a class iterate.
    class Silent {
      readonly body = "text";
    },
  ];
  const handlers: readonly Handler[] = forms.map((form) => wsgi(form));

  // Keys of the environ have their types; what a client or front end may leave out may be undefined.
  const keys: readonly [string, WsgiInput, "http" | "https", boolean, string | undefined] = [
    environ.REQUEST_METHOD,
    environ["wsgi.input"],
    environ["wsgi.url_scheme"],
    environ["wsgi.multithread"],
    environ.HTTP_HOST,
  ];
  // @ts-expect-error It may be absent.
  const host: string = environ.HTTP_HOST;
  // @ts-expect-error Of other vars nothing is known.
  const other: string = environ["HTTP_X_OTHER"];
  // @ts-expect-error The version is [1, 0].
  environ["wsgi.version"] = [2, 0];
  // An application may put its own there.
  environ["site.user"] = { name: "me" };

  // The file is whatever can be read.
  const body: FileBody = environ["wsgi.file_wrapper"](0, 4_096);
  const wrapped: WsgiBody = environ["wsgi.file_wrapper"]({ read: () => null });
  // @ts-expect-error A path is no file.
  environ["wsgi.file_wrapper"]("/etc/passwd");

  start("200 OK", [["Content-Type", "text/plain"]]);
  start("200 OK", new Map([["Content-Type", "text/plain"]]), new Error("x"));
  // @ts-expect-error Values are strings.
  start("200 OK", [["Content-Length", 5]]);
  // @ts-expect-error The status is a line.
  start(200, []);

  // @ts-expect-error There is no such option.
  wsgi(() => null, { threads: 4 });
  // @ts-expect-error Constants are strings.
  wsgi(() => null, { env: { A: 5 } });

  void [handlers, keys, host, other, body, wrapped];
}

/** A middleware, as one would write it. */
function withHeader(name: string, value: string): WsgiMiddleware {
  return (application) => {
    const next = wsgiFunction(application);
    return (environ, start) =>
      next(environ, (status, headers, error) => start(status, [...headers, [name, value]], error));
  };
}

test("middleware takes an application and is one, and stands in rows", async (t) => {
  const middleware: readonly WsgiMiddleware[] = [withHeader("X-A", "1"), lint, withHeader("X-B", "2")];
  const hello: WsgiApplication = (_: WsgiEnviron, start: Start) => {
    start("200 OK", []);
    return "hello";
  };
  const { answer } = await run(
    middleware.reduceRight<WsgiApplication>((application, wrap) => wrap(application), hello),
  );
  t.deepEqual(
    [answer.body, answer.headers],
    [
      "hello",
      [
        ["x-b", "2"],
        ["x-a", "1"],
        ["content-length", "5"],
      ],
    ],
  );
});
