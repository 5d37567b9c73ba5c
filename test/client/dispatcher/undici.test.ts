/** What undici's own functions do by a dispatcher of ours, in each major. */
import { once } from "node:events";
import { PassThrough, Readable } from "node:stream";
import { finished, pipeline as pipe } from "node:stream/promises";
import test from "ava";
import type { UwsgiDispatcher } from "../../../src/client/dispatcher/index.ts";
import type { Handler } from "../../../src/handler/index.ts";
import { nodeHandler } from "../../../src/app/index.ts";
import { noise } from "../../helpers/noise.ts";
import { folderOf } from "../../helpers/temp-folder.ts";
import { gate, respond } from "../../helpers/test-server.ts";
import { dispatched, undicis } from "../../helpers/undicis.ts";
import { rawServer, wsServer } from "../../helpers/websocket-apps.ts";

/** Method, type, length and body of the request, each in a line. */
const show: Handler = async ({ environ, body }) => {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  const { REQUEST_METHOD, CONTENT_TYPE, CONTENT_LENGTH, QUERY_STRING } = environ;
  return respond([REQUEST_METHOD, CONTENT_TYPE, CONTENT_LENGTH, QUERY_STRING, Buffer.concat(chunks)].join("\n"));
};

async function* pieces(...texts: (string | Uint8Array)[]): AsyncGenerator<string | Uint8Array> {
  yield* texts;
}

/** An event of the web's kind. */
function happens(target: Pick<EventTarget, "addEventListener">, event: string): Promise<unknown> {
  return new Promise((resolve) => {
    target.addEventListener(event, resolve);
  });
}

