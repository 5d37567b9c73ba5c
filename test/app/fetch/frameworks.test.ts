/** Frameworks that are fetch handlers, through a real nginx. */
import { createHash } from "node:crypto";
import test, { type ExecutionContext } from "ava";
import { H3, getCookie, getRequestIP, setCookie } from "h3";
import { type Context, Hono } from "hono";
import { deleteCookie, getCookie as honoCookie, setCookie as setHonoCookie } from "hono/cookie";
import { streamSSE } from "hono/streaming";
import type { ServerRequest } from "srvx";
import { type FetchApplication, fetchHandler, installFastGlobals } from "../../../src/app/index.ts";
import { formatAddress } from "../../../src/connection/index.ts";
import { type HttpAnswer, open, send } from "../../helpers/http-client.ts";
import { needs } from "../../helpers/needs.ts";
import { ask, get } from "../../helpers/raw-client.ts";
import { httpBlock, passTo, startFront } from "../../helpers/nginx-stack.ts";
import { noise, sha256 } from "../../helpers/noise.ts";
import { gate, startServer, type TestServer } from "../../helpers/test-server.ts";

installFastGlobals();

const nginxTest = needs("nginx").serial;

const MB = 1_048_576;

interface Stack extends AsyncDisposable {
  readonly port: number;
  readonly seen: TestServer["seen"];
}

async function start(application: FetchApplication): Promise<Stack> {
  const server = await startServer(fetchHandler(application));
  const directives = "uwsgi_buffering off; uwsgi_request_buffering off;";
  const location = `location / { ${passTo(formatAddress(server.address))} }`;
  const front = await startFront(
    { confText: ({ port }) => httpBlock(port, `${directives}\n${location}`) },
    async () => {
      await server[Symbol.asyncDispose]();
    },
  );
  return { ...front, seen: server.seen };
}

/** A stream that goes on until it is cancelled. */
function ticking(onCancel: () => void): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(Buffer.from("data: tick\n\n")),
    cancel: onCancel,
  });
}

/** The SHA-256 of all that streams, in hexadecimal digits, piped through what passes it on. */
async function digestOf(body: ReadableStream<Uint8Array> | null): Promise<string> {
  const hash = createHash("sha256");
  const through = body?.pipeThrough(new TransformStream<Uint8Array, Uint8Array>());
  await through?.pipeTo(new WritableStream({ write: (chunk) => void hash.update(chunk) }));
  return hash.digest("hex");
}

/** What the routes tell the tests. */
interface Told {
  cancelled(): void;
}

type MakeApplication = (told: Told) => FetchApplication;

const makeHono: MakeApplication = (told) => {
  const app = new Hono<{ Bindings: { remote: { address: string } } }>();
  app.use(async (context, next) => {
    await next();
    context.header("X-Behind", "1");
  });
  app.get("/hello/:name", (context) =>
    context.text(`${context.req.param("name")} ${context.req.query("q")} ${context.env.remote.address}`),
  );
  app.post("/json", async (context) => context.json({ got: await context.req.json<unknown>() }, 201));
  app.post("/form", async (context) => context.json({ a: (await context.req.parseBody())["a"] }));
  app.get("/cookies", (context: Context) => {
    setHonoCookie(context, "a", "1");
    setHonoCookie(context, "b", "2");
    deleteCookie(context, "c");
    return context.text(honoCookie(context, "given") ?? "none");
  });
  app.get("/later", (context) => {
    context.executionCtx.waitUntil(Promise.resolve());
    return context.body(null, 204);
  });
  app.get("/sse", (context) =>
    streamSSE(context, async (stream) => {
      for (const data of ["one", "two"]) await stream.writeSSE({ data });
    }),
  );
  app.get("/endless", (context) => context.body(ticking(told.cancelled), 200, { "Content-Type": "text/event-stream" }));
  app.post("/digest", async (context) => context.text(await digestOf(context.req.raw.body)));
  app.get("/error", () => {
    throw new Error("out of order");
  });
  // Hono's own prints it.
  app.onError((_error, context) => context.text("sorry", 500));
  return app;
};

const makeH3: MakeApplication = (told) => {
  const app = new H3({ silent: true });
  app.use((event, next) => {
    event.res.headers.set("X-Behind", "1");
    return next();
  });
  app.get("/hello/:name", (event) => {
    const { name } = event.context.params ?? {};
    return `${name} ${event.url.searchParams.get("q")} ${getRequestIP(event)}`;
  });
  app.post("/json", async (event) => {
    event.res.status = 201;
    return { got: await event.req.json() };
  });
  app.post("/form", async (event) => ({ a: (await event.req.formData()).get("a") }));
  app.get("/cookies", (event) => {
    setCookie(event, "a", "1");
    setCookie(event, "b", "2");
    setCookie(event, "c", "", { maxAge: 0 });
    return getCookie(event, "given") ?? "none";
  });
  app.get("/later", (event) => {
    event.waitUntil(Promise.resolve());
    event.res.status = 204;
    return null;
  });
  app.get("/sse", (event) => {
    event.res.headers.set("Content-Type", "text/event-stream");
    return new Blob(["data: one\n\n", "data: two\n\n"]).stream();
  });
  app.get("/endless", (event) => {
    event.res.headers.set("Content-Type", "text/event-stream");
    return ticking(told.cancelled);
  });
  app.post("/digest", (event) => digestOf(event.req.body));
  app.get("/error", () => {
    throw new Error("out of order");
  });
  return app;
};

