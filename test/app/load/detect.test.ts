/** What is found among exports, and as what: real frameworks where they are installed, their shape where not. */
import { createServer } from "node:http";
import { createServer as createHttp2Server } from "node:http2";
import { createServer as createTcpServer } from "node:net";
import test from "ava";
import express from "express";
import Fastify from "fastify";
import { H3 } from "h3";
import { Hono } from "hono";
import Koa from "koa";
import { detect } from "../../../src/app/load/detect.ts";

const node = (_req: unknown, _res: unknown): void => {};
const fetching = (_request: unknown): void => {};
const wsgi = (_environ: unknown, _startResponse: unknown): void => {};
const server = createServer();

class Shape {
  listen(): void {}
  use(): void {}
}

/** Not installed here: what their applications have in public. */
const nest = { getHttpServer: () => server, init: async () => {}, close: async () => {} };
const hapi = { listener: server, initialize: async () => {}, route() {}, stop: async () => {} };
const polka = Object.assign(new Shape(), { handler: node });
const restify = Object.assign(new Shape(), { server });
const connect = Object.assign(() => {}, { handle() {}, use() {}, listen() {} });

for (const [about, exports, expected] of [
  // By name
  ["a function called application", { application: node }, "application wsgi"],
  [
    "a class called application",
    {
      application: class Site {
        readonly body = [];
      },
    },
    "application wsgi",
  ],
  ["an object with a method application", { application: { application: wsgi } }, "application wsgi"],
  ["application in the default export", { default: { application: wsgi } }, "application wsgi"],
  ["a function called fetch", { fetch: node }, "fetch fetch"],
  // By shape
  ["an Express application called application", { application: express() }, "application node"],
  ["an Express application", { default: express() }, "default node"],
  ["a Koa application", { default: new Koa() }, "default node"],
  ["a Fastify application", { default: Fastify() }, "default node"],
  ["a Hono application", { default: new Hono() }, "default fetch"],
  ["an h3 application", { default: new H3() }, "default fetch"],
  ["an object with fetch", { default: { fetch: fetching } }, "default fetch"],
  ["the object of a CommonJS module, with fetch", { fetch: fetching, default: { fetch: fetching } }, "default fetch"],
  ["a Nest application", { default: nest }, "default node"],
  ["a hapi server", { default: hapi }, "default node"],
  ["a Polka application", { default: polka }, "default node"],
  ["a Restify server", { default: restify }, "default node"],
  ["a Connect application", { default: connect }, "default node"],
  ["a server of node:http", { server }, "server node"],
  ["a server of node:http2", { server: createHttp2Server() }, "server node"],
  ["an Express application called app", { app: express() }, "app node"],
  ["an application in an object", { default: { app: express() } }, "app node"],
  // By guess
  ["a function of two parameters", { default: node }, "default node"],
  ["a function of one parameter", { default: fetching }, "default fetch"],
  ["a function with startResponse", { default: wsgi }, "default wsgi"],
  ["a handler", { handler: node }, "handler node"],
  ["a handler in an object", { default: { handler: node } }, "handler node"],
  // Order
  ["application beside fetch", { application: node, fetch: fetching }, "application wsgi"],
  ["fetch beside a default export", { fetch: fetching, default: node }, "fetch fetch"],
  ["a default export beside a server", { default: node, server }, "default node"],
  ["a server beside the application that it is made of", { app: express(), server }, "server node"],
  ["a default export that is no application", { default: { port: 3000 }, app: express() }, "app node"],
  // Nothing
  ["nothing", {}, undefined],
  ["other names", { start: node, routes: node }, undefined],
  ["values", { default: 5, app: "x", server: null, handler: undefined }, undefined],
  ["a server that is not of HTTP", { server: createTcpServer() }, undefined],
  ["inherited names", { default: Object.create({ app: node }) as object }, undefined],
] as const) {
  test(`detected: ${about}: ${expected ?? "nothing"}`, (t) => {
    const found = detect(exports);
    t.is(found && `${found.exportName} ${found.interface}`, expected);
  });
}

for (const [byHand, expected] of [
  [{ exportName: "site" }, "site node"],
  [{ exportName: "site", interface: "wsgi" }, "site wsgi"],
  [{ exportName: "site", interface: "fetch" }, "site fetch"],
  [{ interface: "fetch" }, "default fetch"],
  [{ exportName: "default", interface: "node" }, "default node"],
  [{ exportName: "default", interface: "fetch" }, undefined],
  [{ exportName: "hono", interface: "node" }, undefined],
  [{ exportName: "toString" }, undefined],
] as const) {
  test(`said by hand, ${JSON.stringify(byHand)}: ${expected ?? "nothing"}`, (t) => {
    const isFunction = byHand.exportName === undefined;
    const exports = { site: node, hono: new Hono(), default: isFunction ? node : server };
    const found = detect(exports, byHand);
    t.is(found && `${found.exportName} ${found.interface}`, expected);
  });
}

for (const [exports, why] of [
  [{ application: node }, "export application, by its name: WSGI"],
  [{ default: new Koa() }, "the default export is a Koa application: Node handler"],
  [{ app: express() }, "export app is an Express application: Node handler"],
  [{ default: new Hono() }, "the default export is an object with fetch, of class Hono: fetch handler"],
  [{ default: { fetch: fetching } }, "the default export is an object with fetch: fetch handler"],
  [{ default: fetching }, "the default export is a function of one parameter: fetch handler"],
] as const) {
  test(`the reason is given: ${why}`, (t) => {
    t.is(detect(exports)?.why, why);
  });
}

test("said by hand, that is the reason", (t) => {
  t.is(detect({ app: node }, { interface: "wsgi" })?.why, "export app, by --interface: WSGI");
});

test("methods of an object are called as such", (t) => {
  const inner = {
    name: "inner",
    application(this: { name: string }): string {
      return this.name;
    },
  };
  const found = detect({ default: inner });
  t.is(found && (found.application as () => string)(), "inner");
});

test("a Fastify application becomes its server, is made ready at the start and closed at the end", async (t) => {
  const app = Fastify();
  const calls: string[] = [];
  app.addHook("onReady", async () => void calls.push("ready"));
  app.addHook("onClose", async () => void calls.push("close"));
  const found = detect({ default: app });
  t.is(found?.application, app.server);
  await found?.lifecycle.start?.();
  await found?.lifecycle.stop?.();
  t.deepEqual(calls, ["ready", "close"]);
});
