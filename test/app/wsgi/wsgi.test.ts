import test from "ava";
import { wsgi, type WsgiApplication, type WsgiEnviron } from "../../../src/app/index.ts";
import { errorCode } from "../../../src/errors.ts";
import { ask, get, post, RawClient, valuesOf } from "../../helpers/raw-client.ts";
import { gate, startServer } from "../../helpers/test-server.ts";
import { head, returning, run, type Start, thrownIn } from "../../helpers/wsgi-run.ts";

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

class Site {
  private readonly greeting: string;

  constructor(greeting: string) {
    this.greeting = greeting;
  }

  application(_: WsgiEnviron, start: Start): string {
    start("200 OK", []);
    return this.greeting;
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
  ["an object with a method application", { application: returning(() => "hello") }, "5"],
  ["an instance, whose method application keeps its this,", new Site("hello"), "5"],
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

for (const application of [null, undefined, "text", {}, { application: 5 }, 5]) {
  test(`${JSON.stringify(application)} is no application`, (t) => {
    t.throws(() => wsgi(application as WsgiApplication), { code: "UWSGI_APP_CONTRACT" });
  });
}

// The call.

// startResponse.

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

// write().

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

// close() and finally.

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

// Errors, and their stream.

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
