/** What clients get of a failure, and the log. */
import test from "ava";
import { errors } from "../../../src/middleware/errors/index.ts";
import { sendRequest as request } from "../../../src/client/index.ts";
import { inject } from "../../../src/testing/index.ts";
import { startServer } from "../../helpers/test-server.ts";
import { answerTo, interfaces, scene, throwing } from "./failing-apps.ts";

const handler = { interface: "handler" } as const;

for (const name of interfaces) {
  for (const isLater of [false, true]) {
    test(`a ${name} application that ${isLater ? "rejects" : "throws"} is answered with a 500 and its id`, async (t) => {
      const error = new Error("planted");
      const application = errors()(throwing(name, error, isLater));
      const answer = await inject(application, {
        ...handler,
        headers: { "X-Request-ID": "id-1", Accept: "application/json" },
      });
      t.deepEqual([answer.status, answer.json()], [500, { title: "Internal Server Error", status: 500, id: "id-1" }]);
      t.deepEqual(answer.errors, [error]);
    });
  }
}

test("the id of the answer is that of the log", async (t) => {
  await using server = await startServer(errors()(throwing("wsgi", new Error("planted"))));
  const { body } = await request(server.address, { vars: [["HTTP_ACCEPT", "application/json"]] });
  let text = "";
  for await (const chunk of body) text += new TextDecoder().decode(chunk);
  const { requestId, status } = await server.seen.errors.at(0);
  t.deepEqual([(JSON.parse(text) as { id: string }).id, status], [requestId, 500]);
});

const failing = errors()(throwing("handler", new Error("planted")));

for (const [accept, type] of [
  [undefined, "text/plain; charset=utf-8"],
  ["*/*", "text/plain; charset=utf-8"],
  ["text/html,application/xhtml+xml,*/*;q=0.8", "text/html; charset=utf-8"],
  ["application/json", "application/json"],
  ["application/problem+json", "application/problem+json"],
  ["application/*", "application/problem+json"],
  ["image/png", "text/plain; charset=utf-8"],
  [";;,=/;q", "text/plain; charset=utf-8"],
] as const) {
  test(`Accept: ${accept ?? "(none)"} is answered with ${type}`, async (t) => {
    const answer = await inject(failing, { ...handler, headers: accept === undefined ? {} : { Accept: accept } });
    t.deepEqual(
      [
        answer.get("content-type"),
        answer.get("vary"),
        answer.get("cache-control"),
        answer.get("x-content-type-options"),
      ],
      [type, "Accept", "no-store", "nosniff"],
    );
  });
}

for (const accept of ["text/html", "application/json", "text/plain"]) {
  test(`nothing of the error, and of the request but its id, is in ${accept}`, async (t) => {
    const error = Object.assign(new Error("planted-message"), {
      code: "planted-code",
      cause: new Error("planted-cause"),
    });
    const { status, body, text } = await inject(errors()(throwing("wsgi", error)), {
      ...handler,
      path: "/planted-path?token=planted-query",
      headers: { Accept: accept, Cookie: "a=planted-cookie", Authorization: "Basic planted", "X-Request-ID": "my-id" },
    }).then((answer) => ({ status: answer.status, body: answer.body, text: answer.text() }));
    t.deepEqual([status, text.includes("planted"), text.includes("my-id")], [500, false, true], body.toString());
  });
}

