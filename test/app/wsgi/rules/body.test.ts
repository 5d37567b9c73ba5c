/** PEP 3333, the body of an answer: rules 38 to 49. */
import test from "ava";
import { wsgi, type WsgiBody, type WsgiEnviron } from "../../../../src/app/index.ts";
import { errorCode } from "../../../../src/errors.ts";
import { get, RawClient, valuesOf } from "../../../helpers/raw-client.ts";
import { gate, startServer } from "../../../helpers/test-server.ts";
import { closable, head, returning, run, type Start } from "../../../helpers/wsgi-run.ts";

const allBytes: Uint8Array = Uint8Array.from({ length: 256 }, (_, i) => i);

for (const [about, body] of [
  ["one chunk", allBytes],
  ["a list of one", [allBytes]],
  ["chunks", [allBytes.subarray(0, 100), allBytes.subarray(100)]],
] as const) {
  test(`pep3333-38: bytes go out as they are, as ${about}`, async (t) => {
    const { answer } = await run(returning(() => body));
    t.is(answer.body, Buffer.from(allBytes).toString("latin1"));
  });
}

for (const [about, body] of [
  ["one chunk", "€\u00e9"],
  ["chunks", ["€", "\u00e9"]],
] as const) {
  test(`pep3333-38: strings go out as UTF-8, as ${about}`, async (t) => {
    const { answer } = await run(returning(() => body));
    t.is(Buffer.from(answer.body, "latin1").toString(), "€\u00e9");
  });
}

test("pep3333-38: one string, or one Uint8Array, is one chunk and is not iterated", async (t) => {
  for (const body of ["abc", Buffer.from("abc")]) {
    const { answer } = await run(returning(() => body));
    t.deepEqual([answer.body, valuesOf(answer, "content-length")], ["abc", ["3"]]);
  }
});

test("pep3333-39: startResponse may be called by the first iteration", async (t) => {
  const { answer } = await run((_: WsgiEnviron, start: Start) => ({
    *[Symbol.iterator]() {
      start("201 Created", []);
      yield "late";
    },
  }));
  t.deepEqual([answer.status, answer.body], [201, "late"]);
});

test("pep3333-40: a chunk that comes before startResponse is a 500, and not sent", async (t) => {
  const { answer, seen } = await run(function* early(_: WsgiEnviron, start: Start): Generator<string> {
    yield "early";
    start("200 OK", []);
  });
  t.deepEqual([answer.status, answer.body.includes("early")], [500, false]);
  t.is(errorCode((await seen.errors.at()).error), "UWSGI_APP_CONTRACT");
});

test("pep3333-39: an application that never calls startResponse is a 500", async (t) => {
  for (const body of ["x", ["x"], ["x", "y"], [], null]) {
    const { answer, seen } = await run(() => body);
    t.is(answer.status, 500);
    t.is(errorCode((await seen.errors.at()).error), "UWSGI_APP_CONTRACT");
  }
});

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

test("pep3333-47: HEAD has no body, and the length that is known", async (t) => {
  const { answer } = await run(
    returning(() => "hello"),
    head,
  );
  t.deepEqual([answer.body, valuesOf(answer, "content-length")], ["", ["5"]]);
});

test("pep3333-41: an empty chunk sends nothing, and is no end", async (t) => {
  const { answer } = await run(returning(() => new Set(["a", "", new Uint8Array(0), "b"])));
  t.is(answer.body, "ab");
});

test("pep3333-42: close is called exactly once though the iterator throws when it is left", async (t) => {
  const counted = { closes: 0 };
  await run(
    returning(() => ({
      [Symbol.iterator]: () => ({
        next: () => ({ done: false, value: "a" }),
        return: () => {
          throw new Error("left");
        },
      }),
      close: () => void counted.closes++,
    })),
    head,
  );
  t.is(counted.closes, 1);
});

test("pep3333-43: the server asks a body for its iterator and close, and for nothing else", async (t) => {
  const asked = new Set<PropertyKey>();
  const body = closable(["a", "b"], { closes: 0 }) as object;
  const { answer } = await run(
    returning(
      () =>
        new Proxy(body, {
          get: (target, key) => {
            asked.add(key);
            return (target as Record<PropertyKey, unknown>)[key];
          },
        }),
    ),
  );
  t.is(answer.body, "ab");
  // `then` is how a promise is told from a body.
  for (const key of ["then", "close", Symbol.iterator, Symbol.asyncIterator]) asked.delete(key);
  t.deepEqual([...asked], []);
});

