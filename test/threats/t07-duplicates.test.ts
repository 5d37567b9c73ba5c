/** T7: a var that comes twice, once from the front end and once from its client. Which one is believed? */
import { writeFile } from "node:fs/promises";
import test from "ava";
import { formatAddress } from "../../src/connection/index.ts";
import type { Environ } from "../../src/environ/index.ts";
import type { HttpOptions } from "../../src/server/index.ts";
import { startBridged } from "../helpers/bridge.ts";
import { type FrontEndProcess, startFrontEnd } from "../helpers/front-end-process.ts";
import { send, sendRaw } from "../helpers/http-client.ts";
import { needs } from "../helpers/needs.ts";
import { ask, parseAnswer } from "../helpers/raw-client.ts";
import { bothKinds, startTarget, type Target } from "../helpers/target.ts";
import type { Pair } from "../helpers/vectors.ts";
import { latin1, packetOf, varsBlock } from "../helpers/wire.ts";

const request: readonly Pair[] = [
  ["REQUEST_METHOD", "GET"],
  ["PATH_INFO", "/"],
];

/** What the application sees of `name`, or the status where it is not called. */
async function seen(server: Target, name: string, values: readonly string[]): Promise<unknown> {
  const others = request.filter(([other]) => other !== name);
  const before = server.calls.length;
  const { status } = await ask(
    server.address,
    packetOf(varsBlock([...others, ...values.map((value): Pair => [name, value])])),
  );
  const environ: Environ | undefined = server.calls[before];
  return environ === undefined ? status : environ[name];
}

/** Name, two different values, and what comes of them by each rule. */
const rows: readonly (readonly [name: string, first: string, second: string, join: string | number, last: string])[] = [
  ["CONTENT_LENGTH", "0", "5", 400, "5"],
  ["REQUEST_METHOD", "GET", "PUT", 400, "PUT"],
  ["REMOTE_ADDR", "192.0.2.1", "127.0.0.1", 400, "127.0.0.1"],
  ["REMOTE_USER", "anna", "admin", 400, "admin"],
  ["HTTPS", "off", "on", 400, "on"],
  ["HTTP_HOST", "example.test", "evil.test", 400, "evil.test"],
  ["HTTP_AUTHORIZATION", "Basic YQ==", "Basic Yg==", 400, "Basic Yg=="],
  ["SCRIPT_NAME", "/a", "/b", "/b", "/b"],
  ["PATH_INFO", "/a", "/b", "/b", "/b"],
  ["QUERY_STRING", "a=1", "b=2", "b=2", "b=2"],
  ["SERVER_NAME", "a", "b", "b", "b"],
  ["SERVER_PORT", "80", "443", "443", "443"],
  ["CONTENT_TYPE", "text/plain", "text/html", "text/html", "text/html"],
  ["MY_PARAM", "a", "b", "b", "b"],
  ["HTTP_X_TAG", "a", "b", "a, b", "b"],
  ["HTTP_X_FORWARDED_FOR", "192.0.2.1", "127.0.0.1", "192.0.2.1, 127.0.0.1", "127.0.0.1"],
  ["HTTP_COOKIE", "a=1", "b=2", "a=1; b=2", "b=2"],
];

for (const kind of bothKinds) {
  for (const [name, first, second, join, last] of rows) {
    const outcomes: readonly (readonly [rule: "join" | "refuse" | "last", expected: string | number])[] = [
      ["join", join],
      ["refuse", 400],
      ["last", last],
    ];
    for (const [rule, expected] of outcomes) {
      const title = `T7: ${name}: ${first} and ${name}: ${second} come to ${expected} by "${rule}" on ${kind}`;
      test(title, async (t) => {
        await using server = await startTarget({ kind, duplicates: rule });
        t.is(await seen(server, name, [first, second]), expected);
        const codes = server.seen.refused.all.map(({ error }) => error.code);
        t.deepEqual(codes, expected === 400 ? ["UWSGI_CONFLICTING_VARS"] : []);
      });
    }
  }

  test(`T7: without an option the rule is "join" on ${kind}`, async (t) => {
    await using server = await startTarget({ kind });
    for (const [name, first, second, join] of rows) t.is(await seen(server, name, [first, second]), join, name);
  });

  test(`T7: equal repeats of what must be unique count once, by every rule, on ${kind}`, async (t) => {
    for (const duplicates of ["join", "refuse", "last"] as const) {
      await using server = await startTarget({ kind, duplicates });
      for (const [name, value, , join] of rows) {
        const expected = duplicates === "join" && typeof join === "string" && /[,;] /.test(join);
        if (!expected) t.is(await seen(server, name, [value, value, value]), value, `${name} by ${duplicates}`);
      }
    }
  });

  test(`T7: the conflict may stand anywhere among the repeats on ${kind}`, async (t) => {
    await using server = await startTarget({ kind });
    for (const values of [
      ["admin", "anna", "anna"],
      ["anna", "admin", "anna"],
      ["anna", "anna", "admin"],
      ["", "admin"],
      ["anna", ""],
    ]) {
      t.is(await seen(server, "REMOTE_USER", values), 400, values.join());
    }
  });

  for (const duplicates of ["join", "refuse", "last"] as const) {
    const options: HttpOptions = { duplicates, trustedHeaders: ["HTTP_X_REAL_IP", "HTTP_X_SSL_CLIENT"] };

    test(`T7: two different values of a trusted header are a 400 by "${duplicates}" on ${kind}`, async (t) => {
      await using server = await startTarget({ kind, ...options });
      t.is(await seen(server, "HTTP_X_REAL_IP", ["192.0.2.1", "127.0.0.1"]), 400);
      t.is(await seen(server, "HTTP_X_SSL_CLIENT", ["", "CN=admin"]), 400);
      t.deepEqual(server.calls, []);
    });

    test(`T7: a trusted header that comes once, or twice the same, is itself by "${duplicates}" on ${kind}`, async (t) => {
      await using server = await startTarget({ kind, ...options });
      t.is(await seen(server, "HTTP_X_REAL_IP", ["192.0.2.1"]), "192.0.2.1");
      t.is(await seen(server, "HTTP_X_REAL_IP", ["192.0.2.1", "192.0.2.1"]), "192.0.2.1");
    });
  }
}

