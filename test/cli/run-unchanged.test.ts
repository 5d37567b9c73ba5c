/** Modules as people write them, run by the command, and asked through its socket. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import test, { type ExecutionContext } from "ava";
import type { Address } from "../../src/connection/index.ts";
import { Child } from "../helpers/child.ts";
import { projectRoot } from "../helpers/project.ts";
import { ask, get } from "../helpers/raw-client.ts";
import { folderOf } from "../helpers/temp-folder.ts";

const main = join(projectRoot, "dist/cli/main.js");

interface Run {
  readonly child: Child;
  readonly address: Address;
  readonly folder: string;
}

/** Runs a module, with what `name` has behind the file (an export), and options. */
function run(t: ExecutionContext, source: string, name = "app.mjs", options: readonly string[] = []): Run {
  // Inside the project: there packages are found.
  const folder = folderOf(t, join(projectRoot, "build"));
  const [file = name] = name.split(":");
  writeFileSync(join(folder, file), source);
  const socket = join(folder, "s");
  const child = new Child([main, "serve", name, "-s", socket, ...options], { cwd: folder });
  t.teardown(() => child[Symbol.asyncDispose]());
  return { child, address: { kind: "unix", path: socket }, folder };
}

async function serving(t: ExecutionContext, ...args: [string, string?, string[]?]): Promise<Run & { why: string }> {
  const running = run(t, ...args);
  const [, why = ""] = await running.child.printed("stderr", /serving \S+ \((.*)\)\n/);
  await running.child.printed("stderr", /listening on/);
  return { ...running, why };
}

const EXPRESS = 'const app = express(); app.get("/", (req, res) => res.send("hello"));';
const KOA = 'const app = new Koa(); app.use((ctx) => { ctx.body = "hello"; });';
const FASTIFY = 'const app = Fastify(); app.get("/", async () => "hello");';
const HONO = 'const app = new Hono(); app.get("/", (c) => c.text("hello"));';
const SERVER = 'const server = createServer((req, res) => res.end("hello"));';
const SERVE = 'import { serve } from "@hono/node-server"; import { Hono } from "hono";';

