/** Real uWSGI on the other side of subscriptions: its routers hear ours, ours hear its instances. */
import { fork } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import { Client } from "../../src/client/index.ts";
import { subscriptionChanged, subscriptionRefused } from "../../src/diagnostics.ts";
import { HttpBridge } from "../../src/gateway/index.ts";
import {
  type Announcement,
  announce,
  decodeSubscription,
  encodeSubscription,
  type ServerSubscription,
  subscribedTo,
  SubscriptionServer,
} from "../../src/upstream/index.ts";
import { signerOf } from "../../src/upstream/subscription/signature.ts";
import { datagramSink, freeDatagramPort } from "../helpers/datagrams.ts";
import { freePort } from "../helpers/front-end-process.ts";
import { send } from "../helpers/http-client.ts";
import { needsUwsgiPython } from "../helpers/needs.ts";
import { projectRoot } from "../helpers/project.ts";
import { folderOf } from "../helpers/temp-folder.ts";
import { Recorded } from "../helpers/test-server.ts";
import { pythonApp, startUwsgi, type UwsgiProcess } from "../helpers/uwsgi-process.ts";
import { hex } from "../helpers/wire.ts";

const uwsgiTest = needsUwsgiPython().serial;

/** A pair of keys: the private one as a file, the public one in a folder by the names of domains. */
function makeKeys(t: ExecutionContext, ...domains: string[]): { readonly keyFile: string; readonly folder: string } {
  const folder = folderOf(t);
  const { privateKey, publicKey } = generateKeyPairSync("rsa", {
    modulusLength: 2_048,
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
    publicKeyEncoding: { type: "spki", format: "pem" },
  });
  mkdirSync(`${folder}/public`);
  writeFileSync(`${folder}/key.pem`, privateKey);
  for (const domain of domains) writeFileSync(`${folder}/public/${domain}.pem`, publicKey);
  return { keyFile: `${folder}/key.pem`, folder: `${folder}/public` };
}

/** Our server in a process of its own; resolves when it listens. */
async function startOurs(t: ExecutionContext, ...subscriptions: ServerSubscription[]) {
  const program = join(projectRoot, "build/test/programs/subscribed-server.js");
  const child = fork(
    program,
    subscriptions.map((one) => JSON.stringify(one)),
  );
  const exited = once(child, "exit");
  t.teardown(() => child.kill("SIGKILL"));
  const [address] = (await once(child, "message")) as [string];
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    child.kill(signal);
    await exited;
  };
  return { pid: child.pid as number, address, stop: () => end("SIGTERM"), kill: () => end("SIGKILL") };
}

/** A router of uWSGI's with a subscription server. */
async function startRouter(kind: "fastrouter" | "http", ...args: string[]) {
  const [port, subscriptionPort] = [await freePort(), await freeDatagramPort()];
  const uwsgi = await startUwsgi(
    [
      "--plugin",
      kind,
      `--${kind}`,
      `127.0.0.1:${port}`,
      `--${kind}-subscription-server`,
      `127.0.0.1:${subscriptionPort}`,
      ...args,
    ],
    kind === "http" ? /spawned uWSGI http 1/ : /spawned uWSGI fastrouter 1/,
  );
  return { uwsgi, port, subscribeTo: `127.0.0.1:${subscriptionPort}` };
}

/** What the fastrouter answers for a host, by uwsgi. */
async function askRouter(port: number, host: string): Promise<string> {
  const vars = { REQUEST_METHOD: "GET", PATH_INFO: "/x", HTTP_HOST: host, SERVER_PROTOCOL: "HTTP/1.1" };
  const { body } = await new Client(`127.0.0.1:${port}`).send({ vars });
  let text = "";
  for await (const chunk of body) text += Buffer.from(chunk).toString();
  return text;
}

/** Waits until the router has taken a node. */
async function newNode(uwsgi: UwsgiProcess, key: string, address: string): Promise<void> {
  await uwsgi.printed(new RegExp(`${key} => new node: ${address}`));
}

uwsgiTest(
  "uWSGI's fastrouter routes to our server by its announcement, and not any more when it has stopped",
  async (t) => {
    const { uwsgi, port, subscribeTo } = await startRouter("fastrouter");
    t.teardown(() => uwsgi.kill());
    const ours = await startOurs(t, { to: subscribeTo, key: "ours.example", weight: 2 });
    await newNode(uwsgi, "ours.example", ours.address);
    t.is(await askRouter(port, "ours.example"), `${ours.pid} /x`);
    // Requests all the while: each gets an answer, or finds no node; none is sent to who accepts no more.
    let stopping: Promise<void> | undefined;
    for (let answered = 0; ; answered++) {
      if (answered === 20) stopping = ours.stop();
      try {
        t.is(await askRouter(port, "ours.example"), `${ours.pid} /x`);
      } catch (error) {
        if (stopping === undefined) throw error;
        break;
      }
    }
    await stopping;
    t.regex(uwsgi.log(), /ours\.example => marking 127\.0\.0\.1:\d+ as failed\n/);
    t.notRegex(uwsgi.log(), /unable to connect\(\)/);
  },
);