test("pep3333-44: a list of one chunk is sent with its length, unless something was written before", async (t) => {
  t.deepEqual(valuesOf((await run(returning(() => ["hello"]))).answer, "content-length"), ["5"]);
  const { answer } = await run((_: WsgiEnviron, start: Start) => {
    void start("200 OK", [])("written, ");
    return ["hello"];
  });
  t.deepEqual([valuesOf(answer, "content-length"), answer.body], [[], "written, hello"]);
});

for (const headers of [
  [["Content-Length", "-1"]],
  [["Content-Length", "1e3"]],
  [["Content-Length", "1234567890123456"]],
  [
    ["Content-Length", "5"],
    ["content-length", "5"],
  ],
]) {
  test(`pep3333-44: ${JSON.stringify(headers)} is refused: a length must be right`, async (t) => {
    const { answer, seen } = await run((_: WsgiEnviron, start: Start) => {
      start("200 OK", headers as [string, string][]);
      return "hello";
    });
    t.is(answer.status, 500);
    t.is(errorCode((await seen.errors.at()).error), "UWSGI_INVALID_HEADER");
  });
}

/** Answers with a Content-Length. */
function sized(length: string, body: WsgiBody): (_: WsgiEnviron, start: Start) => WsgiBody {
  return (_, start) => {
    start("200 OK", [["Content-Length", length]]);
    return body;
  };
}

test("pep3333-45: what is beyond Content-Length is cut, and no more is asked for", async (t) => {
  let asked = 0;
  const chunks = (function* () {
    for (; asked < 10; asked++) yield "ab";
  })();
  const { answer, seen } = await run(sized("3", chunks));
  t.deepEqual([answer.body, asked], ["aba", 1]);
  t.is(errorCode((await seen.errors.at()).error), "UWSGI_APP_CONTRACT");
});

test("pep3333-45: a write beyond Content-Length is refused", async (t) => {
  const refused = gate<unknown>();
  const { answer } = await run(async (_: WsgiEnviron, start: Start) => {
    const write = start("200 OK", [["Content-Length", "3"]]);
    await write("ab");
    await write("cd").catch(refused.open);
    return null;
  });
  t.is(answer.body, "abc");
  t.is(errorCode(await refused.promise), "UWSGI_APP_CONTRACT");
});

test("pep3333-46: a body that is shorter than its Content-Length is a 500 where nothing was sent", async (t) => {
  t.is((await run(sized("5", "abc"))).answer.status, 500);
});

test("pep3333-46: a body that is shorter than its Content-Length ends with a reset over TCP, and is closed", async (t) => {
  const counted = { closes: 0 };
  const isRead = gate();
  const body = {
    async *[Symbol.asyncIterator](): AsyncGenerator<string> {
      yield "abc";
      await isRead.promise;
    },
    close: () => void counted.closes++,
  };
  await using server = await startServer(wsgi(sized("9", body)), { kind: "tcp" });
  using client = await RawClient.connect(server.address);
  await client.send(get());
  await client.until("abc");
  isRead.open();
  t.is((await client.ending).how, "ECONNRESET");
  t.like(await server.seen.ends.at(), { ending: "broken-off", bodyBytes: 3 });
  t.is(counted.closes, 1);
});

for (const [about, request, status] of [
  ["HEAD", head, "200 OK"],
  ["204", get(), "204 No Content"],
  ["304", get(), "304 Not Modified"],
] as const) {
  test(`pep3333-47: ${about} has no body, and what would be one is closed`, async (t) => {
    const counted = { closes: 0 };
    const { answer } = await run((_: WsgiEnviron, start: Start) => {
      start(status, []);
      return closable(["a", "b"], counted);
    }, request);
    t.deepEqual([answer.body, answer.status, counted.closes], ["", Number(status.slice(0, 3)), 1]);
  });
}

test("pep3333-48: a body without a length is not chunked: it ends with the connection", async (t) => {
  const { answer } = await run(
    returning(() => new Set(["a", "b"])),
    get({ SERVER_PROTOCOL: "HTTP/1.1" }),
  );
  t.deepEqual([answer.headers, answer.body], [[], "ab"]);
});
