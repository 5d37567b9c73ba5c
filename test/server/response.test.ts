import test from "ava";
import fc from "fast-check";
import type { AppResponse, BodyChunk } from "../../src/handler/index.ts";
import type { Sweeper } from "../../src/connection/index.ts";
import { ask, get, type Answer, parseAnswer, post, RawClient, valuesOf } from "../helpers/raw-client.ts";
import { gate, respond, startServer, type TestServer, type TransportKind } from "../helpers/test-server.ts";
import { latin1, packetOf } from "../helpers/wire.ts";

const kinds: readonly TransportKind[] = ["unix", "tcp"];
const ERROR_BODY = "500 Internal Server Error\n";

/** A server whose application is changed by each question; questions are asked one after the other. */
async function answering(
  kind: TransportKind = "unix",
): Promise<
  TestServer & { answer(response: unknown, request?: Uint8Array): Promise<Answer & { readonly how: string }> }
> {
  let next: unknown;
  const started = await startServer(() => next as AppResponse, { kind });
  return {
    ...started,
    answer: async (response, request = get()) => {
      next = response;
      return await ask(started.address, request);
    },
  };
}

function* chunks(...parts: BodyChunk[]): Generator<BodyChunk> {
  yield* parts;
}

async function* slowChunks(...parts: BodyChunk[]): AsyncGenerator<BodyChunk> {
  for (const part of parts) {
    await new Promise(setImmediate);
    yield part;
  }
}

const head: Uint8Array = get({ REQUEST_METHOD: "HEAD" });

for (const [about, body, expected] of [
  ["a string", "hé", "h\u00c3\u00a9"],
  ["bytes", latin1("h\u00e9"), "h\u00e9"],
  ["nothing", null, ""],
  ["an empty string", "", ""],
  ["a string of characters beyond latin-1", "€", "\u00e2\u0082\u00ac"],
] as const) {
  test(`a body that is ${about} goes out with its Content-Length in bytes`, async (t) => {
    await using server = await answering();
    const answer = await server.answer(respond(body));
    t.is(answer.body, expected);
    t.deepEqual(valuesOf(answer, "content-length"), [String(expected.length)]);
  });
}

for (const [about, make] of [
  ["a generator", () => chunks("a", "", latin1("b"), "é")],
  ["an async generator", () => slowChunks("a", "", latin1("b"), "é")],
  ["an array", () => ["a", "", latin1("b"), "é"]],
] as const) {
  test(`a body from ${about} goes out in order, without a length of ours, and ends with the connection`, async (t) => {
    await using server = await answering();
    const answer = await server.answer(respond(make()));
    t.deepEqual([answer.body, answer.headers, answer.how], ["ab\u00c3\u00a9", [], "end"]);
  });
}

for (const [about, make] of [
  ["no chunk", () => chunks()],
  ["empty chunks", () => chunks("", new Uint8Array(0))],
] as const) {
  test(`a body from an iterator with ${about} is known to be empty`, async (t) => {
    await using server = await answering();
    const answer = await server.answer(respond(make()));
    t.deepEqual([answer.headers, answer.body], [[["content-length", "0"]], ""]);
  });
}

test("a Content-Length of the application is sent as it is, and once", async (t) => {
  await using server = await answering();
  for (const body of ["abc", ["a", "bc"]]) {
    const answer = await server.answer(respond(body, { headers: [["content-length", "3"]] }));
    t.deepEqual([answer.headers, answer.body], [[["content-length", "3"]], "abc"]);
  }
});

test("the status line is HTTP/1.1, whatever the client spoke, with the registered phrase or the given one", async (t) => {
  await using server = await answering();
  const lines: string[] = [];
  for (const protocol of ["HTTP/1.0", "HTTP/2.0", "bad\r\nX: y", ""]) {
    lines.push((await server.answer(respond("", { status: 404 }), get({ SERVER_PROTOCOL: protocol }))).statusLine);
  }
  lines.push((await server.answer({ ...respond(""), reason: "Fine" })).statusLine);
  lines.push((await server.answer({ ...respond(""), status: 299 })).statusLine);
  const notFound = "HTTP/1.1 404 Not Found";
  t.deepEqual(lines, [notFound, notFound, notFound, notFound, "HTTP/1.1 200 Fine", "HTTP/1.1 299 "]);
});

test("headers go out in order, repeated ones repeated, as latin-1", async (t) => {
  await using server = await answering();
  const headers: [string, string][] = [
    ["Set-Cookie", "a=1"],
    ["X-Latin", "caf\u00e9"],
    ["Set-Cookie", "b=2"],
  ];
  const answer = await server.answer(respond(["x"], { headers }));
  t.deepEqual(
    answer.headers,
    headers.map(([name, value]) => [name.toLowerCase(), value]),
  );
});

