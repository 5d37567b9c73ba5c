import test from "ava";
import {
  type StartResponse,
  wsgi,
  type WsgiApplication,
  type WsgiBody,
  type WsgiEnviron,
} from "../../../src/app/index.ts";
import { errorCode } from "../../../src/errors.ts";
import { type Answer, ask, get, post, RawClient, valuesOf } from "../../helpers/raw-client.ts";
import { gate, startServer, type TestServer } from "../../helpers/test-server.ts";

type Start = StartResponse;

const head: Uint8Array = get({ REQUEST_METHOD: "HEAD" });

/** The answer of an application to one request, and what the server reported. */
async function run(
  application: unknown,
  request: Uint8Array = get(),
): Promise<{ answer: Answer; seen: TestServer["seen"] }> {
  await using server = await startServer(wsgi(application as WsgiApplication));
  const answer = await ask(server.address, request);
  await server.seen.ends.at();
  return { answer, seen: server.seen };
}

/** What an application throws when it is called, by its code; the request is answered whatever it is. */
async function thrownIn(act: (environ: WsgiEnviron, start: Start) => unknown): Promise<unknown> {
  let thrown: unknown;
  await run(async (environ: WsgiEnviron, start: Start) => {
    try {
      await act(environ, start);
    } catch (error) {
      thrown = error;
    }
    return [];
  });
  return thrown;
}

// Forms of an application and its body.

class Greeting {
  private readonly start: Start;

  constructor(_: WsgiEnviron, start: Start) {
    this.start = start;
  }

  *[Symbol.iterator](): Generator<string> {
    this.start("200 OK", []);
    yield "hello";
  }
}

class AsyncGreeting {
  private readonly start: Start;

