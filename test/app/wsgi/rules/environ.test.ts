/** PEP 3333, the environ: rules 6 to 18. */
import test from "ava";
import { wsgi, type WsgiApplication, type WsgiOptions } from "../../../../src/app/index.ts";
import { ask, get, post, requestOf } from "../../../helpers/raw-client.ts";
import { startServer } from "../../../helpers/test-server.ts";
import { environOf } from "../../../helpers/wsgi-run.ts";

test("pep3333-06: REQUEST_METHOD is GET where the packet has none", async (t) => {
  t.is((await environOf(requestOf({ PATH_INFO: "/" }))).REQUEST_METHOD, "GET");
});

test("pep3333-07: SCRIPT_NAME and PATH_INFO are both there, whatever the packet has", async (t) => {
  const environ = await environOf(requestOf({ REQUEST_METHOD: "GET" }));
  t.deepEqual([environ.SCRIPT_NAME, environ.PATH_INFO], ["", ""]);
});

test("pep3333-07: a SCRIPT_NAME of / is the root", async (t) => {
  const environ = await environOf(get({ SCRIPT_NAME: "/", PATH_INFO: "tea" }));
  t.deepEqual([environ.SCRIPT_NAME, environ.PATH_INFO], ["", "/tea"]);
});

test("pep3333-08: QUERY_STRING is always there", async (t) => {
  t.is((await environOf(get())).QUERY_STRING, "");
  t.is((await environOf(get({ QUERY_STRING: "a=%20&b" }))).QUERY_STRING, "a=%20&b");
});

test("pep3333-09: CONTENT_TYPE and CONTENT_LENGTH are as sent, and have no second name", async (t) => {
  const environ = await environOf(
    post("ab", { CONTENT_TYPE: "text/x", HTTP_CONTENT_TYPE: "text/x", HTTP_CONTENT_LENGTH: "2" }),
  );
  t.deepEqual([environ.CONTENT_TYPE, environ.CONTENT_LENGTH], ["text/x", "2"]);
  t.false("HTTP_CONTENT_TYPE" in environ || "HTTP_CONTENT_LENGTH" in environ);
});

for (const kind of ["unix", "tcp"] as const) {
  test(`pep3333-10: SERVER_NAME and SERVER_PORT are never empty, over ${kind}`, async (t) => {
    let seen: readonly string[] = [];
    await using server = await startServer(
      wsgi((environ, start) => {
        seen = [environ.SERVER_NAME, environ.SERVER_PORT];
        start("200 OK", []);
        return "";
      }),
      { kind },
    );
    await ask(server.address, get({ SERVER_NAME: "" }));
    const { address } = server;
    t.deepEqual(seen, ["localhost", address.kind === "tcp" ? String(address.port) : "0"]);
  });
}

test("pep3333-11: SERVER_PROTOCOL is the client's, HTTP/1.0 where the packet has none", async (t) => {
  t.is((await environOf(get({ SERVER_PROTOCOL: "HTTP/2.0" }))).SERVER_PROTOCOL, "HTTP/2.0");
  t.is((await environOf(get())).SERVER_PROTOCOL, "HTTP/1.0");
});

test("pep3333-12: headers are there when they were sent, and no others", async (t) => {
  const environ = await environOf(get({ HTTP_ACCEPT: "a/b", HTTP_X_EMPTY: "" }));
  const headers = Object.entries(environ).filter(([name]) => name.startsWith("HTTP_"));
  t.deepEqual(headers, [
    ["HTTP_ACCEPT", "a/b"],
    ["HTTP_X_EMPTY", ""],
  ]);
});

test("pep3333-13: what the front end says of the encryption is in the environ", async (t) => {
  const environ = await environOf(get({ HTTPS: "on", SSL_PROTOCOL: "TLSv1.3" }));
  t.deepEqual([environ.HTTPS, environ["SSL_PROTOCOL"], environ["wsgi.url_scheme"]], ["on", "TLSv1.3", "https"]);
});

test("pep3333-14: facts that are not known are left out", async (t) => {
  const environ = await environOf(get({ REMOTE_USER: "", AUTH_TYPE: "", REMOTE_IDENT: "", HTTPS: "" }));
  for (const name of ["REMOTE_USER", "AUTH_TYPE", "REMOTE_IDENT", "HTTPS"]) t.false(name in environ, name);
});

