/** What holds on the wire, whoever's objects `Request` and `Response` are. */
import { gzipSync } from "node:zlib";
import test from "ava";
import { type FetchApplication, fetchHandler } from "../../../src/app/index.ts";
import type { ByteStream } from "../../../src/handler/index.ts";
import { errorCode } from "../../../src/errors.ts";
import { type Answer, ask, get, post, RawClient, requestOf, valuesOf } from "../../helpers/raw-client.ts";
import { stubRequest } from "./stub-request.ts";
import { startUpstream, TEXT } from "./upstream.ts";
import { gate, startServer, type TestServer, type TestServerOptions } from "../../helpers/test-server.ts";

function serve(application: FetchApplication, options: TestServerOptions = {}): Promise<TestServer> {
  return startServer(fetchHandler(application), options);
}

async function run(
  application: FetchApplication,
  request: Uint8Array = get(),
  options: TestServerOptions = {},
): Promise<{ readonly answer: Answer; readonly seen: TestServer["seen"] }> {
  await using server = await serve(application, options);
  const answer = await ask(server.address, request);
  await server.seen.ends.at();
  return { answer, seen: server.seen };
}

const head: Uint8Array = get({ REQUEST_METHOD: "HEAD" });

/** A stream that never comes to its second chunk, and tells when it is cancelled. */
function endless(first: string | undefined, onCancel: (reason: unknown) => void): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>({
    start: (controller) => {
      if (first !== undefined) controller.enqueue(Buffer.from(first));
    },
    cancel: onCancel,
  });
}

