/** The same session in the words of each interface, and behind an upgrade. */
import { once } from "node:events";
import { connect } from "node:net";
import express from "express";
import test from "ava";
import { wrap } from "../../../src/app/index.ts";
import { encodePacket } from "../../../src/codec/index.ts";
import { type Handler, type Session, sessionOf, surround } from "../../../src/handler/index.ts";
import type { WsgiFunction } from "../../../src/index.ts";
import { session } from "../../../src/middleware/session/index.ts";
import { inject } from "../../../src/testing/index.ts";
import { startServer } from "../../helpers/test-server.ts";
import { KEY } from "./sessions.ts";

async function count(found: Session | undefined): Promise<string> {
  await found?.load();
  found?.set("n", Number(found.get("n") ?? 0) + 1);
  return `count ${String(found?.get("n"))}`;
}

const wsgiApp: WsgiFunction = async (environ, startResponse) => {
  const text = await count(sessionOf(environ));
  startResponse("200 OK", []);
  return text;
};

const expressApp = express().get("/", async (req, res) => {
  const { session: found } = req as unknown as { session: Session };
  res.send(await count(found));
});

const eagerApp = express().get("/", (req, res) => {
  const { session: found } = req as unknown as { session: Session };
  found.set("n", Number(found.get("n") ?? 0) + 1);
  res.write(`count ${String(found.get("n"))}`);
  res.end();
});

for (const mode of [{ keys: [KEY] }, { store: "memory" }]) {
  const where = "keys" in mode ? "in its cookie" : "in a store";
  for (const [what, application] of [
    ["a WSGI", () => wrap(wsgiApp, [session(mode)])],
    ["a Node", () => wrap(expressApp, [session(mode)], { interface: "node" })],
    ["a Node, eagerly,", () => wrap(eagerApp, [session({ ...mode, load: "eager" })], { interface: "node" })],
    [
      "a fetch",
      () => wrap(async (_, env) => new Response(await count(env.session)), [session(mode)], { interface: "fetch" }),
    ],
  ] as const) {
    test(`${what} application counts by a session ${where}`, async (t) => {
      const app = application();
      const first = await inject(app, "/");
      t.is(first.text(), "count 1");
      const cookie = (first.get("set-cookie") ?? "").split(";")[0] ?? "";
      t.regex(cookie, /^session=/);
      t.is((await inject(app, { headers: { Cookie: cookie } })).text(), "count 2");
    });
  }
}

/** A request that is upgraded; resolves when all is over, with what was logged. */
async function upgrade(options: Parameters<typeof session>[0]): Promise<{ readonly logs: string[]; n: unknown }> {
  let n: unknown;
  const application: Handler = async (request) => {
    const found = await sessionOf(request.environ)?.load();
    n = found?.get("n");
    found?.set("n", Number(n ?? 0) + 1);
    if (request.environ.PATH_INFO === "/up") {
      const stream = request.upgrade();
      stream.end("HTTP/1.1 101 Switching Protocols\r\n\r\n");
    }
    return { status: 200, headers: [], body: "" };
  };
  const handler = surround(application, [session(options)]);
  const first = await inject(handler, { interface: "handler" });
  const cookie = (first.get("set-cookie") ?? "").split(";")[0] ?? "";
  await using server = await startServer(handler);
  if (!("path" in server.address)) throw new Error("no path");
  const socket = connect(server.address.path);
  const vars = Object.entries({ REQUEST_METHOD: "GET", PATH_INFO: "/up", HTTP_COOKIE: cookie });
  socket.write(encodePacket({ modifier1: 0, modifier2: 0, vars }));
  socket.resume();
  await once(socket, "close");
  await inject(handler, { interface: "handler", headers: { Cookie: cookie } });
  return { logs: server.seen.messages.all.map(({ text }) => text), n };
}

test("behind an upgrade what changed in a session in a store is kept", async (t) => {
  t.deepEqual(await upgrade({ store: "memory" }), { logs: [], n: 2 });
});

test("behind an upgrade what changed in a session in its cookie is lost, and logged", async (t) => {
  t.deepEqual(await upgrade({ keys: [KEY] }), {
    logs: ["session: what was changed in it is lost: the connection was upgraded"],
    n: 1,
  });
});