const hopByHop = ["Connection", "Keep-Alive", "Proxy-Authenticate", "Proxy-Connection", "TE", "Trailer", "Upgrade"];

for (const name of [...hopByHop, "Transfer-Encoding", "transfer-ENCODING"]) {
  test(`a header ${name} of a handler is left out: the connection is the server's`, async (t) => {
    await using server = await answering();
    const answer = await server.answer(
      respond("x", {
        headers: [
          [name, "chunked"],
          ["X-Kept", "1"],
        ],
      }),
    );
    t.deepEqual(answer.headers, [
      ["x-kept", "1"],
      ["content-length", "1"],
    ]);
    t.is(answer.body, "x");
  });
}

// No body where there must be none.

for (const [about, request, response, headers] of [
  ["HEAD", head, respond("abc"), [["content-length", "3"]]],
  ["HEAD of a stream", head, respond(["abc"]), []],
  [
    "HEAD with a given length",
    head,
    respond(null, { headers: [["Content-Length", "99"]] }),
    [["content-length", "99"]],
  ],
  ["HEAD of a 404", head, respond("abc", { status: 404 }), [["content-length", "3"]]],
  ["HEAD of a 304", head, respond("abc", { status: 304 }), []],
  ["status 204", get(), respond("abc", { status: 204 }), []],
  ["status 204 with a given length", get(), respond("abc", { status: 204, headers: [["Content-Length", "3"]] }), []],
  ["status 304", get(), respond("abc", { status: 304 }), []],
  [
    "status 304 with a given length",
    get(),
    respond(["abc"], { status: 304, headers: [["Content-Length", "3"]] }),
    [["content-length", "3"]],
  ],
] as const) {
  test(`an answer to ${about} has no byte of a body`, async (t) => {
    await using server = await answering();
    const answer = await server.answer(response, request);
    t.deepEqual([answer.body, answer.headers], ["", headers.map(([name, value]) => [name, value])]);
    t.like(await server.seen.ends.at(), { bodyBytes: 0, ending: "complete" });
  });
}

test("a body that is not wanted is closed without being iterated", async (t) => {
  await using server = await answering();
  const seen: string[] = [];
  const body = {
    *[Symbol.iterator]() {
      seen.push("iterated");
      yield "x";
    },
    close: () => void seen.push("closed"),
  };
  await server.answer(respond(body), head);
  await server.answer(respond(body, { status: 204 }));
  t.deepEqual(seen, ["closed", "closed"]);
});

test("a failure of the application under HEAD is a 500 without a body, but with its length", async (t) => {
  await using server = await startServer(() => {
    throw new Error("secret");
  });
  const answer = await ask(server.address, head);
  t.deepEqual([answer.status, answer.body, valuesOf(answer, "content-length")], [500, "", [String(ERROR_BODY.length)]]);
});

// What an application may not say.

for (const [about, response] of [
  ["status 199", respond("", { status: 199 })],
  ["status 101", respond("", { status: 101 })],
  ["status 600", respond("", { status: 600 })],
  ["status 0", respond("", { status: 0 })],
  ["status 200.5", respond("", { status: 200.5 })],
  ["status NaN", respond("", { status: Number.NaN })],
  ["a status that is text", { ...respond(""), status: "200" }],
  ["no response", undefined],
  ["a response of null", null],
  ["a response without headers", { status: 200, body: "" }],
  ["a response without a body", { status: 200, headers: [] }],
  ["a body that is a number", { ...respond(""), body: 5 }],
  ["a body that cannot be iterated", { ...respond(""), body: {} }],
  ["a first chunk that is a number", { ...respond(""), body: [5] }],
  ["a first chunk that is null", { ...respond(""), body: [null] }],
  [
    "two Content-Length",
    respond("abc", {
      headers: [
        ["Content-Length", "3"],
        ["content-length", "3"],
      ],
    }),
  ],
  ["a Content-Length of nothing", respond("", { headers: [["Content-Length", ""]] })],
  ["a Content-Length of -1", respond("", { headers: [["Content-Length", "-1"]] })],
  ["a Content-Length of 3, 3", respond("abc", { headers: [["Content-Length", "3, 3"]] })],
  ["a Content-Length of 16 digits", respond("abc", { headers: [["Content-Length", "0000000000000003"]] })],
  ["a Content-Length above an empty stream", respond([], { headers: [["Content-Length", "3"]] })],
  ["a Content-Length above a short string", respond("ab", { headers: [["Content-Length", "3"]] })],
  ["a header value with a line end", respond("", { headers: [["X-A", "1\r\nX-B: 2"]] })],
  ["a header name with a blank", respond("", { headers: [["X A", "1"]] })],
  ["a header name that is empty", respond("", { headers: [["", "1"]] })],
  ["a header value above latin-1", respond("", { headers: [["X-A", "€"]] })],
  ["a reason with a line end", { ...respond(""), reason: "OK\r\nX: y" }],
] as const) {
  test(`${about} is a whole 500 without detail, and is reported`, async (t) => {
    await using server = await answering();
    const answer = await server.answer(response);
    t.deepEqual([answer.status, answer.body, answer.how], [500, ERROR_BODY, "end"]);
    t.deepEqual(answer.headers, [
      ["content-type", "text/plain; charset=utf-8"],
      ["content-length", String(ERROR_BODY.length)],
    ]);
    t.like(await server.seen.errors.at(), { outcome: "answered", status: 500 });
    t.like(await server.seen.ends.at(), { status: 500, ending: "complete" });
  });
}

