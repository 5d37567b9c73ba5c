/** What is special about sessions in a store: who may name them, and what requests do to each other. */
import { EventEmitter } from "node:events";
import test from "ava";
import { Keyv } from "keyv";
import type { SessionStore } from "../../../src/middleware/session/index.ts";
import { MemoryStore } from "../../../src/middleware/session/memory-store.ts";
import { gate } from "../../helpers/test-server.ts";
import { Clock, cookiesSet, Site } from "./sessions.ts";

const name = "__Host-session";

/** A store that shows what is in it, and does what a test wants before it answers. */
class Watched implements SessionStore {
  readonly all = new Map<string, string>();
  readonly done: string[] = [];
  before: (what: string, key: string) => unknown = () => {};

  async get(key: string): Promise<string | undefined> {
    await this.before("get", key);
    this.done.push("get");
    return this.all.get(key);
  }

  async set(key: string, text: string): Promise<void> {
    await this.before("set", key);
    this.done.push("set");
    this.all.set(key, text);
  }

  async delete(key: string): Promise<void> {
    await this.before("delete", key);
    this.done.push("delete");
    this.all.delete(key);
  }

  /** The entries that are sessions. */
  get sessions(): string[] {
    return [...this.all.keys()].filter((key) => !key.endsWith(":ended"));
  }
}

function watched(): { readonly store: Watched; readonly site: Site } {
  const store = new Watched();
  return { store, site: new Site({ store }) };
}

test("the cookie is an id of 256 bits, and the store does not have it", async (t) => {
  const { store, site } = watched();
  await site.do((session) => session.set("user", "ann"));
  const id = site.jar.get(name) ?? "";
  t.is(Buffer.from(id, "base64url").length, 32);
  t.is(store.sessions.length, 1);
  t.false([...store.all].flat().join(" ").includes(id));
  // Nor is what the store has worth anything as a cookie.
  t.true(await site.do((session) => session.isNew, `${name}=${store.sessions[0]?.split(":").at(-1)}`));
});

test("an id that the store does not have is never taken over", async (t) => {
  const { site } = watched();
  const planted = "p".repeat(43);
  await site.do((session) => session.set("user", "ann"), `${name}=${planted}`);
  t.not(site.jar.get(name), planted);
  t.true(await site.do((session) => session.isNew, `${name}=${planted}`));
});

test("whoever knows the id from before the login has nothing of what came behind it", async (t) => {
  const { site } = watched();
  await site.do((session) => session.set("lang", "de"));
  const attacker = site.header;
  await site.do(async (session) => {
    await session.regenerate();
    session.set("user", "ann");
  });
  t.true(await site.do((session) => session.isNew, attacker));
});

test("a request that nobody has asked a session for does not ask the store", async (t) => {
  const { store, site } = watched();
  await site.do((session) => session.set("user", "ann"));
  store.done.length = 0;
  await site.answer(() => ({ status: 204, headers: [], body: null }));
  t.deepEqual(store.done, []);
});

test("a request that only reads, reads once", async (t) => {
  const { store, site } = watched();
  await site.do((session) => session.set("user", "ann"));
  store.done.length = 0;
  await site.do((session) => session.get("user"));
  t.deepEqual(store.done, ["get"]);
});

test("a change between two renewals needs no cookie", async (t) => {
  const { site } = watched();
  await site.do((session) => session.set("n", 1));
  t.deepEqual(cookiesSet(await site.ask((session) => session.set("n", 2))), []);
  t.is(await site.do((session) => session.get("n")), 2);
});

test("of two requests that change a session the one that ends last counts", async (t) => {
  const { site } = watched();
  await site.do((session) => session.set("n", 0));
  const { promise, open } = gate();
  const slow = site.ask(async (session) => {
    await promise;
    session.set("n", "slow");
  });
  await site.ask((session) => session.set("n", "quick"));
  open();
  await slow;
  t.is(await site.do((session) => session.get("n")), "slow");
});

test("the renewal of a session does not undo what another request has changed meanwhile", async (t) => {
  const site = new Site({ store: new Watched(), idleSeconds: 100 });
  await site.do((session) => session.set("n", 0));
  site.clock.pass(50);
  const { promise, open } = gate();
  const slow = site.ask(async (session) => {
    session.get("n");
    await promise;
  });
  await site.ask((session) => session.set("n", 1));
  site.clock.pass(20);
  open();
  await slow;
  t.is(await site.do((session) => session.get("n")), 1);
});