export function declareWireRules(): void {
  test("status, reason, headers and body are those of the Response", async (t) => {
    const { answer } = await run(
      () => new Response("made", { status: 201, statusText: "So be it", headers: { "X-A": "1" } }),
    );
    t.is(answer.statusLine, "HTTP/1.1 201 So be it");
    t.deepEqual(valuesOf(answer, "x-a"), ["1"]);
    t.deepEqual(valuesOf(answer, "content-type"), ["text/plain;charset=UTF-8"]);
    t.is(answer.body, "made");
  });

  test("without a statusText the reason is the registered one", async (t) => {
    t.is((await run(() => new Response(null, { status: 404 }))).answer.statusLine, "HTTP/1.1 404 Not Found");
  });

  test("each cookie has a line of its own", async (t) => {
    const { answer } = await run(() => {
      const response = new Response("a");
      response.headers.append("Set-Cookie", "a=1; Path=/");
      response.headers.append("Set-Cookie", "b=2, c");
      return response;
    });
    t.deepEqual(valuesOf(answer, "set-cookie"), ["a=1; Path=/", "b=2, c"]);
  });

  test("headers of the connection are left out", async (t) => {
    const headers = {
      Connection: "close",
      "Keep-Alive": "a",
      "Transfer-Encoding": "chunked",
      Upgrade: "b",
      Status: "500",
    };
    const { answer } = await run(() => new Response("a", { headers }));
    t.is(answer.status, 200);
    t.deepEqual(
      answer.headers.map(([name]) => name).filter((name) => name !== "content-length"),
      ["content-type"],
    );
    t.is(answer.body, "a");
  });

  test("header values are sent as latin-1", async (t) => {
    const { answer } = await run(() => new Response("a", { headers: { "x-a": "caf\u00e9" } }));
    t.deepEqual(valuesOf(answer, "x-a"), ["caf\u00e9"]);
  });

  for (const status of [204, 304]) {
    test(`a ${status} has no body and no length`, async (t) => {
      const { answer } = await run(() => new Response(null, { status }));
      t.is(answer.status, status);
      t.deepEqual(valuesOf(answer, "content-length"), []);
      t.is(answer.body, "");
    });
  }

  test("HEAD is answered without the body, whose stream is cancelled", async (t) => {
    const cancelled = gate<unknown>();
    const { answer } = await run(() => new Response(endless("a", cancelled.open)), head);
    t.is(answer.body, "");
    await cancelled.promise;
  });

  test("redirects are sent", async (t) => {
    const { answer } = await run(() => Response.redirect("http://example.org/x", 303));
    t.is(answer.status, 303);
    t.deepEqual(valuesOf(answer, "location"), ["http://example.org/x"]);
  });

  test("form data is sent with its boundary", async (t) => {
    const form = new FormData();
    form.set("a", "1");
    const { answer } = await run(() => new Response(form));
    const boundary =
      /^multipart\/form-data; boundary=(.+)$/.exec(valuesOf(answer, "content-type")[0] ?? "")?.[1] ?? "none";
    t.true(answer.body.startsWith(`--${boundary}\r\n`));
  });

  test("a stream is sent", async (t) => {
    const { answer } = await run(() => new Response(new Blob(["a", "b"]).stream()));
    t.is(answer.body, "ab");
  });

  test("an empty stream is sent", async (t) => {
    const { answer } = await run(() => new Response(new Blob([]).stream()));
    t.is(answer.status, 200);
    t.is(answer.body, "");
  });

  test("a Response that was cloned is sent", async (t) => {
    const { answer } = await run(async () => {
      const response = new Response("a", { headers: { "x-a": "1" } });
      response.headers.set("x-a", "2");
      const clone = response.clone();
      t.is(await response.text(), "a");
      return clone;
    });
    t.is(answer.body, "a");
    t.deepEqual(valuesOf(answer, "x-a"), ["2"]);
  });

  test("the head goes out before the first chunk, however long that takes", async (t) => {
    const late = gate();
    await using server = await serve(() => {
      const body = new ReadableStream<Uint8Array>({
        pull: async (controller) => {
          await late.promise;
          controller.enqueue(Buffer.from("late"));
          controller.close();
        },
      });
      return new Response(body, { headers: { "x-a": "1" } });
    });
    using client = await RawClient.connect(server.address);
    await client.send(get());
    await client.until("\r\n\r\n");
    t.false(client.text.includes("late"));
    late.open();
    await client.until("\r\n\r\nlate");
    t.is((await client.ending).how, "end");
  });

  test("chunks go out as they come", async (t) => {
    let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
    const body = new ReadableStream<Uint8Array>({ start: (given) => void (controller = given) });
    await using server = await serve(() => new Response(body));
    using client = await RawClient.connect(server.address);
    await client.send(get());
    for (const chunk of ["one", "two", "three"]) {
      controller?.enqueue(Buffer.from(chunk));
      await client.until(chunk);
    }
    controller?.close();
    t.true((await client.ending).bytes.length > 0);
    t.true(client.text.endsWith("onetwothree"));
  });

  test("a stream is pulled as its chunks are asked for, but for what tells whether it is a stream", async (t) => {
    let pulled = 0;
    const source = {
      pull: (controller: ReadableStreamDefaultController<Uint8Array>) => controller.enqueue(Buffer.of(++pulled)),
    };
    const stream = new ReadableStream<Uint8Array>(source, { highWaterMark: 0 });
    const { body } = await fetchHandler(() => new Response(stream))(stubRequest());
    const chunks = (body as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
    t.is(pulled, 2);
    for (let asked = 1; asked <= 5; asked++) {
      t.is((await chunks.next()).value?.[0], asked);
      t.is(pulled, Math.max(asked, 2));
    }
  });

  test("a Response that is all there has a Content-Length", async (t) => {
    const { answer } = await run(() => new Response("a").clone());
    t.deepEqual(valuesOf(answer, "content-length"), ["1"]);
  });

  test("a stream that fails breaks the answer off, and is logged", async (t) => {
    const failing = gate<ReadableStreamDefaultController<Uint8Array>>();
    const body = new ReadableStream<Uint8Array>({ start: failing.open });
    await using server = await serve(() => new Response(body, { headers: { "Content-Length": "10" } }));
    using client = await RawClient.connect(server.address);
    await client.send(get());
    const controller = await failing.promise;
    controller.enqueue(Buffer.from("a"));
    await client.until("\r\n\r\na");
    controller.error(new Error("the source has run dry"));
    const { outcome, error } = await server.seen.errors.at();
    t.not(outcome, "complete");
    t.is((error as Error).message, "the source has run dry");
    t.is(server.seen.errors.all.length, 1);
  });

  test("a stream of what is no bytes is an error of the application", async (t) => {
    const body = new ReadableStream({
      start: (controller) => {
        controller.enqueue(5);
        controller.close();
      },
    });
    const { answer, seen } = await run(() => new Response(body));
    t.is(answer.status, 500);
    t.is(errorCode(seen.errors.all[0]?.error), "UWSGI_APP_CONTRACT");
  });

  test("a stream is cancelled when the client goes away while its next chunk is awaited", async (t) => {
    const cancelled = gate<unknown>();
    await using server = await serve(() => new Response(endless("first", cancelled.open)));
    using client = await RawClient.connect(server.address);
    await client.send(get());
    await client.until("first");
    client.destroy();
    t.is(errorCode(await cancelled.promise), "UWSGI_PEER_GONE");
    t.is((await server.seen.ends.at()).ending, "peer-gone");
    t.deepEqual(server.seen.errors.all, []);
  });

  test("a stream is cancelled when the client goes away before the first chunk", async (t) => {
    const cancelled = gate<unknown>();
    await using server = await serve(() => new Response(endless(undefined, cancelled.open)));
    using client = await RawClient.connect(server.address);
    await client.send(get());
    await client.until("\r\n\r\n");
    client.destroy();
    await cancelled.promise;
    t.is((await server.seen.ends.at()).ending, "peer-gone");
  });

  test("the signal fires when the client goes away while the answer streams", async (t) => {
    const gone = gate<unknown>();
    await using server = await serve(({ signal }) => {
      signal.addEventListener("abort", () => gone.open(signal.reason));
      return new Response(endless("first", () => {}));
    });
    using client = await RawClient.connect(server.address);
    await client.send(get());
    await client.until("first");
    client.destroy();
    t.is(errorCode(await gone.promise), "UWSGI_PEER_GONE");
  });

  test("the signal fires when the client goes away before the answer", async (t) => {
    const asked = gate<AbortSignal>();
    const gone = gate();
    await using server = await serve(async ({ signal }) => {
      signal.addEventListener("abort", () => gone.open());
      asked.open(signal);
      await gone.promise;
      return new Response("too late");
    });
    using client = await RawClient.connect(server.address);
    await client.send(get());
    const signal = await asked.promise;
    client.destroy();
    await gone.promise;
    t.true(signal.aborted);
  });

  test("the signal does not fire at the end of an answer", async (t) => {
    const signals: AbortSignal[] = [];
    await using server = await serve(({ signal, url }) => {
      signals.push(signal);
      return url.endsWith("/stream") ? new Response(new Blob(["a"]).stream()) : new Response("a");
    });
    for (const path of ["/", "/stream"]) {
      using client = await RawClient.connect(server.address);
      await client.send(get({ PATH_INFO: path }));
      await client.ending;
      client.destroy();
      await client.closed;
    }
    await server.seen.ends.at(1);
    await server.server.close();
    t.deepEqual(
      signals.map(({ aborted }) => aborted),
      [false, false],
    );
  });

  test("a request body goes out again while it still comes in", async (t) => {
    await using server = await serve((request) => new Response(request.body));
    using client = await RawClient.connect(server.address);
    await client.send(requestOf({ REQUEST_METHOD: "POST", PATH_INFO: "/", CONTENT_LENGTH: "9" }, "one"));
    await client.until("one");
    await client.send("two");
    await client.until("onetwo");
    await client.send("end");
    await client.until("onetwoend");
    t.is((await client.ending).how, "end");
  });

  test("a body that is not read is harmless", async (t) => {
    const { answer } = await run(() => new Response("a"), post("x".repeat(100_000)));
    t.is(answer.body, "a");
  });

  test("a body that is read in part is harmless", async (t) => {
    const { answer } = await run(
      async (request) => {
        const reader = request.body?.getReader();
        await reader?.read();
        await reader?.cancel();
        return new Response("a");
      },
      post("x".repeat(100_000)),
    );
    t.is(answer.body, "a");
  });

  for (const read of ["text", "json", "arrayBuffer", "blob", "formData"] as const) {
    test(`${read}() of a body that is cut off rejects, and nobody is blamed`, async (t) => {
      await using server = await serve(async (request) => {
        await request[read]();
        return new Response("a");
      });
      using client = await RawClient.connect(server.address);
      const vars = {
        REQUEST_METHOD: "POST",
        PATH_INFO: "/",
        CONTENT_LENGTH: "9",
        CONTENT_TYPE: "multipart/form-data; boundary=x",
      };
      await client.send(requestOf(vars, "one"));
      client.destroy();
      t.is((await server.seen.ends.at()).ending, "peer-gone");
      t.deepEqual(server.seen.errors.all, []);
    });
  }

  test("a body beyond the limit is a 413, whatever the application makes of it", async (t) => {
    const { answer } = await run(async (request) => new Response(await request.text()), post("12345"), {
      maxBodyBytes: 4,
    });
    t.is(answer.status, 413);
  });

  for (const [what, application] of [
    [
      "throws",
      () => {
        throw new Error("out of order");
      },
    ],
    ["rejects", () => Promise.reject(new Error("out of order"))],
  ] as const) {
    test(`an application that ${what} is answered with a 500, and logged`, async (t) => {
      const { answer, seen } = await run(application);
      t.is(answer.status, 500);
      t.false(answer.body.includes("out of order"));
      t.is((seen.errors.all[0]?.error as Error | undefined)?.message, "out of order");
    });
  }

  for (const [given, words] of [
    [undefined, "returned undefined"],
    [null, "returned null"],
    ["text", "returned a string"],
    [{ status: 200 }, "returned an object"],
    [new Map(), "returned a Map"],
  ] as const) {
    for (const how of ["returns", "resolves with"] as const) {
      test(`an application that ${how} ${words.slice(9)} has broken its contract`, async (t) => {
        const result = given as unknown as Response;
        const { answer, seen } = await run(how === "returns" ? () => result : () => Promise.resolve(result));
        t.is(answer.status, 500);
        const error = seen.errors.all[0]?.error as Error;
        t.is(errorCode(error), "UWSGI_APP_CONTRACT");
        t.true(error.message.includes(words), error.message);
        t.true(error.message.includes("a Response is needed"), error.message);
      });
    }
  }

  test("Response.error() cannot be sent", async (t) => {
    const { answer, seen } = await run(() => Response.error());
    t.is(answer.status, 500);
    t.is(errorCode(seen.errors.all[0]?.error), "UWSGI_APP_CONTRACT");
  });

  test("a Response whose body was read cannot be sent", async (t) => {
    const { answer, seen } = await run(async () => {
      const response = new Response("a");
      await response.text();
      return response;
    });
    t.is(answer.status, 500);
    t.is(errorCode(seen.errors.all[0]?.error), "UWSGI_APP_CONTRACT");
  });

  test("a header that front ends cannot take is a 500 that says which", async (t) => {
    const { answer, seen } = await run(() => new Response("a", { headers: { "x-a": "a\u0001b" } }));
    t.is(answer.status, 500);
    t.regex((seen.errors.all[0]?.error as Error | undefined)?.message ?? "", /x-a/);
  });

  test("a closing server waits for work behind the answer", async (t) => {
    const going = gate();
    let isDone = false;
    const server = await serve(
      (_request, _env, context) => {
        context.waitUntil(going.promise.then(() => (isDone = true)));
        return new Response("a");
      },
      { graceMs: 60_000 },
    );
    await ask(server.address);
    const closing = server[Symbol.asyncDispose]();
    going.open();
    await closing;
    t.true(isDone);
  });

  test("work behind the answer that fails is logged", async (t) => {
    const { answer, seen } = await run((_request, _env, context) => {
      context.waitUntil(Promise.reject(new Error("did not work")));
      return new Response("a");
    });
    t.is(answer.status, 200);
    t.is(((await seen.errors.at()).error as Error).message, "did not work");
  });

  for (const how of ["returns", "resolves"] as const) {
    test(`the connection is the application's after an upgrade, whatever it then ${how}`, async (t) => {
      const streams: ByteStream[] = [];
      await using server = await serve((_request, env) => {
        const stream = env.upgrade();
        streams.push(stream);
        stream.write("HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\n\r\n");
        stream.on("data", (chunk: Uint8Array) => stream.write(chunk));
        stream.on("end", () => stream.end());
        const nothing = undefined as unknown as Response;
        return how === "returns" ? nothing : Promise.resolve(nothing);
      });
      using client = await RawClient.connect(server.address);
      await client.send(get({ HTTP_UPGRADE: "echo" }));
      await client.until("\r\n\r\n");
      await client.send("hello");
      await client.until("\r\n\r\nhello");
      client.end();
      await client.ending;
      t.is((await server.seen.ends.at()).status, 101);
      t.deepEqual(server.seen.errors.all, []);
    });
  }

  test("what fetch has decoded is sent without the headers of its encoding", async (t) => {
    await using upstream = await startUpstream();
    const { answer } = await run(() => fetch(`${upstream.url}/gzip`));
    t.deepEqual(valuesOf(answer, "content-encoding"), []);
    t.deepEqual(valuesOf(answer, "x-method"), ["GET"]);
    t.is(answer.body, TEXT);
  });

  test("what fetch has not decoded keeps its length", async (t) => {
    await using upstream = await startUpstream();
    const { answer } = await run(() => fetch(`${upstream.url}/plain`));
    t.deepEqual(valuesOf(answer, "content-length"), [String(TEXT.length)]);
    t.is(answer.body, TEXT);
  });

  test("the answer of fetch to a HEAD keeps the headers of its encoding", async (t) => {
    await using upstream = await startUpstream();
    const { answer } = await run(() => fetch(`${upstream.url}/gzip`, { method: "HEAD" }), head);
    t.deepEqual(valuesOf(answer, "content-encoding"), ["gzip"]);
    t.is(valuesOf(answer, "content-length").length, 1);
  });

  test("a body that the application has encoded keeps its Content-Encoding", async (t) => {
    const bytes = gzipSync("a");
    const { answer } = await run(() => new Response(bytes, { headers: { "Content-Encoding": "gzip" } }));
    t.deepEqual(valuesOf(answer, "content-encoding"), ["gzip"]);
    t.is(answer.body, bytes.toString("latin1"));
  });
}
