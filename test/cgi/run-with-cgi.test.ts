import { spawn } from "node:child_process";
import { once } from "node:events";
import test from "ava";
import { runWithCgi } from "../../src/cgi/index.ts";
import { needsLinux } from "../helpers/needs.ts";
import { cgiProgram, ending, jsonOf, runCgi, spawnCgi } from "../helpers/cgi-program.ts";

async function shown(env: NodeJS.ProcessEnv): Promise<ReturnType<typeof jsonOf>> {
  return jsonOf(await runCgi(env));
}

test("an answer has its status as a header, and no status line", async (t) => {
  const { head, body, code } = await runCgi({ PATH_INFO: "/created" });
  t.deepEqual(head.split("\r\n"), [
    "Status: 201 Made it",
    "Content-Type: text/plain",
    "X-A: 1",
    "X-A: caf\u00e9",
    "Set-Cookie: a=1",
    "Set-Cookie: b=2",
  ]);
  t.is(body, "one two");
  t.is(code, 0);
});

test("the environ is the request's: what the process has besides stays out, but for what is passed by name", async (t) => {
  const environ = await shown({
    PATH: "/usr/bin",
    DATABASE_URL: "postgres://secret",
    HTTP_X_A: "1",
    UISGE_PASS: "yes",
    REDIRECT_STATUS: "200",
    QUERY_STRING: "a=b",
  });
  t.like(environ, {
    PATH: undefined,
    DATABASE_URL: undefined,
    HTTP_X_A: "1",
    UISGE_PASS: "yes",
    REDIRECT_STATUS: "200",
    QUERY_STRING: "a=b",
    SCRIPT_NAME: "/cgi-bin/app",
    GATEWAY_INTERFACE: "CGI/1.1",
  });
});

test("the gateway interface says that one process serves one request", async (t) => {
  t.like(await shown({}), { "wsgi.run_once": true, "wsgi.multiprocess": true, "wsgi.multithread": false });
});

test("the scheme is what the web server says", async (t) => {
  t.is((await shown({ HTTPS: "on" }))["wsgi.url_scheme"], "https");
});

test("a Proxy header is neither in the environ nor in the environment of the process", async (t) => {
  const environ = await shown({ HTTP_PROXY: "http://evil.example" });
  t.false("HTTP_PROXY" in environ);
  t.is(environ["process.env.HTTP_PROXY"], undefined);
});

needsLinux()("bytes of the path that are not UTF-8 are not lost", async (t) => {
  // Node can give a child only what is UTF-8; a shell can give anything.
  const line = `PATH_INFO=$(printf '/caf\\351\\303\\251') exec "$0" "$1"`;
  const shell = spawn("/bin/sh", ["-c", line, process.execPath, cgiProgram], { env: { REQUEST_METHOD: "GET" } });
  const environ = jsonOf(await ending(shell));
  t.is(environ["PATH_INFO"], "/caf\u00e9\u00c3\u00a9");
});

test("of standard input CONTENT_LENGTH bytes are read, and no end is waited for", async (t) => {
  const env = { PATH_INFO: "/echo", REQUEST_METHOD: "POST", CONTENT_LENGTH: "5" };
  t.is((await runCgi(env, { input: "hello, and more" })).body, "hello");
});

test("without a CONTENT_LENGTH there is no body", async (t) => {
  t.is((await runCgi({ PATH_INFO: "/echo", REQUEST_METHOD: "POST" }, { input: "hello" })).body, "");
});

test("a body that nobody reads holds up nobody", async (t) => {
  const env = { PATH_INFO: "/unread", REQUEST_METHOD: "POST", CONTENT_LENGTH: "1000000" };
  const { body, code } = await runCgi(env, { input: "x".repeat(10) });
  t.is(body, "not read");
  t.is(code, 0);
});

test("a body that ends too early is not taken for a whole one", async (t) => {
  const env = { PATH_INFO: "/echo", REQUEST_METHOD: "POST", CONTENT_LENGTH: "10" };
  const { body } = await runCgi(env, { input: "hello", isInputEnded: true });
  t.is(body, "");
});

test("HEAD is answered without a body, with its length", async (t) => {
  const { head, body } = await runCgi({ PATH_INFO: "/unread", REQUEST_METHOD: "HEAD" });
  t.regex(head, /^Content-Length: 8$/m);
  t.is(body, "");
});

for (const [path, status] of [
  ["/empty", "204 No Content"],
  ["/unchanged", "304 Not Modified"],
] as const) {
  test(`${status} has no body and no length`, async (t) => {
    const { head, body } = await runCgi({ PATH_INFO: path });
    t.true(head.startsWith(`Status: ${status}\r\n`) || head === `Status: ${status}`);
    t.notRegex(head, /Content-Length/);
    t.is(body, "");
  });
}

test("a failure is a 500, with the error on standard error, and exit code 1", async (t) => {
  const { head, body, stderr, code } = await runCgi({ PATH_INFO: "/fail" });
  t.regex(head, /^Status: 500 Internal Server Error\r\n/);
  t.is(body, "500 Internal Server Error\n");
  t.regex(stderr, /GET \/cgi-bin\/app\/fail answered 500: Error: it failed on purpose/);
  t.is(code, 1);
});

test("a failure behind the head leaves what was sent, and exit code 1", async (t) => {
  const { body, stderr, code } = await runCgi({ PATH_INFO: "/fail-late" });
  t.is(body, "begun");
  t.regex(stderr, /it failed late/);
  t.is(code, 1);
});

test("what is no application is a 500 too", async (t) => {
  const { head, stderr } = await runCgi({ UISGE_INTERFACE: "nothing" });
  t.regex(head, /^Status: 500 /);
  t.regex(stderr, /UWSGI_APP_CONTRACT|the application is number/);
});

