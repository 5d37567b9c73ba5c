import test from "ava";
import type { Middleware } from "../../../src/handler/index.ts";
import { any, auth, basic, csrf, form, type FormOptions } from "../../../src/middleware/auth/index.ts";
import type { InjectedAnswer, InjectRequest } from "../../../src/testing/index.ts";
import { FakeSessions } from "./fake-session.ts";
import { ask, basicHeader, type Interface, interfaces, OTHER, outcomeOf, SECRET, type Seen } from "./whoami.ts";

/** A browser: it keeps the cookie, and says where a form comes from. */
class Browser {
  cookie = "";
  private readonly list: readonly Middleware[];
  private readonly name: Interface;

  constructor(list: readonly Middleware[], name: Interface = "wsgi") {
    this.list = list;
    this.name = name;
  }

  async send(request: InjectRequest): Promise<InjectedAnswer> {
    const cookie: Record<string, string> = this.cookie === "" ? {} : { Cookie: `sid=${this.cookie}` };
    const headers = { Accept: "text/html,*/*;q=0.8", ...cookie, ...(request.headers as Record<string, string>) };
    const answer = await ask(this.list, { ...request, headers }, this.name);
    const set = answer.get("set-cookie");
    if (set !== undefined) this.cookie = set.slice("sid=".length);
    return answer;
  }

  get(path: string, headers: Record<string, string> = {}): Promise<InjectedAnswer> {
    return this.send({ path, headers });
  }

  /** `origin`: the page that the form is on; "" for a browser that says nothing of it. */
  post(path: string, fields: Record<string, string>, origin = "http://localhost"): Promise<InjectedAnswer> {
    const headers: Record<string, string> = origin === "" ? {} : { Origin: origin };
    return this.send({ path, body: new URLSearchParams(fields), headers });
  }

  /** Opens the login page, and sends its form. */
  async login(username = "alice", password = "secret", path = "/login"): Promise<InjectedAnswer> {
    const page = await this.get(path);
    return this.post("/login", { ...hiddenOf(page), username, password });
  }
}

/** The hidden fields of a page. */
function hiddenOf(page: InjectedAnswer): Record<string, string> {
  const fields = page.text().matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)">/g);
  return Object.fromEntries([...fields].map(([, name = "", value = ""]) => [name, value.replaceAll("&amp;", "&")]));
}

const users = { alice: SECRET, bob: OTHER };

function site(options: Partial<FormOptions> = {}, name: Interface = "wsgi") {
  const sessions = new FakeSessions();
  const list = [sessions.middleware, auth(form({ users, ...options }))];
  return { sessions, list, browser: new Browser(list, name) };
}

for (const name of interfaces) {
  test(`who logs in is known to a ${name} application, until the logout`, async (t) => {
    const { browser } = site({}, name);
    t.is((await browser.get("/")).status, 303);
    t.is((await browser.login()).status, 303);
    const inside = await browser.get("/");
    t.deepEqual(inside.json(), { user: { name: "alice", scheme: "Form" }, remoteUser: "alice", authType: "Form" });
    t.is(inside.get("cache-control"), "private");
    const out = await browser.post("/logout", {});
    t.deepEqual([out.status, out.get("location"), out.get("set-cookie")], [303, "/", "sid="]);
    t.is((await browser.get("/")).status, 303);
  });
}

test("a page that is asked for leads to the login, and the login back to it", async (t) => {
  const { browser } = site();
  const sent = await browser.get("/tea?kind=green&n=1");
  t.is(sent.get("location"), "/login?return=%2Ftea%3Fkind%3Dgreen%26n%3D1");
  t.is(sent.get("cache-control"), "no-store");
  const back = await browser.login("alice", "secret", sent.get("location"));
  t.deepEqual([back.status, back.get("location")], [303, "/tea?kind=green&n=1"]);
});

test("without a place to go back to the login leads home", async (t) => {
  const { browser } = site({ homePath: "/start" });
  t.is((await browser.login()).get("location"), "/start");
});

for (const [title, request] of [
  ["a script", { headers: { Accept: "application/json" } }],
  ["curl", { headers: { Accept: "*/*" } }],
  ["fetch() of a page", { headers: { "Sec-Fetch-Mode": "cors" } }],
  ["a POST", { method: "POST", body: "x" }],
] as const) {
  test(`${title} gets a 401 with a challenge, no login page`, async (t) => {
    const answer = await site().browser.send(request);
    t.is(answer.status, 401);
    t.is(answer.get("www-authenticate"), 'Form realm="Log in", location="/login"');
  });
}