for (const [about, fail] of [
  [
    "throws",
    () => {
      throw new Error("secret");
    },
  ],
  ["rejects", () => Promise.reject(new Error("secret"))],
  [
    "throws something that is no error",
    () => {
      throw Object.create(null) as Error;
    },
  ],
  [
    "throws undefined",
    () => {
      throw undefined as unknown as Error;
    },
  ],
  [
    "throws in the first chunk",
    () =>
      respond(
        (function* fails(): Generator<string> {
          throw new Error("secret");
          yield "";
        })(),
      ),
  ],
] as const) {
  test(`an application that ${about} is a 500 that says nothing of the reason`, async (t) => {
    await using server = await startServer(fail);
    const answer = await ask(server.address);
    t.deepEqual([answer.status, answer.body], [500, ERROR_BODY]);
    t.like(await server.seen.errors.at(), { outcome: "answered", status: 500 });
  });
}

// Bodies that are not as long as they say.

for (const kind of kinds) {
  // Only TCP has a way to say that an answer was broken off.
  const broken = kind === "tcp" ? "ECONNRESET" : "end";
  const unknownLength = kind === "tcp" ? "broken-off" : "unsignalled";

  test(`a body longer than its Content-Length is cut, and reported, on ${kind}`, async (t) => {
    await using server = await answering(kind);
    for (const body of ["abcdef", ["abc", "def"], ["ab", "cdef"], slowChunks("abcdef")]) {
      const answer = await server.answer(respond(body, { headers: [["Content-Length", "3"]] }));
      t.deepEqual([answer.body, answer.how], ["abc", "end"]);
    }
    t.like(await server.seen.ends.at(3), { ending: "complete", bodyBytes: 3 });
    t.deepEqual(
      server.seen.errors.all.map(({ error, outcome }) => [(error as { code?: unknown }).code, outcome]),
      Array.from({ length: 4 }, () => ["UWSGI_APP_CONTRACT", "complete"]),
    );
  });

  // The client has read what was sent before the reset comes: libuv reports both together as an ordinary end.
  test(`a stream shorter than its Content-Length is broken off on ${kind}`, async (t) => {
    const isRead = gate();
    async function* short(): AsyncGenerator<string> {
      yield "ab";
      await isRead.promise;
    }
    await using server = await startServer(() => respond(short(), { headers: [["Content-Length", "3"]] }), { kind });
    using client = await RawClient.connect(server.address);
    await client.send(get());
    await client.until("ab");
    isRead.open();
    const { bytes, how } = await client.ending;
    t.is(how, broken);
    t.is(parseAnswer(bytes).body, "ab");
    t.like(await server.seen.ends.at(), { ending: "broken-off", bodyBytes: 2, status: 200 });
    t.like(await server.seen.errors.at(), {
      outcome: "broken-off",
      status: 200,
      error: { code: "UWSGI_APP_CONTRACT" },
    });
  });

  test(`an error behind the head breaks the answer off on ${kind}`, async (t) => {
    const failing = new Error("later");
    const isRead = gate();
    async function* fails(): AsyncGenerator<string> {
      yield "begun";
      await isRead.promise;
      throw failing;
    }
    await using server = await startServer(() => respond(fails()), { kind });
    using client = await RawClient.connect(server.address);
    await client.send(get());
    await client.until("begun");
    isRead.open();
    t.is((await client.ending).how, broken);
    t.like(await server.seen.errors.at(), { outcome: unknownLength, error: failing });
    t.like(await server.seen.ends.at(), { ending: unknownLength, status: 200, bodyBytes: 5 });
  });
}

test("iterating stops as soon as the announced bytes are exceeded", async (t) => {
  await using server = await answering();
  let made = 0;
  let isLeft = false;
  const endless = (function* count(): Generator<string> {
    try {
      for (;;) {
        made++;
        yield "x";
      }
    } finally {
      isLeft = true;
    }
  })();
  await server.answer(respond(endless, { headers: [["Content-Length", "3"]] }));
  t.deepEqual([made, isLeft], [4, true]);
});

// Who closes.

