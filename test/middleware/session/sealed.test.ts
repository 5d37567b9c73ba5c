/** What is special about sessions that are their cookie. */
import test from "ava";
import { cookiesSet, KEY, OTHER_KEY, Site } from "./sessions.ts";

const name = "__Host-session";

test("a cookie that was changed is an empty session, and one line of the log", async (t) => {
  const site = new Site();
  await site.do((session) => session.set("user", "ann"));
  const value = site.jar.get(name) ?? "";
  const changed = `${value.slice(0, -2)}${value.at(-2) === "A" ? "B" : "A"}${value.slice(-1)}`;
  t.true(await site.do((session) => session.isNew, `${name}=${changed}`));
  t.deepEqual(site.last?.logs, [`session: the cookie ${name} is not believed: its seal is broken`]);
});

test("a key is rotated without anybody being logged out", async (t) => {
  const old = new Site({ keys: [KEY] });
  await old.do((session) => session.set("user", "ann"));
  const both = old.other({ keys: [OTHER_KEY, KEY] }).copyOf(old);
  t.is(await both.do((session) => session.get("user")), "ann");
  t.is(both.header, old.header, "it is sealed anew when it is written, not before");
  await both.do((session) => session.set("n", 1));
  const young = old.other({ keys: [OTHER_KEY] }).copyOf(both);
  t.is(await young.do((session) => session.get("user")), "ann");
});

test("a session of a key that was taken away is empty", async (t) => {
  const old = new Site({ keys: [KEY] });
  await old.do((session) => session.set("user", "ann"));
  const young = old.other({ keys: [OTHER_KEY] }).copyOf(old);
  t.true(await young.do((session) => session.isNew));
  t.regex(young.last?.logs[0] ?? "", /a key that is not known here/);
});

test("a session of another name is not taken for one's own", async (t) => {
  const site = new Site({ keys: [KEY], name: "shop" });
  await site.do((session) => session.set("user", "ann"));
  const other = site.other({ keys: [KEY], name: "admin" });
  t.true(await other.do((session) => session.isNew, `__Host-admin=${site.jar.get("__Host-shop")}`));
});

test("a cookie fits to the byte, and not one more", async (t) => {
  const room = 1_000;
  const site = new Site({ keys: [KEY], maxCookieBytes: room });
  let fitting = 0;
  for (let length = 400; length < 700; length++) {
    const { status } = await site.ask((session) => session.set("a", "x".repeat(length)), "");
    if (status !== 200) break;
    fitting = length;
  }
  const answer = await site.ask((session) => session.set("a", "x".repeat(fitting)), "");
  const [sent = ""] = answer.headers.filter(([key]) => key === "Set-Cookie").map(([, value]) => value);
  t.true(sent.length <= room && sent.length > room - 4, String(sent.length));
});

test("a session that is set to what it is already is not sealed again", async (t) => {
  const site = new Site();
  await site.do((session) => session.set("user", "ann"));
  t.deepEqual(cookiesSet(await site.ask((session) => session.set("user", "ann"))), []);
});

test("destroy behind the head of the answer fails: the cookie would stay", async (t) => {
  const site = new Site();
  await site.do((session) => session.set("user", "ann"));
  const answer = await site.ask((session) => {
    async function* body(): AsyncGenerator<string> {
      yield "a";
      await session.destroy();
    }
    return { status: 200, headers: [], body: body() };
  });
  t.like(answer.errors[0], { code: "UWSGI_APP_CONTRACT" });
});
