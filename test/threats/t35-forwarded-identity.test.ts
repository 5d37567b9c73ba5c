/** T35: headers by which a client says who it is, and how it came. They are headers; the front end's vars count. */
import { spawnSync } from "node:child_process";
import test, { type ExecutionContext } from "ava";
import { wsgi, type WsgiApplication } from "../../src/app/index.ts";
import type { Sender } from "../../src/client/index.ts";
import { formatAddress } from "../../src/connection/index.ts";
import { remoteOf, schemeOf } from "../../src/environ/index.ts";
import { type BridgeOptions, HttpBridge } from "../../src/gateway/index.ts";
import { logServer } from "../../src/log/index.ts";
import { rawAnswer, startBridge } from "../helpers/bridge.ts";
import { send } from "../helpers/http-client.ts";
import { needs } from "../helpers/needs.ts";
import { bothWays, startStack } from "../helpers/nginx-stack.ts";
import { answering, packetReadingUpstream, type PacketReadingUpstream } from "../helpers/packet-reading-upstream.ts";
import { ask, get } from "../helpers/raw-client.ts";
import { bothKinds } from "../helpers/target.ts";
import { startServer } from "../helpers/test-server.ts";

const SPOOFED = "203.0.113.66";

const claims: readonly (readonly [header: string, value: string])[] = [
  ["X-Forwarded-Proto", "https"],
  ["X-Forwarded-Protocol", "https"],
  ["X-Forwarded-Scheme", "https"],
  ["X-Forwarded-Ssl", "on"],
  ["X-Url-Scheme", "https"],
  ["Front-End-Https", "on"],
  ["X-Forwarded-For", SPOOFED],
  ["X-Forwarded-Host", "evil.test"],
  ["X-Forwarded-Port", "443"],
  ["X-Forwarded-User", "admin"],
  ["X-Real-Ip", SPOOFED],
  ["X-Client-Ip", SPOOFED],
  ["True-Client-Ip", SPOOFED],
  ["Remote-Addr", SPOOFED],
  ["Remote-User", "admin"],
  ["Https", "on"],
  ["Forwarded", `for=${SPOOFED};proto=https;host=evil.test`],
];

const asVars = Object.fromEntries(
  claims.map(([header, value]) => [`HTTP_${header.toUpperCase().replaceAll("-", "_")}`, value]),
);

/** Who the application thinks it talks to. */
const identity: WsgiApplication = (environ, startResponse) => {
  startResponse("200 OK", []);
  const { address } = remoteOf(environ);
  return JSON.stringify({
    scheme: environ["wsgi.url_scheme"],
    asked: schemeOf(environ),
    https: environ.HTTPS ?? null,
    address: address ?? null,
    user: environ.REMOTE_USER ?? null,
    serverName: environ.SERVER_NAME,
    forwardedFor: environ["HTTP_X_FORWARDED_FOR"] ?? null,
  });
};

const told = { REMOTE_ADDR: "192.0.2.7", SERVER_NAME: "example.test", REQUEST_SCHEME: "http" };
const honest = {
  scheme: "http",
  asked: "http",
  https: null,
  address: "192.0.2.7",
  user: null,
  serverName: "example.test",
};

for (const kind of bothKinds) {
  test(`T35: each claim of a client changes neither scheme nor address nor user on ${kind}`, async (t) => {
    await using server = await startServer(wsgi(identity), { kind });
    for (const [name, value] of [
      ...Object.entries(asVars),
      ...Object.entries(asVars).map(([n, v]) => [n.slice(5).toLowerCase(), v] as const),
    ]) {
      t.like(JSON.parse((await ask(server.address, get({ ...told, [name]: value }))).body), honest, name);
    }
  });

  test(`T35: all claims at once change nothing, and are passed on as headers, on ${kind}`, async (t) => {
    await using server = await startServer(wsgi(identity), { kind });
    const { body } = await ask(server.address, get({ ...told, ...asVars }));
    t.deepEqual(JSON.parse(body), { ...honest, forwardedFor: SPOOFED });
  });

  test(`T35: where the front end says nothing of a client, the claims do not step in, on ${kind}`, async (t) => {
    await using server = await startServer(wsgi(identity), { kind });
    t.like(JSON.parse((await ask(server.address, get(asVars))).body), {
      scheme: "http",
      address: null,
      user: null,
      serverName: "localhost",
    });
  });

  test(`T35: what the front end says counts, against the claims too, on ${kind}`, async (t) => {
    await using server = await startServer(wsgi(identity), { kind });
    const claim = { HTTP_X_FORWARDED_PROTO: "http", HTTP_X_FORWARDED_SSL: "off" };
    for (const vars of [{ HTTPS: "on" }, { REQUEST_SCHEME: "https" }, { UWSGI_SCHEME: "https" }]) {
      t.like(JSON.parse((await ask(server.address, get({ ...claim, ...vars }))).body), { scheme: "https" });
    }
  });

  test(`T35: the access log names the address of the front end's word on ${kind}`, async (t) => {
    const access: string[] = [];
    await using server = await startServer(wsgi(identity), { kind });
    const stop = logServer(server.server, { access: { write: (line: string) => access.push(line) } });
    await ask(server.address, get({ ...told, ...asVars }));
    await server.seen.ends.at();
    stop();
    t.true(access.join().startsWith("192.0.2.7 - - ["), access.join());
    t.false(access.join().includes(SPOOFED));
  });
}

