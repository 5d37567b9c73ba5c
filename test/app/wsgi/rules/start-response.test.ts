/** PEP 3333, startResponse: rules 26 to 37. */
import test from "ava";
import { wsgi, type WsgiEnviron } from "../../../../src/app/index.ts";
import { errorCode } from "../../../../src/errors.ts";
import { httpPlugin } from "../../../../src/server/index.ts";
import { leftOf } from "../../../helpers/collect-garbage.ts";
import { ask, get, RawClient, valuesOf } from "../../../helpers/raw-client.ts";
import { StubExchange } from "../../../helpers/stub-exchange.ts";
import { gate, startServer } from "../../../helpers/test-server.ts";
import { returning, run, type Start, thrownIn } from "../../../helpers/wsgi-run.ts";

test("pep3333-26: startResponse answers a function that writes", async (t) => {
  const { answer } = await run(async (_: WsgiEnviron, start: Start) => {
    const write = start("200 OK", []);
    t.is(typeof write, "function");
    await write("written");
    return null;
  });
  t.is(answer.body, "written");
});

for (const status of [
  "200",
  "200OK",
  "OK",
  "",
  " 200 OK",
  "99 Low",
  "100 Continue",
  "101 Up",
  "199 x",
  "600 x",
  "1000 x",
  "2000 OK",
  "2x0 OK",
  200,
  null,
  undefined,
]) {
  test(`pep3333-27: status ${JSON.stringify(status)} is refused at the call`, async (t) => {
    const error = await thrownIn((_, start) => start(status as string, []));
    t.deepEqual([error instanceof TypeError, errorCode(error)], [true, "UWSGI_INVALID_STATUS"]);
  });
}

for (const reason of ["OK\r\nX: y", "OK\n", "\0", "€"]) {
  test(`pep3333-27: reason ${JSON.stringify(reason)} is refused at the call`, async (t) => {
    t.is(errorCode(await thrownIn((_, start) => start(`200 ${reason}`, []))), "UWSGI_INVALID_STATUS");
  });
}

for (const [about, name, value] of [
  ["an empty name", "", "x"],
  ["a name with a colon", "X:A", "x"],
  ["a name with a blank", "X A", "x"],
  ["a name with a line end", "X\r\n", "x"],
  ["a name above ASCII", "X-\u00e9", "x"],
  ["a name that is a number", 5, "x"],
  ["a value that is a number", "X", 5],
  ["a value that is missing", "X", undefined],
  ["Status", "Status", "200"],
] as const) {
  test(`pep3333-28: a header with ${about} is refused at the call`, async (t) => {
    const thrown = await thrownIn((_, start) => start("200 OK", [["X-Ok", "1"], [name, value] as never]));
    t.is(errorCode(thrown), "UWSGI_INVALID_HEADER");
  });
}

for (const [about, name, value] of [
  ["a value with a line end", "X", "a\r\nb"],
  ["a value with a NUL", "X", "a\0b"],
] as const) {
  test(`pep3333-29: a header with ${about} is refused at the call`, async (t) => {
    const thrown = await thrownIn((_, start) => start("200 OK", [["X-Ok", "1"], [name, value] as never]));
    t.is(errorCode(thrown), "UWSGI_INVALID_HEADER");
  });
}

for (const name of [
  "Connection",
  "keep-alive",
  "Proxy-Authenticate",
  "Proxy-Authorization",
  "TE",
  "Trailer",
  "TRANSFER-ENCODING",
  "Upgrade",
]) {
  test(`pep3333-31: ${name} is refused at the call: it concerns the connection, which is the server's`, async (t) => {
    t.is(errorCode(await thrownIn((_, start) => start("200 OK", [[name, "x"]]))), "UWSGI_INVALID_HEADER");
  });
}

test("pep3333-29: blanks at the edges of a value are cut, a tab inside stays", async (t) => {
  const { answer } = await run((_: WsgiEnviron, start: Start) => {
    start("200 OK", [
      ["X-A", " \ta\tb \t"],
      ["X-Empty", ""],
    ]);
    return "";
  });
  t.deepEqual([valuesOf(answer, "x-a"), valuesOf(answer, "x-empty")], [["a\tb"], [""]]);
});

test("pep3333-28: headers are copied: a later change does not go out", async (t) => {
  const { answer } = await run((_: WsgiEnviron, start: Start) => {
    const headers: [string, string][] = [["X-A", "1"]];
    start("200 OK", headers);
    headers.push(["X-B", "2"]);
    return "";
  });
  t.deepEqual(valuesOf(answer, "x-b"), []);
});

test("pep3333-27: a reason of one's own goes out, as latin-1", async (t) => {
  const { answer } = await run((_: WsgiEnviron, start: Start) => {
    start("404 Pas trouv\u00e9", []);
    return "";
  });
  t.is(answer.statusLine, "HTTP/1.1 404 Pas trouv\u00e9");
});

test("pep3333-34: a second call without an error is an error", async (t) => {
  const error = await thrownIn((_, start) => {
    start("200 OK", []);
    start("201 Created", []);
  });
  t.is(errorCode(error), "UWSGI_APP_CONTRACT");
});

