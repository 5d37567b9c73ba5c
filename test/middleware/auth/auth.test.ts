import test from "ava";
import type { Identity, Middleware } from "../../../src/handler/index.ts";
import {
  any,
  auth,
  type AuthConfiguration,
  type Authenticator,
  basic,
  bearer,
  Refused,
} from "../../../src/middleware/auth/index.ts";
import { inject } from "../../../src/testing/index.ts";
import { ask, basicHeader, interfaces, lines, OTHER, outcomeOf, SECRET } from "./whoami.ts";

const users = { alice: SECRET, bob: OTHER };
const alice = basicHeader("alice", "secret");
const bob = basicHeader("bob", "other");

/** Knows whom it is told, at once or later. */
function fixed(verdict: Identity | Refused | undefined, scheme = "Fixed", isLate = false): Authenticator {
  return {
    scheme,
    authenticate: () => (isLate ? Promise.resolve(verdict) : verdict),
    challenge: () => [`${scheme} realm="x"`],
  };
}

for (const name of interfaces) {
  test(`optional lets nobody's request pass to a ${name} application, as nobody's`, async (t) => {
    const answer = await ask(auth(basic({ users }), { optional: true }), {}, name);
    t.deepEqual(answer.json(), { user: null, remoteUser: null, authType: null });
    t.is(answer.get("cache-control"), undefined);
  });

  test(`what a front end says of a user does not reach a ${name} application that did not ask for it`, async (t) => {
    const vars = { REMOTE_USER: "admin", AUTH_TYPE: "Basic" };
    const answer = await ask(auth(basic({ users }), { optional: true }), { vars }, name);
    t.deepEqual(answer.json(), { user: null, remoteUser: null, authType: null });
  });
}

test("of two, the inner one decides: what the outer has found does not survive it", async (t) => {
  const outer = auth(fixed({ name: "eve", scheme: "Fixed" }));
  const answer = await ask([outer, auth(basic({ users }), { optional: true })]);
  t.deepEqual(answer.json(), { user: null, remoteUser: null, authType: null });
});

test("optional refuses wrong credentials all the same", async (t) => {
  const answer = await ask(auth(basic({ users }), { optional: true }), { headers: basicHeader("alice", "wrong") });
  t.is(answer.status, 401);
});

test("who is known and not allowed gets a 403 without a challenge", async (t) => {
  const middleware = auth(basic({ users }), { allow: ["alice"] });
  t.is(outcomeOf(await ask(middleware, { headers: alice })), "alice");
  const answer = await ask(middleware, { headers: bob });
  t.deepEqual(
    [answer.status, answer.get("www-authenticate"), answer.get("cache-control")],
    [403, undefined, "no-store"],
  );
});

test("authorize is asked about who is allowed, with the request", async (t) => {
  const asked: string[] = [];
  const middleware = auth(basic({ users }), {
    allow: ["alice"],
    authorize: async ({ name }, { environ }) => {
      asked.push(name);
      return environ.PATH_INFO === "/open";
    },
  });
  t.is(outcomeOf(await ask(middleware, { headers: alice, path: "/open" })), "alice");
  t.is(outcomeOf(await ask(middleware, { headers: alice, path: "/shut" })), 403);
  t.is(outcomeOf(await ask(middleware, { headers: bob, path: "/open" })), 403);
  t.deepEqual(asked, ["alice", "alice"]);
});

test("what is not plainly true does not authorize", async (t) => {
  for (const answer of ["false", 1, {}, undefined]) {
    const middleware = auth(basic({ users }), { authorize: () => answer as boolean });
    t.is(outcomeOf(await ask(middleware, { headers: alice })), 403);
  }
});

for (const [given, expected] of [
  [undefined, ["private"]],
  ["max-age=5", ["max-age=5", "private"]],
  ["no-cache", ["no-cache", "private"]],
  ["public, max-age=5", ["public, max-age=5"]],
  ["max-age=5,PRIVATE", ["max-age=5,PRIVATE"]],
  ['private="x-a"', ['private="x-a"']],
  ["no-store", ["no-store"]],
  ["s-maxage=5", ["s-maxage=5"]],
  ["x-public-key", ["x-public-key", "private"]],
] as const) {
  test(`an answer for who is known is private unless it says who may keep it: ${given ?? "nothing"}`, async (t) => {
    const headers: [string, string][] = given === undefined ? [] : [["cache-control", given]];
    const app = auth(basic({ users }))(() => ({ status: 200, headers, body: "" }));
    const answer = await inject(app, { headers: alice, interface: "handler" });
    const sent = answer.headers.filter(([name]) => name.toLowerCase() === "cache-control");
    t.deepEqual(
      sent.map(([, value]) => value),
      [...expected],
    );
  });
}

test("behind an upgrade the response is passed on as it is", async (t) => {
  const response = { status: 204, headers: [], body: null };
  const handler = auth(fixed({ name: "a", scheme: "Fixed" }))(() => response);
  t.is(await handler({ environ: {}, isUpgraded: true } as never), response);
});

test("who answers at once is answered at once", (t) => {
  const handler = auth(fixed(undefined), { optional: true })(() => ({ status: 200, headers: [], body: null }));
  t.false(handler({ environ: {} } as never) instanceof Promise);
});

