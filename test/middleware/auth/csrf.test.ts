import test from "ava";
import { csrf, type CsrfOptions, csrfToken } from "../../../src/middleware/auth/index.ts";
import type { InjectRequest } from "../../../src/testing/index.ts";
import { type Session, titled } from "../../../src/handler/index.ts";
import { FakeSessions } from "./fake-session.ts";
import { ask } from "./whoami.ts";

const cookie = { Cookie: "a=b" };

async function statusOf(request: InjectRequest, options: CsrfOptions = {}): Promise<number> {
  return (await ask(csrf(options), request)).status;
}

for (const method of ["GET", "HEAD", "OPTIONS"]) {
  test(`${method} changes nothing and passes from anywhere`, async (t) => {
    t.is(await statusOf({ method, headers: { ...cookie, Origin: "https://evil.example" } }), 200);
  });
}

for (const [title, headers, status] of [
  ["one's own page", { "Sec-Fetch-Site": "same-origin" }, 200],
  ["the address bar", { "Sec-Fetch-Site": "none" }, 200],
  ["a page of a sibling", { "Sec-Fetch-Site": "same-site" }, 403],
  ["a page of another site", { "Sec-Fetch-Site": "cross-site" }, 403],
  ["a browser that sends only Origin, and it is ours", { Origin: "http://localhost" }, 200],
  ["our host in other letters, behind TLS", { Origin: "https://LOCALHOST" }, 200],
  ["a browser that sends only Origin, and it is not ours", { Origin: "http://evil.example" }, 403],
  ["nowhere (null)", { Origin: "null" }, 403],
  ["an origin with more behind it", { Origin: "http://localhost/@evil.example" }, 403],
  ["who says nothing, with a cookie", {}, 403],
] as const) {
  for (const method of ["POST", "PUT", "PATCH", "DELETE"]) {
    test(`${method} from ${title}: ${status}`, async (t) => {
      t.is(await statusOf({ method, headers: { ...cookie, ...headers } }), status);
    });
  }
}

test("who says nothing and has no cookie is no browser that could be misused", async (t) => {
  t.is(await statusOf({ method: "POST" }), 200);
});

test("an origin that is trusted passes", async (t) => {
  const headers = { ...cookie, Origin: "https://other.example", "Sec-Fetch-Site": "cross-site" };
  t.is(await statusOf({ method: "POST", headers }, { trustedOrigins: ["https://other.example"] }), 200);
  t.is(await statusOf({ method: "POST", headers }, { trustedOrigins: ["https://another.example"] }), 403);
});

test("the token of the session in the header passes, no other", async (t) => {
  const sessions = new FakeSessions();
  let token = "";
  const makeToken = titled("token", (next) => async (request) => {
    token = csrfToken(await (request.environ["uisge.session"] as Session).load());
    return next(request);
  });
  const first = await ask([sessions.middleware, makeToken]);
  const Cookie = first.get("set-cookie") ?? "";
  const list = [sessions.middleware, csrf({ header: "X-Token" })];
  const send = async (headers: Record<string, string>): Promise<number> =>
    (await ask(list, { method: "POST", headers: { Cookie, ...headers } })).status;
  t.is(await send({}), 403);
  t.is(await send({ "X-Token": token }), 200);
  t.is(await send({ "X-Token": `${token.slice(0, -1)}_` }), token.endsWith("_") ? 200 : 403);
  t.is(await send({ "X-Token": "" }), 403);
  t.is(await send({ "X-CSRF-Token": token }), 403);
});

test("a session without a token is not matched by an empty one", async (t) => {
  const list = [new FakeSessions().middleware, csrf()];
  t.is((await ask(list, { method: "POST", headers: { ...cookie, "X-CSRF-Token": "" } })).status, 403);
});

for (const [title, options, message] of [
  ["an origin with a path", { trustedOrigins: ["https://a.example/"] }, /trustedOrigins/],
  ["a header that is none", { header: "a b" }, /header is "a b"/],
] as const) {
  test(`${title} is refused at once`, (t) => {
    t.throws(() => csrf(options), { instanceOf: TypeError, message });
  });
}
