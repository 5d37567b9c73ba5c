import test from "ava";
import { auth, basic, frontEnd, type FrontEndOptions } from "../../../src/middleware/auth/index.ts";
import { commonNameOf } from "../../../src/middleware/auth/distinguished-name.ts";
import { ask, interfaces, outcomeOf, SECRET, type Seen } from "./whoami.ts";

for (const name of interfaces) {
  test(`whom the front end names in REMOTE_USER is known to a ${name} application`, async (t) => {
    const answer = await ask(auth(frontEnd()), { vars: { REMOTE_USER: "alice", AUTH_TYPE: "Negotiate" } }, name);
    t.deepEqual(answer.json(), {
      user: { name: "alice", scheme: "Negotiate" },
      remoteUser: "alice",
      authType: "Negotiate",
    });
  });
}

test("a name that is UTF-8 is text for the application, and bytes in REMOTE_USER", async (t) => {
  const answer = await ask(auth(frontEnd()), { vars: { REMOTE_USER: "zo\u00c3\u00ab" } });
  t.like(answer.json(), { user: { name: "zo\u00eb", scheme: "FrontEnd" }, remoteUser: "zo\u00c3\u00ab" });
});

test("a name that is no UTF-8 gets nobody in", async (t) => {
  t.is(outcomeOf(await ask(auth(frontEnd()), { vars: { REMOTE_USER: "zo\u00eb" } })), 403);
});

test("whom the front end does not name is nobody, and there is nothing to ask for", async (t) => {
  t.is(outcomeOf(await ask(auth(frontEnd()))), 403);
  t.is(outcomeOf(await ask(auth(frontEnd()), { vars: { REMOTE_USER: "" } })), 403);
});

test("no header names anybody unless it was asked for", async (t) => {
  const headers = { "Remote-User": "admin", "X-User": "admin", "X-Remote-User": "admin" };
  t.is(outcomeOf(await ask(auth(frontEnd()), { headers })), 403);
  t.is(outcomeOf(await ask(auth(frontEnd({ header: "X-User" })), { headers })), "admin");
});

test("where a header was asked for, REMOTE_USER is not", async (t) => {
  t.is(outcomeOf(await ask(auth(frontEnd({ header: "X-User" })), { vars: { REMOTE_USER: "admin" } })), 403);
});

test("an AUTH_TYPE that cannot stand in a log is not taken over", async (t) => {
  const answer = await ask(auth(frontEnd()), { vars: { REMOTE_USER: "alice", AUTH_TYPE: 'a"\r\nb' } });
  t.like(answer.json(), { authType: "FrontEnd" });
});

test("a var of its own and a scheme can be named", async (t) => {
  const middleware = auth(frontEnd({ variable: "SSO_USER", scheme: "SSO" }));
  const answer = await ask(middleware, { vars: { SSO_USER: "alice", REMOTE_USER: "admin" } });
  t.like(answer.json(), { user: { name: "alice", scheme: "SSO" }, remoteUser: "alice" });
});

test("with basic beside it, who is not named by the front end is asked for a password", async (t) => {
  const answer = await ask(auth([frontEnd(), basic({ users: { alice: SECRET } })]));
  t.deepEqual([answer.status, answer.get("www-authenticate")], [401, 'Basic realm="restricted", charset="UTF-8"']);
});

// Certificates

const verified = { SSL_CLIENT_VERIFY: "SUCCESS", SSL_CLIENT_S_DN: "CN=alice,O=Tea" };

test("who shows a certificate that the front end has verified is known by its common name", async (t) => {
  const answer = await ask(auth(frontEnd({ certificate: true })), {
    vars: { ...verified, SSL_CLIENT_FINGERPRINT: "ab12" },
  });
  t.deepEqual((answer.json() as Seen).user, {
    name: "alice",
    scheme: "Certificate",
    claims: { subject: "CN=alice,O=Tea", fingerprint: "ab12" },
  });
});