test("a name that cannot be one gets nobody in, whoever has found it", async (t) => {
  for (const name of ["", "a\r\nX: y", "a\u0000", "a".repeat(300), undefined]) {
    t.is(outcomeOf(await ask(auth(fixed({ name: name as string, scheme: "Fixed" })))), 401, name ?? "none");
  }
});

test("any: the first that finds credentials of its kind decides, at once or later", async (t) => {
  const no = fixed(new Refused({ scheme: "No", why: "test" }), "No", true);
  const yes = fixed({ name: "eve", scheme: "Yes" }, "Yes");
  const none = fixed(undefined, "None", true);
  t.is(outcomeOf(await ask(auth([none, yes, no]))), "eve");
  t.is(outcomeOf(await ask(auth([none, no, yes]))), 401);
  t.is(outcomeOf(await ask(auth(any(fixed(undefined), any(none, yes))))), "eve");
});

test("any: each scheme gets only its own credentials, and a 401 has the challenges of all, a line each", async (t) => {
  const tokens = bearer({ secret: "x".repeat(32), realm: "api" });
  const middleware = auth(any(basic({ users, realm: "pages" }), tokens));
  const expected = ['Basic realm="pages", charset="UTF-8"', 'Bearer realm="api"'];
  t.deepEqual(lines(await ask(middleware), "www-authenticate"), expected);
  t.deepEqual(lines(await ask(middleware, { headers: { Authorization: "Digest a=b" } }), "www-authenticate"), expected);
  t.deepEqual(
    lines(await ask(middleware, { headers: basicHeader("alice", "wrong") }), "www-authenticate"),
    expected,
    "an error of Basic is none of Bearer",
  );
  t.is(outcomeOf(await ask(middleware, { headers: alice })), "alice");
  const refused = await ask(middleware, { headers: { Authorization: "Bearer a.b.c" } });
  t.deepEqual(lines(refused, "www-authenticate"), [
    'Basic realm="pages", charset="UTF-8"',
    'Bearer realm="api", error="invalid_token", error_description="the token is malformed"',
  ]);
});

test("where nothing can be asked for, who is not known gets a 403: a 401 without a challenge is none", async (t) => {
  const silent: Authenticator = { scheme: "Silent", authenticate: () => undefined };
  t.is((await ask(auth(silent))).status, 403);
});

test("whoever wants to hears of refused credentials, and why", async (t) => {
  const heard: string[] = [];
  const onRefused = ({ why, scheme }: Refused): void => void heard.push(`${scheme}: ${why}`);
  const middleware = auth(basic({ users }), { onRefused });
  await ask(middleware);
  await ask(middleware, { headers: basicHeader("alice", "wrong") });
  t.deepEqual(heard, ["Basic: wrong name or password"]);
});

test("all of it can be said in JSON", async (t) => {
  const configuration = JSON.parse(
    JSON.stringify({
      basic: { users, realm: "x" },
      bearer: { secret: "y".repeat(32) },
      allow: ["alice"],
      optional: true,
    }),
  ) as AuthConfiguration;
  const middleware = auth(configuration);
  t.is(middleware.title, "auth");
  t.is(outcomeOf(await ask(middleware, { headers: alice })), "alice");
  t.is(outcomeOf(await ask(middleware, { headers: bob })), 403);
  t.is(outcomeOf(await ask(middleware)), null);
});

test("a front end's word in JSON comes first", async (t) => {
  const middleware = auth({ frontEnd: {}, basic: { users } });
  const answer = await ask(middleware, { vars: { REMOTE_USER: "carol" }, headers: alice });
  t.like(answer.json(), { user: { name: "carol" } });
});

for (const [title, make, message] of [
  ["nothing", () => auth({}), /nothing says how, at least one of frontEnd, basic, bearer and form is needed/],
  ["an empty list", () => auth([]), /at least one of frontEnd, basic/],
  [
    "what is no authenticator",
    () => auth([{} as Authenticator]),
    /auth: a object is no authenticator|no authenticator/,
  ],
  [
    "an unknown option",
    () => auth({ basik: {} } as AuthConfiguration),
    /there is no option basik, did you mean basic\?/,
  ],
  ["an option that is wrong", () => auth(basic({ users }), { optional: "yes" as never }), /optional is "yes"/],
  [
    "a list of names that is none",
    () => auth(basic({ users }), { allow: "alice" as never }),
    /allow is "alice", a list/,
  ],
] as [string, () => Middleware, RegExp][]) {
  test(`${title} is refused at once`, (t) => {
    t.throws(make, { instanceOf: TypeError, code: "UWSGI_INVALID_ARGUMENT", message });
  });
}

const planted = "planted-password";

for (const [title, make] of [
  ["users as text", () => basic({ users: planted as never })],
  ["users as a list", () => basic({ users: [`alice:${planted}`] as never })],
  ["a password in the place of the file", () => basic({ htpasswd: [planted] as never })],
  ["a password in the place of the hook", () => basic({ verify: planted as never })],
  ["a list of keys", () => bearer({ jwks: [{ kty: "oct", k: planted }] as never, audience: "tea" })],
  ["text in the place of options", () => auth({ basic: planted as never })],
  ["text in the place of all options", () => basic(planted as never)],
] as [string, () => unknown][]) {
  test(`what is wrong is not shown in the message where it may be a secret: ${title}`, (t) => {
    const error = t.throws(make, { instanceOf: TypeError, code: "UWSGI_INVALID_ARGUMENT" });
    t.false(error?.message.includes(planted));
  });
}
