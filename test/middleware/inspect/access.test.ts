import test from "ava";
import type { Environ } from "../../../src/environ/index.ts";
import { type Access, maySee } from "../../../src/middleware/inspect/access.ts";
import { Inspected, ok } from "./helpers.ts";

const LOCAL = { REMOTE_ADDR: "127.0.0.1", REMOTE_PORT: "1", HTTP_HOST: "localhost" };

function sees(vars: Readonly<Record<string, string | undefined>>, access: Partial<Access> = {}): boolean {
  return maySee({ ...LOCAL, ...vars } as unknown as Environ, { allow: "loopback", hosts: [], ...access });
}

for (const vars of [
  {},
  { REMOTE_ADDR: "127.8.9.10" },
  { REMOTE_ADDR: "::1" },
  { REMOTE_ADDR: "::ffff:127.0.0.1" },
  { REMOTE_ADDR: "127.0.0.1:50000", REMOTE_PORT: undefined },
  { HTTP_HOST: undefined },
  { HTTP_HOST: "LocalHost:8080" },
  { HTTP_HOST: "app.localhost." },
  { HTTP_HOST: "127.0.0.1:80" },
  { HTTP_HOST: "[::1]:80" },
  { HTTP_X_FORWARDED_FOR: "127.0.0.1, ::1", HTTP_X_REAL_IP: "127.0.0.1" },
]) {
  test(`a client of this machine sees the page: ${JSON.stringify(vars, (_, value: unknown) => value ?? null)}`, (t) => {
    t.true(sees(vars));
  });
}

for (const [why, vars] of [
  ["of another machine", { REMOTE_ADDR: "192.0.2.1" }],
  ["of an address that only begins as loopback does", { REMOTE_ADDR: "127.0.0.1.example.com" }],
  ["whom the front end does not know", { REMOTE_ADDR: "unix:" }],
  ["without an address", { REMOTE_ADDR: undefined, REMOTE_PORT: undefined }],
  ["whose request a proxy has passed on", { HTTP_X_FORWARDED_FOR: "192.0.2.1" }],
  ["whose request several proxies have passed on", { HTTP_X_FORWARDED_FOR: "192.0.2.1, 127.0.0.1" }],
  ["whose real address is another", { HTTP_X_REAL_IP: "192.0.2.1" }],
  ["who was forwarded", { HTTP_FORWARDED: "for=127.0.0.1" }],
  ["whose browser was led here by a name", { HTTP_HOST: "rebound.example.com" }],
  ["whose browser was led here by a name that ends like ours", { HTTP_HOST: "notlocalhost" }],
  ["whose browser was led here by a name that begins as an address", { HTTP_HOST: "127.0.0.1.example.com" }],
  ["who came by an address of other machines", { HTTP_HOST: "192.0.2.7" }],
  ["with a Host that is none", { HTTP_HOST: "localhost@example.com" }],
] as const) {
  test(`a client ${why} does not see the page`, (t) => {
    t.false(sees(vars));
  });
}

test("a client of this machine may come by a name that was said", (t) => {
  const access = { hosts: ["Dev.example.com"] };
  t.true(sees({ HTTP_HOST: "dev.example.com:8080" }, access));
  t.false(sees({ HTTP_HOST: "dev.example.com:8080", REMOTE_ADDR: "192.0.2.1" }, access));
  t.false(sees({ HTTP_HOST: "example.com" }, access));
});

test("a list of addresses lets in those alone, loopback not among them", (t) => {
  const access = { allow: ["192.0.2.1", "2001:DB8::1"] } as const;
  const from = (REMOTE_ADDR: string): boolean => sees({ REMOTE_ADDR, HTTP_HOST: "192.0.2.7" }, access);
  t.deepEqual(["192.0.2.1", "::ffff:192.0.2.1", "2001:db8::1", "192.0.2.10", "127.0.0.1"].map(from), [
    true,
    true,
    true,
    false,
    false,
  ]);
});

test("what a proxy has passed on has to come from a list of addresses too", (t) => {
  const access = { allow: ["192.0.2.1", "192.0.2.2"] };
  const passed = (vars: Readonly<Record<string, string>>): boolean =>
    sees({ REMOTE_ADDR: "192.0.2.1", ...vars }, access);
  t.true(passed({ HTTP_X_FORWARDED_FOR: "192.0.2.2, 192.0.2.1" }));
  t.false(passed({ HTTP_X_FORWARDED_FOR: "192.0.2.3, 192.0.2.1" }));
  t.false(passed({ HTTP_FORWARDED: "for=192.0.2.1" }));
  t.false(passed({ HTTP_HOST: "rebound.example.com" }));
  t.false(passed({ REMOTE_ADDR: "unix:" }));
});

test("where anybody is allowed, a name still has to be one that was said", (t) => {
  const access = { allow: "any", hosts: ["dev.example.com"] } as const;
  const by = (HTTP_HOST: string): boolean => sees({ REMOTE_ADDR: "unix:", HTTP_HOST }, access);
  t.deepEqual(["dev.example.com:8080", "192.0.2.7", "localhost", "example.com"].map(by), [true, true, true, false]);
});

const application = new Inspected(({ environ }) => ok(`application at ${environ.PATH_INFO}`));

for (const [who, request] of [
  ["another machine", { remoteAddress: "192.0.2.1" }],
  ["another name", { headers: { Host: "rebound.example.com" } }],
] as const) {
  test(`what is asked of the page by ${who} is the application's to answer`, async (t) => {
    for (const path of ["/__inspect", "/__inspect/1", "/__inspect/1.uwsgi", "/__inspect.json"]) {
      t.is((await application.ask({ path, ...request })).text(), `application at ${path}`);
    }
  });
}

test("without development there is no page, and nothing is recorded", async (t) => {
  const inspected = new Inspected(() => ok("application"), { records: 5, allow: "any" });
  t.is(await inspected.text("/__inspect"), "application");
});