test("pep3333-35: a call with an error replaces what has not been sent", async (t) => {
  const { answer } = await run((_: WsgiEnviron, start: Start) => {
    start("200 OK", [["X-A", "1"]]);
    start("503 Busy", [["X-B", "2"]], new Error("x"));
    return "sorry";
  });
  t.deepEqual(
    [answer.status, valuesOf(answer, "x-a"), valuesOf(answer, "x-b"), answer.body],
    [503, [], ["2"], "sorry"],
  );
});

test("pep3333-35: a call with an error before the first chunk replaces the response, from inside the body too", async (t) => {
  const { answer } = await run(function* streaming(_: WsgiEnviron, start: Start): Generator<string> {
    start("200 OK", []);
    yield "";
    start("503 Busy", [], new Error("x"));
    yield "sorry";
  });
  t.deepEqual([answer.status, answer.body], [503, "sorry"]);
});

for (const [about, application] of [
  [
    "a chunk",
    async function* chunked(start: Start, error: Error): AsyncGenerator<string> {
      start("200 OK", []);
      yield "begun";
      await new Promise(setImmediate);
      start("500 Oh", [], error);
    },
  ],
  [
    "a write",
    async function* written(start: Start, error: Error): AsyncGenerator<string> {
      await start("200 OK", [])("begun");
      start("500 Oh", [], error);
      yield "";
    },
  ],
] as const) {
  test(`pep3333-35: a call with an error behind ${about} throws that error`, async (t) => {
    const given = new Error("given");
    await using server = await startServer(wsgi((_, start) => application(start, given)));
    await ask(server.address);
    t.like(await server.seen.errors.at(), { error: given });
  });
}

test("pep3333-33: the head leaves with the first chunk that is not empty, not before", async (t) => {
  const goOn = gate();
  const isWaiting = gate();
  await using server = await startServer(
    wsgi(async function* streaming(_: WsgiEnviron, start: Start) {
      start("200 OK", []);
      yield "";
      isWaiting.open();
      await goOn.promise;
      yield "x";
    }),
  );
  using client = await RawClient.connect(server.address);
  await client.send(get());
  await isWaiting.promise;
  for (let i = 0; i < 20; i++) await new Promise(setImmediate);
  t.is(client.text, "");
  goOn.open();
  await client.until("x");
  t.pass();
});

test("pep3333-30: an application can catch what startResponse refuses, and answer otherwise", async (t) => {
  const { answer } = await run((_: WsgiEnviron, start: Start) => {
    try {
      start("200 OK", [["X", "a\r\nb"]]);
    } catch {
      start("500 Bad Header", []);
    }
    return "caught";
  });
  t.deepEqual([answer.status, answer.body], [500, "caught"]);
});

for (const name of ["CONTENT-LENGTH", "content-length", "Content-Length"]) {
  test(`pep3333-32: ${name} is the length of the body, however it is spelled`, async (t) => {
    const { answer } = await run((_: WsgiEnviron, start: Start) => {
      start("200 OK", [[name, "2"]]);
      return ["ab", "c"];
    });
    t.is(answer.body, "ab");
  });
}

test("pep3333-33: a Content-Length of 0 goes out with the end of the body", async (t) => {
  const { answer } = await run((_: WsgiEnviron, start: Start) => {
    start("200 OK", [["Content-Length", "0"]]);
    return [];
  });
  t.deepEqual([answer.status, valuesOf(answer, "content-length")], [200, ["0"]]);
});

test("pep3333-36: nothing keeps an error that was given to startResponse, before the head or behind it", async (t) => {
  const errors: WeakRef<Error>[] = [];
  // What belongs to a request may live on: an application that keeps these must not keep the errors.
  const starts: Start[] = [];
  const plugin = httpPlugin(
    wsgi(function* failing(environ: WsgiEnviron, start: Start): Generator<string> {
      starts.push(start);
      const error = new Error("x");
      errors.push(new WeakRef(error));
      start("200 OK", []);
      if (environ.PATH_INFO === "/late") yield "begun";
      start("500 Oh", [], error);
      yield "sorry";
    }),
  );
  // A hundred more behind those that count: what came last may be held by what the engine has left of a frame.
  for (let i = 0; i < 10_100; i++) {
    await plugin.answer(new StubExchange(get({ PATH_INFO: i % 2 === 0 ? "/late" : "/early" })));
  }
  t.deepEqual([errors.length, starts.length], [10_100, 10_100]);
  // Kept would be all of one kind, which is 5 000. One of 10 000 was seen to stay with an optimizing compiler that had to wait.
  const left = await leftOf(errors.slice(0, 10_000));
  t.true(left < 10, `${left} of 10 000 are left`);
});

test("pep3333-37: a length that is known is added, Date and Server are left to the front end", async (t) => {
  const { answer } = await run(returning(() => "hello"));
  t.deepEqual(answer.headers, [["content-length", "5"]]);
});
