/** `fetch(url, { dispatcher })`: Node's own, and that of each major of undici. */
import { gzipSync } from "node:zlib";
import test from "ava";
import { UwsgiDispatcher } from "../../../src/client/dispatcher/index.ts";
import { fetchHandler } from "../../../src/app/index.ts";
import { errorCode } from "../../../src/errors.ts";
import type { Handler } from "../../../src/handler/index.ts";
import { folderOf } from "../../helpers/temp-folder.ts";
import { gate, respond } from "../../helpers/test-server.ts";
import { dispatched, fetches } from "../../helpers/undicis.ts";

/** The vars of the request and its body, as JSON. */
const show: Handler = async ({ environ, body }) => {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  const vars = Object.fromEntries(Object.entries(environ).filter(([, value]) => typeof value === "string"));
  return respond(JSON.stringify({ ...vars, body: Buffer.concat(chunks).toString() }));
};

for (const { name, fetch, FormData } of fetches) {
  test(`${name}: the request is that of its URL`, async (t) => {
    const { dispatcher } = await dispatched(t, show);
    const response = await fetch("https://app.test:8443/a%20b/c?d=e%20f", {
      dispatcher,
      headers: { "X-Tea": "green" },
    });
    t.is(response.status, 200);
    t.like(await response.json(), {
      REQUEST_METHOD: "GET",
      REQUEST_URI: "/a%20b/c?d=e%20f",
      PATH_INFO: "/a b/c",
      QUERY_STRING: "d=e%20f",
      HTTP_HOST: "app.test:8443",
      SERVER_NAME: "app.test",
      SERVER_PORT: "8443",
      REQUEST_SCHEME: "https",
      HTTPS: "on",
      HTTP_X_TEA: "green",
      REMOTE_ADDR: "127.0.0.1",
      CONTENT_LENGTH: "",
      body: "",
    });
  });

  test(`${name}: what concerns a connection of HTTP is not passed on`, async (t) => {
    const { dispatcher } = await dispatched(t, show);
    const headers = { TE: "trailers", "Keep-Alive": "timeout=5", Connection: "X-Hop", "X-Hop": "1", "X-End": "2" };
    const response = await fetch("http://app.test/", { dispatcher, headers });
    const vars = (await response.json()) as object;
    t.deepEqual(
      Object.keys(vars).filter((key) => /^HTTP_(?:CONNECTION|TE|TRANSFER|KEEP|X_|EXPECT|UPGRADE)/.test(key)),
      ["HTTP_X_END"],
    );
  });

  for (const [kind, make, type] of [
    ["text", () => "tea", "text/plain;charset=UTF-8"],
    ["bytes", () => Buffer.from("tea"), ""],
    ["a Blob", () => new Blob(["tea"], { type: "text/tea" }), "text/tea"],
    ["parameters", () => new URLSearchParams({ tea: "green" }), "application/x-www-form-urlencoded;charset=UTF-8"],
    ["a stream of unknown length", () => new Blob(["te", "a"]).stream(), ""],
  ] as const) {
    test(`${name}: a body that is ${kind} comes with its length and its type`, async (t) => {
      const { dispatcher } = await dispatched(t, show);
      const body = make();
      const init = { dispatcher, method: "POST", body, duplex: "half" };
      const vars = (await (await fetch("http://app.test/", init)).json()) as Record<string, string>;
      t.is(vars["body"], kind === "parameters" ? "tea=green" : "tea");
      t.is(vars["CONTENT_LENGTH"], kind === "parameters" ? "9" : "3");
      t.is(vars["CONTENT_TYPE"]?.replace("; ", ";"), type);
    });
  }

  test(`${name}: an empty POST says so`, async (t) => {
    const { dispatcher } = await dispatched(t, show);
    t.like(await (await fetch("http://app.test/", { dispatcher, method: "POST" })).json(), { CONTENT_LENGTH: "0" });
  });

  test(`${name}: several cookies stay several, and the status keeps its text`, async (t) => {
    const { dispatcher } = await dispatched(t, () =>
      respond("", {
        status: 299,
        headers: [
          ["Set-Cookie", "a=1; Path=/"],
          ["X-One", "1"],
          ["Set-Cookie", "b=2"],
        ],
      }),
    );
    const response = await fetch("http://app.test/", { dispatcher });
    t.is(response.status, 299);
    t.deepEqual(response.headers.getSetCookie(), ["a=1; Path=/", "b=2"]);
    t.is(response.headers.get("x-one"), "1");
  });

  test(`${name}: a compressed body is decoded, and none is where a HEAD asks`, async (t) => {
    const bytes = gzipSync("tea");
    const headers = [
      ["Content-Encoding", "gzip"],
      ["Content-Length", String(bytes.length)],
    ] as const;
    const { dispatcher } = await dispatched(t, ({ environ }) =>
      respond(environ.REQUEST_METHOD === "HEAD" ? null : bytes, { headers }),
    );
    t.is(await (await fetch("http://app.test/", { dispatcher })).text(), "tea");
    const head = await fetch("http://app.test/", { dispatcher, method: "HEAD" });
    t.is(head.headers.get("content-length"), String(bytes.length));
    t.is(await head.text(), "");
  });

  for (const status of [204, 304, 404, 500]) {
    test(`${name}: a ${status} is a response like another`, async (t) => {
      const { dispatcher } = await dispatched(t, () => respond(status < 400 ? null : "sorry", { status }));
      const response = await fetch("http://app.test/", { dispatcher });
      t.is(response.status, status);
      t.is(await response.text(), status < 400 ? "" : "sorry");
    });
  }

  test(`${name}: a redirect is followed, with its body when it keeps the method`, async (t) => {
    const { dispatcher } = await dispatched(t, (request) =>
      request.environ.PATH_INFO === "/old"
        ? respond(null, { status: 307, headers: [["Location", "/new"]] })
        : show(request),
    );
    const response = await fetch("http://app.test/old", { dispatcher, method: "PUT", body: "tea" });
    t.true(response.redirected);
    t.is(response.url, "http://app.test/new");
    t.like(await response.json(), { REQUEST_METHOD: "PUT", PATH_INFO: "/new", body: "tea" });
  });

  test(`${name}: a form with a file arrives as it is`, async (t) => {
    const app = fetchHandler(async (request) => {
      const form = await request.formData();
      const file = form.get("file") as File;
      return Response.json([form.get("name"), file.name, file.type, await file.text()]);
    });
    const { dispatcher } = await dispatched(t, app);
    const body = new FormData();
    body.set("name", "tea");
    body.set("file", new Blob(["leaves"], { type: "text/tea" }), "tea.txt");
    const response = await fetch("http://app.test/", { dispatcher, method: "POST", body });
    t.deepEqual(await response.json(), ["tea", "tea.txt", "text/tea", "leaves"]);
  });

  test(`${name}: events come one by one while the response goes on`, async (t) => {
    const second = gate();
    async function* events(): AsyncGenerator<string> {
      yield "data: 1\n\n";
      await second.promise;
      yield "data: 2\n\n";
    }
    const { dispatcher } = await dispatched(t, () =>
      respond(events(), { headers: [["Content-Type", "text/event-stream"]] }),
    );
    const response = await fetch("http://app.test/", { dispatcher });
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    const next = async (): Promise<string> => Buffer.from((await reader.read()).value ?? []).toString();
    t.is(await next(), "data: 1\n\n");
    second.open();
    t.is(await next(), "data: 2\n\n");
    t.is(await next(), "");
  });

  test(`${name}: fails with our error as its cause`, async (t) => {
    const dispatcher = new UwsgiDispatcher(`${folderOf(t)}/nobody`);
    const error = await t.throwsAsync(fetch("http://app.test/", { dispatcher }), { instanceOf: TypeError });
    t.is(errorCode(error?.cause), "UWSGI_CONNECT_FAILED");
  });

  test(`${name}: an abort before the head closes the connection`, async (t) => {
    const [begun, seen] = [gate(), gate()];
    const { dispatcher } = await dispatched(t, ({ signal }) => {
      signal.addEventListener("abort", () => seen.open());
      begun.open();
      return new Promise(() => {});
    });
    const controller = new AbortController();
    const answer = fetch("http://app.test/", { dispatcher, signal: controller.signal });
    await begun.promise;
    controller.abort();
    await t.throwsAsync(answer, { any: true, name: "AbortError" });
    await seen.promise;
    t.pass();
  });

  test(`${name}: an abort within the response closes the connection`, async (t) => {
    const seen = gate();
    async function* endless(): AsyncGenerator<string> {
      try {
        for (;;) yield "tea ".repeat(10_000);
      } finally {
        seen.open();
      }
    }
    const { dispatcher } = await dispatched(t, () => respond(endless()));
    const controller = new AbortController();
    const response = await fetch("http://app.test/", { dispatcher, signal: controller.signal });
    controller.abort();
    await t.throwsAsync(response.text(), { any: true, name: "AbortError" });
    await seen.promise;
  });

  test(`${name}: a response that is cancelled closes the connection`, async (t) => {
    const seen = gate();
    async function* endless(): AsyncGenerator<string> {
      try {
        for (;;) yield "tea ".repeat(10_000);
      } finally {
        seen.open();
      }
    }
    const { dispatcher } = await dispatched(t, () => respond(endless()));
    const response = await fetch("http://app.test/", { dispatcher });
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    await reader.read();
    await reader.cancel();
    await seen.promise;
    t.pass();
  });

  test(`${name}: an abort within an upload closes the connection`, async (t) => {
    const [begun, seen] = [gate(), gate()];
    const { dispatcher } = await dispatched(t, async ({ body, signal }) => {
      signal.addEventListener("abort", () => seen.open());
      await body.read();
      begun.open();
      return new Promise(() => {});
    });
    const controller = new AbortController();
    const body = new ReadableStream({ start: (stream) => stream.enqueue(Buffer.from("te")) });
    const headers = { "Content-Length": "3" };
    const init = { dispatcher, method: "POST", body, duplex: "half", headers, signal: controller.signal };
    const answer = fetch("http://app.test/", init);
    await begun.promise;
    controller.abort();
    await t.throwsAsync(answer, { any: true, name: "AbortError" });
    await seen.promise;
  });

  test(`${name}: an abort while a body of unknown length is read asks the server nothing`, async (t) => {
    const { dispatcher, behind } = await dispatched(t, show);
    const controller = new AbortController();
    const begun = gate();
    const body = new ReadableStream({ pull: () => begun.open() }, { highWaterMark: 0 });
    const init = { dispatcher, method: "POST", body, duplex: "half", signal: controller.signal };
    const answer = fetch("http://app.test/", init);
    await begun.promise;
    controller.abort();
    await t.throwsAsync(answer, { any: true, name: "AbortError" });
    await dispatcher.close();
    t.is(behind.seen.ends.all.length, 0);
  });

  test(`${name}: a response that ends too early rejects its body`, async (t) => {
    const { dispatcher } = await dispatched(t, () =>
      respond(
        (async function* () {
          yield "te";
          throw new Error("out of tea");
        })(),
        { headers: [["Content-Length", "3"]] },
      ),
    );
    const response = await fetch("http://app.test/", { dispatcher });
    await t.throwsAsync(response.text(), { instanceOf: TypeError });
  });
}
