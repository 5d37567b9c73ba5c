/** fetch, and undici's request, by a dispatcher to a real uWSGI with Flask. */
import test, { type ExecutionContext } from "ava";
import { UwsgiDispatcher } from "../../src/client/dispatcher/index.ts";
import { errorCode } from "../../src/errors.ts";
import { needsUwsgiPython } from "../helpers/needs.ts";
import { noise, sha256 } from "../helpers/noise.ts";
import { fetches, undicis } from "../helpers/undicis.ts";
import { startUwsgiApplication, type UwsgiApplication } from "../helpers/uwsgi-application.ts";

const FLASK = `
import hashlib, threading
from flask import Flask, Response, jsonify, make_response, redirect, request

application = Flask(__name__)

@application.route("/show/<name>", methods=["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def show(name):
    return jsonify(method=request.method, name=name, query=request.args, url=request.url, scheme=request.scheme,
                   tea=request.headers.get("X-Tea"), type=request.content_type, length=request.content_length,
                   hops=[k for k in request.environ if k in ("HTTP_CONNECTION", "HTTP_TE", "HTTP_TRANSFER_ENCODING")],
                   digest=hashlib.sha256(request.get_data()).hexdigest())

@application.route("/form", methods=["POST"])
def form():
    file = request.files["file"]
    return jsonify(name=request.form["name"], filename=file.filename, text=file.read().decode())

@application.route("/cookies")
def cookies():
    answer = make_response(request.cookies.get("given", ""))
    answer.set_cookie("a", "1")
    answer.set_cookie("b", "2")
    return answer

@application.route("/old", methods=["GET", "POST"])
def old():
    return redirect("/show/new", 307)

@application.route("/none")
def none():
    return Response(status=204)

waits = {}

@application.route("/stream/<name>")
def stream(name):
    waits[name] = threading.Event()
    def chunks():
        yield "data: 1\\n\\n"
        waits[name].wait(10)
        yield "data: 2\\n\\n"
    return Response(chunks(), mimetype="text/event-stream")

@application.route("/go/<name>")
def go(name):
    waits[name].set()
    return "gone"

@application.route("/large")
def large():
    return Response((b"tea " * 16384 for _ in range(160)), mimetype="application/octet-stream")

closed = []

@application.route("/endless")
def endless():
    def chunks():
        try:
            while True:
                yield b"tea " * 16384
        finally:
            closed.append(1)
    return Response(chunks())

@application.route("/closed")
def ended():
    return jsonify(len(closed))
`;

const flaskTest = needsUwsgiPython("flask");
let uwsgi: UwsgiApplication | undefined;

/** One server for the file: it takes a second to come up. */
function dispatcherTo(t: ExecutionContext): UwsgiDispatcher {
  const dispatcher = new UwsgiDispatcher((uwsgi as UwsgiApplication).address);
  t.teardown(() => dispatcher.close());
  return dispatcher;
}

flaskTest.serial("uWSGI with Flask comes up", async (t) => {
  uwsgi = await startUwsgiApplication({ application: FLASK, threads: 8 });
  t.truthy(uwsgi.pid);
});

test.after.always(() => uwsgi?.stop());