test("T35: a client of the bridge is who it is, over http, and its claims are not passed on", async (t) => {
  await using server = await startServer(wsgi(identity));
  await using bridge = await HttpBridge.listen({ to: formatAddress(server.address) });
  const { body } = await send({ port: bridge.port, headers: claims });
  t.like(JSON.parse(body.toString()), {
    scheme: "http",
    https: null,
    address: "127.0.0.1",
    user: null,
    forwardedFor: "127.0.0.1",
  });
});

test("T35: the host of an absolute target is the only one, and what Host says beside it goes nowhere", async (t) => {
  const { port, packets } = await bridgeInFront(t);
  await rawAnswer(port, 'GET http://a.test/ HTTP/1.1\r\nHost: evil"<x>, y\r\nConnection: close\r\n\r\n');
  t.like(packets[0], { HTTP_HOST: "a.test", HTTP_X_FORWARDED_HOST: "a.test" });
  t.false(JSON.stringify(packets).includes("evil"));
});

test("T35: the host of an absolute target is the only one in Forwarded, too", async (t) => {
  const { port, packets } = await bridgeInFront(t, { forwardedBy: "forwarded" });
  await rawAnswer(port, "GET http://a.test/ HTTP/1.1\r\nHost: evil.test\r\nConnection: close\r\n\r\n");
  t.is(packets[0]?.["HTTP_FORWARDED"], 'for=127.0.0.1;host="a.test";proto=http');
});

test("T35: who resets its TCP connection is no peer on a unix socket, and what it sent is not read", async (t) => {
  const asked: (string | undefined)[] = [];
  const to: Sender = {
    send: ({ vars }) => {
      asked.push(new Map(vars as Iterable<readonly [string, string]>).get("REMOTE_ADDR"));
      return Promise.reject(new Error("nobody answers"));
    },
  };
  const { port } = await startBridge(t, { to, trust: ["unix"] });
  const head = `GET / HTTP/1.1\r\nHost: a.test\r\nX-Forwarded-For: ${SPOOFED}\r\n\r\n`;
  const program = `const socket = require("node:net").connect(${port}, "127.0.0.1", () =>
    socket.write(${JSON.stringify(head)}, () => socket.resetAndDestroy()));`;
  // All of it happens before the bridge, which is in this process, comes to accept the connection.
  t.is(spawnSync(process.execPath, ["-e", program]).status, 0);
  await rawAnswer(port, "GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n");
  t.deepEqual(asked, ["127.0.0.1"]);
});

async function bridgeInFront(
  t: ExecutionContext,
  options: Partial<BridgeOptions> = {},
): Promise<{ readonly port: number; readonly packets: PacketReadingUpstream["packets"] }> {
  const upstream = await packetReadingUpstream(t, answering());
  const { port } = await startBridge(t, { to: upstream.socket, ...options });
  return { port, packets: upstream.packets };
}

const nginxTest = needs("nginx");

for (const over of bothWays) {
  nginxTest(`T35: a client of nginx is who nginx says it is, over ${over}`, async (t) => {
    await using stack = await startStack(identity, { over });
    const { body } = await send({ port: stack.port, headers: claims });
    t.like(JSON.parse(body.toString()), {
      scheme: "http",
      https: null,
      address: "127.0.0.1",
      user: null,
      forwardedFor: SPOOFED,
    });
  });
}
