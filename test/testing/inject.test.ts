import { createServer } from "node:http";
import { Readable } from "node:stream";
import test from "ava";
import express from "express";
import fastify from "fastify";
import { Hono } from "hono";
import Koa from "koa";
import type { FetchFunction, NodeFunction, WsgiFunction } from "../../src/app/index.ts";
import type { DirectHandler, Handler } from "../../src/handler/index.ts";
import { inject, type InjectableApplication, type InjectRequest } from "../../src/testing/index.ts";
import { gate, respond } from "../helpers/test-server.ts";
import { showEnviron } from "../helpers/wsgi-apps.ts";

type Shown = Readonly<Record<string, string>>;

const echo: WsgiFunction = async (environ, startResponse) => {
  const body = await environ["wsgi.input"].read();
  startResponse("200 OK", [["Content-Type", environ.CONTENT_TYPE ?? ""]]);
  return body;
};

async function environFor(request: string | Omit<InjectRequest, "interface">): Promise<Shown> {
  return (await inject(showEnviron, request)).json() as Shown;
}

// Requests

test("a path alone is a GET by HTTP/1.1 from this machine", async (t) => {
  const environ = await environFor("/a%20b?c=d");
  t.like(environ, {
    REQUEST_METHOD: "GET",
    PATH_INFO: "/a b",
    QUERY_STRING: "c=d",
    REQUEST_URI: "/a%20b?c=d",
    SERVER_PROTOCOL: "HTTP/1.1",
    HTTP_HOST: "localhost",
    REMOTE_ADDR: "127.0.0.1",
    SERVER_PORT: "80",
    CONTENT_LENGTH: "",
  });
});

test("a path may have characters beyond ASCII, as in a browser", async (t) => {
  t.is((await environFor("/tee/\u00e9\u{1f375}"))["REQUEST_URI"], "/tee/%C3%A9%F0%9F%8D%B5");
});

test("headers become vars, given as an object or as pairs", async (t) => {
  t.like(await environFor({ headers: { Host: "example.com", "X-A": ["1", "2"] } }), {
    HTTP_HOST: "example.com",
    HTTP_X_A: "1, 2",
  });
  t.is((await environFor({ headers: [["Cookie", "a=1"]] }))["HTTP_COOKIE"], "a=1");
});

test("vars are added, replaced and left out", async (t) => {
  const environ = await environFor({ vars: { SCRIPT_NAME: "/app", REMOTE_USER: "eve", REQUEST_URI: undefined } });
  t.like(environ, { SCRIPT_NAME: "/app", REMOTE_USER: "eve", REQUEST_URI: undefined });
});

test("https is on in the ways in which front ends say so", async (t) => {
  t.like(await environFor({ scheme: "https" }), { HTTPS: "on", REQUEST_SCHEME: "https", SERVER_PORT: "443" });
});

test("what the server keeps from applications does not come through", async (t) => {
  const environ = await environFor({ headers: { Proxy: "http://evil" }, vars: { UWSGI_FILE: "exec://x" } });
  t.false("HTTP_PROXY" in environ || "UWSGI_FILE" in environ);
});

for (const [about, body, type, text] of [
  ["text", "caf\u00e9", "text/plain; charset=utf-8", "caf\u00e9"],
  ["bytes", Buffer.from("bytes"), "", "bytes"],
  ["an object", { a: [1] }, "application/json", '{"a":[1]}'],
  ["a list", [1, 2], "application/json", "[1,2]"],
  ["parameters", new URLSearchParams({ a: "b c" }), "application/x-www-form-urlencoded;charset=UTF-8", "a=b+c"],
  ["a stream of Node's", Readable.from(["one ", "two"]), "", "one two"],
  ["a stream of the platform's", new Blob(["streamed"]).stream(), "", "streamed"],
] as const) {
  test(`a body of ${about} arrives, with its length and type`, async (t) => {
    const answer = await inject(echo, { body });
    t.is(answer.text(), text);
    t.is(answer.get("content-type"), type);
  });
}

test("a stream with a Content-Length is read as the application reads it", async (t) => {
  const asked: string[] = [];
  const body = (async function* () {
    for (const part of ["ab", "cd", "ef"]) {
      asked.push(part);
      yield part;
    }
  })();
  const first: WsgiFunction = async (environ, startResponse) => {
    await environ["wsgi.input"].read(2);
    startResponse("200 OK", []);
    return asked.join();
  };
  t.is((await inject(first, { body, headers: { "Content-Length": "6" } })).text(), "ab");
});

test("a body that is shorter than announced is truncated, as by a client that goes away", async (t) => {
  const request = { body: "abc", headers: { "Content-Length": "5" } };
  let caught: unknown;
  const reads: WsgiFunction = async (environ, startResponse) => {
    await environ["wsgi.input"].read().catch((error: unknown) => (caught = error));
    startResponse("200 OK", []);
    return "";
  };
  await inject(reads, request);
  t.like(caught, { code: "UWSGI_BODY_TRUNCATED" });
});

