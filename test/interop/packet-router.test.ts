/** The router between a real nginx and real servers: our own, and uWSGI with Python. */
import { once } from "node:events";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { nodeHandler } from "../../src/app/index.ts";
import { decodePacket } from "../../src/codec/index.ts";
import { formatAddress } from "../../src/connection/index.ts";
import type { PacketRouterOptions } from "../../src/gateway/index.ts";
import type { FrontEndProcess } from "../helpers/front-end-process.ts";
import { open, readAnswer, send } from "../helpers/http-client.ts";
import { needs } from "../helpers/needs.ts";
import { startNginx } from "../helpers/nginx.ts";
import { httpBlock, passTo } from "../helpers/nginx-stack.ts";
import { noise } from "../helpers/noise.ts";
import { exchange, get, parseAnswer } from "../helpers/raw-client.ts";
import { type RoutingServer, startRouter } from "../helpers/routing-server.ts";
import { startUpstream } from "../helpers/scripted-upstream.ts";
import { bothKinds } from "../helpers/target.ts";
import { respond, startServer, type TransportKind } from "../helpers/test-server.ts";
import { folderOf } from "../helpers/temp-folder.ts";
import { startUwsgi } from "../helpers/uwsgi-python.ts";
import { wsServer } from "../helpers/websocket-apps.ts";
import { converse } from "../helpers/websocket-client.ts";
import { concat, latin1, packetOf, varsBlock } from "../helpers/wire.ts";

const nginxTest = needs("nginx").serial;
const uwsgiTest = needs("uwsgi").serial;
const chainTest = needs("nginx", "uwsgi").serial;

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
  await using theirs = await startUwsgi("theirs");
  const rules = [
    `host=ours.test -> ${formatAddress(ours.address)}`,
    `host=*.theirs.test path=/app -> ${theirs.socket} mount=/app`,
  ];
  await using chain = await startChain({ rules });
  const ask = (host: string, path: string) => send({ port: chain.port, path, headers: [["Host", host]] });
  t.is((await ask("ours.test", "/a")).body.toString(), "ours /a");
  const answer = await ask("x.theirs.test", "/app/b?c=d");
  t.deepEqual(answer.headers.get("x-from"), ["theirs"]);
  t.like(JSON.parse(answer.body.toString()), {
    SCRIPT_NAME: "/app",
    PATH_INFO: "/b",
    QUERY_STRING: "c=d",
    REQUEST_METHOD: "GET",
  });
  t.is((await ask("unknown.test", "/")).status, 404);
});

chainTest("uploads and downloads pass through nginx, router and uWSGI", async (t) => {
  await using theirs = await startUwsgi("theirs");
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
  await using upstream = await startUpstream((socket) => socket.write("HTTP/1.1 200 OK\r\n\r\nhalf"), "tcp");
  await using chain = await startChain({ rules: [`-> ${upstream.address}`] }, "tcp", "uwsgi_buffering off;");
  const message = await open({ port: chain.port });
  await once(message, "readable");
  (await upstream.at()).resetAndDestroy();
  await t.throwsAsync(readAnswer(message));
});

nginxTest(
  "a server that dies in the middle of an announced answer is seen as broken by the client of nginx",
  async (t) => {
    await using upstream = await startUpstream((socket) =>
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
    await using upstream = await startUpstream((socket) => void socket.resume());
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
  await using theirs = await startUwsgi("theirs");
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
      await using theirs = await startUwsgi("theirs");
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
  await using theirs = await startUwsgi("theirs", {
    plugins: ["ping", "echo", "rpc", "cache"],
    args: ["--cache2", "name=c,items=10"],
    code,
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