test("what the application prints goes to standard error", async (t) => {
  const { body, stderr } = await runCgi({ PATH_INFO: "/print" });
  t.is(body, "answer");
  for (const line of [/^printed by console$/m, /^printed to the stream$/m, /GET \S+: said to wsgi\.errors$/m]) {
    t.regex(stderr, line);
  }
});

test("an upgrade is an error that says why", async (t) => {
  const { head, stderr } = await runCgi({ PATH_INFO: "/upgrade" });
  t.regex(head, /^Status: 500 /);
  t.regex(stderr, /the request did not come by a connection that could be taken over/);
});

for (const [about, env, status] of [
  ["a CONTENT_LENGTH that is none", { CONTENT_LENGTH: "3,3" }, 400],
  ["a method that is none", { REQUEST_METHOD: "G T" }, 400],
  ["a chunked body without a length", { REQUEST_METHOD: "POST", HTTP_TRANSFER_ENCODING: "chunked" }, 411],
  ["more than a packet of variables", { HTTP_A: "x".repeat(40_000), HTTP_B: "x".repeat(40_000) }, 431],
] as const) {
  test(`${about} is refused with ${status}`, async (t) => {
    const { head, stderr } = await runCgi(env);
    t.regex(head, new RegExp(`^Status: ${status} `));
    t.regex(stderr, new RegExp(`answered ${status}`));
  });
}

test("a Node application answers without hop-by-hop headers", async (t) => {
  const env = {
    REQUEST_METHOD: "POST",
    UISGE_INTERFACE: "node",
    CONTENT_LENGTH: "2",
    PATH_INFO: "/a",
    QUERY_STRING: "b",
  };
  const { head, body } = await runCgi(env, { input: "hi" });
  t.regex(head, /^Status: 200 OK\r\n/);
  t.notRegex(head, /^(?:Connection|Keep-Alive|Transfer-Encoding):/im);
  t.is(body, "POST /cgi-bin/app/a?b hi");
});

test("a fetch application answers", async (t) => {
  const env = {
    REQUEST_METHOD: "POST",
    UISGE_INTERFACE: "fetch",
    CONTENT_LENGTH: "2",
    PATH_INFO: "/a",
    QUERY_STRING: "b",
    HTTP_HOST: "example.com",
  };
  const { head, body } = await runCgi(env, { input: "hi" });
  t.regex(head, /^x-kind: fetch$/im);
  t.is(body, "POST http://example.com/cgi-bin/app/a?b hi");
});

test("a reader that goes away ends the answer, and the application is told", async (t) => {
  const child = spawnCgi({ PATH_INFO: "/endless" });
  child.stdout?.once("data", () => child.stdout?.destroy());
  const { stderr, code } = await ending(child);
  t.regex(stderr, /the client is gone/);
  t.is(code, 0);
});

test("TERM tells the application that the client is gone, and ends the program", async (t) => {
  const child = spawnCgi({ PATH_INFO: "/waiting" });
  const ended = ending(child);
  await once(child.stdout as NodeJS.ReadableStream, "data");
  child.kill("SIGTERM");
  const { stderr, code } = await ended;
  t.regex(stderr, /told that it is over/);
  t.is(code, 143);
});

test("TERM ends a program that does not listen, before the web server kills it", async (t) => {
  const child = spawnCgi({ PATH_INFO: "/stubborn" });
  const ended = ending(child);
  await once(child.stdout as NodeJS.ReadableStream, "data");
  child.kill("SIGTERM");
  t.is((await ended).code, 143);
});

test("an application that waits for nothing is a failure, not a program that ends without a word", async (t) => {
  const { head, stderr, code } = await runCgi({ PATH_INFO: "/stuck" });
  t.regex(head, /^Status: 500 /);
  t.regex(stderr, /has not ended its answer, and waits for nothing that could still come/);
  t.is(code, 1);
});

test("an application that waits for nothing behind its head ends too", async (t) => {
  const { body, code } = await runCgi({ PATH_INFO: "/stuck-late" });
  t.is(body, "begun");
  t.is(code, 1);
});

test("what an application leaves open does not keep the program running", async (t) => {
  const { body, code } = await runCgi({ PATH_INFO: "/hanging" });
  t.is(body, "answer");
  t.is(code, 0);
});

test("the answer ends before the work behind it, which is waited for", async (t) => {
  const child = spawnCgi({ PATH_INFO: "/behind" });
  let saidAtEnd: string | undefined;
  let said = "";
  child.stderr?.on("data", (text) => (said += String(text)));
  child.stdout?.on("end", () => (saidAtEnd = said));
  const { body, stderr, code } = await ending(child);
  t.is(body, "answer");
  t.is(saidAtEnd, "");
  t.regex(stderr, /work was done behind the answer/);
  t.is(code, 0);
});

test("a large download comes whole", async (t) => {
  const { body } = await runCgi({ PATH_INFO: "/download", QUERY_STRING: "20000000" });
  t.is(body.length, 20_000_000);
});

test("who runs the program by hand is told how it is meant", async (t) => {
  const { stderr, body, code } = await runCgi({ REQUEST_METHOD: undefined });
  t.is(body, "");
  t.regex(stderr, /This is a CGI program: a web server starts it/);
  t.is(code, 64);
});

for (const [about, options] of [
  ["an interface that there is not", { interface: "asgi" }],
  ["names to pass that are no list", { pass: "PATH" }],
] as const) {
  test(`${about} is refused`, async (t) => {
    await t.throwsAsync(
      runWithCgi(() => null, options as unknown as Parameters<typeof runWithCgi>[1]),
      {
        code: "UWSGI_INVALID_ARGUMENT",
      },
    );
  });
}
