/** Sessions in a real Redis. */
import { join } from "node:path";
import KeyvRedis, { Keyv } from "@keyv/redis";
import { type ExecutionContext } from "ava";
import { sendRequest as request } from "../../../src/client/index.ts";
import { varsFromHttp } from "../../../src/environ/index.ts";
import { type Handler, sessionOf, surround } from "../../../src/handler/index.ts";
import { session, type SessionMiddleware, type SessionOptions } from "../../../src/middleware/session/index.ts";
import { Child } from "../../helpers/child.ts";
import { freePort } from "../../helpers/front-end-process.ts";
import { until } from "../../helpers/measure.ts";
import { needs } from "../../helpers/needs.ts";
import { projectRoot } from "../../helpers/project.ts";
import { startServer, type TestServer } from "../../helpers/test-server.ts";
import { startRedis } from "../../helpers/redis.ts";
import { Site } from "./sessions.ts";

const redisTest = needs("redis-server");

/** `/in`, `/out`: whoever asks is logged in, and out; all else counts, and says who it is. */
const application: Handler = async ({ environ }) => {
  const found = await sessionOf(environ)?.load();
  if (found === undefined) throw new Error("there is no session");
  if (environ.PATH_INFO === "/in") {
    await found.regenerate();
    found.set("user", "ann");
  } else if (environ.PATH_INFO === "/out") {
    await found.destroy();
    return { status: 200, headers: [], body: "bye" };
  }
  found.set("n", Number(found.get("n") ?? 0) + 1);
  return { status: 200, headers: [], body: [found.get("user") ?? "nobody", found.get("n")].join(" ") };
};

interface Machine {
  readonly server: TestServer;
  readonly sessions: SessionMiddleware;
}

/** A server of its own, with a connection of its own to the store. */
async function machine(t: ExecutionContext, options: SessionOptions): Promise<Machine> {
  const sessions = session(options);
  const server = await startServer(surround(application, [sessions]));
  t.teardown(async () => {
    await server[Symbol.asyncDispose]();
    await sessions.close();
  });
  return { server, sessions };
}

/** A browser. */
class Browser {
  cookie = "";

  /** Status and text. */
  async ask({ server }: Machine, target: string): Promise<string> {
    const { status, headers, body } = await request(server.address, {
      vars: varsFromHttp({
        method: "GET",
        target,
        httpVersion: "1.1",
        headers: [["Host", "localhost"], ...(this.cookie === "" ? [] : [["Cookie", this.cookie] as const])],
        scheme: "https",
        remoteAddress: "127.0.0.1",
        remotePort: 49_152,
        serverName: "localhost",
        serverPort: 443,
      }),
    });
    for (const [name, value] of headers) {
      if (name.toLowerCase() !== "set-cookie") continue;
      this.cookie = value.includes("Max-Age=0") ? "" : (value.split(";")[0] ?? "");
    }
    let text = "";
    for await (const chunk of body) text += Buffer.from(chunk).toString();
    return `${status} ${text}`;
  }
}

redisTest("two servers share sessions by a Redis", async (t) => {
  await using redis = await startRedis();
  const store = `redis://127.0.0.1:${redis.port}`;
  const [one, other] = [await machine(t, { store }), await machine(t, { store })];
  const browser = new Browser();
  t.is(await browser.ask(one, "/"), "200 nobody 1");
  const before = browser.cookie;
  t.is(await browser.ask(other, "/in"), "200 ann 2");
  t.is(await browser.ask(one, "/"), "200 ann 3");
  t.not(browser.cookie, before);
  const thief = new Browser();
  thief.cookie = before;
  t.is(await thief.ask(one, "/"), "200 nobody 1", "the id from before the login is worth nothing");
  const stolen = browser.cookie;
  t.is(await browser.ask(other, "/out"), "200 bye");
  thief.cookie = stolen;
  t.is(await thief.ask(one, "/"), "200 nobody 1", "nor is the one that was logged out");
});

