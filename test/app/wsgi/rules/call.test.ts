/** PEP 3333, the call of an application: rules 1 to 5. */
import test from "ava";
import { wsgi, type WsgiEnviron } from "../../../../src/app/index.ts";
import { errorCode } from "../../../../src/errors.ts";
import { ask, get, RawClient } from "../../../helpers/raw-client.ts";
import { gate, startServer } from "../../../helpers/test-server.ts";
import { environOf, run, type Start, thrownIn } from "../../../helpers/wsgi-run.ts";

test("pep3333-01: an application is called with two arguments, once for each request", async (t) => {
  const calls: number[] = [];
  await run(function application(this: unknown, ...args: unknown[]) {
    calls.push(args.length);
    (args[1] as Start)("200 OK", []);
    return "";
  });
  t.deepEqual(calls, [2]);
});

test("pep3333-02: environ is the request's own, inherits nothing, and can be changed", async (t) => {
  const environs: WsgiEnviron[] = [];
  await using server = await startServer(
    wsgi((environ, start) => {
      t.false("mine" in environ);
      environ["mine"] = 1;
      environs.push(environ);
      start("200 OK", []);
      return "";
    }),
  );
  await ask(server.address, get());
  await ask(server.address, get());
  t.not(environs[0], environs[1]);
  t.false("toString" in (environs[0] ?? {}));
});

test("pep3333-03: all bytes of a var are in its string, one character each", async (t) => {
  const bytes = Array.from({ length: 255 }, (_, i) => String.fromCharCode(i + 1)).join("");
  const environ = await environOf(get({ HTTP_X_BYTES: bytes }));
  t.is(environ["HTTP_X_BYTES"], bytes);
});

test("pep3333-03: every CGI var is a string", async (t) => {
  const environ = await environOf(get({ CONTENT_LENGTH: "0", SERVER_PORT: "80" }));
  for (const [name, value] of Object.entries(environ)) if (!name.includes(".")) t.is(typeof value, "string", name);
});

test("pep3333-04: UTF-8 of the wire comes as latin-1, no character above U+00FF", async (t) => {
  const environ = await environOf(get({ PATH_INFO: Buffer.from("/€").toString("latin1") }));
  t.is(Buffer.from(environ.PATH_INFO, "latin1").toString(), "/€");
});

for (const [about, status, name, value] of [
  ["a status", "200 €", "X", "x"],
  ["the name of a header", "200 OK", "X-€", "x"],
  ["the value of a header", "200 OK", "X", "€"],
] as const) {
  test(`pep3333-04: ${about} with a character above U+00FF is refused at the call`, async (t) => {
    const thrown = await thrownIn((_, start) => start(status, [[name, value]]));
    t.true(thrown instanceof TypeError);
    t.regex(errorCode(thrown) ?? "", /^UWSGI_(?:INVALID_STATUS|INVALID_HEADER|NOT_LATIN1)$/);
  });
}

test("pep3333-05: with multithread false the next request begins behind the close of the body before", async (t) => {
  const events: string[] = [];
  const isAsked = gate();
  const goOn = gate();
  let calls = 0;
  const application = (_: WsgiEnviron, start: Start): unknown => {
    const call = ++calls;
    events.push(`call ${call}`);
    start("200 OK", []);
    return {
      async *[Symbol.asyncIterator](): AsyncGenerator<string> {
        yield "begun";
        isAsked.open();
        if (call === 1) await goOn.promise;
      },
      close: () => void events.push(`close ${call}`),
    };
  };
  await using server = await startServer(wsgi(application as never, { multithread: false }));
  const first = ask(server.address);
  await isAsked.promise;
  using second = await RawClient.connect(server.address);
  await second.send(get());
  for (let i = 0; i < 20; i++) await new Promise(setImmediate);
  goOn.open();
  await Promise.all([first, second.ending]);
  await server.seen.ends.at(1);
  t.deepEqual(events, ["call 1", "close 1", "call 2", "close 2"]);
});

test("pep3333-05: with multithread false a failure lets the next request begin", async (t) => {
  await using server = await startServer(
    wsgi(
      (environ, start) => {
        if (environ.PATH_INFO === "/fail") throw new Error("x");
        start("200 OK", []);
        return "ok";
      },
      { multithread: false },
    ),
  );
  t.is((await ask(server.address, get({ PATH_INFO: "/fail" }))).status, 500);
  t.is((await ask(server.address)).status, 200);
});

test("pep3333-05: with multithread false a request whose client is gone never reaches the application", async (t) => {
  const begun = gate();
  const goOn = gate();
  const paths: string[] = [];
  await using server = await startServer(
    wsgi(
      async (environ, start) => {
        paths.push(environ.PATH_INFO);
        begun.open();
        if (environ.PATH_INFO === "/1") await goOn.promise;
        start("200 OK", []);
        return "";
      },
      { multithread: false },
    ),
  );
  const first = ask(server.address, get({ PATH_INFO: "/1" }));
  await begun.promise;
  using second = await RawClient.connect(server.address);
  await second.send(get({ PATH_INFO: "/2" }));
  second.destroy();
  // Behind it on the way to the server.
  const third = ask(server.address, get({ PATH_INFO: "/3" }));
  for (let i = 0; i < 50; i++) await new Promise(setImmediate);
  goOn.open();
  await Promise.all([first, third]);
  t.deepEqual(paths, ["/1", "/3"]);
});