test("a request that no front end would send is refused", async (t) => {
  await t.throwsAsync(inject(echo, "no path"), { code: "UWSGI_BAD_TARGET" });
});

// Answers

test("an answer has status, reason, headers and body", async (t) => {
  const answer = await inject((_, startResponse) => {
    startResponse("201 Made it", [
      ["X-A", "1"],
      ["x-a", "2"],
    ]);
    return ["{", "}"];
  });
  t.is(answer.status, 201);
  t.is(answer.reason, "Made it");
  t.deepEqual(answer.headers.slice(0, 2), [
    ["X-A", "1"],
    ["x-a", "2"],
  ]);
  t.is(answer.get("X-a"), "1, 2");
  t.is(answer.get("X-B"), undefined);
  t.deepEqual(answer.json(), {});
  t.true(answer.isComplete);
});

test("chunks are there as they were sent", async (t) => {
  const { chunks } = await inject((_, startResponse) => {
    startResponse("200 OK", []);
    return (async function* () {
      yield "one";
      yield "two";
    })();
  });
  t.deepEqual(
    chunks.map((chunk) => Buffer.from(chunk).toString()),
    ["one", "two"],
  );
});

test("HEAD has no body, and 204 neither, whatever the application returns", async (t) => {
  const answers: WsgiFunction = (environ, startResponse) => {
    startResponse(environ.PATH_INFO === "/204" ? "204 No Content" : "200 OK", []);
    return "body";
  };
  const head = await inject(answers, { method: "HEAD" });
  t.is(head.body.length, 0);
  t.is(head.get("Content-Length"), "4");
  t.is((await inject(answers, "/204")).body.length, 0);
});

test("what an application throws is a 500, and among the errors", async (t) => {
  const error = new Error("no");
  const answer = await inject(() => {
    throw error;
  });
  t.is(answer.status, 500);
  t.deepEqual(answer.errors, [error]);
});

test("a Node handler that returns a Response is an error, as with serve, and does not wait for ever", async (t) => {
  const answer = await inject((): unknown => new Response("x"), { interface: "node" });
  t.is(answer.status, 500);
  t.like(answer.errors[0], { code: "UWSGI_APP_CONTRACT" });
});

test("what the server refuses is among the errors too", async (t) => {
  const answer = await inject(echo, { vars: { CONTENT_LENGTH: "x" } });
  t.is(answer.status, 400);
  t.like(answer.errors[0], { code: "UWSGI_BAD_CONTENT_LENGTH" });
});

test("a failure behind the head breaks the answer off", async (t) => {
  const answer = await inject((_, startResponse) => {
    startResponse("200 OK", []);
    return (async function* () {
      yield "begun";
      throw new Error("no");
    })();
  });
  t.is(answer.text(), "begun");
  t.false(answer.isComplete);
  t.is(answer.errors.length, 1);
});

test("what the application says to its log is there", async (t) => {
  const { logs } = await inject((environ, startResponse) => {
    environ["wsgi.errors"].write("one\ntwo\n");
    startResponse("200 OK", []);
    return null;
  });
  t.deepEqual(logs, ["one", "two"]);
});

test("work behind the answer is waited for", async (t) => {
  let isDone = false;
  await inject((environ, startResponse) => {
    const work = async (): Promise<void> => {
      await new Promise(setImmediate);
      isDone = true;
    };
    environ["uisge.request"].waitUntil(work());
    startResponse("200 OK", []);
    return null;
  });
  t.true(isDone);
});

test("an upgrade is an error of the application", async (t) => {
  const answer = await inject((environ) => {
    environ["uisge.request"].upgrade();
    return null;
  });
  t.is(answer.status, 500);
  t.like(answer.errors[0], { code: "UWSGI_APP_CONTRACT" });
});

test("options are the server's", async (t) => {
  t.is((await inject(echo, { body: "12345", options: { maxBodyBytes: 4 } })).status, 413);
});

// Interfaces

const nodeApp: NodeFunction = (req, res) => void res.end(`node ${req.url}`);
const fetchApp: FetchFunction = (request) => new Response(`fetch ${new URL(request.url).pathname}`);
const handler: Handler = ({ environ }) => respond(`handler ${environ.PATH_INFO}`);
const direct: DirectHandler = {
  answer: (_, answer) => {
    void answer.begin(200, "HTTP/1.1 200 OK\r\n\r\n", undefined, "direct /x");
    answer.end();
  },
};

