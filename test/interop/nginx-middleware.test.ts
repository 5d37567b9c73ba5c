/** Middleware behind a real nginx: one login, several servers. */
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import type { ExecutionContext } from "ava";
import { Child } from "../helpers/child.ts";
import { type HttpAnswer, send } from "../helpers/http-client.ts";
import { needs } from "../helpers/needs.ts";
import { httpBlock, startFront } from "../helpers/nginx-stack.ts";
import { projectRoot } from "../helpers/project.ts";
import { startRedis } from "../helpers/redis.ts";
import { folderOf } from "../helpers/temp-folder.ts";

/** Two servers at the same time, and the first one or two days later. */
const clocks = { one: 0, two: 0, later: 2 * 86_400 };
type Name = keyof typeof clocks;

/** A browser, as far as it keeps a cookie. */
class Browser {
  cookie: string | undefined;
  private readonly port: number;

  constructor(port: number) {
    this.port = port;
  }

  async get(to: Name, path: string, more: readonly (readonly [string, string])[] = []): Promise<HttpAnswer> {
    return this.keep(await send({ port: this.port, path, headers: [...this.headers(to), ...more] }));
  }

  async post(to: Name, path: string, fields: Readonly<Record<string, string>>): Promise<HttpAnswer> {
    const form: readonly [string, string] = ["Content-Type", "application/x-www-form-urlencoded"];
    const body = Buffer.from(new URLSearchParams(fields).toString());
    return this.keep(await send({ port: this.port, path, method: "POST", headers: [...this.headers(to), form], body }));
  }

  /** Logs in by the page. */
  async login(to: Name, password = "open sesame"): Promise<HttpAnswer> {
    const page = (await this.get(to, "/login")).body.toString();
    const csrf = /name="csrf" value="([^"]+)"/.exec(page)?.[1] ?? "";
    return this.post(to, "/login", { username: "ada", password, csrf });
  }

  private headers(to: Name): (readonly [string, string])[] {
    return [
      ["X-To", to],
      ["Sec-Fetch-Site", "same-origin"],
      ...(this.cookie === undefined ? [] : [["Cookie", this.cookie] as const]),
    ];
  }

  private keep(answer: HttpAnswer): HttpAnswer {
    for (const line of answer.headers.get("set-cookie") ?? []) {
      const pair = line.split(";")[0] ?? "";
      this.cookie = /;\s*Max-Age=0/i.test(line) ? undefined : pair;
    }
    return answer;
  }
}

/** Starts the three servers and an nginx that asks the one that the header X-To names. */
async function start(t: ExecutionContext, kept: string): Promise<number> {
  const folder = folderOf(t);
  const socketOf = (name: string): string => join(folder, `${name}.sock`);
  await Promise.all(
    Object.entries(clocks).map(async ([name, ahead]) => {
      const program = join(projectRoot, "build/test/programs/middleware-server.js");
      const child = new Child([program, socketOf(name), kept, String(ahead)]);
      t.teardown(() => child[Symbol.asyncDispose]());
      await child.printed("stdout", /listening/);
    }),
  );
  const upstreams = Object.keys(clocks).map((name) => `upstream ${name} { server unix:${socketOf(name)}; }`);
  const map = `map $http_x_to $to { default one; ${Object.keys(clocks)
    .map((name) => `${name} ${name};`)
    .join(" ")} }`;
  const confText = ({ port }: { readonly port: number }): string =>
    `${upstreams.join("\n")}\n${map}\n${httpBlock(port, "location / { uwsgi_pass $to; }")}`;
  const front = await startFront({ confText }, async () => {});
  t.teardown(() => front[Symbol.asyncDispose]());
  return front.port;
}

const text = ({ status, body }: HttpAnswer): [number, string] => [status, body.toString()];