for (const [about, body, request] of [
  ["a normal end", ["a", "b"], get()],
  ["an error", [5], get()],
  ["a body too long", ["abcdef"], get()],
  ["HEAD", ["a"], head],
] as const) {
  test(`a body is closed exactly once after ${about}`, async (t) => {
    await using server = await answering();
    let closed = 0;
    const closable = Object.assign([...body], {
      close: async () => {
        await new Promise(setImmediate);
        closed++;
      },
    });
    await server.answer(
      respond(closable as unknown as AppResponse["body"], { headers: [["Content-Length", "2"]] }),
      request,
    );
    await server.seen.ends.at();
    t.is(closed, 1);
  });
}

test("a body is closed exactly once, and its iterator left, when the client goes away", async (t) => {
  const left = gate<string>();
  const closed = gate();
  let closes = 0;
  const body = {
    async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
      try {
        for (;;) yield new Uint8Array(65_536);
      } finally {
        left.open("left");
      }
    },
    close: () => {
      closes++;
      closed.open();
    },
  };
  await using server = await startServer(() => respond(body));
  const client = await RawClient.connect(server.address);
  await client.send(get());
  await client.until("HTTP/1.1");
  client.destroy();
  t.is(await left.promise, "left");
  await closed.promise;
  t.like(await server.seen.ends.at(), { ending: "peer-gone" });
  t.deepEqual([closes, server.seen.errors.all], [1, []]);
});

test("an error of close after a whole answer is reported, and the answer is whole", async (t) => {
  await using server = await answering();
  const failing = new Error("close");
  const body = Object.assign(["abc"], {
    close: () => {
      throw failing;
    },
  });
  const answer = await server.answer(respond(body));
  t.deepEqual([answer.status, answer.body, answer.how], [200, "abc", "end"]);
  t.like(await server.seen.errors.at(), { error: failing });
  t.like(await server.seen.ends.at(), { ending: "complete" });
});

// Backpressure of what is written.

for (const kind of kinds) {
  test(`a body is not iterated further while the client does not read, on ${kind}`, async (t) => {
    const chunk = new Uint8Array(65_536).fill(0x61);
    const total = 512;
    let made = 0;
    let wake: () => void = () => {};
    await using server = await startServer(
      () =>
        respond(
          (function* count(): Generator<Uint8Array> {
            for (; made < total;) {
              made++;
              wake();
              yield chunk;
            }
          })(),
        ),
      { kind },
    );
    using client = await RawClient.connect(server.address, { reads: false });
    await client.send(get());
    while (made === 0)
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    // The buffers of the system fill up; then nothing moves, however often the loop goes round.
    for (let quiet = 0, before = made; quiet < 200; quiet = made === before ? quiet + 1 : 0, before = made) {
      await new Promise(setImmediate);
    }
    t.true(made < total / 2, `${made} of ${total} chunks were made for a client that reads nothing`);
    const { bytes } = await client.read().ending;
    t.is(parseAnswer(bytes).body.length, total * chunk.length);
  });
}

test("an answer is whole for a client that is slow to read it: the time to linger begins behind the last byte", async (t) => {
  const size = 4 * 1024 * 1024;
  const ended = gate();
  await using server = await startServer(() => respond(""), {
    writeTimeoutMs: Number.POSITIVE_INFINITY,
    plugins: [
      {
        name: "large",
        modifier1: 101,
        answer: (running) => {
          void running.write(new Uint8Array(size));
          running.end();
          ended.open();
        },
      },
    ],
  });
  using client = await RawClient.connect(server.address, { reads: false });
  await client.send(packetOf(new Uint8Array(0), 101));
  await ended.promise;
  const { owner } = server.server as unknown as { owner: { sweeper: Sweeper } };
  for (let second = 0; second < 120; second++) owner.sweeper.sweep(1_000);
  const { bytes } = await client.read().ending;
  t.is(bytes.length, size);
});

test("any body in any chunks goes out as the bytes it is", async (t) => {
  await using server = await answering();
  const chunk = fc.oneof(fc.uint8Array({ maxLength: 40 }), fc.string({ unit: "grapheme", maxLength: 10 }));
  await fc.assert(
    fc.asyncProperty(fc.array(chunk, { maxLength: 8 }), fc.boolean(), async (parts, isLengthGiven) => {
      const whole = Buffer.concat(parts.map((part) => Buffer.from(part as Uint8Array)));
      const headers: [string, string][] = isLengthGiven ? [["Content-Length", String(whole.length)]] : [];
      const answer = await server.answer(respond(parts, { headers }));
      t.is(answer.body, whole.toString("latin1"));
    }),
    { numRuns: 50 },
  );
});

test("an answer to a POST whose body nobody read is the same", async (t) => {
  await using server = await answering();
  const answer = await server.answer(respond("ok"), post("unread"));
  t.deepEqual([answer.status, answer.body, answer.how], [200, "ok", "end"]);
});