uwsgiTest(
  "uWSGI's fastrouter drops our server when its process is killed, and sends to the one that lives",
  async (t) => {
    const { uwsgi, port, subscribeTo } = await startRouter("fastrouter", "--subscription-tolerance", "2");
    t.teardown(() => uwsgi.kill());
    const subscription = { to: subscribeTo, key: "ours.example", intervalMs: 1_000 };
    const [dying, living] = await Promise.all([startOurs(t, subscription), startOurs(t, subscription)]);
    await Promise.all([dying, living].map(({ address }) => newNode(uwsgi, "ours.example", address)));
    await dying.kill();
    while (!uwsgi.log().includes(`=> marking ${dying.address} as failed`)) {
      await askRouter(port, "ours.example").catch(() => {});
    }
    for (let i = 0; i < 4; i++) t.is(await askRouter(port, "ours.example"), `${living.pid} /x`);
  },
);

uwsgiTest("uWSGI's fastrouter forgets the only server when it is silent for longer than its tolerance", async (t) => {
  const { uwsgi, port, subscribeTo } = await startRouter("fastrouter", "--subscription-tolerance", "1");
  t.teardown(() => uwsgi.kill());
  const ours = await startOurs(t, { to: subscribeTo, key: "ours.example", intervalMs: 60_000 });
  await newNode(uwsgi, "ours.example", ours.address);
  while (!/no announce received in 1 seconds/.test(uwsgi.log())) {
    await askRouter(port, "ours.example").catch(() => {});
  }
  await t.throwsAsync(askRouter(port, "ours.example"));
});

uwsgiTest(
  "uWSGI's http router routes to our server by weight and modifiers, and not any more when it has stopped",
  async (t) => {
    const { uwsgi, port, subscribeTo } = await startRouter("http");
    t.teardown(() => uwsgi.kill());
    const [light, heavy] = await Promise.all(
      [1, 3].map((weight) => startOurs(t, { to: subscribeTo, key: "ours.example", weight })),
    );
    if (light === undefined || heavy === undefined) throw new Error("two were started");
    await Promise.all([light, heavy].map(({ address }) => newNode(uwsgi, "ours.example", address)));
    const ask = async (): Promise<string> => {
      const { status, body } = await send({ port, path: "/x", headers: [["Host", "ours.example"]] });
      return `${status} ${body.toString()}`;
    };
    const answers: string[] = [];
    for (let i = 0; i < 16; i++) answers.push(await ask());
    const count = (pid: number): number => answers.filter((answer) => answer === `200 ${pid} /x`).length;
    t.is(count(light.pid) + count(heavy.pid), 16);
    t.true(count(heavy.pid) >= 2 * count(light.pid), `${count(light.pid)} and ${count(heavy.pid)}`);
    await heavy.stop();
    for (let i = 0; i < 4; i++) t.is(await ask(), `200 ${light.pid} /x`);
    t.notRegex(uwsgi.log(), /unable to connect\(\)/);
  },
);

uwsgiTest("a fastrouter that asks for signatures takes ours, and only those of its keys", async (t) => {
  const { keyFile, folder } = makeKeys(t, "ours.example");
  const { uwsgi, port, subscribeTo } = await startRouter("fastrouter", "--subscriptions-sign-check", `SHA1:${folder}`);
  t.teardown(() => uwsgi.kill());
  const sign = `SHA1:${keyFile}`;
  // Those that it refuses first: it reads them in this order.
  const stranger = makeKeys(t);
  for (const forged of [
    { to: subscribeTo, key: "ours.example", address: "127.0.0.1:1" },
    { to: subscribeTo, key: "ours.example", address: "127.0.0.1:2", sign: `SHA1:${stranger.keyFile}` },
    { to: subscribeTo, key: "ours.example", address: "127.0.0.1:3", sign: `SHA256:${keyFile}` },
    { to: subscribeTo, key: "other.example", address: "127.0.0.1:4", sign },
  ]) {
    const announcer = announce(forged);
    t.teardown(() => announcer.close());
  }
  const ours = await startOurs(t, { to: subscribeTo, key: "ours.example", sign, intervalMs: 1_000 });
  await newNode(uwsgi, "ours.example", ours.address);
  t.is(await askRouter(port, "ours.example"), `${ours.pid} /x`);
  t.is(uwsgi.log().match(/new node/g)?.length, 1);
  await ours.stop();
  await uwsgi.printed(/marking 127\.0\.0\.1:\d+ as failed/);
});

