import test from "ava";
import fc from "fast-check";
import { auth, basic, type BasicOptions } from "../../../src/middleware/auth/index.ts";
import { decodeBasic } from "../../../src/middleware/auth/basic.ts";
import { ask, basicHeader, interfaces, lines, outcomeOf, SECRET } from "./whoami.ts";

const users = { alice: SECRET };
const guarded = (options: Partial<BasicOptions> = {}) => auth(basic({ users, ...options }));

for (const name of interfaces) {
  test(`who has a name and password is known to a ${name} application: identity, REMOTE_USER, AUTH_TYPE`, async (t) => {
    const answer = await ask(guarded(), { headers: basicHeader("alice", "secret") }, name);
    t.deepEqual(answer.json(), {
      user: { name: "alice", scheme: "Basic" },
      remoteUser: "alice",
      authType: "Basic",
    });
  });

  test(`who has none does not get to a ${name} application`, async (t) => {
    const answer = await ask(guarded(), {}, name);
    t.is(answer.status, 401);
    t.is(answer.text(), "401 Unauthorized\n");
    t.deepEqual(lines(answer, "www-authenticate"), ['Basic realm="restricted", charset="UTF-8"']);
    t.is(answer.get("cache-control"), "no-store");
  });
}

test("a wrong password is asked for again, with the same challenge", async (t) => {
  const answer = await ask(guarded(), { headers: basicHeader("alice", "wrong") });
  t.is(answer.status, 401);
  t.deepEqual(lines(answer, "www-authenticate"), ['Basic realm="restricted", charset="UTF-8"']);
});

test("a name that is not ASCII stands in REMOTE_USER as UTF-8, one character a byte", async (t) => {
  const middleware = guarded({ users: { "zo\u00eb": SECRET } });
  const answer = await ask(middleware, { headers: basicHeader("zo\u00eb", "secret") });
  t.like(answer.json(), { user: { name: "zo\u00eb" }, remoteUser: "zo\u00c3\u00ab" });
});

test("quotes and backslashes of a realm are escaped", async (t) => {
  const answer = await ask(guarded({ realm: 'the "inner" \\ room' }));
  t.is(answer.get("www-authenticate"), 'Basic realm="the \\"inner\\" \\\\ room", charset="UTF-8"');
});

test("the scheme is known in any case, with more than one space", async (t) => {
  const credentials = Buffer.from("alice:secret").toString("base64");
  for (const header of [`basic ${credentials}`, `BASIC   ${credentials}`]) {
    t.is(outcomeOf(await ask(guarded(), { headers: { Authorization: header } })), "alice");
  }
});

test("failures are slowed down: 429 with Retry-After", async (t) => {
  const middleware = guarded();
  for (let i = 0; i < 5; i++) await ask(middleware, { headers: basicHeader("alice", `wrong ${i}`) });
  const answer = await ask(middleware, { headers: basicHeader("alice", "secret") });
  t.deepEqual([answer.status, answer.get("retry-after"), answer.get("www-authenticate")], [429, "1", undefined]);
  const elsewhere = await ask(middleware, { headers: basicHeader("alice", "secret"), remoteAddress: "192.0.2.9" });
  t.is(outcomeOf(elsewhere), "alice");
});

const encode = (text: string | Buffer): string => Buffer.from(text as string).toString("base64");

for (const [title, credentials] of [
  ["nothing", ""],
  ["no base64", "!!!!"],
  ["base64 without its padding", encode("a:b").slice(0, -1)],
  [
    "base64 of the alphabet for URLs",
    encode(Buffer.from("a:\u00ff\u00fe?", "utf8")).replaceAll("+", "-").replaceAll("/", "_"),
  ],
  ["two words", `${encode("a:b")} ${encode("a:b")}`],
  ["no colon", encode("alice")],
  ["a control character", encode("al\nice:secret")],
  ["a zero in the password", encode("alice:sec\0ret")],
  ["what is no UTF-8", encode(Buffer.from("alice:\xe9", "latin1"))],
  ["too much", encode(`alice:${"x".repeat(4_096)}`)],
] as const) {
  test(`credentials of ${title} are malformed`, async (t) => {
    t.is(decodeBasic(credentials, "utf-8"), undefined);
    t.is((await ask(guarded(), { headers: { Authorization: `Basic ${credentials}` } })).status, 401);
  });
}

test("a password may have colons in it, a name not", (t) => {
  t.deepEqual(decodeBasic(encode("alice:a:b:"), "utf-8"), { name: "alice", password: "a:b:" });
});

test("latin-1 is read where it was asked for, UTF-8 there too; the challenge says nothing of a charset", async (t) => {
  const middleware = guarded({ charset: "latin-1", users: { "zo\u00eb": SECRET } });
  for (const encoding of ["latin1", "utf8"] as const) {
    const credentials = Buffer.from("zo\u00eb:secret", encoding).toString("base64");
    t.is(
      outcomeOf(await ask(middleware, { headers: { Authorization: `Basic ${credentials}` } })),
      "zo\u00eb",
      encoding,
    );
  }
  t.is((await ask(middleware)).get("www-authenticate"), 'Basic realm="restricted"');
});

test("whatever stands in Authorization never fails and never gets anybody in", async (t) => {
  const middleware = guarded({ throttle: false });
  const value = fc.oneof(
    fc.string(),
    fc.string().map((text) => `Basic ${text}`),
    fc.uint8Array().map((bytes) => `Basic ${Buffer.from(bytes).toString("base64")}`),
    fc.string().map((text) => `Basic ${Buffer.from(`alice:${text}`).toString("base64")}`),
  );
  await fc.assert(
    fc.asyncProperty(value, async (text) => {
      const answer = await ask(middleware, { vars: { HTTP_AUTHORIZATION: Buffer.from(text).toString("latin1") } });
      return answer.status === 401 && answer.errors.length === 0;
    }),
    { numRuns: 300 },
  );
  t.pass();
});

for (const [title, options, message] of [
  ["an unknown option", { users, realms: "x" }, /auth basic: there is no option realms, did you mean realm\?/],
  [
    "a realm that is not ASCII",
    { users, realm: "caf\u00e9" },
    /realm is "caf\u00e9", text of printable ASCII is needed/,
  ],
  ["a realm with a line end", { users, realm: "a\r\nb" }, /realm/],
  ["an unknown charset", { users, charset: "koi8-r" }, /charset is "koi8-r", "utf-8" or "latin-1" is needed/],
  ["users that are a list", { users: ["alice"] }, /users is/],
] as const) {
  test(`${title} is refused at once`, (t) => {
    t.throws(() => basic(options as unknown as BasicOptions), { instanceOf: TypeError, message });
  });
}