test("pep3333-15: wsgi.version and wsgi.url_scheme are the server's word, whatever the packet says", async (t) => {
  const evil = get({ HTTPS: "1", "wsgi.url_scheme": "evil", "wsgi.version": "9", "wsgi.mine": "x" });
  const environ = await environOf(evil);
  t.deepEqual([environ["wsgi.version"], environ["wsgi.url_scheme"]], [[1, 0], "https"]);
  t.false("wsgi.mine" in environ);
});

test("pep3333-15: a version that one application changes is another's no less", async (t) => {
  const { "wsgi.version": version } = await environOf();
  t.throws(() => (version as unknown as number[]).push(1), { instanceOf: TypeError });
});

test("pep3333-16: streams and flags are there, whatever the packet says of them", async (t) => {
  const environ = await environOf(get({ "wsgi.input": "evil", "wsgi.multithread": "evil", "uisge.request": "evil" }));
  for (const key of ["wsgi.input", "wsgi.errors", "uisge.request"]) t.is(typeof environ[key], "object", key);
  t.deepEqual(
    [environ["wsgi.multithread"], environ["wsgi.multiprocess"], environ["wsgi.run_once"]],
    [true, false, false],
  );
});

for (const [options, expected] of [
  [{ multithread: false }, [false, false, false]],
  [{ multiprocess: true }, [true, true, false]],
  [{ runOnce: true, multiprocess: true, multithread: false }, [false, true, true]],
] as const) {
  test(`pep3333-16: the flags are those of the options ${JSON.stringify(options)}`, async (t) => {
    const environ = await environOf(get(), options);
    t.deepEqual([environ["wsgi.multithread"], environ["wsgi.multiprocess"], environ["wsgi.run_once"]], [...expected]);
  });
}

test("the number of a worker is there where there is one, whatever the packet says", async (t) => {
  const packet = get({ "uisge.worker_id": "7" });
  t.is((await environOf(packet, { workerId: 2 }))["uisge.worker_id"], 2);
  t.false("uisge.worker_id" in (await environOf(packet)));
});

const nothing: WsgiApplication = () => null;

for (const [about, options, code = "UWSGI_INVALID_ARGUMENT"] of [
  ["a flag that is no boolean", { multiprocess: "yes" }],
  ["a number of a worker that is none", { workerId: 0 }],
  ["a constant that is no string", { env: { A: 5 } }],
  ["a constant above latin-1", { env: { A: "€" } }, "UWSGI_NOT_LATIN1"],
  ["a constant without a name", { env: { "": "x" } }],
  ["a constant for the method", { env: { REQUEST_METHOD: "GET" } }],
  ["a constant for the length", { env: { CONTENT_LENGTH: "5" } }],
  ["a constant for a header", { env: { HTTP_HOST: "x" } }],
  ["a constant for a key of the interface", { env: { "wsgi.input": "x" } }],
  ["a constant for a key of ours", { env: { "uisge.request": "x" } }],
] as const) {
  test(`pep3333-17: ${about} is refused before any request`, (t) => {
    t.throws(() => wsgi(nothing, options as unknown as WsgiOptions), { code, instanceOf: TypeError });
  });
}

test("pep3333-17: constants are in every environ, and stronger than the front end's vars", async (t) => {
  const environ = await environOf(get({ SERVER_NAME: "front", HTTPS: "" }), {
    env: { SERVER_NAME: "example.org", HTTPS: "on", "site.name": "Tea" },
  });
  t.deepEqual([environ.SERVER_NAME, environ["wsgi.url_scheme"], environ["site.name"]], ["example.org", "https", "Tea"]);
});

test("pep3333-17: what the server adds has its own prefix", async (t) => {
  const added = Object.keys(await environOf()).filter((name) => name.includes(".") && !name.startsWith("wsgi."));
  t.deepEqual(added, ["uisge.request"]);
});

test("pep3333-18: nothing of the environment of the process is in the environ", async (t) => {
  const environ = await environOf();
  const own = new Set(["REQUEST_METHOD", "SCRIPT_NAME", "PATH_INFO", "QUERY_STRING", "SERVER_NAME", "SERVER_PORT"]);
  t.deepEqual(
    Object.keys(process.env).filter((name) => name in environ && !own.has(name)),
    [],
  );
  t.true("PATH" in process.env && !("PATH" in environ));
});
