/** What docs/subscription.md shows, run as it stands. */
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "ava";
import { Child } from "./helpers/child.ts";
import { codeBlock } from "./helpers/code-block.ts";
import { datagramSink, freeDatagramPort } from "./helpers/datagrams.ts";
import { freePort } from "./helpers/front-end-process.ts";
import { send } from "./helpers/http-client.ts";
import { needs } from "./helpers/needs.ts";
import { userProject } from "./helpers/user-project.ts";
import { startUwsgi } from "./helpers/uwsgi-process.ts";
import { decodeSubscription } from "../src/upstream/index.ts";

const block = (language: string, word: string): string => codeBlock("docs/subscription.md", language, word);

const app = `export function application(environ, startResponse) {
  startResponse("200 OK", [["Content-Type", "text/plain"]]);
  return ["uisge " + environ.PATH_INFO];
}
`;

/** The page's command in a folder with app.js. */
function command(folder: string, port: number, to: string): string[] {
  const [, line = ""] = /^npx uisge (serve .*)$/m.exec(block("sh", "npx uisge serve")) ?? [];
  const args = line.replace("127.0.0.1:3031", `127.0.0.1:${port}`).replace("127.0.0.1:4000", to).split(" ");
  return [join(folder, "node_modules/uisge/dist/cli/main.js"), ...args];
}

needs("uwsgi")("the page's router of uWSGI asks what the page's command serves", async (t) => {
  const folder = userProject(t, { "app.js": app });
  const [port, to] = [await freePort(), `127.0.0.1:${await freeDatagramPort()}`];
  const ini = block("ini", "http-subscription-server").replace("127.0.0.1:8080", `127.0.0.1:${port}`);
  writeFileSync(join(folder, "router.ini"), ini.replace("127.0.0.1:4000", to));
  const router = await startUwsgi(["--ini", join(folder, "router.ini")], /spawned uWSGI http 1/);
  t.teardown(() => router.kill());
  await using served = new Child(command(folder, await freePort(), to), { cwd: folder });
  await router.printed(/example\.com => new node/);
  const { body } = await send({ port, path: "/a", headers: [["Host", "example.com"]] });
  t.is(body.toString(), "uisge /a");
  served.process.kill("SIGTERM");
  t.is(await served.exit(), 0);
  await router.printed(/example\.com => marking .* as failed/);
});

test("the page's server announces both its keys, and unsubscribes when it is told to stop", async (t) => {
  await using sink = await datagramSink();
  const program = block("js", "// server.js").replace("127.0.0.1:4000", sink.address);
  const folder = userProject(t, { "app.js": app, "server.js": program.replace("127.0.0.1:3031", "127.0.0.1:0") });
  await using child = new Child(["server.js"], { cwd: folder });
  await sink.at(1);
  child.process.kill("SIGTERM");
  t.is(await child.exit(), 0, child.stderr);
  await sink.at(3);
  const heard = sink.all.map((bytes) => decodeSubscription(bytes));
  t.deepEqual(
    heard.map(({ key, weight, isUnsubscribe }) => [key, weight, isUnsubscribe]),
    [
      ["example.com", 2, false],
      ["www.example.com", 2, false],
      ["example.com", 2, true],
      ["www.example.com", 2, true],
    ],
  );
});

test("the page's router asks what has announced itself", async (t) => {
  const [port, to] = [await freePort(), `127.0.0.1:${await freeDatagramPort()}`];
  const program = block("js", "// router.js").replace("127.0.0.1:4000", to).replace("8080", String(port));
  const folder = userProject(t, {
    "app.js": app,
    "router.js": `import { subscribe } from "node:diagnostics_channel";
subscribe("uisge:subscription:changed", ({ key, change }) => console.log(key, change));
${program}
console.log("routing");
`,
  });
  await using router = new Child(["router.js"], { cwd: folder });
  await router.printed("stdout", /routing/);
  await using served = new Child(command(folder, await freePort(), to), { cwd: folder });
  await router.printed("stdout", /example\.com added/);
  const { body } = await send({ port, path: "/b", headers: [["Host", "Example.com:8080"]] });
  t.is(body.toString(), "uisge /b");
  served.process.kill("SIGTERM");
  await router.printed("stdout", /example\.com removed/);
  router.process.kill("SIGTERM");
  t.is(await router.exit(), 0, router.stderr);
});

needs("openssl")("the page's keys sign what its command announces", async (t) => {
  await using sink = await datagramSink();
  const folder = userProject(t, { "app.js": app });
  mkdirSync(join(folder, "keys"));
  execFileSync("sh", ["-ec", block("sh", "openssl genrsa")], { cwd: folder, stdio: "ignore" });
  const args = command(folder, await freePort(), sink.address).map((word) =>
    word.endsWith(":example.com") ? `${word},0,SHA256:example.com.key` : word,
  );
  await using served = new Child(args, { cwd: folder });
  const { signature } = decodeSubscription(await sink.at(0));
  t.is(signature?.bytes.length, 256);
  t.truthy(served);
});
