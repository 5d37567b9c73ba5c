/** What who develops is shown, and who else is not. */
import test from "ava";
import { errors } from "../../../src/middleware/errors/index.ts";
import { inject, type InjectRequest } from "../../../src/testing/index.ts";
import { interfaces, throwing } from "./failing-apps.ts";

const handler = { interface: "handler" } as const;
const development = errors({ development: true });
const failing = development(
  throwing("wsgi", new TypeError("planted <b>bold</b>", { cause: new RangeError("the cause") })),
);

const ask = (request: InjectRequest = {}, accept = "text/html") =>
  inject(failing, { ...request, ...handler, headers: { Accept: accept, ...request.headers } });

for (const name of interfaces) {
  test(`the page for a ${name} application has the file, the line and the excerpt of this test`, async (t) => {
    const application = development(throwing(name, new TypeError("planted by this line"), true));
    const answer = await inject(application, { ...handler, headers: { Accept: "text/html" } });
    t.is(answer.status, 500);
    t.regex(answer.text(), /test\/middleware\/errors\/development\.test\.ts:[0-9]+:[0-9]+/);
    t.regex(
      answer.text(),
      /class="here"><i>[0-9]+<\/i>.*<mark>new<\/mark> TypeError\(&quot;planted by this line&quot;\)/,
    );
  });
}

test("message, status, request, cause and id are on the page, escaped", async (t) => {
  const text = (await ask({ path: "/tea?x=1", headers: { "X-Request-ID": "id-1" } })).text();
  for (const part of [
    "500 Internal Server Error",
    "<code>GET /tea?x=1</code>",
    "planted &lt;b&gt;bold&lt;/b&gt;",
    "<i>caused by</i> <b>RangeError:</b> <span>the cause</span>",
    "<code>id-1</code>",
  ]) {
    t.true(text.includes(part), part);
  }
  t.false(text.includes("<b>bold"));
});

test("the page needs no script and nothing from elsewhere, and its policy says so", async (t) => {
  const answer = await ask();
  t.regex(
    answer.get("content-security-policy") ?? "",
    /^default-src 'none'; style-src 'sha256-[\w+/=]+'; base-uri 'none'/,
  );
  t.notRegex(answer.text(), /<script|<link|<img|\ssrc=|\shref=|\sstyle=|\son\w+=|@import|url\(/i);
  t.is(answer.get("cache-control"), "no-store");
});

test("JSON has the same, as members of the problem", async (t) => {
  const answer = await ask({ headers: { "X-Request-ID": "id-1" } }, "application/problem+json");
  const document = answer.json() as { errors: { name: string; stack: string[]; excerpt: string[] }[] };
  t.like(document, { title: "Internal Server Error", status: 500, id: "id-1", request: "GET /" });
  t.deepEqual(
    document.errors.map(({ name }) => name),
    ["TypeError", "RangeError"],
  );
  t.regex(document.errors[0]?.stack[0] ?? "", /development\.test\.ts:[0-9]+:[0-9]+/);
  t.true(document.errors[0]?.excerpt.some((line) => line.startsWith(">")));
});

test("text cannot speak to a terminal", async (t) => {
  const application = development(throwing("wsgi", new Error("\u001b[31mred\u009b\u202e\r")));
  const answer = await inject(application, handler);
  t.regex(answer.text(), /Error: \\x1b\[31mred\\x9b\\x202e\\x0d/);
});

test("frames of packages and of Node are put together", async (t) => {
  const error = Object.assign(new Error("x"), {
    stack: "Error: x\n at a (/srv/node_modules/p/a.js:1:2)\n at node:internal/b:3:4\n at c (/srv/c.js:5:6)",
  });
  const answer = await inject(development(throwing("wsgi", error)), { ...handler, headers: { Accept: "text/html" } });
  t.regex(answer.text(), /<details class="rest"><summary>2 frames of Node.js and packages<\/summary>/);
  t.regex(answer.text(), /<div class="place">c <span class="where">\/srv\/c\.js:5:6/);
});

for (const accept of ["text/html", "application/json", "text/plain"]) {
  test(`no secret of the request is shown, as ${accept}`, async (t) => {
    const answer = await ask(
      {
        path: "/tea?token=planted-1&next=%2F%3Fpassword%3Dplanted-2",
        headers: {
          Cookie: "sid=planted-3; theme=planted-4",
          Authorization: "Bearer planted-5",
          "X-Api-Key": "planted-6",
          Referer: "https://example.org/?code=planted-7",
        },
        vars: { DATABASE_PASSWORD: "planted-8", REQUEST_SCHEME: "https" },
      },
      accept,
    );
    t.notRegex(answer.text(), /planted-[0-9]/);
    t.true(answer.text().includes("DATABASE_PASSWORD"));
  });
}

test("a client of another machine gets the plain answer, and the log says once why", async (t) => {
  const application = errors({ development: true })(throwing("wsgi", new Error("planted")));
  const askFromAfar = () =>
    inject(application, { ...handler, remoteAddress: "192.0.2.1", headers: { "X-Request-ID": "id-1" } });
  const [one, other] = [await askFromAfar(), await askFromAfar()];
  t.is(one.text(), "500 Internal Server Error\nIn the log of the server it is id-1\n");
  t.deepEqual([one.logs.length, other.logs.length], [1, 0]);
  t.regex(one.logs[0] ?? "", /allowRemote/);
});

test("with allowRemote it gets the page", async (t) => {
  const application = errors({ development: true, allowRemote: true })(throwing("wsgi", new Error("planted")));
  const answer = await inject(application, { ...handler, remoteAddress: "192.0.2.1" });
  t.regex(answer.text(), /planted/);
});

test("what is the client's fault is answered as in production", async (t) => {
  const application = development(throwing("wsgi", Object.assign(new Error("no tea"), { status: 404, expose: true })));
  t.is((await inject(application, handler)).text(), "404 Not Found\nno tea\n");
});

test("HEAD has the head alone", async (t) => {
  const answer = await ask({ method: "HEAD" });
  t.deepEqual([answer.status, answer.body.length, answer.get("content-type")], [500, 0, "text/html; charset=utf-8"]);
});

test("an environ that has been spoilt is no reason to fail", async (t) => {
  const application = development(({ environ }) => {
    for (const name of Object.keys(environ))
      if (name !== "HTTP_HOST" && name !== "REMOTE_ADDR") environ[name] = Symbol(name);
    throw new Error("planted");
  });
  const answer = await inject(application, handler);
  t.deepEqual([answer.status, answer.logs], [500, []]);
  t.regex(answer.text(), /QUERY_STRING: \[symbol\]/);
});