for (const [about, file, source, why] of [
  // Exports
  [
    "WSGI",
    "app.mjs",
    'export const application = (environ, start) => (start("200 OK", []), "hello");',
    "export application, by its name: WSGI",
  ],
  [
    "Express, exported",
    "app.mjs",
    `import express from "express"; ${EXPRESS} export default app;`,
    "the default export is an Express application: Node handler",
  ],
  [
    "Express, exported from CommonJS",
    "app.cjs",
    `const express = require("express"); ${EXPRESS} module.exports = app;`,
    "the default export is an Express application: Node handler",
  ],
  [
    "Express, compiled to CommonJS",
    "app.cjs",
    `Object.defineProperty(exports, "__esModule", { value: true });
     const express = require("express"); ${EXPRESS} exports.default = app;`,
    "the default export is an Express application: Node handler",
  ],
  [
    "Express, from CommonJS, in an object",
    "app.cjs",
    `const express = require("express"); ${EXPRESS} module.exports = { app, start() {} };`,
    "export app is an Express application: Node handler",
  ],
  [
    "Koa, exported",
    "app.mjs",
    `import Koa from "koa"; ${KOA} export default app;`,
    "the default export is a Koa application: Node handler",
  ],
  [
    "Koa, exported from CommonJS",
    "app.cjs",
    `const Koa = require("koa"); ${KOA} module.exports = app;`,
    "the default export is a Koa application: Node handler",
  ],
  [
    "Fastify, exported, with a plugin that takes its time",
    "app.mjs",
    `import Fastify from "fastify"; ${FASTIFY}
     app.register(async () => { await new Promise(setImmediate); }); export default app;`,
    "the default export is a Fastify application: Node handler",
  ],
  [
    "Fastify, exported from CommonJS",
    "app.cjs",
    `const Fastify = require("fastify"); ${FASTIFY} module.exports = app;`,
    "the default export is a Fastify application: Node handler",
  ],
  [
    "Hono, exported",
    "app.mjs",
    `import { Hono } from "hono"; ${HONO} export default app;`,
    "the default export is an object with fetch, of class Hono: fetch handler",
  ],
  [
    "Hono, exported from CommonJS",
    "app.cjs",
    `const { Hono } = require("hono"); ${HONO} module.exports = app;`,
    "the default export is an object with fetch, of class Hono: fetch handler",
  ],
  [
    "h3, exported",
    "app.mjs",
    'import { H3 } from "h3"; export default new H3().get("/", () => "hello");',
    "the default export is an object with fetch, of class H3: fetch handler",
  ],
  [
    "an object with fetch",
    "app.mjs",
    'export default { port: 3000, fetch: () => new Response("hello") };',
    "the default export is an object with fetch: fetch handler",
  ],
  [
    "a function called fetch",
    "app.mjs",
    'export const fetch = () => new Response("hello");',
    "export fetch, by its name: fetch handler",
  ],
  [
    "a fetch handler",
    "app.mjs",
    'export default (request) => new Response("hello");',
    "the default export is a function of one parameter: fetch handler",
  ],
  [
    "a Node handler",
    "app.mjs",
    'export default (req, res) => { res.end("hello"); };',
    "the default export is a function of 2 parameters: Node handler",
  ],
  [
    "a Node handler that a promise has",
    "app.mjs",
    'export default Promise.resolve((req, res) => { res.end("hello"); });',
    "the default export is a function of 2 parameters: Node handler",
  ],
  [
    "a server",
    "app.mjs",
    `import { createServer } from "node:http"; ${SERVER} export { server };`,
    "export server is an HTTP server: Node handler",
  ],
  // Modules that listen
  [
    "node:http, listening",
    "app.mjs",
    `import { createServer } from "node:http"; ${SERVER} server.listen(3999);`,
    "it listens on port 3999: Node handler, served here instead",
  ],
  [
    "node:http, listening when something else has ended",
    "app.cjs",
    `const { createServer } = require("http"); ${SERVER} setTimeout(() => server.listen(3999), 50);`,
    "it listens on port 3999: Node handler, served here instead",
  ],
  [
    "node:http, listening while it is loaded, and waiting for that",
    "app.mjs",
    `import { createServer } from "node:http"; ${SERVER} await new Promise((go) => server.listen("/nowhere/s", go));`,
    "it listens on /nowhere/s: Node handler, served here instead",
  ],
  [
    "Express, listening and exported",
    "app.cjs",
    `const express = require("express"); ${EXPRESS} app.listen(process.env.PORT || 3999); module.exports = app;`,
    /^it listens on port 3999: Node handler, served here instead; export default is served by \S+app\.cjs:default$/,
  ],
  [
    "Koa, listening",
    "app.mjs",
    `import Koa from "koa"; ${KOA} app.listen(3999);`,
    "it listens on port 3999: Node handler, served here instead",
  ],
  [
    "Fastify, listening and waiting for that",
    "app.mjs",
    `import Fastify from "fastify"; ${FASTIFY} await app.listen({ port: 3999 });`,
    "it listens on localhost:3999: Node handler, served here instead",
  ],
  [
    "Fastify, listening, in CommonJS",
    "app.cjs",
    `const Fastify = require("fastify"); ${FASTIFY} app.listen({ port: 3999, host: "0.0.0.0" });`,
    "it listens on 0.0.0.0:3999: Node handler, served here instead",
  ],
  [
    "Hono by its adapter for Node, listening",
    "app.mjs",
    `${SERVE} ${HONO} serve({ fetch: app.fetch, port: 3999 });`,
    "it listens on port 3999: Node handler, served here instead",
  ],
  [
    "srvx, listening",
    "app.mjs",
    'import { serve } from "srvx"; serve({ port: 3999, fetch: () => new Response("hello") });',
    /^it listens on .*3999: Node handler, served here instead$/,
  ],
  [
    "a CommonJS module that listens when it is main",
    "app.cjs",
    `const { createServer } = require("http"); ${SERVER} if (require.main === module) server.listen(3999);`,
    "it listens on port 3999: Node handler, served here instead",
  ],
  [
    "an ES module that listens when it is main",
    "app.mjs",
    `import { createServer } from "node:http"; import { pathToFileURL } from "node:url"; ${SERVER}
     if (import.meta.url === pathToFileURL(process.argv[1]).href) server.listen(3999);`,
    "it listens on port 3999: Node handler, served here instead",
  ],
  [
    "a server that answers by its event",
    "app.mjs",
    `import { Server } from "node:http"; const server = new Server().listen(3999);
     setImmediate(() => server.on("request", (req, res) => res.end("hello")));`,
    "it listens on port 3999: Node handler, served here instead",
  ],
] as const) {
  test.serial(`served unchanged: ${about}`, async (t) => {
    const running = await serving(t, source, file);
    if (typeof why === "string") t.is(running.why, why);
    else t.regex(running.why, why);
    // Some refuse a request without a host.
    const { status, body } = await ask(running.address, get({ HTTP_HOST: "example.org" }));
    t.deepEqual([status, body], [200, "hello"]);
    running.child.process.kill("SIGTERM");
    t.is(await running.child.exit(), 0);
  });
}