for (const [name, expected] of [
  ["subject", "CN=alice,O=Tea"],
  ["fingerprint", "ab12"],
] as const) {
  test(`the name can be the ${name}`, async (t) => {
    const vars = { ...verified, SSL_CLIENT_FINGERPRINT: "ab12" };
    t.is(outcomeOf(await ask(auth(frontEnd({ certificate: { name } })), { vars })), expected);
  });
}

for (const verify of ["NONE", "FAILED:certificate has expired", "GENEROUS", "success", "", undefined]) {
  test(`a certificate with SSL_CLIENT_VERIFY ${verify ?? "absent"} is nobody's`, async (t) => {
    const vars = { ...verified, SSL_CLIENT_VERIFY: verify };
    t.is((await ask(auth(frontEnd({ certificate: true })), { vars })).status >= 401, true);
  });
}

test("a certificate without a common name is nobody's", async (t) => {
  const vars = { ...verified, SSL_CLIENT_S_DN: "O=Tea" };
  t.is((await ask(auth(frontEnd({ certificate: true })), { vars })).status, 403);
});

test("where a certificate was asked for, REMOTE_USER is not", async (t) => {
  t.is(outcomeOf(await ask(auth(frontEnd({ certificate: true })), { vars: { REMOTE_USER: "admin" } })), 403);
});

test("headers that look like the vars of a certificate are headers", async (t) => {
  const headers = { "SSL-CLIENT-VERIFY": "SUCCESS", "SSL-CLIENT-S-DN": "CN=admin" };
  t.is(outcomeOf(await ask(auth(frontEnd({ certificate: true })), { headers })), 403);
});

for (const [title, options, message] of [
  ["a var that is a header", { variable: "HTTP_X_USER" }, /no header \(HTTP_...\) is needed/],
  ["a var of a certificate that is a header", { certificate: { verifyVariable: "HTTP_VERIFIED" } }, /verifyVariable/],
  ["a header that is none", { header: "X User" }, /header is "X User"/],
  ["an unknown name", { certificate: { name: "UID" } }, /name is "UID"/],
] as const) {
  test(`${title} is refused at once`, (t) => {
    t.throws(() => frontEnd(options as FrontEndOptions), { instanceOf: TypeError, message });
  });
}

// Subjects

for (const [subject, name] of [
  ["CN=alice", "alice"],
  ["CN=alice,OU=x,O=y", "alice"],
  ["emailAddress=a@b.c, CN = alice , O=y", "alice"],
  ["OU=x+CN=alice,O=y", "alice"],
  ["2.5.4.3=alice", "alice"],
  ["cn=alice", "alice"],
  ["CN=Smith\\, Alice,O=y", "Smith, Alice"],
  ['CN="Smith, Alice",O=y', "Smith, Alice"],
  ["CN=Zo\\C3\\AB", "zo\u00eb".replace("z", "Z")],
  ["CN=a\\\\", "a\\"],
  ["CN=alice\\ ", "alice "],
  ["CN=alice\\\\ ", "alice\\"],
  ["O=x\\,CN\\=admin,CN=alice", "alice"],
  ['O="x,CN=admin",CN=alice', "alice"],
  ["/C=GB/O=Tea/CN=alice", "alice"],
  ["/O=x/CN=admin/CN=alice", undefined],
  ["CN=alice,CN=admin", undefined],
  ["O=y", undefined],
  ["", undefined],
  ["CN=alice,", undefined],
  ["CN=alice,O", undefined],
  ["CN=#0c05616c696365", undefined],
  ['CN="alice', undefined],
  ["CN=\\FF", undefined],
  ["alice", undefined],
] as const) {
  test(`the common name of ${JSON.stringify(subject)} is ${name ?? "not to be known"}`, (t) => {
    t.is(commonNameOf(subject), name);
  });
}

test("a long subject that is nearly one takes no time", (t) => {
  const startedAt = performance.now();
  t.is(commonNameOf(`CN=${" ".repeat(240_000)}<`), undefined);
  t.is(commonNameOf(`CN=${"a ".repeat(120_000)}<`), undefined);
  t.true(performance.now() - startedAt < 10_000);
});