// Through a front end that passes both spellings on.

function startLighttpd(socket: string): Promise<FrontEndProcess> {
  return startFrontEnd({
    name: "lighttpd",
    signals: ["SIGTERM", "SIGTERM"],
    prepare: async ({ port, prefix }) => {
      const conf = `${prefix}/lighttpd.conf`;
      const pidFile = `${prefix}/lighttpd.pid`;
      await writeFile(
        conf,
        `server.document-root = "${prefix}"\nserver.bind = "127.0.0.1"\nserver.port = ${port}\n` +
          `server.pid-file = "${pidFile}"\nserver.modules += ("mod_setenv", "mod_scgi")\n` +
          `setenv.set-request-header = ("X-Real-IP" => "192.0.2.1")\n` +
          `scgi.protocol = "uwsgi"\n` +
          `scgi.server = ("/" => (("socket" => "${socket}", "check-local" => "disable", "fix-root-scriptname" => "enable")))\n`,
      );
      return { args: ["-D", "-f", conf], pidFile };
    },
  });
}

const lighttpdTest = needs("lighttpd");

lighttpdTest(
  "T7: lighttpd sends X-A and X_A as one var twice; they are joined, and nobody's value is lost",
  async (t) => {
    await using server = await startTarget();
    await using front = await startLighttpd(formatAddress(server.address));
    await send({
      port: front.port,
      headers: [
        ["X-A", "hyphen"],
        ["X_A", "underscore"],
      ],
    });
    t.is(server.calls[0]?.["HTTP_X_A"], "hyphen, underscore");
  },
);

lighttpdTest("T7: a client behind lighttpd cannot speak in a trusted header by its other spelling", async (t) => {
  await using server = await startTarget({ trustedHeaders: ["HTTP_X_REAL_IP"] });
  await using front = await startLighttpd(formatAddress(server.address));
  t.is((await send({ port: front.port })).status, 200);
  t.is(server.calls[0]?.["HTTP_X_REAL_IP"], "192.0.2.1");
  for (const spelling of ["X_Real_IP", "x_real-ip", "X-REAL_IP"]) {
    const answer = await sendRaw(
      front.port,
      `GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n${spelling}: 127.0.0.1\r\n\r\n`,
    );
    t.is(parseAnswer(latin1(answer)).status, 400, spelling);
  }
  t.is(server.calls.length, 1);
});

/** What a client sends to the bridge, and what the application sees of it: a status where it is not called. */
for (const [about, headers, name, expected] of [
  ["two Host headers", "Host: b.test\r\n", "HTTP_HOST", 400],
  ["two different Content-Type", "Content-Type: a/b\r\nContent-Type: c/d\r\n", "CONTENT_TYPE", 400],
  ["two Content-Length", "Content-Length: 0\r\nContent-Length: 0\r\n", "CONTENT_LENGTH", 400],
  [
    "two different Authorization",
    "Authorization: Basic YQ==\r\nAuthorization: Basic Yg==\r\n",
    "HTTP_AUTHORIZATION",
    400,
  ],
  ["X-Tag and X_Tag", "X-Tag: a\r\nX_Tag: b\r\n", "HTTP_X_TAG", 400],
  ["X-Tag in two cases", "X-Tag: a\r\nx-tag: b\r\n", "HTTP_X_TAG", "a, b"],
  ["two cookies", "Cookie: a=1\r\nCookie: b=2\r\n", "HTTP_COOKIE", "a=1; b=2"],
  ["a client's Remote-Addr", "Remote-Addr: 203.0.113.66\r\n", "REMOTE_ADDR", "127.0.0.1"],
  ["a client's Https", "Https: on\r\n", "HTTPS", undefined],
  ["a client's X-Forwarded-For", "X-Forwarded-For: 203.0.113.66\r\n", "HTTP_X_FORWARDED_FOR", "127.0.0.1"],
] as const) {
  test(`T7: ${about} at the bridge: ${expected ?? "no such var"}`, async (t) => {
    const { port, calls } = await startBridged(t);
    const answer = await sendRaw(port, `GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n${headers}\r\n`);
    t.is(calls[0] === undefined ? Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1]) : calls[0][name], expected);
  });
}

test("T7: what the operator says of a var counts, whatever the client sends", async (t) => {
  const { port, calls } = await startBridged(t, { vars: { REMOTE_USER: "anna", HTTP_X_TENANT: "one" } });
  await send({
    port,
    headers: [
      ["X-Tenant", "two"],
      ["Remote-User", "admin"],
    ],
  });
  t.like(calls[0], { REMOTE_USER: "anna", HTTP_X_TENANT: "one" });
});
