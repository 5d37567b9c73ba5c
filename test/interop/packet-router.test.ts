/** The router between a real nginx and real servers: our own, and uWSGI with Python. */
import { generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { nodeHandler } from "../../src/app/index.ts";
import { Client, readAll } from "../../src/client/index.ts";
import { decodePacket } from "../../src/codec/index.ts";
import { formatAddress } from "../../src/connection/index.ts";
import type { PacketRouterOptions } from "../../src/gateway/index.ts";
import { makeCertificates } from "../helpers/certificates.ts";
import { Child } from "../helpers/child.ts";
import { freeDatagramPort } from "../helpers/datagrams.ts";
import { type FrontEndProcess, freePort } from "../helpers/front-end-process.ts";
import { open, readAnswer, send } from "../helpers/http-client.ts";
import { needs, needsUwsgiPython } from "../helpers/needs.ts";
import { startNginx } from "../helpers/nginx.ts";
import { httpBlock, passTo } from "../helpers/nginx-stack.ts";
import { noise } from "../helpers/noise.ts";
import { projectRoot } from "../helpers/project.ts";
import { exchange, get, parseAnswer, post } from "../helpers/raw-client.ts";
import { type RoutingServer, startRouter } from "../helpers/routing-server.ts";
import { ScriptedPeer } from "../helpers/scripted-peer.ts";
import { bothKinds } from "../helpers/target.ts";
import { respond, startServer, type TransportKind } from "../helpers/test-server.ts";
import { folderOf } from "../helpers/temp-folder.ts";
import { startUwsgiApplication, telling, type UwsgiApplication } from "../helpers/uwsgi-application.ts";
import { wsServer } from "../helpers/websocket-apps.ts";
import { converse } from "../helpers/websocket-client.ts";
import { concat, latin1, packetOf, varsBlock } from "../helpers/wire.ts";

const nginxTest = needs("nginx").serial;
const uwsgiTest = needsUwsgiPython().serial;
const chainTest = needs("nginx", "uwsgi_python3").serial;

interface Chain extends AsyncDisposable {
  readonly port: number;
  readonly router: RoutingServer;
}

/** nginx in front of a router. */
async function startChain(options: PacketRouterOptions, kind: TransportKind = "unix", directives = ""): Promise<Chain> {
  const router = await startRouter(options, { kind });
  let nginx: FrontEndProcess;
  try {
    nginx = await startNginx({
      confText: ({ port }) =>
        httpBlock(port, `${directives}\n location / { ${passTo(formatAddress(router.address))} }`),
    });
  } catch (error) {
    await router[Symbol.asyncDispose]();
    throw error;
  }
  return {
    port: nginx.port,
    router,
    [Symbol.asyncDispose]: async () => {
      await nginx.stop();
      await router[Symbol.asyncDispose]();
    },
  };
}

chainTest("behind nginx hosts go to our server and to uWSGI with Python, and an unknown one to neither", async (t) => {
  await using ours = await startServer(({ environ }) => respond(`ours ${environ.PATH_INFO}`));
  await using theirs = await startUwsgiApplication();
  const rules = [
    `host=ours.test -> ${formatAddress(ours.address)}`,
    `host=*.theirs.test path=/app -> ${theirs.socket} mount=/app`,
  ];
  await using chain = await startChain({ rules });
  const ask = (host: string, path: string) => send({ port: chain.port, path, headers: [["Host", host]] });
  t.is((await ask("ours.test", "/a")).body.toString(), "ours /a");
  const answer = await ask("x.theirs.test", "/app/b?c=d");
  t.deepEqual(answer.headers.get("x-from"), ["app"]);
  t.like(JSON.parse(answer.body.toString()), {
    SCRIPT_NAME: "/app",
    PATH_INFO: "/b",
    QUERY_STRING: "c=d",
    REQUEST_METHOD: "GET",
  });
  t.is((await ask("unknown.test", "/")).status, 404);
});

chainTest("uploads and downloads pass through nginx, router and uWSGI", async (t) => {
  await using theirs = await startUwsgiApplication();
  await using chain = await startChain({ rules: [`-> ${theirs.socket}`] });
  const { status, body } = await send({ port: chain.port, method: "POST", body: noise(5_000_000) });
  t.is(status, 200);
  t.like(JSON.parse(body.toString()), { body_bytes: 5_000_000, CONTENT_LENGTH: "5000000" });
});

for (const kind of bothKinds) {
  nginxTest(`a WebSocket through nginx and the router carries messages both ways, ${kind}`, async (t) => {
    await using behind = await startServer(nodeHandler(wsServer()), { kind });
    await using chain = await startChain({ rules: [`-> ${formatAddress(behind.address)}`] }, kind);
    const messages = [Buffer.from("tea"), noise(1_048_576)];
    const { answers, code } = await converse(chain.port, messages);
    t.deepEqual(answers, messages);
    t.is(code, 1000);
    t.like(await behind.seen.ends.at(), { status: 101, ending: "complete" });
    t.like(await chain.router.seen.ends.at(), { status: 101, ending: "complete" });
    t.deepEqual(chain.router.seen.errors.all, []);
  });
}

nginxTest("over TCP an answer that breaks in the middle is seen as broken by the client of nginx", async (t) => {
  await using upstream = await ScriptedPeer.start((socket) => socket.write("HTTP/1.1 200 OK\r\n\r\nhalf"), "tcp");
  await using chain = await startChain({ rules: [`-> ${upstream.address}`] }, "tcp", "uwsgi_buffering off;");
  const message = await open({ port: chain.port });
  await once(message, "readable");
  (await upstream.at()).resetAndDestroy();
  await t.throwsAsync(readAnswer(message));
});

nginxTest(
  "a server that dies in the middle of an announced answer is seen as broken by the client of nginx",
  async (t) => {
    await using upstream = await ScriptedPeer.start((socket) =>
      socket.write("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf"),
    );
    await using chain = await startChain({ rules: [`-> ${upstream.address}`] }, "unix", "uwsgi_buffering off;");
    const message = await open({ port: chain.port });
    await once(message, "readable");
    (await upstream.at()).destroy();
    await t.throwsAsync(readAnswer(message));
  },
);

nginxTest(
  "a dead server is nginx's 502 from the router itself, and a client of nginx that leaves frees the server",
  async (t) => {
    await using upstream = await ScriptedPeer.start((socket) => void socket.resume());
    await using chain = await startChain({ rules: ["path=/dead -> /nowhere/x.sock", `-> ${upstream.address}`] });
    t.is((await send({ port: chain.port, path: "/dead" })).body.toString(), "502 Bad Gateway\n");
    const leaving = open({ port: chain.port });
    const socket = await upstream.at();
    // The request never gets its answer.
    leaving.catch(() => {});
    const ended = once(socket, "end");
    await chain.router.server.close();
    await ended;
    t.pass();
  },
);

uwsgiTest("uWSGI runs no code by a packet through the router, unless the rule lets it pass", async (t) => {
  const folder = folderOf(t);
  const mark = join(folder, "mark");
  const evil = join(folder, "evil.py");
  writeFileSync(
    evil,
    `open(${JSON.stringify(mark)}, "w").close()\ndef application(e, s):\n    s("299 Evil", [])\n    return []\n`,
  );
  await using theirs = await startUwsgiApplication();
  const rules = [`path=/trusted -> ${theirs.socket} loader-vars=pass`, `-> ${theirs.socket}`];
  await using router = await startRouter({ rules });
  const ask = async (path: string) => {
    const vars = { PATH_INFO: path, SERVER_NAME: "x", SERVER_PORT: "80", UWSGI_FILE: evil, UWSGI_APPID: "evil" };
    return parseAnswer((await exchange(router.address, get(vars))).bytes).status;
  };
  t.is(await ask("/"), 200);
  t.false(existsSync(mark));
  t.like(await router.seen.loaderVars.at(), { name: "UWSGI_FILE" });
  t.is(await ask("/trusted"), 299, "so much for what the packet would have done");
  t.true(existsSync(mark));
});

for (const modifier1 of [5, 7, 30]) {
  uwsgiTest(
    `a request of modifier1 ${modifier1} becomes one for Python by its rule, as behind uWSGI's fastrouter`,
    async (t) => {
      await using theirs = await startUwsgiApplication();
      await using router = await startRouter({
        rules: [`modifier1=${modifier1} -> ${theirs.socket} modifier1=0 modifier2=0`],
      });
      const vars = { REQUEST_METHOD: "GET", PATH_INFO: "/a", SERVER_NAME: "x", SERVER_PORT: "80" };
      const { bytes } = await exchange(router.address, packetOf(varsBlock(Object.entries(vars)), modifier1, 9));
      t.like(JSON.parse(parseAnswer(bytes).body), { PATH_INFO: "/a", REQUEST_METHOD: "GET" });
    },
  );
}

uwsgiTest("ping, echo, rpc and cache packets go to uWSGI and back as they are", async (t) => {
  const code = `
import uwsgi
uwsgi.register_rpc("join", lambda *args: b"+".join(args))
`;
  await using theirs = await startUwsgiApplication({
    application: telling("app", code),
    plugins: ["ping", "echo", "rpc", "cache"],
    args: ["--cache2", "name=c,items=10"],
  });
  await using router = await startRouter({ rules: [`modifier1=100,101,111,173 -> ${theirs.socket}`] });
  const ask = async (bytes: Uint8Array): Promise<Uint8Array> => (await exchange(router.address, bytes)).bytes;
  t.deepEqual(new Uint8Array(await ask(packetOf(new Uint8Array(0), 100))), Uint8Array.of(100, 0, 0, 1));
  t.is(Buffer.from(await ask(packetOf(latin1("say it"), 101))).toString(), "say it");
  const items = ["join", "a", "b"].map((item) => concat([Uint8Array.of(item.length, 0), latin1(item)]));
  const reply = decodePacket(await ask(packetOf(concat(items), 173)));
  t.is(Buffer.from(reply?.payload ?? []).toString(), "a+b");
  const cache = (vars: Record<string, string>) => packetOf(varsBlock(Object.entries(vars)), 111, 17);
  const stored = decodePacket(
    await ask(concat([cache({ cmd: "set", key: "k", size: "5", cache: "c" }), latin1("value")])),
  );
  t.is(stored?.vars.get("status"), "ok");
  const got = await ask(cache({ cmd: "get", key: "k", cache: "c" }));
  t.is(Buffer.from(got.subarray(decodePacket(got)?.byteLength)).toString(), "value");
  t.is((await ask(cache({ cmd: "get", key: "none", cache: "c" }))).length, 0);
  t.deepEqual(router.seen.errors.all, []);
});

/** Answers uploads without a look at them. */
const REFUSING = `
def application(environ, start_response):
    start_response("413 Payload Too Large", [("Content-Length", "9")])
    return [b"too large"]
`;

uwsgiTest(
  "the answer of an application that does not read a large upload arrives, over TCP and unix sockets",
  async (t) => {
    await using theirs = await startUwsgiApplication({ application: REFUSING });
    for (const to of [theirs.socket, `127.0.0.1:${theirs.port}`]) {
      await using router = await startRouter({ rules: [`-> ${to}`] });
      for (let i = 0; i < 5; i++) {
        const answer = parseAnswer((await exchange(router.address, post(noise(3_000_000)))).bytes);
        t.like(answer, { status: 413, body: "too large" }, to);
      }
      t.deepEqual(router.seen.errors.all, []);
    }
  },
);

needsUwsgiPython().serial(
  "a packet passes TLS on both sides: to the router, and from it to uWSGI's suwsgi socket",
  async (t) => {
    using certificates = await makeCertificates();
    const { ca, server } = certificates;
    await using theirs = await startUwsgiApplication({ tls: server });
    const command = [join(projectRoot, "dist/cli/main.js"), "route", "--socket", "suwsgi://127.0.0.1:0"];
    const tls = ["--tls-cert", server.certFile, "--tls-key", server.keyFile, "--upstream-ca", ca.certFile];
    await using child = new Child([...command, ...tls, "--rule", `-> ${theirs.address}`]);
    await child.printed("stderr", /listening on/);
    const [, listening = ""] = /listening on (suwsgi:\/\/\S+)/.exec(child.stderr) ?? [];
    const body = noise(1_000_000);
    const client = new Client(listening, { tls: { ca: ca.cert } });
    const vars = { REQUEST_METHOD: "POST", PATH_INFO: "/tls", SERVER_PROTOCOL: "HTTP/1.1", CONTENT_LENGTH: "1000000" };
    const response = await client.send({ vars, body: pieces(body), bodyLength: body.length });
    t.is(response.status, 200);
    const told = JSON.parse(Buffer.from(await readAll(response.body)).toString()) as unknown;
    t.like(told, { PATH_INFO: "/tls", body_bytes: 1_000_000 });
    child.process.kill("SIGTERM");
    t.is(await child.exit(), 0);
  },
);

async function* pieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536);
}