for (const [how, end] of [
  ["destroyed", (site: Site) => site.ask((session) => session.destroy())],
  ["regenerated", (site: Site) => site.ask((session) => session.regenerate())],
] as const) {
  test(`a session that was ${how} does not come back by a slower request`, async (t) => {
    const { store, site } = watched();
    await site.do((session) => session.set("n", 0));
    const before = site.header;
    const { promise, open } = gate();
    const { promise: read, open: hasRead } = gate();
    const slow = site.ask(async (session) => {
      session.set("n", "slow");
      hasRead();
      await promise;
    });
    await read;
    await end(site);
    const there = store.sessions;
    open();
    const answer = await slow;
    t.deepEqual([answer.status, cookiesSet(answer)], [200, []], "nor does it take the new cookie away");
    t.deepEqual(answer.logs, ["session: what was changed in it is lost: another request has ended it meanwhile"]);
    t.deepEqual(store.sessions, there);
    t.true(await site.do((session) => session.isNew, before));
  });

  test(`a request that was sent before a session was ${how} does not take the new cookie away`, async (t) => {
    const { site } = watched();
    await site.do((session) => session.set("n", 0));
    const before = site.header;
    await end(site);
    const late = await site.ask((session) => [session.isNew, session.keys()], before);
    t.deepEqual([late.json(), cookiesSet(late), late.logs], [[true, []], [], []]);
    const changing = await site.ask((session) => session.set("n", 1), before);
    t.deepEqual([cookiesSet(changing), changing.logs.length], [[], 1]);
    const login = await site.ask(async (session) => {
      await session.regenerate();
      session.set("user", "ann");
    }, before);
    t.is(cookiesSet(login).length, 1);
  });

  // The slower one has looked, and is about to write: what the tombstone is there for.
  for (const at of ["get", "set"]) {
    test(`nor when it is ${how} while the slower one is about to ${at}`, async (t) => {
      const { store, site } = watched();
      await site.do((session) => session.set("n", 0));
      const before = site.header;
      const { promise, open } = gate();
      const { promise: reached, open: reach } = gate();
      const slow = site.ask((session) => {
        session.set("n", "slow");
        store.before = async (what) => {
          if (what !== at) return;
          store.before = () => {};
          reach();
          await promise;
        };
      });
      await reached;
      await end(site);
      const there = store.sessions;
      open();
      t.is((await slow).status, 200);
      t.deepEqual(store.sessions, there);
      t.true(await site.do((session) => session.isNew, before));
    });
  }
}

test("a session whose entry somebody has removed does not come back by a request that had read it", async (t) => {
  const { store, site } = watched();
  await site.do((session) => session.set("n", 0));
  const answer = await site.ask((session) => {
    session.set("n", 1);
    store.all.clear();
  });
  t.deepEqual([answer.status, answer.logs.length, store.all.size], [200, 1, 0]);
});

test("a session that is too old is none, though the store still has it", async (t) => {
  const site = new Site({ store: new Watched(), idleSeconds: 100 });
  await site.do((session) => session.set("n", 0));
  site.clock.pass(100);
  t.true(await site.do((session) => session.isNew));
});

test("what the store has that is no session is an empty one, and logged", async (t) => {
  const { store, site } = watched();
  await site.do((session) => session.set("n", 0));
  for (const key of store.all.keys()) store.all.set(key, "[]");
  t.true(await site.do((session) => session.isNew));
  t.deepEqual(site.last?.logs.length, 1);
});

test("destroy behind the head of the answer ends the session all the same", async (t) => {
  const { store, site } = watched();
  await site.do((session) => session.set("n", 0));
  const answer = await site.ask((session) => {
    async function* body(): AsyncGenerator<string> {
      yield "a";
      await session.destroy();
    }
    return { status: 200, headers: [], body: body() };
  });
  t.deepEqual([answer.isComplete, store.sessions], [true, []]);
});