for (const [about, application, name, text] of [
  ["a Node handler", nodeApp, "node", "node /x"],
  ["a fetch handler", fetchApp, "fetch", "fetch /x"],
  ["a handler", handler, "handler", "handler /x"],
  ["a direct handler", direct, "handler", "direct /x"],
  ["an object with fetch", { fetch: fetchApp }, undefined, "fetch /x"],
  ["an HTTP server", createServer(nodeApp), undefined, "node /x"],
  ["an Express application", express().get("/x", (_, res) => void res.send("express")), undefined, "express"],
  ["a Koa application", new Koa().use((context) => void (context.body = "koa")), undefined, "koa"],
  ["a Fastify application", fastify().get("/x", () => "fastify"), undefined, "fastify"],
  ["a Hono application", new Hono().get("/x", (context) => context.text("hono")), undefined, "hono"],
] as readonly (readonly [string, InjectableApplication, InjectRequest["interface"], string])[]) {
  test(`${about} is asked`, async (t) => {
    const asked = name === undefined ? { path: "/x" } : { path: "/x", interface: name };
    const answer = await inject(application as Handler, asked as { interface: "handler" });
    t.is(answer.text(), text);
    t.deepEqual(answer.errors, []);
  });
}

test("a framework is asked more than once", async (t) => {
  const application = fastify().get("/", () => "again");
  await inject(application, "/");
  t.is((await inject(application, "/")).text(), "again");
});

test("a framework is made ready once, whether its interface is said or not", async (t) => {
  let begun = 0;
  const hapi = {
    listener: createServer(nodeApp),
    initialize: async () => void begun++,
    route: () => {},
    stop: async () => {},
  };
  await inject(hapi, { path: "/a", interface: "node" });
  await inject(hapi, { path: "/b", interface: "node" });
  t.is((await inject(hapi, "/c")).text(), "node /c");
  t.is(begun, 1);
});

test("what is no application is refused", async (t) => {
  await t.throwsAsync(inject(7 as unknown as WsgiFunction), { code: "UWSGI_APP_CONTRACT" });
});

// Streams

/** Yields numbers, and notes how far it came and how it ended. */
function counting(): { readonly application: WsgiFunction; readonly seen: string[] } {
  const seen: string[] = [];
  const application: WsgiFunction = (environ, startResponse) => {
    environ["uisge.request"].signal.addEventListener("abort", () => seen.push("abort"));
    startResponse("200 OK", []);
    return (async function* () {
      try {
        for (let i = 0; i < 1_000; i++) {
          seen.push(String(i));
          yield `${i}\n`;
        }
      } finally {
        seen.push("closed");
      }
    })();
  };
  return { application, seen };
}

test("a stream is read chunk by chunk, and the application is not ahead of its reader", async (t) => {
  const { application, seen } = counting();
  await using answer = await inject.stream(application);
  t.is(answer.status, 200);
  t.is(String(await answer.read()), "0\n");
  t.is(String(await answer.read()), "1\n");
  for (let i = 0; i < 10; i++) await new Promise(setImmediate);
  t.deepEqual(seen, ["0", "1", "2"].slice(0, seen.length));
});

test("who leaves is a client that goes away: the signal fires, and the body is closed", async (t) => {
  const { application, seen } = counting();
  const answer = await inject.stream(application);
  await answer.read();
  t.deepEqual((await answer.leave()).errors, []);
  t.true(seen.includes("abort"));
  t.is(seen.at(-1), "closed");
});

test("who leaves the loop over a stream goes away too", async (t) => {
  const { application, seen } = counting();
  const answer = await inject.stream(application);
  for await (const chunk of answer) if (String(chunk) === "2\n") break;
  await answer.ended;
  t.is(seen.at(-1), "closed");
});

test("a stream is read to its end", async (t) => {
  const { application } = counting();
  const answer = await inject.stream(application);
  let chunks = 0;
  for await (const _ of answer) chunks++;
  t.is(chunks, 1_000);
  t.deepEqual((await answer.ended).errors, []);
});

test("a stream that is broken off says so", async (t) => {
  const answer = await inject.stream((_, startResponse) => {
    startResponse("200 OK", []);
    return (async function* () {
      yield "begun";
      throw new Error("no");
    })();
  });
  await answer.read();
  await t.throwsAsync(answer.read(), { code: "UWSGI_PEER_GONE" });
});

test("a signal is a client that goes away before there is an answer", async (t) => {
  const client = new AbortController();
  const called = gate();
  const waits: WsgiFunction = (environ, startResponse) =>
    new Promise((resolve) => {
      environ["uisge.request"].signal.addEventListener("abort", () => {
        startResponse("200 OK", []);
        resolve(null);
      });
      called.open();
    });
  const asked = inject(waits, { signal: client.signal });
  await called.promise;
  client.abort(new Error("enough"));
  await t.throwsAsync(asked, { message: "enough" });
});