chainTest("uWSGI announces itself to uisge route, and is asked through nginx until it stops", async (t) => {
  const folder = folderOf(t);
  const [route, subscriptions] = [join(folder, "route.sock"), `127.0.0.1:${await freeDatagramPort()}`];
  const { privateKey, publicKey } = generateKeyPairSync("rsa", {
    modulusLength: 2_048,
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
    publicKeyEncoding: { type: "spki", format: "pem" },
  });
  mkdirSync(join(folder, "public"));
  writeFileSync(join(folder, "key.pem"), privateKey);
  for (const key of ["app.test", "other.test"]) writeFileSync(join(folder, "public", `${key}.pem`), publicKey);
  const args = ["route", "--socket", route, "--subscription-server", subscriptions];
  const check = ["--subscription-sign-check", `SHA1:${join(folder, "public")}`, "--rule", "-> subscribed"];
  await using child = new Child([join(projectRoot, "dist/cli/main.js"), ...args, ...check]);
  await child.printed("stderr", /hearing announcements on .*\n(.*\n)*.*listening on/);
  const nginx = await startNginx({ confText: ({ port }) => httpBlock(port, `location / { ${passTo(route)} }`) });
  t.teardown(() => nginx.stop());
  const ask = (host: string) => send({ port: nginx.port, path: "/a", headers: [["Host", host]] });
  t.is((await ask("app.test")).status, 503);
  const instance = async (name: string): Promise<UwsgiApplication> => {
    const port = await freePort();
    const to = `127.0.0.1:${port}=${subscriptions}:${name},0,SHA1:${join(folder, "key.pem")}`;
    return startUwsgiApplication({
      application: telling(name),
      port,
      args: ["--subscribe-to", to, "--subscribe-freq", "1"],
    });
  };
  const until = async (host: string, status: number): Promise<void> => {
    while ((await ask(host)).status !== status) await new Promise((resolve) => setTimeout(resolve, 50));
  };
  await using app = await instance("app.test");
  await using other = await instance("other.test");
  await until("app.test", 200);
  await until("other.test", 200);
  t.deepEqual((await ask("app.test")).headers.get("x-from"), ["app.test"]);
  t.deepEqual((await ask("other.test")).headers.get("x-from"), ["other.test"]);
  await app.stop();
  await until("app.test", 503);
  t.is((await ask("other.test")).status, 200);
  t.truthy(other.pid);
});
