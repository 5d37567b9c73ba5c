// The demo application: one route for each thing the gateway interface can do.
import { setTimeout as sleep } from "node:timers/promises";

/** @typedef {import("uisge").WsgiEnviron} Environ */
/** @typedef {import("uisge").StartResponse} StartResponse */
/** @typedef {(environ: Environ, startResponse: StartResponse) => import("uisge").WsgiBody | Promise<import("uisge").WsgiBody>} Route */

const text = /** @type {[string, string]} */ (["Content-Type", "text/plain; charset=utf-8"]);
const html = /** @type {[string, string]} */ (["Content-Type", "text/html; charset=utf-8"]);

/** Headers that hold secrets are not shown. */
const secret = /^HTTP_(COOKIE|AUTHORIZATION)$/;

/** @type {Record<string, Route>} */
const routes = {
  "/"(_environ, startResponse) {
    startResponse("200 OK", [html]);
    return `<!doctype html><title>uisge</title><h1>uisge answers</h1><ul>
<li><a href="/environ">/environ</a>: the environ of your request
<li>/echo: POST something, it comes back
<li><a href="/stream">/stream</a>: ten lines, one at a time
<li><a href="/fail">/fail</a>: an exception, answered with 500
</ul>\n`;
  },

  "/environ"(environ, startResponse) {
    startResponse("200 OK", [text]);
    return Object.entries(environ)
      .map(([name, value]) => (typeof value === "string" ? `${name}=${secret.test(name) ? "(hidden)" : value}\n` : ""))
      .join("");
  },

  async "/echo"(environ, startResponse) {
    // nginx stops sending the body once it has seen the head of the answer: read it all first.
    const body = await environ["wsgi.input"].read();
    startResponse("200 OK", [["Content-Type", environ.CONTENT_TYPE || "application/octet-stream"]]);
    return body;
  },

  async *"/stream"(_environ, startResponse) {
    // Without this header nginx would collect the lines and send them all at the end.
    startResponse("200 OK", [text, ["X-Accel-Buffering", "no"]]);
    for (let line = 1; line <= 10; line++) {
      yield `line ${line} of 10\n`;
      await sleep(300);
    }
  },

  "/fail"() {
    throw new Error("this route always fails: see the log");
  },
};

/** @type {Route} */
export function application(environ, startResponse) {
  const route = Object.hasOwn(routes, environ.PATH_INFO) ? routes[environ.PATH_INFO] : undefined;
  if (route !== undefined) return route(environ, startResponse);
  startResponse("404 Not Found", [text]);
  return "Nothing here. Try /\n";
}