for (const { name, fetch, FormData } of fetches) {
  for (const method of ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]) {
    flaskTest(`${name}: a ${method} is that to Flask`, async (t) => {
      const body = ["POST", "PUT", "PATCH"].includes(method) ? noise(100_000) : undefined;
      const headers = { "X-Tea": "green" };
      const init = { dispatcher: dispatcherTo(t), method, headers, ...(body === undefined ? {} : { body }) };
      const response = await fetch("https://app.test/show/gr%C3%BCn?a=b%26c", init);
      t.is(response.status, 200);
      t.deepEqual(await response.json(), {
        method,
        name: "grün",
        query: { a: "b&c" },
        url: "https://app.test/show/grün?a=b%26c",
        scheme: "https",
        tea: "green",
        type: "",
        length: body === undefined ? null : 100_000,
        hops: [],
        digest: sha256(body ?? Buffer.of()),
      });
    });
  }

  flaskTest(`${name}: HEAD, 204 and 404 have the bodies that they should have`, async (t) => {
    const dispatcher = dispatcherTo(t);
    const head = await fetch("http://app.test/show/x", { dispatcher, method: "HEAD" });
    t.deepEqual([head.status, await head.text()], [200, ""]);
    t.true(Number(head.headers.get("content-length")) > 0);
    const none = await fetch("http://app.test/none", { dispatcher });
    t.deepEqual([none.status, await none.text()], [204, ""]);
    const missing = await fetch("http://app.test/missing", { dispatcher });
    t.is(missing.status, 404);
    t.is(missing.statusText, "NOT FOUND");
    t.regex(await missing.text(), /Not Found/);
  });

  flaskTest(`${name}: a form with a file is one to Flask`, async (t) => {
    const body = new FormData();
    body.set("name", "grün");
    body.set("file", new Blob(["leaves"]), "tea.txt");
    const response = await fetch("http://app.test/form", { dispatcher: dispatcherTo(t), method: "POST", body });
    t.deepEqual(await response.json(), { name: "grün", filename: "tea.txt", text: "leaves" });
  });

  flaskTest(`${name}: cookies go both ways, a redirect is followed`, async (t) => {
    const dispatcher = dispatcherTo(t);
    const response = await fetch("http://app.test/cookies", { dispatcher, headers: { Cookie: "given=yes" } });
    t.is(await response.text(), "yes");
    t.deepEqual(response.headers.getSetCookie(), ["a=1; Path=/", "b=2; Path=/"]);
    const followed = await fetch("http://app.test/old", { dispatcher, method: "POST", body: "tea" });
    t.is(followed.url, "http://app.test/show/new");
    t.like(await followed.json(), { method: "POST", length: 3 });
  });

  flaskTest(`${name}: a stream comes as it is made, a large one whole`, async (t) => {
    const dispatcher = dispatcherTo(t);
    const id = encodeURIComponent(name);
    const { body } = await fetch(`http://app.test/stream/${id}`, { dispatcher });
    const reader = (body as ReadableStream<Uint8Array>).getReader();
    const next = async (): Promise<string> => Buffer.from((await reader.read()).value ?? []).toString();
    t.is(await next(), "data: 1\n\n");
    await (await fetch(`http://app.test/go/${id}`, { dispatcher })).text();
    t.is(await next(), "data: 2\n\n");
    t.is(await next(), "");
    const large = await fetch("http://app.test/large", { dispatcher });
    t.is((await large.arrayBuffer()).byteLength, 160 * 65_536);
  });

  flaskTest(`${name}: a body of unknown length has one to Flask`, async (t) => {
    const stream = new Blob([new Uint8Array(noise(2_000_000))]).stream();
    const init = { dispatcher: dispatcherTo(t), method: "POST", body: stream, duplex: "half" };
    const response = await fetch("http://app.test/show/x", init);
    t.like(await response.json(), { length: 2_000_000, digest: sha256(noise(2_000_000)) });
  });

  flaskTest.serial(`${name}: what is cancelled ends in Flask`, async (t) => {
    const dispatcher = dispatcherTo(t);
    const count = async (): Promise<number> =>
      (await (await fetch("http://app.test/closed", { dispatcher })).json()) as number;
    const before = await count();
    const { body } = await fetch("http://app.test/endless", { dispatcher });
    const reader = (body as ReadableStream<Uint8Array>).getReader();
    await reader.read();
    await reader.cancel();
    while ((await count()) === before);
    t.is(await count(), before + 1);
  });

  flaskTest(`${name}: a modifier that uWSGI has no plugin for is a server that is gone`, async (t) => {
    const dispatcher = new UwsgiDispatcher((uwsgi as UwsgiApplication).address, { modifier1: 99 });
    const error = await t.throwsAsync(fetch("http://app.test/", { dispatcher }));
    t.is(errorCode(error?.cause), "UWSGI_PEER_GONE");
  });
}

for (const { name, undici } of undicis) {
  flaskTest(`${name}: request asks Flask, and its interceptors are around it`, async (t) => {
    const { interceptors, request } = undici;
    const dispatcher = dispatcherTo(t).compose(interceptors.redirect({ maxRedirections: 1 }), interceptors.retry());
    const { statusCode, body } = await request("http://app.test/old", { dispatcher, method: "POST", body: "tea" });
    t.is(statusCode, 200);
    t.like(await body.json(), { method: "POST", name: "new", length: 3 });
  });
}