test("below a mount point the page, its form and the way back are below it too", async (t) => {
  const { browser } = site();
  const vars = { SCRIPT_NAME: "/shop", REQUEST_URI: undefined };
  const sent = await browser.send({ vars: { ...vars, PATH_INFO: "/tea" } });
  t.is(sent.get("location"), "/shop/login?return=%2Fshop%2Ftea");
  const page = await browser.send({ vars: { ...vars, PATH_INFO: "/login" } });
  t.regex(page.text(), /<form method="post" action="\/shop\/login">/);
});

test("a mount point with slashes in front leads to no other host", async (t) => {
  const sent = await site().browser.send({ vars: { SCRIPT_NAME: "//evil.example", REQUEST_URI: undefined } });
  t.regex(sent.get("location") ?? "", /^\/evil\.example\/login/);
});

test("the login page needs nothing from elsewhere, is kept nowhere, and in no frame", async (t) => {
  const page = await site().browser.get("/login");
  t.is(page.status, 200);
  t.is(page.get("cache-control"), "no-store");
  t.regex(
    page.get("content-security-policy") ?? "",
    /^default-src 'none'; style-src 'sha256-[^']+'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'$/,
  );
  t.notRegex(page.text(), /<script|https?:|src=/);
  t.regex(page.text(), /<html lang="en">/);
  t.regex(page.text(), /<label for="username">.*\n<input id="username"[^>]* autocomplete="username"/);
  t.regex(page.text(), /<label for="password">.*\n<input id="password"[^>]* autocomplete="current-password"/);
});

test("the hash in the policy is that of the page's style", async (t) => {
  const page = await site().browser.get("/login");
  const style = /<style>([^]*)<\/style>/.exec(page.text())?.[1] ?? "";
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(style));
  t.true((page.get("content-security-policy") ?? "").includes(`'sha256-${Buffer.from(digest).toString("base64")}'`));
});

test("a wrong password and an unknown name get the same page, with the name and without the password", async (t) => {
  const { browser } = site();
  const wrong = await browser.login("alice", "hunter2");
  const unknown = await browser.login("nobody", "hunter2");
  t.deepEqual([wrong.status, unknown.status], [403, 403]);
  t.regex(wrong.text(), /role="alert"[^>]*>That name and password do not belong together/);
  t.is(unknown.text().replaceAll("nobody", "alice"), wrong.text());
  t.true(wrong.text().includes('value="alice"'));
  t.false(wrong.text().includes("hunter2"));
});

test("what is shown again is escaped", async (t) => {
  const { browser } = site({ title: "<b>&" });
  const page = await browser.login('"><script>alert(1)</script>', "x");
  t.false(page.text().includes("<script>"));
  t.true(page.text().includes("&quot;&gt;&lt;script&gt;"));
  t.true(page.text().includes("<h1>&lt;b&gt;&amp;</h1>"));
});

test("the session has another id behind the login, and the token of before is worth nothing", async (t) => {
  const { browser, sessions } = site();
  const page = await browser.get("/login");
  const before = browser.cookie;
  t.not(before, "");
  await browser.post("/login", { ...hiddenOf(page), username: "alice", password: "secret" });
  t.not(browser.cookie, before);
  t.deepEqual(sessions.gone, [before]);
  const again = await browser.post("/login", { ...hiddenOf(page), username: "bob", password: "other" });
  t.is(again.status, 403);
});

// CSRF

test("a login without the token, with a wrong one, or with that of another session is refused", async (t) => {
  const { browser, list } = site();
  const fields = { username: "alice", password: "secret" };
  t.is((await browser.post("/login", fields)).status, 403, "no session yet");
  const page = await browser.get("/login");
  t.is((await browser.post("/login", fields)).status, 403, "none");
  t.is((await browser.post("/login", { ...fields, csrf: "x".repeat(43) })).status, 403, "wrong");
  t.is((await browser.post("/login", { ...fields, csrf: "" })).status, 403, "empty");
  const other = hiddenOf(await new Browser(list).get("/login"));
  const refused = await browser.post("/login", { ...fields, ...other });
  t.is(refused.status, 403, "another's");
  t.regex(refused.text(), /This page was too old, or your browser sends no cookies/);
  t.is((await browser.post("/login", { ...fields, ...hiddenOf(page) })).status, 303, "its own");
});