for (const what of ["get", "set", "delete"]) {
  test(`a store that fails to ${what} is a 500, never an empty session`, async (t) => {
    const { store, site } = watched();
    await site.do((session) => session.set("n", 0));
    const planted = new Error("planted");
    store.before = (done) => {
      if (done === what) throw planted;
    };
    const answer = await site.ask(async (session) => {
      if (what === "delete") await session.destroy();
      session.set("n", 1);
    });
    t.is(answer.status, 500);
    t.like(answer.errors[0], { code: "UWSGI_SESSION_STORE", cause: planted });
    t.deepEqual(cookiesSet(answer), []);
    store.before = () => {};
    t.is((await site.ask((session) => session.isNew)).text(), "false");
  });
}

test("a store that does not answer is a 500 when its time is over", async (t) => {
  const store = { get: () => new Promise(() => {}), set: () => {}, delete: () => {} };
  const site = new Site({ store, storeTimeoutMs: 5 });
  const answer = await site.ask(() => {}, `${name}=${"a".repeat(43)}`);
  t.is(answer.status, 500);
  t.regex(String(answer.errors[0]), /did not read within 5 ms/);
});

for (const [what, value] of [
  ["an object", {}],
  ["a number", 5],
] as const) {
  test(`a store that gives ${what} has failed`, async (t) => {
    const site = new Site({ store: { get: () => value, set: () => {}, delete: () => {} } });
    t.like((await site.ask(() => {}, `${name}=${"a".repeat(43)}`)).errors[0], { code: "UWSGI_SESSION_STORE" });
  });
}

test("a store that says that it kept nothing has failed", async (t) => {
  const site = new Site({ store: { get: () => {}, set: () => false, delete: () => {} } });
  t.like((await site.ask((session) => session.set("a", 1))).errors[0], { code: "UWSGI_SESSION_STORE" });
});

test("a Keyv instance keeps sessions, and several machines share them", async (t) => {
  const all = new Map<string, unknown>();
  const one = new Site({ store: new Keyv({ store: all }) });
  await one.do((session) => session.set("user", "ann"));
  const other = one.other({ store: new Keyv({ store: all }) }).copyOf(one);
  t.is(await other.do((session) => session.get("user")), "ann");
});

test("Keyv, which hides failures unless it is told not to, is told", async (t) => {
  class Failing extends Map<string, unknown> {
    override get(): never {
      throw new Error("planted");
    }
  }
  const site = new Site({ store: new Keyv({ store: new Failing() }) });
  const answer = await site.ask(() => {}, `${name}=${"a".repeat(43)}`);
  t.deepEqual([answer.status, (answer.errors[0] as { code?: string }).code], [500, "UWSGI_SESSION_STORE"]);
});

test("a store that emits an error between requests does not end the process", async (t) => {
  const adapter = Object.assign(new EventEmitter(), { get() {}, set() {}, delete() {} });
  const site = new Site({ store: adapter });
  t.true(adapter.emit("error", new Error("planted")));
  t.true(await site.do((session) => session.isNew));
});

for (const [url, adapter] of [
  ["sqlite:///tmp/sessions.db", "@keyv/sqlite"],
  ["postgres://u:secret@db/app", "@keyv/postgres"],
  ["postgresql://u:secret@db/app", "@keyv/postgres"],
  ["valkey://db", "@keyv/valkey"],
] as const) {
  test(`${url.split(":")[0]}:// needs ${adapter}, and says so where it is not installed`, async (t) => {
    const site = new Site({ store: url });
    const answer = await site.ask((session) => session.set("a", 1));
    t.is(answer.status, 500);
    t.like(answer.errors[0], { code: "UWSGI_PACKAGE_MISSING" });
    t.regex(String(answer.errors[0]), new RegExp(`npm install ${adapter}$`));
    t.false(String(answer.errors[0]).includes("secret"));
  });
}

test("the memory store forgets what is too old, and the oldest when it is full", (t) => {
  const clock = new Clock();
  const store = new MemoryStore(clock.now, 3);
  store.set("a", "1", 1_000);
  t.is(store.get("a"), "1");
  clock.pass(1);
  t.is(store.get("a"), undefined);
  for (const key of ["b", "c", "d"]) store.set(key, key, 1_000);
  t.is(store.size, 3);
  store.set("b", "again", 1_000);
  store.set("e", "e", 1_000);
  t.deepEqual([store.size, store.get("c"), store.get("b")], [3, undefined, "again"]);
});

test("a store that was given is not closed", async (t) => {
  const { site } = watched();
  await site.do((session) => session.set("a", 1));
  t.is(site.middleware.close(), site.middleware.close());
  await site.middleware.close();
});