test.serial("upgrades reach the server that listens", async (t) => {
  const source = `import { createServer } from "node:http"; ${SERVER} server.listen(3999);
    server.on("upgrade", (req, socket) => {
      socket.end("HTTP/1.1 101 Switching Protocols\\r\\nConnection: Upgrade\\r\\nUpgrade: echo\\r\\n\\r\\nraw " + req.url);
    });`;
  const { address } = await serving(t, source);
  const { status, body } = await ask(address, get({ HTTP_CONNECTION: "Upgrade", HTTP_UPGRADE: "echo" }));
  t.deepEqual([status, body], [101, "raw /"]);
});

test.serial("TypeScript that listens when it is main", async (t) => {
  const source = `import { createServer } from "node:http"; import { fileURLToPath } from "node:url"; ${SERVER}
    const port: number = 3999; if (process.argv[1] === fileURLToPath(import.meta.url)) server.listen(port);`;
  const { address } = await serving(t, source, "app.mts");
  t.is((await ask(address)).body, "hello");
});

const TWO = `import { createServer } from "node:http";
const one = createServer((req, res) => res.end("one")).listen(0, "127.0.0.1");
const two = createServer((req, res) => res.end("two")).listen("two.sock");
console.log("one", JSON.stringify(one.address()));
one.on("listening", () => console.log("one", JSON.stringify(one.address())));
`;

test.serial("of two servers that listen the first is served, and the other named", async (t) => {
  const { child, address } = await serving(t, TWO);
  t.is((await ask(address)).body, "one");
  t.regex(child.stderr, /warn the application also listens on two\.sock: that is its own, and not served here/);
});

test.serial("--listen says which server is served", async (t) => {
  const { child, address } = await serving(t, TWO, "app.mjs", ["--listen", "two.sock"]);
  t.is((await ask(address)).body, "two");
  await child.printed("stdout", /"port":[1-9]/);
});

const BOTH = `import express from "express"; ${EXPRESS}
const metrics = express(); metrics.get("/", (req, res) => res.send("metrics"));
metrics.listen(0, "127.0.0.1");
export { app, metrics };
app.listen(3999);
`;

for (const [name, body] of [
  ["app.mjs:app", "hello"],
  ["app.mjs:metrics", "metrics"],
] as const) {
  test.serial(`an export that is named is served, whatever listens: ${name}`, async (t) => {
    const { address } = await serving(t, BOTH.replace("3999", "0"), name);
    t.is((await ask(address)).body, body);
  });
}

test.serial("a server around the export that is served opens no port", async (t) => {
  const { child } = await serving(t, BOTH, "app.mjs:app");
  t.regex(child.stderr, /the application also asks for port 3999: it is served here, nothing listens there/);
});

test.serial("--interface decides where the guess is wrong", async (t) => {
  const source = "export default (a, b) => new Response(`hello ${new URL(a.url).pathname}`);";
  const { address, why } = await serving(t, source, "app.mjs", ["--interface", "fetch"]);
  t.is(why, "the default export, by --interface: fetch handler");
  t.is((await ask(address)).body, "hello /");
});

