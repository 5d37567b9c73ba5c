/** PEP 3333, `wsgi.input` over a real connection: rules 19 to 24. How bytes are cut does not matter: `input.test.ts`. */
import test from "ava";
import { wsgi, type WsgiEnviron, type WsgiInput } from "../../../../src/app/index.ts";
import { errorCode } from "../../../../src/errors.ts";
import { ask, get, post, RawClient, requestOf } from "../../../helpers/raw-client.ts";
import { gate, startServer } from "../../../helpers/test-server.ts";
import { run, type Start } from "../../../helpers/wsgi-run.ts";

/** What `read` makes of the input of a request. */
async function readBy<Result>(request: Uint8Array, read: (input: WsgiInput) => Promise<Result>): Promise<Result> {
  const results: Result[] = [];
  await run(async (environ: WsgiEnviron, start: Start) => {
    results.push(await read(environ["wsgi.input"]));
    start("200 OK", []);
    return "";
  }, request);
  return results[0] as Result;
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("latin1");
}

for (const [about, read, expected] of [
  ["read()", async (input: WsgiInput) => [text(await input.read())], ["one\ntwo\nrest"]],
  ["read(n)", async (input: WsgiInput) => [text(await input.read(2)), text(await input.read(4))], ["on", "e\ntw"]],
  [
    "readline()",
    async (input: WsgiInput) => [text(await input.readline()), text(await input.readline())],
    ["one\n", "two\n"],
  ],
  [
    "readline(n)",
    async (input: WsgiInput) => [text(await input.readline(2)), text(await input.readline(9))],
    ["on", "e\n"],
  ],
  ["readlines()", async (input: WsgiInput) => (await input.readlines()).map(text), ["one\n", "two\n", "rest"]],
  ["readlines(hint)", async (input: WsgiInput) => (await input.readlines(5)).map(text), ["one\n", "two\n"]],
  [
    "iteration",
    async (input: WsgiInput) => {
      let all = "";
      for await (const chunk of input) all += text(chunk);
      return [all];
    },
    ["one\ntwo\nrest"],
  ],
] as const) {
  test(`pep3333-19: ${about} reads the body of a request`, async (t) => {
    t.deepEqual(await readBy(post("one\ntwo\nrest"), read), [...expected]);
  });
}

for (const size of [1.5, Number.NaN, "5", {}, true]) {
  test(`pep3333-19: a size of ${JSON.stringify(size)} (${typeof size}) is refused`, async (t) => {
    for (const method of ["read", "readline", "readlines"] as const) {
      const error = await readBy(post("abc"), (input) =>
        input[method](size as number).then(
          () => undefined,
          (thrown: unknown) => thrown,
        ),
      );
      t.is(errorCode(error), "UWSGI_INVALID_ARGUMENT", method);
    }
  });
}

test("pep3333-19: a size of null, as in Python, is none", async (t) => {
  t.is(text(await readBy(post("abc"), (input) => input.read(null))), "abc");
});

test("pep3333-20: bytes behind CONTENT_LENGTH are never read", async (t) => {
  const request = requestOf({ REQUEST_METHOD: "POST", CONTENT_LENGTH: "3" }, "abcdef");
  t.is(text(await readBy(request, (input) => input.read())), "abc");
});

test("pep3333-20: without CONTENT_LENGTH the input is empty at once, while the client still may send", async (t) => {
  await using server = await startServer(
    wsgi(async (environ, start) => {
      const bytes = await environ["wsgi.input"].read();
      start("200 OK", []);
      return String(bytes.length);
    }),
  );
  t.is((await ask(server.address, get())).body, "0");
});

test("pep3333-21: an exhausted input is empty for ever", async (t) => {
  const lengths = await readBy(post("abc"), async (input) => {
    await input.read();
    const rest = [await input.read(), await input.read(5), await input.readline()];
    return [...rest.map(({ length }) => length), (await input.readlines()).length];
  });
  t.deepEqual(lengths, [0, 0, 0, 0]);
});

test("pep3333-22: a client that is gone before the end of the body is an error, not a short body", async (t) => {
  const failure = gate<unknown>();
  await using server = await startServer(
    wsgi(async (environ, start) => {
      await environ["wsgi.input"].read().catch(failure.open);
      start("200 OK", []);
      return "";
    }),
  );
  using client = await RawClient.connect(server.address);
  await client.send(requestOf({ REQUEST_METHOD: "POST", CONTENT_LENGTH: "10" }, "abc"));
  client.end();
  t.is(errorCode(await failure.promise), "UWSGI_BODY_TRUNCATED");
});

test("pep3333-23: the first bytes can be read before the last were sent", async (t) => {
  const first = gate<string>();
  await using server = await startServer(
    wsgi(async (environ, start) => {
      const input = environ["wsgi.input"];
      first.open(text(await input.read(3)));
      start("200 OK", []);
      return await input.read();
    }),
  );
  using client = await RawClient.connect(server.address);
  await client.send(requestOf({ REQUEST_METHOD: "POST", CONTENT_LENGTH: "6" }, "abc"));
  t.is(await first.promise, "abc");
  await client.send("def");
  await client.until("def");
});

test("pep3333-24: leaving an iteration closes nothing: the rest can be read", async (t) => {
  const rest = await readBy(post("one\ntwo\n"), async (input) => {
    await input.readline();
    const iterator = input[Symbol.asyncIterator]();
    await iterator.return?.();
    t.deepEqual(await iterator.next(), { done: true, value: undefined });
    return text(await input.read());
  });
  t.is(rest, "two\n");
});

test("pep3333-24: there is no close that could harm", async (t) => {
  t.false(await readBy(post("x"), (input) => Promise.resolve("close" in input)));
});