for (const [title, headers] of [
  ["another origin", { Origin: "https://evil.example" }],
  ["an origin that begins like ours", { Origin: "http://localhost.evil.example" }],
  ["another port", { Origin: "http://localhost:8080" }],
  ["no origin (null)", { Origin: "null" }],
  ["a sibling's page", { "Sec-Fetch-Site": "same-site" }],
  ["another site's page", { "Sec-Fetch-Site": "cross-site", Origin: "http://localhost" }],
] as const) {
  test(`login and logout from ${title} are refused, even with the token`, async (t) => {
    const { browser } = site();
    const page = await browser.get("/login");
    const body = new URLSearchParams({ ...hiddenOf(page), username: "alice", password: "secret" });
    t.is((await browser.send({ path: "/login", body, headers: { ...headers } })).status, 403);
    await browser.login();
    t.is((await browser.send({ path: "/logout", body: new URLSearchParams(), headers: { ...headers } })).status, 403);
    t.is(outcomeOf(await browser.get("/")), "alice");
  });
}

test("a browser that says nothing of the page logs in with the token, and logs out only with one", async (t) => {
  const { browser } = site();
  const page = await browser.get("/login");
  const fields = { ...hiddenOf(page), username: "alice", password: "secret" };
  t.is((await browser.post("/login", fields, "")).status, 303);
  t.is((await browser.post("/logout", {}, "")).status, 403);
  const token = hiddenOf(await browser.get("/login"));
  t.is((await browser.post("/logout", token, "")).status, 303);
});

test("so it is with csrf within, which lets nothing else from there through", async (t) => {
  const { list } = site();
  const browser = new Browser([...list, csrf()]);
  const page = await browser.get("/login");
  t.is((await browser.post("/login", { ...hiddenOf(page), username: "alice", password: "secret" }, "")).status, 303);
  t.is((await browser.post("/", {}, "")).status, 403);
  t.is((await browser.post("/logout", hiddenOf(await browser.get("/login")), "")).status, 303);
});

test("a logout is a POST", async (t) => {
  const { browser } = site();
  await browser.login();
  const answer = await browser.get("/logout");
  t.deepEqual([answer.status, answer.get("allow")], [405, "POST"]);
  t.is(outcomeOf(await browser.get("/")), "alice");
});

test("the login page takes GET, HEAD and POST", async (t) => {
  const { browser } = site();
  t.is((await browser.send({ method: "HEAD", path: "/login" })).status, 200);
  const answer = await browser.send({ method: "PUT", path: "/login", body: "x" });
  t.deepEqual([answer.status, answer.get("allow")], [405, "GET, HEAD, POST"]);
});

test("a form that is too large, or none, is refused before it is read", async (t) => {
  const { browser } = site();
  t.is((await browser.post("/login", { username: "x".repeat(20_000) })).status, 413);
  t.is((await browser.send({ path: "/login", body: { username: "alice" } })).status, 415);
});

// Returns

for (const target of [
  "//evil.example",
  "///evil.example",
  "/\\evil.example",
  "\\\\evil.example",
  "https://evil.example",
  "javascript:alert(1)",
  "evil.example",
  "/\t/evil.example",
  "/a\r\nSet-Cookie: a=b",
  "/a\u0000",
  "/caf\u00e9",
  " /a",
  "",
  `/${"a".repeat(3_000)}`,
]) {
  test(`a login does not lead to ${JSON.stringify(target.slice(0, 40))}`, async (t) => {
    const { browser } = site();
    const page = await browser.get(`/login?return=${encodeURIComponent(target)}`);
    t.is(hiddenOf(page)["return"], undefined);
    const answer = await browser.post("/login", {
      ...hiddenOf(page),
      return: target,
      username: "alice",
      password: "secret",
    });
    t.deepEqual([answer.status, answer.get("location")], [303, "/"]);
  });
}

for (const target of ["/", "/a/b?c=//d#e", "/a//b", "/%2f%2fevil.example", "/?url=https://other.example/"]) {
  test(`a login leads to ${target}`, async (t) => {
    const { browser } = site();
    const answer = await browser.login("alice", "secret", `/login?return=${encodeURIComponent(target)}`);
    t.is(answer.get("location"), target);
  });
}