uwsgiTest("what uWSGI announces is byte for byte what we would, signatures too", async (t) => {
  const { keyFile } = makeKeys(t);
  await using sink = await datagramSink();
  const port = await freePort();
  const socket = `127.0.0.1:${port}`;
  const uwsgi = await startUwsgi(
    [
      ...pythonApp(folderOf(t), "app"),
      "--socket",
      socket,
      "--weight",
      "4",
      "--threads",
      "3",
      "--subscribe-to",
      `${sink.address}:plain.example,5`,
      "--subscribe-to",
      `${sink.address}:signed.example,0,SHA1:${keyFile}`,
      "--subscribe2",
      `server=${sink.address},key=two.example,weight=4,modifier2=9,sign=SHA256:${keyFile}`,
    ],
    /spawned uWSGI worker 1/,
  );
  t.teardown(() => uwsgi.kill());
  await sink.at(2);
  const before = sink.all.length;
  await uwsgi.stop();
  await sink.at(before + 2);
  const digests: Readonly<Record<string, string>> = { "signed.example": "SHA1", "two.example": "SHA256" };
  for (const bytes of sink.all) {
    const { isUnsubscribe, unix, signature: _, backup: __, ...read } = decodeSubscription(bytes);
    const announcement: Announcement = read;
    const digest = digests[read.key];
    const sign = digest === undefined ? {} : { sign: { unix: unix ?? 0, signer: signerOf(`${digest}:${keyFile}`) } };
    t.is(hex(encodeSubscription(announcement, { isUnsubscribe, ...sign })), hex(bytes));
  }
  t.true(sink.all.some((bytes) => bytes[3] === 1));
});

uwsgiTest(
  "an instance of uWSGI announces itself to us and is asked through a bridge; killed, it is dropped",
  async (t) => {
    const subscriptionPort = await freeDatagramPort();
    await using to = await subscribedTo(`127.0.0.1:${subscriptionPort}`, {
      toleranceMs: 2_500,
    });
    const changed = new Recorded(subscriptionChanged, to.server);
    t.teardown(() => changed.stop());
    const bridge = await HttpBridge.listen({ to });
    t.teardown(() => bridge.close());
    const app = pythonApp(folderOf(t), "python");
    const start = async (host: string): Promise<UwsgiProcess> => {
      const uwsgi = await startUwsgi(
        [
          ...app,
          "--socket",
          `127.0.0.1:${await freePort()}`,
          "--subscribe-freq",
          "1",
          "--subscribe-to",
          `127.0.0.1:${subscriptionPort}:${host}`,
        ],
        /spawned uWSGI worker 1/,
      );
      t.teardown(() => uwsgi.kill());
      return uwsgi;
    };
    const ask = async (host: string): Promise<string> => {
      const { status, body } = await send({ port: bridge.port, path: "/a/b", headers: [["Host", host]] });
      return status === 200 ? body.toString() : String(status);
    };
    const dying = await start("dying.example");
    t.like(await changed.at(0), { change: "added", key: "dying.example" });
    const stopping = await start("stopping.example");
    t.like(await changed.at(1), { change: "added", key: "stopping.example" });
    t.is(await ask("dying.example"), "python /a/b");
    t.is(await ask("stopping.example:8080"), "python /a/b");
    t.not(await ask("nobody.example"), "python /a/b");
    await stopping.stop();
    t.like(await changed.at(2), { change: "removed", key: "stopping.example", because: "unsubscribed" });
    await dying.kill();
    t.like(await changed.at(3), { change: "removed", key: "dying.example", because: "silent" });
    await t.throwsAsync(to.send({ vars: { HTTP_HOST: "dying.example" } }), { code: "UWSGI_NO_NODE" });
  },
);

uwsgiTest("signed announcements of uWSGI count, until its end; without a public key they do not", async (t) => {
  const { keyFile, folder } = makeKeys(t, "signed.example");
  await using server = await SubscriptionServer.listen("127.0.0.1:0", { signCheck: `SHA1:${folder}` });
  const changed = new Recorded(subscriptionChanged, server);
  const refused = new Recorded(subscriptionRefused, server);
  t.teardown(() => {
    changed.stop();
    refused.stop();
  });
  const uwsgi = await startUwsgi(
    [
      ...pythonApp(folderOf(t), "app"),
      "--socket",
      `127.0.0.1:${await freePort()}`,
      "--subscribe-freq",
      "1",
      "--subscribe-to",
      `${server.address}:signed.example,0,SHA1:${keyFile}`,
      "--subscribe-to",
      `${server.address}:stranger.example,0,SHA1:${keyFile}`,
    ],
    /spawned uWSGI worker 1/,
  );
  t.teardown(() => uwsgi.kill());
  t.like(await changed.at(0), { change: "added", key: "signed.example" });
  t.regex(
    (await refused.at(0)).error.message,
    /for stranger\.example: there is no public key .*stranger\.example\.pem/,
  );
  await uwsgi.stop();
  t.like(await changed.at(1), { change: "removed", because: "unsubscribed" });
});
