/** What is the same for sessions in cookies and sessions in a store. */
import test, { type ExecutionContext } from "ava";
import type { Handler, Session } from "../../../src/handler/index.ts";
import { sessionOf } from "../../../src/handler/index.ts";
import type { SessionOptions } from "../../../src/middleware/session/index.ts";
import { cookiesSet, KEY, Site, valuesOf } from "./sessions.ts";

const DAY = 86_400;

const modes: readonly (readonly [string, SessionOptions])[] = [
  ["in its cookie", { keys: [KEY] }],
  ["in a store", { store: "memory" }],
];

for (const [where, mode] of modes) {
  const check = (title: string, run: (t: ExecutionContext, site: Site) => Promise<void>): void => {
    test(`a session ${where}: ${title}`, (t) => run(t, new Site(mode)));
  };
  const having = (options: SessionOptions): Site => new Site({ ...mode, ...options });

  check("what one request keeps, the next one has", async (t, site) => {
    await site.do((session) => session.set("user", { name: "Zoë", roles: ["a"] }));
    t.deepEqual(await site.do((session) => [session.isNew, session.get("user"), session.keys()]), [
      false,
      { name: "Zoë", roles: ["a"] },
      ["user"],
    ]);
  });

  check("null is a value, undefined is none", async (t, site) => {
    await site.do((session) => {
      session.set("a", null);
      session.set("b", 1);
      session.set("b", undefined);
    });
    t.deepEqual(await site.do((session) => [session.has("a"), session.get("a"), session.has("b")]), [
      true,
      null,
      false,
    ]);
  });

  check("what is changed in a value is kept only when it is set again", async (t, site) => {
    const list = [1];
    await site.do((session) => {
      session.set("list", list);
      list.push(2);
      (session.get("list") as number[]).push(3);
    });
    t.deepEqual(await site.do((session) => session.get("list")), [1]);
  });

  check("a flash message is there for one request that asks for it", async (t, site) => {
    await site.do((session) => {
      session.flash("note", "saved");
      session.flash("note", { id: 1 });
    });
    await site.do((session) => session.has("other"));
    t.deepEqual(await site.do((session) => session.takeFlash("note")), ["saved", { id: 1 }]);
    t.deepEqual(await site.do((session) => session.takeFlash("note")), []);
  });

  check("one that was emptied is gone, and its cookie too", async (t, site) => {
    await site.do((session) => session.set("a", 1));
    await site.do((session) => session.delete("a"));
    t.is(site.jar.size, 0);
    t.true(await site.do((session) => session.isNew));
  });

  check("a request that only reads sets no cookie, and says that its answer depends on the cookie", async (t, site) => {
    await site.do((session) => session.set("a", 1));
    const answer = await site.ask((session) => session.get("a"));
    t.deepEqual([cookiesSet(answer), valuesOf(answer, "vary")], [[], ["Cookie"]]);
    t.deepEqual(valuesOf(answer, "cache-control"), []);
  });

  check("an answer that sets its cookie is for no shared cache", async (t, site) => {
    const answer = await site.ask((session) => {
      session.set("a", 1);
      return { status: 200, headers: [["Cache-Control", "public, max-age=9"]], body: "" };
    });
    t.deepEqual(valuesOf(answer, "cache-control"), ["private, max-age=9"]);
    t.deepEqual(valuesOf(answer, "vary"), ["Cookie"]);
  });

  check("whoever does not touch it gets the answer as it was", async (t, site) => {
    await site.do((session) => session.set("a", 1));
    const response = { status: 200, headers: [["X-App", "yes"]], body: "tea" } as const;
    const answer = await site.answer(() => response);
    t.deepEqual(
      answer.headers.filter(([name]) => name !== "Content-Length"),
      response.headers,
    );
  });

  check("before it is loaded its values cannot be asked, with a cookie or without", async (t, site) => {
    const ask = (cookie: string | undefined) => {
      site.isBare = true;
      return site.ask((session) => session.get("a"), cookie);
    };
    for (const answer of [await ask(undefined), await ask("__Host-session=x")]) {
      t.is(answer.status, 500);
      t.like(answer.errors[0], { code: "UWSGI_SESSION_NOT_LOADED" });
    }
  });

  check("isLoaded says whether somebody has asked", async (t, site) => {
    site.isBare = true;
    const seen = await site.do(async (session) => {
      const before = session.isLoaded;
      t.is(await session.load(), session);
      return [before, session.isLoaded];
    });
    t.deepEqual(seen, [false, true]);
  });

  test(`a session ${where}: an eager one is there without being asked for`, async (t) => {
    const site = having({ load: "eager" });
    site.isBare = true;
    const count = (session: Session) => {
      const before = [session.isLoaded, session.isNew];
      session.set("n", Number(session.get("n") ?? 0) + 1);
      return [...before, session.get("n")];
    };
    t.deepEqual(await site.do(count), [false, true, 1]);
    t.deepEqual(await site.do(count), [false, false, 2]);
  });

  test(`a session ${where}: an eager one that is not used changes nothing in the answer`, async (t) => {
    const site = having({ load: "eager", idleSeconds: 100 });
    await site.do((session) => session.set("a", 1));
    site.clock.pass(50);
    const answer = await site.answer(() => ({ status: 204, headers: [], body: null }));
    t.deepEqual(answer.headers, []);
  });

  check("the cookie over https is the safest there is", async (t, site) => {
    const [cookie] = cookiesSet(await site.ask((session) => session.set("a", 1)));
    t.like(cookie, { name: "__Host-session", path: "/", httpOnly: true, secure: true, sameSite: "lax", maxAge: DAY });
    t.is(cookie?.domain, undefined);
  });

  check("the cookie over http has no prefix, and is not believed over https", async (t, site) => {
    site.scheme = "http";
    const [cookie] = cookiesSet(await site.ask((session) => session.set("a", 1)));
    t.like(cookie, { name: "session", httpOnly: true, sameSite: "lax" });
    t.is(cookie?.secure, undefined);
    t.is(await site.do((session) => session.get("a")), 1);
    site.scheme = "https";
    t.true(await site.do((session) => session.isNew));
    // Nor when it is sent under the name that it ought to have.
    t.true(await site.do((session) => session.isNew, `__Host-session=${cookie?.value}`));
  });

  test(`a session ${where}: secure: true is https, whatever the front end says`, async (t) => {
    const site = having({ secure: true, sameSite: "none" });
    site.scheme = "http";
    const [cookie] = cookiesSet(await site.ask((session) => session.set("a", 1)));
    t.like(cookie, { name: "__Host-session", secure: true, sameSite: "none" });
  });

  test(`a session ${where}: one that is not persistent has no Max-Age, and ends all the same`, async (t) => {
    const site = having({ persistent: false, idleSeconds: 100 });
    const [cookie] = cookiesSet(await site.ask((session) => session.set("a", 1)));
    t.is(cookie?.maxAge, undefined);
    site.clock.pass(100);
    t.true(await site.do((session) => session.isNew));
  });

  test(`a session ${where}: it ends when it is idle for long enough`, async (t) => {
    const site = having({ idleSeconds: 100 });
    await site.do((session) => session.set("a", 1));
    site.clock.pass(99);
    t.is(await site.do((session) => session.get("a")), 1);
    const kept = site.header;
    site.clock.pass(100);
    t.true(await site.do((session) => session.isNew, kept));
    t.deepEqual(site.last?.logs, []);
    t.like(cookiesSet(site.last)[0], { value: "", maxAge: 0 });
  });

  test(`a session ${where}: however it is used, it ends when its whole time is over`, async (t) => {
    const site = having({ idleSeconds: 100, maxAgeSeconds: 250 });
    await site.do((session) => session.set("a", 1));
    const ages: unknown[] = [];
    for (let i = 0; i < 4; i++) {
      site.clock.pass(60);
      ages.push(await site.do((session) => session.get("a")), cookiesSet(site.last)[0]?.maxAge);
    }
    t.deepEqual(ages, [1, 100, 1, 100, 1, 70, 1, 10]);
    site.clock.pass(9);
    t.is(await site.do((session) => session.get("a")), 1);
    site.clock.pass(1);
    t.true(await site.do((session) => session.isNew));
  });

  test(`a session ${where}: its use is noted now and then, not at each request`, async (t) => {
    const site = having({ idleSeconds: 100 });
    await site.do((session) => session.set("a", 1));
    const isSet = async (seconds: number): Promise<boolean> => {
      site.clock.pass(seconds);
      return cookiesSet(await site.ask((session) => session.get("a"))).length > 0;
    };
    t.deepEqual([await isSet(9), await isSet(1), await isSet(9), await isSet(1)], [false, true, false, true]);
  });

  check("regenerate gives it another cookie and another time, and keeps its values", async (t, site) => {
    await site.do((session) => session.set("cart", [1]));
    const before = site.header;
    site.clock.pass(3_600);
    await site.do(async (session) => {
      await session.regenerate();
      t.true(session.isNew);
      session.set("user", "ann");
    });
    t.not(site.header, before);
    t.deepEqual(await site.do((session) => [session.get("cart"), session.get("user")]), [[1], "ann"]);
    t.is(await site.do((session) => session.get("user") ?? null, before), null);
  });

  test(`a session ${where}: regenerate that nobody waits for is done all the same, where it was read`, async (t) => {
    const site = having({ load: "eager" });
    await site.do((session) => session.set("cart", [1]));
    const before = site.header;
    // In one turn with its answer.
    await site.answer(({ environ }) => {
      const session = sessionOf(environ);
      void session?.regenerate();
      session?.set("user", "ann");
      return { status: 204, headers: [], body: null };
    });
    t.is(await site.do((session) => session.get("user")), "ann");
    t.is(await site.do((session) => session.get("user") ?? null, before), null);
  });

  check("destroy ends it, and the same request can begin another", async (t, site) => {
    await site.do((session) => session.set("user", "ann"));
    await site.do(async (session) => {
      await session.destroy();
      t.deepEqual([session.isNew, session.keys()], [true, []]);
      session.flash("note", "bye");
    });
    t.deepEqual(await site.do((session) => [session.keys(), session.takeFlash("note")]), [[], ["bye"]]);
  });

  check("destroy without more removes the cookie, with the attributes that it was set with", async (t, site) => {
    await site.do((session) => session.set("user", "ann"));
    await site.do((session) => session.destroy());
    t.like(cookiesSet(site.last)[0], { name: "__Host-session", value: "", maxAge: 0, path: "/", secure: true });
  });

  check("destroy of one that is not there sets no cookie", async (t, site) => {
    t.deepEqual(cookiesSet(await site.ask((session) => session.destroy())), []);
  });

  check("a cookie that is not ours is an empty session, is removed, and logged in one line", async (t, site) => {
    for (const bad of ["", "x", "a".repeat(43), "e30..AAAA.AAAA.AAAA", "%00", "a.b.c.d.e", "x".repeat(6_000)]) {
      t.true(await site.do((session) => session.isNew && session.keys().length === 0, `__Host-session=${bad}`));
      t.like(cookiesSet(site.last)[0], { name: "__Host-session", value: "", maxAge: 0 });
      t.true((site.last?.logs.length ?? 9) <= 1, bad);
    }
  });

  check("of several cookies of the name the first that is valid counts", async (t, site) => {
    await site.do((session) => session.set("a", 1));
    const bad = "__Host-session=x";
    t.is(await site.do((session) => session.get("a"), `${bad}; ${bad}; ${site.header}`), 1);
    t.deepEqual(cookiesSet(site.last), []);
    t.true(await site.do((session) => session.isNew, `${bad}; ${bad}; ${bad}; ${site.header}`));
  });

  check("a change behind the head of the answer is lost, and logged once", async (t, site) => {
    const answer = await site.ask((session) => {
      async function* body(): AsyncGenerator<string> {
        yield "a";
        session.set("late", 1);
        session.set("later", 2);
      }
      return { status: 200, headers: [], body: body() };
    });
    t.is(answer.text(), "a");
    t.deepEqual(answer.logs, ["session: what was changed in it is lost: it was changed behind the head of the answer"]);
    t.deepEqual(cookiesSet(answer), []);
  });

  check(
    "regenerate behind the head of the answer fails: whoever logs in so would be open to fixation",
    async (t, site) => {
      const answer = await site.ask((session) => {
        async function* body(): AsyncGenerator<string> {
          yield "a";
          await session.regenerate();
        }
        return { status: 200, headers: [], body: body() };
      });
      t.false(answer.isComplete);
      t.like(answer.errors[0], { code: "UWSGI_APP_CONTRACT" });
    },
  );

  test(`a session ${where}: with more in it than there is room for the answer is not sent, and is closed`, async (t) => {
    const site = having({ maxStoreBytes: 3_000 });
    let closed = 0;
    const body = Object.assign(["never sent"], { close: () => void closed++ });
    const answer = await site.ask((session) => {
      session.set("a", "x".repeat(3_000));
      return { status: 200, headers: [], body };
    });
    t.deepEqual([answer.status, closed], [500, 1]);
    t.like(answer.errors[0], { code: "UWSGI_SESSION_LIMIT" });
    t.regex(String(answer.errors[0]), /\d{4} bytes, at most 3(?:072|000) are allowed \(max(?:Cookie|Store)Bytes\)/);
    t.deepEqual(cookiesSet(answer), []);
  });

  check("a failure of the application keeps nothing", async (t, site) => {
    await site.do((session) => session.set("n", 1));
    const answer = await site.ask((session) => {
      session.set("n", 2);
      throw new Error("planted");
    });
    t.deepEqual([answer.status, cookiesSet(answer)], [500, []]);
    t.is(await site.do((session) => session.get("n")), 1);
  });

  check("it is there once, however many ask for it at once", async (t, site) => {
    await site.do((session) => session.set("n", 1));
    site.isBare = true;
    t.deepEqual(
      await site.do(async (session) => {
        await Promise.all([session.load(), session.load(), session.load()]);
        return session.get("n");
      }),
      1,
    );
  });

  check("keys that JavaScript knows are keys like others", async (t, site) => {
    const names = ["__proto__", "constructor", "toString", ""];
    await site.do((session) => {
      for (const name of names) session.set(name, { of: name });
    });
    t.deepEqual(
      await site.do((session) => names.map((name) => session.get(name))),
      names.map((of) => ({ of })),
    );
    t.false(await site.do((session) => session.has("hasOwnProperty")));
  });

  check("whoever prints it sees no secret", async (t, site) => {
    const { inspect } = await import("node:util");
    await site.do((session) => session.set("password", "hunter2"));
    const application: Handler = async (request) => {
      const session = await sessionOf(request.environ)?.load();
      const text = inspect(session, { depth: 9, showHidden: true }) + JSON.stringify(session);
      return { status: 200, headers: [], body: text };
    };
    const text = (await site.answer(application)).text();
    t.deepEqual([text.includes("hunter2"), text.includes(KEY)], [false, false]);
  });
}