// How long

test("a login is good for as long as was said, then it has to be made again", async (t) => {
  let now = 1_000_000_000;
  const { browser } = site({ maxAgeSeconds: 60, clock: () => now });
  await browser.login();
  now += 60_000;
  t.is(outcomeOf(await browser.get("/")), "alice");
  now += 1_000;
  t.is((await browser.get("/")).status, 303);
});

test("who is no longer among the users, or has another password, is logged out", async (t) => {
  const { browser, sessions } = site();
  await browser.login();
  const later = (list: Record<string, string>): Browser => {
    const other = new Browser([sessions.middleware, auth(form({ users: list }))]);
    other.cookie = browser.cookie;
    return other;
  };
  t.is(outcomeOf(await later(users).get("/")), "alice");
  t.is((await later({ bob: OTHER }).get("/")).status, 303);
  t.is((await later({ alice: OTHER }).get("/")).status, 303);
});

test("a hook's claims are there in each request", async (t) => {
  const { browser } = site({ users: undefined as never, verify: () => ({ role: "admin" }) });
  await browser.login("carol", "x");
  t.deepEqual(((await browser.get("/")).json() as Seen).user, {
    name: "carol",
    scheme: "Form",
    claims: { role: "admin" },
  });
});

test("failures are slowed down: 429 with Retry-After, and the page says so", async (t) => {
  const { browser } = site();
  for (let i = 0; i < 5; i++) await browser.login("alice", "wrong");
  const answer = await browser.login();
  t.deepEqual([answer.status, answer.get("retry-after")], [429, "1"]);
  t.regex(answer.text(), /too many failures/);
});

test("optional lets in who has not logged in, as nobody, and still has the login page", async (t) => {
  const sessions = new FakeSessions();
  const browser = new Browser([sessions.middleware, auth(form({ users }), { optional: true })]);
  t.is(outcomeOf(await browser.get("/")), null);
  await browser.login();
  t.is(outcomeOf(await browser.get("/")), "alice");
});

test("a page of one's own has all that its form needs", async (t) => {
  const { browser } = site({
    title: "Tea",
    page: ({ title, action, hidden, problem }) =>
      `<h2>${title} ${problem ?? "none"}</h2><form method="post" action="${action}"><input type="hidden" name="csrf" value="${hidden["csrf"]}"></form>`,
  });
  t.regex((await browser.get("/login")).text(), /^<h2>Tea none<\/h2><form method="post" action="\/login">/);
  t.regex((await browser.login("alice", "wrong")).text(), /<h2>Tea wrong<\/h2>/);
  const page = await browser.get("/login");
  t.is(page.get("content-security-policy"), "base-uri 'none'; form-action 'self'; frame-ancestors 'none'");
  t.is((await browser.login()).status, 303);
});

test("form beside basic: pages lead to the login, all else is asked for a password", async (t) => {
  const sessions = new FakeSessions();
  const browser = new Browser([sessions.middleware, auth(any(basic({ users, realm: "api" }), form({ users })))]);
  t.is((await browser.get("/")).status, 303);
  const script = await browser.get("/", { Accept: "*/*" });
  t.is(script.get("www-authenticate"), 'Basic realm="api", charset="UTF-8", Form realm="Log in", location="/login"');
  t.is(outcomeOf(await browser.get("/", basicHeader("bob", "other"))), "bob");
  await browser.login();
  t.is(outcomeOf(await browser.get("/")), "alice");
});

test("without the session middleware around it the failure says what is missing", async (t) => {
  const answer = await ask(auth(form({ users })), {});
  t.is(answer.status, 500);
  t.regex(String(answer.errors[0]), /the form login found no session: put the session middleware before auth/);
});

for (const [title, options, message] of [
  ["two paths that are one", { users, loginPath: "/" }, /have to be three paths/],
  ["a path of another host", { users, homePath: "//evil.example" }, /homePath is/],
  ["a path with a query", { users, loginPath: "/?login" }, /loginPath is/],
  ["a cache, which only basic has", { users, cacheSeconds: 5 }, /there is no option cacheSeconds/],
] as const) {
  test(`${title} is refused at once`, (t) => {
    t.throws(() => form(options as unknown as FormOptions), { instanceOf: TypeError, message });
  });
}