for (const { name, major, undici } of undicis) {
  /** The status; a body that nobody reads would fail when its dispatcher is destroyed. */
  const ask = async (url: string, options: object = {}): Promise<number> => {
    const { statusCode, body } = await undici.request(url, options);
    await body.dump();
    return statusCode;
  };

  const post = async (dispatcher: UwsgiDispatcher, body: unknown, headers: object = {}): Promise<string[]> => {
    const options = { dispatcher, method: "POST", body, headers } as object;
    const { body: answer } = await undici.request("http://app.test/", options);
    return (await answer.text()).split("\n");
  };

  test(`${name}: request answers status, headers by name, raw headers, body and no trailers`, async (t) => {
    const headers = [
      ["X-Tea", "green"],
      ["Set-Cookie", "a=1"],
      ["Set-Cookie", "b=2"],
    ] as const;
    const { dispatcher } = await dispatched(t, () => respond("tea", { status: 201, headers }));
    const answer = await undici.request("http://app.test/", { dispatcher });
    t.is(answer.statusCode, 201);
    t.is(answer.headers["x-tea"], "green");
    t.deepEqual(answer.headers["set-cookie"], ["a=1", "b=2"]);
    t.is(await answer.body.text(), "tea");
    t.deepEqual(answer.trailers, {});
    const rawly = { dispatcher, responseHeaders: "raw", responseHeader: "raw" } as object;
    const { headers: raw, body } = await undici.request("http://app.test/", rawly);
    await body.dump();
    t.true((raw as unknown as string[]).join().includes("X-Tea,green"));
  });

  for (const [kind, headers] of [
    ["an object", { "x-a": "1", "x-b": ["2", "3"], "x-c": undefined, "x-d": 4 }],
    ["a flat list", ["x-a", "1", "x-b", "2", "x-b", "3", "x-d", "4"]],
    [
      "a Map",
      new Map([
        ["x-a", "1"],
        ["x-b", "2, 3"],
        ["x-d", "4"],
      ]),
    ],
    ["Headers", new Headers({ "x-a": "1", "x-b": "2, 3", "x-d": "4" })],
    [
      "pairs",
      [
        ["x-a", "1"],
        ["x-b", ["2", "3"]],
        ["x-d", "4"],
      ],
    ],
  ] as const) {
    test(`${name}: headers may be ${kind}`, async (t) => {
      const { dispatcher } = await dispatched(t, ({ environ }) =>
        respond(["A", "B", "C", "D"].map((key) => environ[`HTTP_X_${key}` as "HTTP_HOST"] ?? "-").join(" ")),
      );
      const { body } = await undici.request("http://app.test/", { dispatcher, headers } as object);
      t.is(await body.text(), "1 2, 3 - 4");
    });
  }

  for (const [kind, make, type] of [
    ["text", () => "grüner tea", ""],
    ["a Buffer", () => Buffer.from("grüner tea"), ""],
    ["other bytes", () => new DataView(new TextEncoder().encode("!grüner tea!").buffer, 1, 11), ""],
    ["an ArrayBuffer", () => new TextEncoder().encode("grüner tea").buffer, ""],
    ["a stream", () => Readable.from([Buffer.from("grüner "), "tea"], { objectMode: false }), ""],
    ["an async iterable", () => pieces("grüner ", Buffer.from("tea")), ""],
    ["an iterable", () => ["grüner ", Buffer.from("tea")], ""],
    ["a web stream", () => new Blob(["grüner tea"]).stream(), ""],
    ["a Blob", () => new Blob(["grüner tea"], { type: "text/tea" }), "text/tea"],
  ] as const) {
    test(`${name}: a body may be ${kind}; its length is found out`, async (t) => {
      const { dispatcher } = await dispatched(t, show);
      t.deepEqual(await post(dispatcher, make()), ["POST", type, "11", "", "grüner tea"]);
    });
  }

  test(`${name}: a form of undici's own is written as a form`, async (t) => {
    const { dispatcher } = await dispatched(t, show);
    const form = new undici.FormData();
    form.set("tea", "green");
    form.set("leaf", new Blob(["leaves"]), "leaf.txt");
    const [method, type = "", length, , ...body] = await post(dispatcher, form);
    t.is(method, "POST");
    t.regex(type, /^multipart\/form-data; boundary=/);
    t.is(Number(length), Buffer.byteLength(body.join("\n")));
    t.regex(body.join(""), /name="tea"\r\r?green.*name="leaf"; filename="leaf\.txt".*leaves/s);
  });

  test(`${name}: an empty body is none, but its length is said`, async (t) => {
    const { dispatcher } = await dispatched(t, show);
    t.deepEqual(await post(dispatcher, ""), ["POST", "", "0", "", ""]);
    t.deepEqual(await post(dispatcher, pieces()), ["POST", "", "0", "", ""]);
  });

  test(`${name}: a body of known length goes out as it comes`, async (t) => {
    const begun = gate();
    const { dispatcher } = await dispatched(t, async ({ body }) => {
      const first = await body.read();
      begun.open();
      return respond(`${Buffer.from(first ?? []).toString()} ${Buffer.from((await body.read()) ?? []).toString()}`);
    });
    async function* slow(): AsyncGenerator<string> {
      yield "te";
      await begun.promise;
      yield "a";
    }
    t.deepEqual(await post(dispatcher, slow(), { "content-length": "3" }), ["te a"]);
  });

  for (const [how, make, length] of [
    ["shorter", () => pieces("te"), "3"],
    ["longer", () => pieces("te", "as"), "3"],
    ["another, and known to be", () => Buffer.from("tea"), "4"],
  ] as const) {
    test(`${name}: a body that is ${how} than its content-length fails the request`, async (t) => {
      const { dispatcher } = await dispatched(t, show);
      await t.throwsAsync(post(dispatcher, make(), { "content-length": length }), { code: "UWSGI_INVALID_ARGUMENT" });
    });
  }

  test(`${name}: a body that fails fails the request by its error, and the server sees it end`, async (t) => {
    const seen = gate<unknown>();
    const { dispatcher } = await dispatched(t, async ({ body }) => {
      await body.read();
      await body.read().catch((error: unknown) => seen.open(error));
      return respond("never");
    });
    async function* broken(): AsyncGenerator<string> {
      yield "te";
      throw new Error("out of tea");
    }
    const error = await t.throwsAsync(post(dispatcher, broken(), { "content-length": "3" }));
    t.is(error?.message, "out of tea");
    t.like(await seen.promise, { code: "UWSGI_BODY_TRUNCATED" });
    await t.throwsAsync(post(dispatcher, broken()), { message: "out of tea" });
  });

  test(`${name}: a stream that fails does not end the process`, async (t) => {
    const { dispatcher } = await dispatched(t, show);
    const body = new Readable({ read: () => {} });
    const answer = post(dispatcher, body);
    body.destroy(new Error("out of tea"));
    await t.throwsAsync(answer, { message: "out of tea" });
  });

  test(`${name}: chunks that are neither text nor bytes are refused`, async (t) => {
    const { dispatcher } = await dispatched(t, show);
    await t.throwsAsync(post(dispatcher, [1, 2]), { code: "UWSGI_INVALID_ARGUMENT" });
  });

  test(`${name}: a body of unknown length may have so many bytes, and leaves nothing behind`, async (t) => {
    const spoolFolder = folderOf(t);
    const { dispatcher } = await dispatched(t, show, { maxBodyBytes: 2_000_000, spoolFolder });
    const [, , length] = await post(dispatcher, pieces(noise(1_500_000), noise(500_000)));
    t.is(length, "2000000");
    await t.throwsAsync(post(dispatcher, pieces(noise(2_000_001))), { code: "UWSGI_BODY_LIMIT" });
    await dispatcher.close();
  });

  test(`${name}: a server that answers before it has read ends the upload`, async (t) => {
    const { dispatcher } = await dispatched(t, () => respond("no tea today"));
    const body = new Readable({ read: () => {} });
    body.push("te");
    t.deepEqual(await post(dispatcher, body, { "content-length": "3" }), ["no tea today"]);
    await finished(body).catch(() => {});
    t.true(body.destroyed);
  });

  test(`${name}: a query is added to the path`, async (t) => {
    const { dispatcher } = await dispatched(t, show);
    const { body } = await undici.request("http://app.test/", { dispatcher, query: { a: "b c", d: [1, 2] } });
    t.is((await body.text()).split("\n")[3], "a=b%20c&d=1&d=2");
  });

  test(`${name}: what means nothing to a uwsgi socket is taken: reset, blocking, idempotent, expectContinue`, async (t) => {
    const { dispatcher } = await dispatched(t, show);
    const options = { dispatcher, reset: true, blocking: true, idempotent: false, expectContinue: true };
    t.is(await ask("http://app.test/", options), 200);
  });

  test(`${name}: headersTimeout and bodyTimeout are the request's`, async (t) => {
    const { dispatcher } = await dispatched(t, () => respond("tea"));
    const { body } = await undici.request("http://app.test/", { dispatcher, headersTimeout: 30_000, bodyTimeout: 0 });
    t.is(await body.text(), "tea");
    await t.throwsAsync(undici.request("http://app.test/", { dispatcher, headersTimeout: -1 }), {
      code: "UWSGI_INVALID_ARGUMENT",
    });
  });

  test(`${name}: an abort of request closes the connection, before the head and behind it`, async (t) => {
    const seen = [gate(), gate()];
    const begun = gate();
    const { dispatcher } = await dispatched(t, ({ environ, signal }) => {
      const at = Number(environ.QUERY_STRING);
      signal.addEventListener("abort", () => seen[at]?.open());
      if (at === 0) {
        begun.open();
        return new Promise(() => {});
      }
      return respond(
        (async function* () {
          for (;;) yield "tea ".repeat(10_000);
        })(),
      );
    });
    const controllers = [new AbortController(), new AbortController()] as const;
    const first = undici.request("http://app.test/?0", { dispatcher, signal: controllers[0].signal });
    await begun.promise;
    controllers[0].abort();
    await t.throwsAsync(first, { any: true, name: "AbortError" });
    await seen[0]?.promise;
    const { body } = await undici.request("http://app.test/?1", { dispatcher, signal: controllers[1].signal });
    controllers[1].abort();
    await t.throwsAsync(body.text(), { any: true, name: "AbortError" });
    await seen[1]?.promise;
  });

  test(`${name}: a body that is dumped, or destroyed, ends the response`, async (t) => {
    const seen = gate();
    const { dispatcher } = await dispatched(t, ({ signal }) => {
      signal.addEventListener("abort", () => seen.open());
      return respond(
        (async function* () {
          for (;;) yield "tea ".repeat(10_000);
        })(),
      );
    });
    const { body } = await undici.request("http://app.test/", { dispatcher });
    body.on("error", () => {});
    body.destroy();
    await seen.promise;
    t.pass();
  });

  test(`${name}: stream writes where it is told, no faster than that takes it`, async (t) => {
    const bytes = noise(1_000_000);
    const { dispatcher } = await dispatched(t, () => respond(bytes));
    const to = new PassThrough({ highWaterMark: 1_000 });
    const all = to.toArray();
    const options = { dispatcher, method: "GET" } as const;
    await undici.stream("http://app.test/", options, ({ statusCode }) => {
      t.is(statusCode, 200);
      return to;
    });
    t.true(Buffer.concat((await all) as Uint8Array[]).equals(bytes));
  });

  test(`${name}: pipeline sends what is written to it and gives what comes back`, async (t) => {
    const { dispatcher } = await dispatched(t, show);
    const through = undici.pipeline("http://app.test/", { dispatcher, method: "PUT" }, ({ body }) => body);
    const chunks: Uint8Array[] = [];
    await pipe(["te", "a"], through, async (source: AsyncIterable<Uint8Array>) => {
      for await (const chunk of source) chunks.push(chunk);
    });
    t.is(Buffer.concat(chunks).toString(), "PUT\n\n3\n\ntea");
  });

  test(`${name}: upgrade gives the connection, raw both ways`, async (t) => {
    const { dispatcher } = await dispatched(t, nodeHandler(rawServer()));
    const options = { dispatcher, protocol: "raw" };
    const { socket, headers } = await undici.upgrade("http://app.test/", options);
    t.is(headers["upgrade"], "raw");
    const bytes = noise(1_000_000);
    const got: Uint8Array[] = [];
    let length = 0;
    const all = gate();
    socket.on("data", (chunk: Buffer) => {
      got.push(chunk);
      length += chunk.length;
      if (length === bytes.length) all.open();
    });
    socket.write(bytes);
    await all.promise;
    t.true(Buffer.concat(got).equals(bytes));
    socket.destroy();
    await once(socket, "close");
  });

  test(`${name}: upgrade fails where the server has none`, async (t) => {
    const { dispatcher } = await dispatched(t, show);
    await t.throwsAsync(undici.upgrade("http://app.test/", { dispatcher }), { code: "UND_ERR_SOCKET" });
  });

  test(`${name}: connect is refused: a uwsgi server has no tunnels`, async (t) => {
    const { dispatcher } = await dispatched(t, show);
    await t.throwsAsync(undici.connect("http://app.test/", { dispatcher }), {
      code: "UWSGI_INVALID_ARGUMENT",
      message: /CONNECT/,
    });
  });

  test(`${name}: a WebSocket talks through it and is closed by a handshake`, async (t) => {
    const { dispatcher } = await dispatched(t, nodeHandler(wsServer()));
    const socket = new undici.WebSocket("ws://app.test/chat", { dispatcher });
    socket.binaryType = "arraybuffer";
    await happens(socket, "open");
    const next = (): Promise<unknown> =>
      new Promise((resolve) => {
        socket.addEventListener("message", ({ data }: { data: unknown }) => resolve(data), { once: true });
      });
    socket.send("tea");
    t.is(await next(), "tea");
    const bytes = noise(300_000);
    socket.send(bytes);
    t.true(Buffer.from((await next()) as ArrayBuffer).equals(bytes));
    const closed = happens(socket, "close");
    socket.close(1000, "enough");
    t.like(await closed, { code: 1000, wasClean: true });
  });

  test(`${name}: a WebSocket that the server refuses fails`, async (t) => {
    const { dispatcher } = await dispatched(t, () => respond("no", { status: 403 }));
    const socket = new undici.WebSocket("ws://app.test/chat", { dispatcher });
    await happens(socket, "error");
    await dispatcher.close();
    t.pass();
  });

  if (major > 6) {
    test(`${name}: an EventSource listens through it`, async (t) => {
      const hold = gate();
      const { dispatcher } = await dispatched(t, () =>
        respond(
          (async function* () {
            yield "data: green\n\n";
            await hold.promise;
          })(),
          { headers: [["Content-Type", "text/event-stream"]] },
        ),
      );
      const source = new undici.EventSource("http://app.test/", { node: { dispatcher }, dispatcher });
      const message = await new Promise<{ data: string }>((resolve) => {
        source.addEventListener("message", (event) => resolve(event as unknown as { data: string }));
      });
      t.is(message.data, "green");
      source.close();
      hold.open();
    });
  }

  test(`${name}: an Agent may have it for some origins, and stays in use`, async (t) => {
    const { dispatcher } = await dispatched(t, show);
    const agent = new undici.Agent({ factory: () => dispatcher });
    for (let i = 0; i < 3; i++) {
      t.is(await ask("http://app.test/", { dispatcher: agent }), 200);
    }
    t.false(dispatcher.closed);
    await agent.close();
    t.true(dispatcher.closed);
  });

  test(`${name}: a RetryAgent tries again what it is told to`, async (t) => {
    let asked = 0;
    const { dispatcher } = await dispatched(t, () => respond("tea", { status: ++asked < 3 ? 503 : 200 }));
    const agent = new undici.RetryAgent(dispatcher, { minTimeout: 1, maxRetries: 5 });
    t.is(await ask("http://app.test/", { dispatcher: agent }), 200);
    t.is(asked, 3);
  });

  test.serial(`${name}: as the global dispatcher it is asked by all that have no other`, async (t) => {
    const { dispatcher } = await dispatched(t, show, { origins: ["http://app.internal"] });
    const before = undici.getGlobalDispatcher();
    undici.setGlobalDispatcher(dispatcher);
    try {
      t.is(await ask("http://app.internal/"), 200);
      t.is((await undici.fetch("http://app.internal/")).status, 200);
      // From Node 26 on fetch has another global than undici 6 knows.
      if (major > 6 || Number.parseInt(process.versions["undici"] ?? "", 10) < 8) {
        t.is((await fetch("http://app.internal/")).status, 200);
      }
    } finally {
      undici.setGlobalDispatcher(before);
    }
  });
}