  constructor(_: WsgiEnviron, start: Start) {
    this.start = start;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<string> {
    this.start("200 OK", []);
    yield "hel";
    await new Promise(setImmediate);
    yield "lo";
  }
}

function returning(make: () => unknown): (environ: WsgiEnviron, start: Start) => unknown {
  return (_, start) => {
    start("200 OK", []);
    return make();
  };
}

async function* asyncHello(): AsyncGenerator<string | Uint8Array> {
  yield "";
  yield "hel";
  await new Promise(setImmediate);
  yield new Uint8Array([0x6c, 0x6f]);
}

for (const [about, application, length] of [
  ["a function that returns a string", returning(() => "hello"), "5"],
  ["a function that returns bytes", returning(() => Buffer.from("hello")), "5"],
  ["a function that returns an array of one chunk", returning(() => ["hello"]), "5"],
  ["a function that returns an array", returning(() => ["he", "", "llo"])],
  ["a function that returns a set", returning(() => new Set(["he", "llo"]))],
  ["a function that returns an async iterable", returning(asyncHello)],
  [
    "an async function",
    (environ: WsgiEnviron, start: Start) => Promise.resolve(returning(() => ["hello"])(environ, start)),
    "5",
  ],
  [
    "a generator",
    function* streaming(_: WsgiEnviron, start: Start): Generator<string> {
      start("200 OK", []);
      yield "hel";
      yield "lo";
    },
  ],
  [
    "an async generator",
    async function* streaming(_: WsgiEnviron, start: Start): AsyncGenerator<string> {
      await new Promise(setImmediate);
      start("200 OK", []);
      yield "hello";
    },
  ],
  [
    "a generator that begins the response behind an empty chunk",
    function* streaming(_: WsgiEnviron, start: Start): Generator<string> {
      yield "";
      start("200 OK", []);
      yield "hello";
    },
  ],
  ["a class", Greeting],
  ["a class that iterates asynchronously", AsyncGreeting],
] as const) {
  test(`${about} is an application`, async (t) => {
    const { answer, seen } = await run(application);
    t.deepEqual([answer.status, answer.body, seen.errors.all], [200, "hello", []]);
    t.deepEqual(valuesOf(answer, "content-length"), length === undefined ? [] : [length]);
  });
}

for (const [about, make] of [
  ["null", () => null],
  ["nothing", () => {}],
  ["an empty string", () => ""],
  ["an empty array", () => []],
  ["empty chunks", () => ["", new Uint8Array(0)]],
] as const) {
  test(`a body of ${about} is a whole empty answer`, async (t) => {
    const { answer, seen } = await run(returning(make));
    t.deepEqual([answer.headers, answer.body, seen.errors.all], [[["content-length", "0"]], "", []]);
  });
}

for (const [about, body] of [
  ["a number", 5],
  ["true", true],
  ["an object that does not iterate", {}],
  ["an array of a number", [5]],
  ["an array of an array", [["a", "b"]]],
  ["an array that begins with null", [null, "a"]],
  ["a symbol", Symbol("x")],
] as const) {
  test(`a body that is ${about} is a 500, and an error of the application`, async (t) => {
    const { answer, seen } = await run(returning(() => body));
    t.is(answer.status, 500);
    t.is(errorCode((await seen.errors.at()).error), "UWSGI_APP_CONTRACT");
  });
}

for (const application of [null, undefined, "text", {}, 5]) {
  test(`${JSON.stringify(application)} is no application`, (t) => {
    t.throws(() => wsgi(application as WsgiApplication), { code: "UWSGI_APP_CONTRACT" });
  });
}

// The call.

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

test("pep3333-15, 16: the wsgi keys are there, whatever the packet says of them", async (t) => {
  let seen: Record<string, unknown> = {};
  await run(
    (environ: WsgiEnviron, start: Start) => {
      seen = { ...environ };
      start("200 OK", []);
      return "";
    },
    get({ HTTPS: "on", "wsgi.url_scheme": "evil", "wsgi.version": "9", "uisge.request": "evil" }),
  );
  t.deepEqual(
    [
      seen["wsgi.version"],
      seen["wsgi.url_scheme"],
      seen["wsgi.multithread"],
      seen["wsgi.multiprocess"],
      seen["wsgi.run_once"],
    ],
    [[1, 0], "https", true, false, false],
  );
  for (const key of ["wsgi.input", "wsgi.errors", "uisge.request"]) t.is(typeof seen[key], "object", key);
});

// startResponse.

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

for (const [about, name, value, code = "UWSGI_INVALID_HEADER"] of [
  ["an empty name", "", "x"],
  ["a name with a colon", "X:A", "x"],
  ["a name with a blank", "X A", "x"],
  ["a name with a line end", "X\r\n", "x"],
  ["a name above ASCII", "X-\u00e9", "x"],
  ["a name that is a number", 5, "x"],
  ["a value with a line end", "X", "a\r\nb"],
  ["a value with a NUL", "X", "a\0b"],
  ["a value that is a number", "X", 5],
  ["a value that is missing", "X", undefined],
  ["a value above latin-1", "X", "€", "UWSGI_NOT_LATIN1"],
  ["Status", "Status", "200"],
  ["Connection", "Connection", "close"],
  ["Keep-Alive", "keep-alive", "x"],
  ["Proxy-Authenticate", "Proxy-Authenticate", "x"],
  ["Proxy-Authorization", "Proxy-Authorization", "x"],
  ["TE", "TE", "x"],
  ["Trailer", "Trailer", "x"],
  ["Transfer-Encoding", "TRANSFER-ENCODING", "chunked"],
  ["Upgrade", "Upgrade", "x"],
] as const) {
  test(`pep3333-28, 29, 31: a header with ${about} is refused at the call`, async (t) => {
    t.is(errorCode(await thrownIn((_, start) => start("200 OK", [["X-Ok", "1"], [name, value] as never]))), code);
  });
}

test("the blanks inside of a long value are not looked at again from each of them", async (t) => {
  // In quadratic time this would take hours.
  const value = `a${" ".repeat(2_000_000)}b`;
  t.is(await thrownIn((_, start) => start("200 OK", [["X-A", value]])), undefined);
});

for (const [about, status, headers] of [
  ["a status", 200n, []],
  ["a header", "200 OK", [5n]],
  ["the name of a header", "200 OK", [[Object.create(null), "b"]]],
] as const) {
  test(`${about} that cannot be made a string is refused with a code`, async (t) => {
    const thrown = await thrownIn((_, start) => start(status as unknown as string, headers as never));
    t.regex(errorCode(thrown) ?? "", /^UWSGI_INVALID_(?:STATUS|HEADER)$/);
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

test("pep3333-39: an application that never calls startResponse is a 500", async (t) => {
  for (const body of ["x", ["x"], ["x", "y"], [], null]) {
    const { answer, seen } = await run(() => body);
    t.is(answer.status, 500);
    t.is(errorCode((await seen.errors.at()).error), "UWSGI_APP_CONTRACT");
  }
});

// write().

test("pep3333-49: what is written comes before what is returned, in order", async (t) => {
  const { answer } = await run((_: WsgiEnviron, start: Start) => {
    const write = start("200 OK", []);
    void write("a");
    void write(Buffer.from("b"));
    return ["c", "d"];
  });
  t.deepEqual([answer.status, answer.body], [200, "abcd"]);
});

for (const [about, body, expected] of [
  ["nothing", undefined, "ab"],
  ["null", null, "ab"],
  ["a string", "c", "abc"],
  ["bytes", Buffer.from("c"), "abc"],
  [
    "a generator",
    (function* rest() {
      yield "c";
      yield "d";
    })(),
    "abcd",
  ],
] as const) {
  test(`pep3333-49: writes can be waited for, and ${about} returned behind them`, async (t) => {
    const { answer, seen } = await run(async (_: WsgiEnviron, start: Start) => {
      const write = start("200 OK", []);
      await write("a");
      await write("b");
      return body;
    });
    t.deepEqual([answer.body, seen.errors.all], [expected, []]);
  });
}

test("pep3333-49: writes from inside the body come between its chunks, in order", async (t) => {
  const { answer } = await run(async function* streaming(_: WsgiEnviron, start: Start): AsyncGenerator<string> {
    const write = start("200 OK", []);
    yield "a";
    void write("b");
    yield "c";
    void write("d");
  });
  t.is(answer.body, "abcd");
});

test("pep3333-49: a body may wait for its own writes before it yields", async (t) => {
  const { answer, seen } = await run(async function* streaming(_: WsgiEnviron, start: Start): AsyncGenerator<string> {
    const write = start("200 OK", []);
    await write("a");
    await write("b");
    yield "c";
    await write("d");
  });
  t.deepEqual([answer.body, seen.errors.all], ["abcd", []]);
});

test("a body that waits for its own writes is told when the client is gone, and is left", async (t) => {
  const left = gate();
  await using server = await startServer(
    wsgi(async function* streaming(_: WsgiEnviron, start: Start) {
      const write = start("200 OK", []);
      yield "";
      try {
        for (;;) {
          // One of these is being sent when the client goes; the one that is waited for has not had its turn.
          for (let i = 0; i < 16; i++) void write(new Uint8Array(65_536)).catch(() => {});
          await write(new Uint8Array(65_536));
        }
      } finally {
        left.open();
      }
    }),
  );
  using client = await RawClient.connect(server.address);
  client.socket.once("data", () => client.destroy());
  await client.send(get());
  await left.promise;
  t.like(await server.seen.ends.at(), { ending: "peer-gone" });
});

test("an empty write begins the answer and sends nothing", async (t) => {
  const { answer } = await run(async (_: WsgiEnviron, start: Start) => {
    await start("200 OK", [])("");
    return "x";
  });
  t.deepEqual([answer.status, answer.body], [200, "x"]);
});

test("write waits for a client that does not read", async (t) => {
  let written = 0;
  let wake: () => void = () => {};
  const chunk = new Uint8Array(65_536);
  const total = 256;
  await using server = await startServer(
    wsgi(async (_, start) => {
      const write = start("200 OK", []);
      for (; written < total; written++) {
        wake();
        await write(chunk);
      }
      return null;
    }),
  );
  using client = await RawClient.connect(server.address, { reads: false });
  await client.send(get());
  while (written < 2)
    await new Promise<void>((resolve) => {
      wake = resolve;
    });
  for (let quiet = 0, before = written; quiet < 200; quiet = written === before ? quiet + 1 : 0, before = written) {
    await new Promise(setImmediate);
  }
  t.true(written < total / 2, `${written} of ${total}`);
  t.is((await client.read().ending).bytes.length, "HTTP/1.1 200 OK\r\n\r\n".length + total * chunk.length);
});

test("write rejects once the client is gone, and nothing ends the process", async (t) => {
  const failure = gate<unknown>();
  await using server = await startServer(
    wsgi(async (_, start) => {
      const write = start("200 OK", []);
      try {
        for (;;) await write(new Uint8Array(65_536));
      } catch (error) {
        failure.open(error);
        throw error;
      }
    }),
  );
  using client = await RawClient.connect(server.address);
  await client.send(get());
  await client.until("HTTP/1.1");
  client.destroy();
  t.true((await failure.promise) instanceof Error);
  t.like(await server.seen.ends.at(), { ending: "peer-gone" });
});

test.serial("a write that nobody waits for and nobody reads does not end the process", async (t) => {
  const unhandled: unknown[] = [];
  const note = (reason: unknown): void => void unhandled.push(reason);
  process.on("unhandledRejection", note);
  const { answer } = await run((_: WsgiEnviron, start: Start) => {
    // No body goes out under HEAD.
    void start("200 OK", [])("a");
  }, head);
  await new Promise((resolve) => {
    setImmediate(resolve);
  });
  process.off("unhandledRejection", note);
  t.deepEqual([answer.status, unhandled], [200, []]);
});

for (const [about, returned] of [
  ["was returned whole", "all"],
  ["failed", Promise.reject(new Error("before"))],
] as const) {
  // The application has not yet been asked.
  if (typeof returned !== "string") returned.catch(() => {});
  test(`a write behind an answer that ${about} is refused: nobody reads it`, async (t) => {
    let late: ((chunk: string) => Promise<void>) | undefined;
    await run((_: WsgiEnviron, start: Start) => {
      late = start("200 OK", []);
      return returned;
    });
    await t.throwsAsync(async () => late?.("more"), { code: "UWSGI_APP_CONTRACT" });
  });
}

test("an application that throws behind a write breaks the answer off", async (t) => {
  const failing = new Error("later");
  await using server = await startServer(
    wsgi(async (_, start) => {
      await start("200 OK", [])("begun");
      throw failing;
    }),
  );
  await ask(server.address);
  t.like(await server.seen.errors.at(), { error: failing, outcome: "unsignalled", status: 200 });
  t.like(await server.seen.ends.at(), { ending: "unsignalled" });
});

test("an application that throws at once behind a write that nobody awaited is a 500", async (t) => {
  const { answer } = await run((_: WsgiEnviron, start: Start) => {
    void start("200 OK", [])("begun");
    throw new Error("at once");
  });
  t.is(answer.status, 500);
});

// When the head leaves.

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

test("pep3333-41: a chunk is on its way before the next is asked for", async (t) => {
  const goOn = gate();
  await using server = await startServer(
    wsgi(async function* streaming(_: WsgiEnviron, start: Start) {
      start("200 OK", []);
      yield "first";
      await goOn.promise;
      yield "second";
    }),
  );
  using client = await RawClient.connect(server.address);
  await client.send(get());
  await client.until("first");
  goOn.open();
  await client.until("second");
  t.pass();
});

// close() and finally.

interface Counted {
  closes: number;
}

function closable(chunks: readonly unknown[], counted: Counted): WsgiBody {
  return {
    *[Symbol.iterator]() {
      for (const chunk of chunks) {
        if (chunk instanceof Error) throw chunk;
        yield chunk as string;
      }
    },
    close: async () => {
      await new Promise(setImmediate);
      counted.closes++;
    },
  };
}

for (const [about, chunks, request, headers, status] of [
  ["a normal end", ["a", "b"], get(), [], 200],
  ["no chunk", [], get(), [], 200],
  ["an error before the first chunk", [new Error("x")], get(), [], 500],
  ["a first chunk that is none", [5], get(), [], 500],
  ["an error behind the head", ["a", new Error("x")], get(), [], 200],
  ["a chunk that is none, behind the head", ["a", 5], get(), [], 200],
  ["HEAD", ["a", "b"], head, [], 200],
  ["a body too long", ["abc"], get(), [["Content-Length", "2"]], 200],
  ["a body too short", ["abc"], get(), [["Content-Length", "9"]], 200],
] as const) {
  test(`pep3333-42: close is called exactly once after ${about}`, async (t) => {
    const counted = { closes: 0 };
    const { answer } = await run((_: WsgiEnviron, start: Start) => {
      start("200 OK", headers);
      return closable(chunks, counted);
    }, request);
    t.deepEqual([counted.closes, answer.status], [1, status]);
  });
}

test("pep3333-42: close is called exactly once when startResponse was never called", async (t) => {
  const counted = { closes: 0 };
  const { answer } = await run(() => closable(["a"], counted));
  t.deepEqual([counted.closes, answer.status], [1, 500]);
});

test("pep3333-42: close is called exactly once on a body behind writes, under HEAD too", async (t) => {
  for (const request of [get(), head]) {
    const counted = { closes: 0 };
    await run((_: WsgiEnviron, start: Start) => {
      void start("200 OK", [])("w").catch(() => {});
      return closable(["a"], counted);
    }, request);
    t.is(counted.closes, 1);
  }
});

test("pep3333-42: close is called exactly once, and the iterator left, when the client goes away", async (t) => {
  const closed = gate();
  let closes = 0;
  let leaves = 0;
  await using server = await startServer(
    wsgi((_, start) => {
      start("200 OK", []);
      return {
        async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
          try {
            for (;;) yield new Uint8Array(65_536);
          } finally {
            leaves++;
          }
        },
        close: () => {
          closes++;
          closed.open();
        },
      };
    }),
  );
  using client = await RawClient.connect(server.address);
  await client.send(get());
  await client.until("HTTP/1.1");
  client.destroy();
  await closed.promise;
  await server.seen.ends.at();
  t.deepEqual([closes, leaves, server.seen.errors.all], [1, 1, []]);
});

for (const [about, request, rest] of [
  ["a normal end", get(), "b"],
  ["HEAD", head, "b"],
  ["an error", get(), undefined],
] as const) {
  test(`the finally of a generator runs exactly once after ${about}`, async (t) => {
    let leaves = 0;
    await run(function* streaming(_: WsgiEnviron, start: Start): Generator<string> {
      try {
        start("200 OK", []);
        yield "a";
        if (rest === undefined) throw new Error("x");
        yield rest;
      } finally {
        leaves++;
      }
    }, request);
    t.is(leaves, 1);
  });
}

test("pep3333-47: HEAD has no body, and the length that is known", async (t) => {
  const { answer } = await run(
    returning(() => "hello"),
    head,
  );
  t.deepEqual([answer.body, valuesOf(answer, "content-length")], ["", ["5"]]);
});

test("pep3333-45, 46: a body longer than Content-Length is cut, a shorter one is not passed off as whole", async (t) => {
  const sized =
    (length: string, body: WsgiBody) =>
    (_: WsgiEnviron, start: Start): WsgiBody => {
      start("200 OK", [["Content-Length", length]]);
      return body;
    };
  t.is((await run(sized("2", ["abc", "d"]))).answer.body, "ab");
  const short = await run(sized("5", ["ab", "c"]));
  t.like(await short.seen.ends.at(), { ending: "broken-off", bodyBytes: 3 });
  t.is((await run(sized("5", "abc"))).answer.status, 500);
});

// Errors, and their stream.

for (const [about, application] of [
  [
    "throws",
    () => {
      throw new Error("secret");
    },
  ],
  ["rejects", () => Promise.reject(new Error("secret"))],
  [
    "throws before the first chunk",
    returning(() =>
      (function* fails(): Generator<string> {
        throw new Error("secret");
        yield "";
      })(),
    ),
  ],
] as const) {
  test(`pep3333-50: an application that ${about} is a 500 without detail`, async (t) => {
    const { answer, seen } = await run(application);
    t.deepEqual([answer.status, answer.body.includes("secret")], [500, false]);
    t.like(await seen.errors.at(), { outcome: "answered", status: 500, error: { message: "secret" } });
  });
}

test("pep3333-25: wsgi.errors goes to the log line by line; what has no line end yet waits", async (t) => {
  const { seen } = await run((environ: WsgiEnviron, start: Start) => {
    const errors = environ["wsgi.errors"];
    errors.write("one\ntw");
    errors.write("o\n\n");
    errors.writelines(["thr", "ee €\n", "four"]);
    errors.flush();
    errors.flush();
    errors.write("five");
    start("200 OK", []);
    return "";
  });
  t.deepEqual(
    seen.messages.all.map(({ text }) => text),
    ["one", "two", "", "three €", "four", "five"],
  );
});

for (const [about, application] of [
  [
    "throws",
    (environ: WsgiEnviron) => {
      environ["wsgi.errors"].write("last words");
      throw new Error("x");
    },
  ],
  [
    "throws before its first chunk",
    function* streaming(environ: WsgiEnviron): Generator<string> {
      yield "";
      environ["wsgi.errors"].write("last words");
      throw new Error("x");
    },
  ],
  [
    "throws behind the head",
    function* streaming(environ: WsgiEnviron, start: Start): Generator<string> {
      start("200 OK", []);
      yield "a";
      environ["wsgi.errors"].write("last words");
      throw new Error("x");
    },
  ],
] as const) {
  test(`what an application that ${about} has written to wsgi.errors is not lost`, async (t) => {
    const { seen } = await run(application);
    t.deepEqual(
      seen.messages.all.map(({ text }) => text),
      ["last words"],
    );
  });
}

// Reading the body through it all.

test("wsgi.input gives the body of a real request, and is empty without one", async (t) => {
  const echo = async (environ: WsgiEnviron, start: Start): Promise<Uint8Array> => {
    start("200 OK", []);
    return await environ["wsgi.input"].read();
  };
  t.is((await run(echo, post("hello"))).answer.body, "hello");
  t.is((await run(echo, get())).answer.body, "");
});

test("the request below is within reach: its signal fires when the client is gone", async (t) => {
  const fired = gate<unknown>();
  const begun = gate();
  await using server = await startServer(
    wsgi(async (environ, start) => {
      const { signal } = environ["uisge.request"];
      begun.open();
      await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
      fired.open(signal.reason);
      start("200 OK", []);
      return "";
    }),
  );
  using client = await RawClient.connect(server.address);
  await client.send(get());
  await begun.promise;
  client.destroy();
  t.is(errorCode(await fired.promise), "UWSGI_PEER_GONE");
});

test("headers that are no list of pairs are refused, not silently left out", async (t) => {
  for (const headers of [{ "X-A": "b" }, null, "X-A: b", ["X-A"], [["X-A"]], [["X-A", "b", "c"]], 5]) {
    const { answer, seen } = await run((_: WsgiEnviron, start: Start) => {
      start("200 OK", headers as unknown as []);
      return "";
    });
    t.is(answer.status, 500, JSON.stringify(headers));
    t.like(await seen.errors.at(), { error: { code: "UWSGI_INVALID_HEADER" } });
  }
});

test("a body that writes while it makes its next chunk sends both, the written one first", async (t) => {
  const { answer } = await run(async (_: WsgiEnviron, start: Start) => {
    const write = start("200 OK", []);
    // Sent before the body is there: the reader waits by then.
    await write("0");
    await new Promise(setImmediate);
    return (function* () {
      void write("1");
      yield "2";
      void write("3");
      yield "4";
    })();
  });
  t.is(answer.body, "01234");
});
