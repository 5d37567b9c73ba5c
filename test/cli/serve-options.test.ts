import { writeFileSync } from "node:fs";
import test from "ava";
import { uwsgiPass } from "../../src/cli/nginx-hint.ts";
import { configOf } from "../../src/cli/options/config-of.ts";
import { serverOptionsOf } from "../../src/cli/options/server-options.ts";
import { parseAddress } from "../../src/connection/index.ts";
import { errorCode } from "../../src/errors.ts";
import { tempFolder } from "../helpers/temp-folder.ts";
import { faultOf } from "../helpers/wire.ts";

/** What flags become. */
const readServerFlags = (flags: Parameters<typeof configOf>[0]): ReturnType<typeof serverOptionsOf> =>
  serverOptionsOf(configOf(flags, "serve"));

test("nothing given is nothing set: the defaults are the server's", (t) => {
  t.deepEqual(readServerFlags({}), {});
});

for (const [flags, expected] of [
  [{ "chmod-socket": "600" }, { mode: 0o600 }],
  [{ "chmod-socket": "0660" }, { mode: 0o660 }],
  [{ "chown-socket": "www-data" }, { owner: "www-data" }],
  [{ "chown-socket": "33:web" }, { owner: "33", group: "web" }],
  [{ "chown-socket": ":web" }, { group: "web" }],
  [{ "recreate-socket": true }, { recreate: true }],
  [{ allow: ["10.0.0.0/8", "::1"] }, { allow: ["10.0.0.0/8", "::1"] }],
  [{ insecure: true }, { insecure: true }],
  [{ "max-connections": "100" }, { maxConnections: 100 }],
  [{ "max-body-bytes": "0" }, { maxBodyBytes: 0 }],
  [{ "header-timeout": "2.5" }, { headerTimeoutMs: 2_500 }],
  [{ "body-timeout": "30" }, { bodyTimeoutMs: 30_000 }],
  [{ "write-timeout": "0.0001" }, { writeTimeoutMs: 1 }],
  [{ grace: "0" }, { graceMs: 0 }],
  [{ harakiri: "30" }, { harakiriMs: 30_000 }],
] as const) {
  test(`${JSON.stringify(flags)} becomes ${JSON.stringify(expected)}`, (t) => {
    t.deepEqual(readServerFlags(flags), expected);
  });
}

for (const [flags, message] of [
  [{ "chmod-socket": "999" }, /^--chmod-socket 999: an octal mode/],
  [{ "chmod-socket": "66" }, /^--chmod-socket 66: /],
  [{ "chown-socket": "" }, /^--chown-socket : USER/],
  [{ "chown-socket": ":" }, /^--chown-socket :: USER/],
  [{ "chown-socket": "a:b:c" }, /^--chown-socket a:b:c: USER/],
  [{ "max-connections": "1e3" }, /^--max-connections 1e3: a whole number/],
  [{ "max-connections": "-1" }, /^--max-connections -1: /],
  [{ "max-body-bytes": "1.5" }, /^--max-body-bytes 1\.5: /],
  [{ "max-body-bytes": "99999999999999999" }, /^--max-body-bytes 9+: /],
  [{ "header-timeout": "5s" }, /^--header-timeout 5s: a number of seconds/],
  [{ "body-timeout": "" }, /^--body-timeout : /],
  [{ "write-timeout": "1,5" }, /^--write-timeout 1,5: /],
  [{ grace: "Infinity" }, /^--grace Infinity: /],
  [{ harakiri: "a while" }, /^--harakiri a while: a number of seconds/],
  [{ "tls-cert": "a.pem" }, /both --tls-cert FILE and --tls-key FILE/],
  [{ "tls-ca": "a.pem" }, /both --tls-cert FILE and --tls-key FILE/],
  [{ "tls-cert": "/nowhere/c.pem", "tls-key": "/nowhere/k.pem" }, /^--tls-cert \/nowhere\/c\.pem: ENOENT/],
] as const) {
  test(`${JSON.stringify(flags)} is refused in words`, (t) => {
    const fault = faultOf(() => readServerFlags(flags));
    t.is(fault?.code, "UWSGI_INVALID_ARGUMENT");
    t.regex(fault?.message ?? "", message);
  });
}

test("files of certificates are read", (t) => {
  using folder = tempFolder();
  for (const name of ["cert", "key", "ca"]) writeFileSync(folder.file(name), `the ${name}`);
  const { tls } = readServerFlags({
    "tls-cert": folder.file("cert"),
    "tls-key": folder.file("key"),
    "tls-ca": folder.file("ca"),
  });
  t.deepEqual([tls?.cert, tls?.key, tls?.ca].map(String), ["the cert", "the key", "the ca"]);
});

test("a certificate that cannot be read keeps the reason as cause, for the exit code", (t) => {
  const error = t.throws(() => readServerFlags({ "tls-cert": "/nowhere/c", "tls-key": "/nowhere/k" }));
  t.is(errorCode(error.cause), "ENOENT");
});

for (const [address, expected] of [
  ["/run/app.sock", "unix:/run/app.sock"],
  ["./app.sock", `unix:${process.cwd()}/app.sock`],
  ["/run/my app.sock", '"unix:/run/my app.sock"'],
  ["127.0.0.1:3031", "127.0.0.1:3031"],
  ["[::1]:3031", "[::1]:3031"],
  ["suwsgi://127.0.0.1:3031", "suwsgi://127.0.0.1:3031"],
  ["suwsgi://./app.sock", `suwsgi://unix:${process.cwd()}/app.sock`],
  ["@app", undefined],
  ["fd://3", undefined],
] as const) {
  test(`nginx is told of ${address} by ${expected ?? "nothing"}`, (t) => {
    t.is(uwsgiPass(parseAddress(address)), expected);
  });
}

test("nginx is told of all addresses of a machine by its name", (t) => {
  t.regex(uwsgiPass(parseAddress("0.0.0.0:3031")) ?? "", /^[^0:]+[^:]*:3031$/);
});