test.serial("a wrong guess is a 500, and a line that names the fix", async (t) => {
  const { child, address } = await serving(t, "export default (a, b) => new Response(`hello`);");
  t.is((await ask(address)).status, 500);
  await child.printed("stderr", /looks as if the application were a fetch handler, .* say --interface fetch/);
});

test.serial("the module finds its arguments, and is the one that runs", async (t) => {
  const source = `${SERVER.replace("createServer", 'require("http").createServer').replace('"hello"', "text")}
    const text = JSON.stringify([process.argv.slice(1), require.main === module, module.id]); server.listen(1);`;
  const { address, folder } = await serving(t, source, "app.cjs", ["--", "--port", "1", "-h"]);
  t.deepEqual(JSON.parse((await ask(address)).body), [[join(folder, "app.cjs"), "--port", "1", "-h"], true, "."]);
});

test.serial("a module whose export is named is imported, and not main", async (t) => {
  const source = "exports.app = (req, res) => res.end(String(require.main === module));";
  const { address } = await serving(t, source, "app.cjs:app");
  t.is((await ask(address)).body, "false");
});

test.serial("a folder with a package.json is its main module", async (t) => {
  const { folder } = run(t, 'exports.application = (environ, start) => (start("200 OK", []), "hello");', "it.cjs:nope");
  writeFileSync(join(folder, "package.json"), JSON.stringify({ main: "it.cjs" }));
  const child = new Child([main, "serve", folder, "-s", join(folder, "t")]);
  t.teardown(() => child[Symbol.asyncDispose]());
  const [, served] = await child.printed("stderr", /serving (\S+) \(/);
  t.is(served, join(folder, "it.cjs"));
});

// The end

const CLOSING = `import { createServer } from "node:http"; ${SERVER} server.listen(3999);
process.on("SIGTERM", () => server.close(() => { console.log("closed"); setTimeout(() => process.exit(7), 50); }));`;

test.serial(
  "a handler of the application for SIGTERM closes its server, and ends the process as it likes",
  async (t) => {
    const { child } = await serving(t, CLOSING);
    child.process.kill("SIGTERM");
    t.is(await child.exit(), 7);
    t.is(child.stdout, "closed\n");
  },
);

test.serial("a running request is answered before the server is told that it is closed", async (t) => {
  const source = CLOSING.replace(
    'res.end("hello")',
    '{ console.log("called"); process.once("SIGTERM", () => setTimeout(() => res.end("hello"), 100)); }',
  );
  const { child, address } = await serving(t, source);
  const answer = ask(address);
  await child.printed("stdout", /called/);
  child.process.kill("SIGTERM");
  t.is((await answer).body, "hello");
  t.is(await child.exit(), 7);
  t.regex(child.stdout, /^called\n[^]*closed\n$/);
});

test.serial("an application that closes its server itself ends, when nothing else is left to do", async (t) => {
  const source = `import { createServer } from "node:http"; ${SERVER} server.listen(3999);
    process.on("SIGUSR2", () => server.close(() => setTimeout(() => console.log("last work"), 50)));`;
  const { child } = await serving(t, source);
  child.process.kill("SIGUSR2");
  t.is(await child.exit(), 0);
  t.regex(child.stdout, /last work\n$/);
  t.regex(child.stderr, /the application has closed its server: finishing what runs/);
});

test.serial("Fastify, exported, runs its hooks at the end", async (t) => {
  const source = `import Fastify from "fastify"; ${FASTIFY}
    app.addHook("onClose", async () => console.log("onClose")); export default app;`;
  const { child } = await serving(t, source);
  child.process.kill("SIGTERM");
  t.is(await child.exit(), 0);
  t.is(child.stdout, "onClose\n");
});

test.serial("Fastify, exported and listening, runs its hooks when it closes itself", async (t) => {
  const source = `import Fastify from "fastify"; ${FASTIFY} app.listen({ port: 3999 }); export default app;
    app.addHook("onClose", async () => console.log("onClose"));
    process.once("SIGTERM", async () => { await app.close(); console.log("closed"); });`;
  const { child } = await serving(t, source, "app.mjs:default");
  child.process.kill("SIGTERM");
  t.is(await child.exit(), 0);
  t.is(child.stdout, "onClose\nclosed\n");
});

// What cannot be served

for (const [about, source, options, exitCode, message] of [
  [
    "neither exports nor listens",
    "export const routes = [];",
    [],
    66,
    /app\.mjs exports no application \(it has routes\) and has not listened yet, .* export an application/,
  ],
  [
    "exports nothing of the interface that is said by hand",
    'export default { fetch: () => new Response("x") };',
    ["--interface", "node"],
    66,
    /app\.mjs exports no application as Node handler \(it has default\)/,
  ],
  [
    "only listens elsewhere than --listen says",
    'import { createServer } from "node:http"; createServer().listen(0, "127.0.0.1").unref();',
    ["--listen", "3998"],
    66,
    /has not listened yet, and listens on 127\.0\.0\.1:0 only, and nothing is left to wait for/,
  ],
  ["never finishes loading", "await new Promise(() => {});", [], 66, /app\.mjs has not finished loading, and nothing/],
  ["fails while it is loaded", 'throw new Error("no database");', [], 70, /app\.mjs failed to load: no database/],
  ["exports a promise that fails", 'export default Promise.reject(new Error("no"));', [], 70, /was rejected: no/],
  ["ends the process itself", "process.exit(9);", [], 9, /^$/],
  [
    "lets workers of node:cluster listen",
    `import cluster from "node:cluster"; import { createServer } from "node:http";
     if (cluster.isPrimary) cluster.fork(); else createServer().listen(0, "127.0.0.1");`,
    [],
    70,
    /has started a worker of node:cluster, and that listens: uisge serves one process/,
  ],
  [
    "is of an interface that there is not",
    "",
    ["--interface", "rack"],
    64,
    /--interface rack: there are wsgi, node, fetch, handler/,
  ],
  ["cannot be of that interface", "export default {};", ["--interface", "node"], 66, /has not listened yet/],
] as const) {
  test.serial(`a module that ${about} ends with exit code ${exitCode}`, async (t) => {
    const { child } = run(t, source, "app.mjs", options);
    t.is(await child.exit(), exitCode);
    t.regex(child.stderr, message);
  });
}

// Globals

for (const [options, own, expected] of [
  [[], "the fast ones, from when it is loaded", "true false"],
  [["--no-fast-globals"], "those of Node, when told so", "true true"],
] as const) {
  test.serial(`the globals of a fetch application are ${own}`, async (t) => {
    // What fetch answers is made by Node in any case.
    const source = `const early = Response; const isNodes = async () => (await fetch("data:,")).constructor === Response;
      export default { fetch: async () => new Response(\`\${early === Response} \${await isNodes()}\`) };`;
    const { address } = await serving(t, source, "app.mjs", [...options]);
    t.is((await ask(address)).body, expected);
  });
}

test.serial("the globals of a fetch application with middleware around it are the fast ones too", async (t) => {
  const source = `import { wrap } from ${JSON.stringify(join(projectRoot, "dist/index.js"))};
    const early = Response; const isNodes = async () => (await fetch("data:,")).constructor === Response;
    const application = { fetch: async () => new Response(\`\${early === Response} \${await isNodes()}\`) };
    export default wrap(application, []);`;
  const { address } = await serving(t, source);
  t.is((await ask(address)).body, "true false");
});

test.serial("the globals of a Node handler are those of Node, but for what it has replaced", async (t) => {
  const source = `const { Response: early } = globalThis; const { fetch: real } = globalThis;
    globalThis.fetch = Object.assign((...args) => real(...args), { isMine: true });
    const isNodes = async () => (await fetch("data:,")).constructor === Response;
    export default async (req, res) => { res.end(\`\${await isNodes()} \${fetch.isMine}\`); };`;
  const { address } = await serving(t, source);
  t.is((await ask(address)).body, "true true");
});