redisTest("an outage of Redis is a 500, at once, and when it is back sessions go on", async (t) => {
  let redis = await startRedis();
  const { port } = redis;
  t.teardown(() => redis.stop());
  const site = new Site({ store: `redis://127.0.0.1:${port}` });
  t.teardown(() => site.middleware.close());
  await site.do((found) => found.set("n", 1));
  await redis.stop();
  const failed = await site.ask((found) => found.get("n"));
  t.is(failed.status, 500);
  t.like(failed.errors[0], { code: "UWSGI_SESSION_STORE" });
  redis = await startRedis({ port });
  const isThere = async (): Promise<boolean> => (await site.ask((found) => found.isNew)).status === 200;
  await until(isThere, 10_000, "it is connected again");
  // What Redis has forgotten is an empty session, and a new one can be kept.
  await site.do((found) => found.set("n", 2));
  t.is(await site.do((found) => found.get("n")), 2);
});

redisTest("a Redis that is not there at the start is a 500 that says why, and is used when it comes", async (t) => {
  const port = await freePort();
  const site = new Site({ store: `redis://127.0.0.1:${port}` });
  t.teardown(() => site.middleware.close());
  const failed = await site.ask((found) => found.set("n", 1));
  t.is(failed.status, 500);
  t.regex(String(failed.errors[0]), /ECONNREFUSED/);
  await using _ = await startRedis({ port });
  const isThere = async (): Promise<boolean> => (await site.ask((found) => found.set("n", 1))).status === 200;
  await until(isThere, 10_000, "it is connected");
});

redisTest("a connection that nobody has closed does not keep the process alive", async (t) => {
  await using redis = await startRedis();
  const [from, handlers, asks] = ["middleware/session", "handler", "testing"].map((area) =>
    JSON.stringify(join(projectRoot, `dist/${area}/index.js`)),
  );
  const program = `import { session } from ${from};
import { sessionOf, surround } from ${handlers};
import { inject } from ${asks};
const application = async ({ environ }) => {
  (await sessionOf(environ).load()).set("n", 1);
  return { status: 200, headers: [], body: "kept" };
};
const handler = surround(application, [session({ store: "redis://127.0.0.1:${redis.port}" })]);
console.log((await inject(handler, { interface: "handler" })).text());`;
  await using child = new Child(["--input-type=module", "--eval", program]);
  t.is(await child.exit(), 0, child.stderr);
  t.is(child.stdout, "kept\n");
});

redisTest("a session in Redis goes by itself when its time is over", async (t) => {
  await using redis = await startRedis();
  const adapter = new KeyvRedis(`redis://127.0.0.1:${redis.port}`);
  t.teardown(() => adapter.disconnect());
  const site = new Site({ store: new Keyv(adapter), idleSeconds: 100, maxAgeSeconds: 1_000 });
  await site.do((found) => found.set("n", 1));
  const client = (await adapter.getClient()) as {
    keys(p: string): Promise<string[]>;
    pTTL(k: string): Promise<number>;
  };
  const [key = "", ...others] = await client.keys("*");
  t.deepEqual(others, []);
  const ttl = await client.pTTL(key);
  t.true(ttl > 90_000 && ttl <= 100_000, String(ttl));
});

redisTest(
  "a Keyv with Redis whose errors nobody hears fails when Redis is gone, and does not end the process",
  async (t) => {
    const redis = await startRedis();
    const adapter = new KeyvRedis(`redis://127.0.0.1:${redis.port}`);
    t.teardown(() => adapter.disconnect(true));
    const site = new Site({ store: adapter as never, storeTimeoutMs: 200 });
    await site.do((found) => found.set("n", 1));
    await redis.stop();
    t.like((await site.ask((found) => found.get("n"))).errors[0], { code: "UWSGI_SESSION_STORE" });
  },
);