/** What holds wherever sessions are kept. */
async function sharedLogin(t: ExecutionContext, port: number): Promise<Browser> {
  const browser = new Browser(port);
  t.deepEqual(text(await browser.get("one", "/")), [200, "hello nobody, 1 visits\n"]);
  const before = browser.cookie;
  t.is((await browser.login("one", "wrong")).status, 403);
  const login = await browser.login("two");
  t.deepEqual([login.status, login.headers.get("location")], [303, ["/"]]);
  t.not(browser.cookie, before, "a session has another identity behind a login");
  t.deepEqual(text(await browser.get("one", "/")), [200, "hello ada, 2 visits\n"]);
  t.deepEqual(text(await browser.get("two", "/")), [200, "hello ada, 3 visits\n"]);
  return browser;
}

/** A cookie that is not, or no longer, to be believed: nobody is logged in, nothing is told. */
async function refused(t: ExecutionContext, port: number, to: Name, cookie: string): Promise<void> {
  const stranger = new Browser(port);
  stranger.cookie = cookie;
  t.deepEqual(text(await stranger.get(to, "/")), [200, "hello nobody, 1 visits\n"]);
}

function tampered(cookie: string): string[] {
  const value = cookie.indexOf("=") + 1;
  return [value, value + 7, cookie.length - 2].map((at) => {
    const other = cookie[at] === "A" ? "B" : "A";
    return `${cookie.slice(0, at)}${other}${cookie.slice(at + 1)}`;
  });
}

needs("nginx", "redis-server")("a login on one server is one on the other, by a Redis that they share", async (t) => {
  const redis = await startRedis();
  t.teardown(() => redis.stop());
  const port = await start(t, `redis://127.0.0.1:${redis.port}`);
  const browser = await sharedLogin(t, port);
  const { cookie = "" } = browser;
  for (const other of tampered(cookie)) await refused(t, port, "one", other);
  await refused(t, port, "later", cookie);
});

needs("nginx", "redis-server")(
  "a logout on one server is one on the other, and for whoever has kept the cookie",
  async (t) => {
    const redis = await startRedis();
    t.teardown(() => redis.stop());
    const port = await start(t, `redis://127.0.0.1:${redis.port}`);
    const browser = await sharedLogin(t, port);
    const { cookie = "" } = browser;
    const logout = await browser.post("two", "/logout", {});
    t.deepEqual([logout.status, browser.cookie], [303, undefined]);
    await refused(t, port, "one", cookie);
  },
);

needs("nginx")("a login on one server is one on the other, by cookies that both can open", async (t) => {
  const port = await start(t, "cookie");
  const browser = await sharedLogin(t, port);
  const { cookie = "" } = browser;
  for (const other of tampered(cookie)) await refused(t, port, "two", other);
  await refused(t, port, "later", cookie);
  t.is((await browser.post("two", "/logout", {})).status, 303);
  t.deepEqual(text(await browser.get("one", "/")), [200, "hello nobody, 1 visits\n"]);
});

needs("nginx")("a failure is a page with an id, and nothing of what has failed", async (t) => {
  const port = await start(t, "cookie");
  const answer = await send({ port, path: "/fail", headers: [["Accept", "text/html"]] });
  t.is(answer.status, 500);
  t.regex(answer.body.toString(), /[0-9a-f]{32}/);
  t.false(answer.body.toString().includes("secret"));
});

const MIB = 1_048_576;

needs("nginx")("10 MB are compressed as they come, in memory that stays as it is", async (t) => {
  const port = await start(t, "cookie");
  const rss = async (): Promise<number> => Number((await send({ port, path: "/rss" })).body.toString());
  const ask = async (): Promise<HttpAnswer> => send({ port, path: "/long", headers: [["Accept-Encoding", "gzip"]] });
  await ask();
  const before = await rss();
  for (let i = 0; i < 5; i++) {
    const { body, headers } = await ask();
    t.deepEqual(headers.get("content-encoding"), ["gzip"]);
    t.true(body.length < MIB / 2, `${body.length} bytes`);
    t.is(gunzipSync(body).length, 160 * 1_490 * 44);
  }
  const grown = (await rss()) - before;
  t.log(`grown by ${(grown / MIB).toFixed(1)} MiB`);
  t.true(grown < 32 * MIB, `grown by ${(grown / MIB).toFixed(1)} MiB`);
});