test("the page of a 500 loads nothing, runs nothing, and its policy says so", async (t) => {
  const answer = await inject(failing, { ...handler, headers: { Accept: "text/html" } });
  t.regex(
    answer.get("content-security-policy") ?? "",
    /^default-src 'none'; style-src 'sha256-[\w+/=]+'; base-uri 'none'/,
  );
  t.notRegex(answer.text(), /<script|src=|href=|@import|url\(/i);
});

test("HEAD has the head alone", async (t) => {
  const answer = await inject(failing, { ...handler, method: "HEAD", headers: { Accept: "text/html" } });
  t.deepEqual([answer.status, answer.body.length, answer.get("content-type")], [500, 0, "text/html; charset=utf-8"]);
});

test("an error with a status of the client's fault is an answer, and not reported", async (t) => {
  const stage = scene();
  const told: unknown[] = [];
  const error = Object.assign(new Error("no such tea"), { status: 404, expose: true });
  const text = await answerTo(errors({ onError: (one) => void told.push(one) }), error, stage);
  t.deepEqual([text, stage.reports, told], ["404 Not Found\nno such tea\n", [], []]);
});

test("an error with a status of the server's is reported with it", async (t) => {
  const stage = scene();
  const error = Object.assign(new Error("closed"), { statusCode: 503 });
  t.regex(await answerTo(errors(), error, stage), /^503 Service Unavailable\n.*the-id\n$/);
  t.deepEqual(stage.reports, [[error, 503]]);
});

for (const [accept, shown] of [
  ["text/html", "&lt;script&gt;"],
  ["application/json", String.raw`"<script>\"&"`],
] as const) {
  test(`an exposed message is escaped in ${accept}`, async (t) => {
    const error = Object.assign(new Error('<script>"&'), { status: 400, expose: true });
    t.true((await answerTo(errors(), error, scene({ HTTP_ACCEPT: accept }))).includes(shown));
  });
}

test("the headers that a status needs go with it", async (t) => {
  const error = Object.assign(new Error("no"), { status: 405, headers: { Allow: "GET", "Set-Cookie": "planted=1" } });
  const answer = await inject(errors()(throwing("handler", error)), handler);
  t.deepEqual([answer.status, answer.get("allow"), answer.get("set-cookie")], [405, "GET", undefined]);
});

test("a handler that gives no response has failed", async (t) => {
  const answer = await inject(
    errors()(() => undefined as never),
    { ...handler, headers: { Accept: "application/json" } },
  );
  t.is(answer.status, 500);
  t.regex(String(answer.errors[0]), /the handler returned undefined, a response is needed/);
});

test("an answer that is there is passed on as it is, at once", (t) => {
  const response = { status: 200, headers: [], body: "tea" };
  t.is(errors({ onError: () => {} })(() => response)(scene().request), response);
});

test("a failure at once is answered at once", (t) => {
  t.false(errors()(throwing("handler", new Error("planted")))(scene().request) instanceof Promise);
});

test("behind an upgrade a failure passes through, and is told", (t) => {
  const told: unknown[] = [];
  const stage = scene({}, { isUpgraded: true });
  const application = errors({ onError: (_, { status, phase }) => void told.push([status, phase]) })(
    throwing("handler", new Error("planted")),
  );
  t.throws(() => application(stage.request), { message: "planted" });
  t.deepEqual([told, stage.reports], [[[101, "stream"]], []]);
});

test("the server's refusal of a body stays one", async (t) => {
  await using server = await startServer(
    errors()(async ({ body }) => {
      await body.read();
      return { status: 200, headers: [], body: "unreached" };
    }),
    { maxBodyBytes: 10 },
  );
  const { status } = await request(server.address, { vars: [["CONTENT_LENGTH", "20"]] });
  const refused = await server.seen.refused.at(0);
  t.deepEqual([status, refused.error.code, server.seen.errors.all], [413, "UWSGI_BODY_LIMIT", []]);
});

test("a client that goes away is nobody's failure", async (t) => {
  const told: unknown[] = [];
  const leave = new AbortController();
  const application = errors({ onError: (error) => void told.push(error) })(async ({ signal }) => {
    leave.abort(new Error("left"));
    signal.throwIfAborted();
    return { status: 200, headers: [], body: null };
  });
  await t.throwsAsync(inject(application, { ...handler, signal: leave.signal }), { message: "left" });
  t.deepEqual(told, []);
});

test("an application's own peer that is gone is a failure of the application", async (t) => {
  const stage = scene();
  const error = Object.assign(new Error("the upstream has closed"), { code: "UWSGI_PEER_GONE" });
  t.regex(await answerTo(errors(), error, stage), /^500 /);
  t.deepEqual(stage.reports, [[error, 500]]);
});

for (const [options, message] of [
  [{ developement: true }, /did you mean development\?/],
  [{ development: 1 }, /development is 1, true or false is needed/],
  [{ onError: "log" }, /onError is "log", a function is needed/],
] as const) {
  test(`the options ${JSON.stringify(options)} are refused`, (t) => {
    t.throws(() => errors(options as never), { code: "UWSGI_INVALID_ARGUMENT", message });
  });
}