for (const [framework, make] of [
  ["Hono", makeHono],
  ["h3", makeH3],
] as const) {
  const rule = (
    title: string,
    check: (t: ExecutionContext, stack: Stack, cancelled: Promise<void>) => Promise<void>,
  ): void => {
    nginxTest(`${framework}: ${title}`, async (t) => {
      const cancelled = gate();
      await using stack = await start(make({ cancelled: () => cancelled.open() }));
      await check(t, stack, cancelled.promise);
    });
  };
  const text = ({ body }: HttpAnswer): string => body.toString();

  rule("path, query and the client's address, with a Content-Length", async (t, { port }) => {
    const answer = await send({ port, path: "/hello/me?q=a%20b", headers: [["X-Forwarded-For", "6.6.6.6"]] });
    t.is(text(answer), "me a b 127.0.0.1");
    t.deepEqual(answer.headers.get("content-length"), [String(answer.body.length)]);
    t.deepEqual(answer.headers.get("x-behind"), ["1"]);
  });

  rule("HEAD is answered without a body", async (t, { port }) => {
    const answer = await send({ port, method: "HEAD", path: "/hello/me" });
    t.is(answer.status, 200);
    t.is(text(answer), "");
  });

  rule("JSON is posted and answered", async (t, { port }) => {
    const body = Buffer.from('{"a":[1,"\u00e9"]}');
    const answer = await send({
      port,
      method: "POST",
      path: "/json",
      headers: [["Content-Type", "application/json"]],
      body,
    });
    t.is(answer.status, 201);
    t.deepEqual(JSON.parse(text(answer)), { got: { a: [1, "\u00e9"] } });
  });

  rule("a multipart form is read", async (t, { port }) => {
    const body = Buffer.from('--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nvalue\r\n--x--\r\n');
    const headers = [["Content-Type", "multipart/form-data; boundary=x"]] as const;
    t.is(text(await send({ port, method: "POST", path: "/form", headers, body })), '{"a":"value"}');
  });

  rule("cookies are read and set, each in a header of its own", async (t, { port }) => {
    const answer = await send({ port, path: "/cookies", headers: [["Cookie", "x=0; given=yes"]] });
    t.is(text(answer), "yes");
    t.deepEqual(
      answer.headers.get("set-cookie")?.map((cookie) => cookie.slice(0, 3)),
      ["a=1", "b=2", "c=;"],
    );
  });

  rule("work goes on behind the answer", async (t, { port, seen }) => {
    t.is((await send({ port, path: "/later" })).status, 204);
    t.deepEqual(seen.errors.all, []);
  });

  rule("events are sent", async (t, { port }) => {
    const answer = await send({ port, path: "/sse" });
    t.is(text(answer), "data: one\n\ndata: two\n\n");
    t.deepEqual(answer.headers.get("content-type"), ["text/event-stream"]);
  });

  rule("a stream is cancelled when the client goes away", async (t, { port, seen }, cancelled) => {
    const message = await open({ port, path: "/endless" });
    for await (const chunk of message) {
      t.is(String(chunk), "data: tick\n\n");
      break;
    }
    message.destroy();
    await cancelled;
    t.is((await seen.ends.at()).ending, "peer-gone");
    t.deepEqual(seen.errors.all, []);
  });

  // Not sent back while it comes: nginx stops to send a body when its answer has begun, to all kinds of upstreams.
  rule("an upload of 50 MB is piped through, every byte in order", async (t, { port }) => {
    const body = noise(50 * MB);
    t.is(text(await send({ port, method: "POST", path: "/digest", body })), sha256(body));
  });

  rule("an error is answered with a 500 that does not say what it was", async (t, { port }) => {
    const answer = await send({ port, path: "/error" });
    t.is(answer.status, 500);
    t.false(text(answer).includes("out of order"));
  });

  rule("an unknown path is a 404", async (t, { port }) => {
    t.is((await send({ port, path: "/nowhere" })).status, 404);
  });
}

test("a handler of srvx finds ip and waitUntil in the request", async (t) => {
  const seen: unknown[] = [];
  await using server = await startServer(
    fetchHandler({
      fetch(request: ServerRequest) {
        seen.push(request.ip);
        void request.waitUntil?.(Promise.resolve().then(() => void seen.push("done")));
        return Response.json({ ok: true });
      },
    }),
  );
  const answer = await ask(server.address, get({ REMOTE_ADDR: "192.0.2.1" }));
  t.is(answer.body, '{"ok":true}');
  t.deepEqual(seen, ["192.0.2.1", "done"]);
});
