/** What a broken configuration does, and that it no longer does with doctor's fixes: real nginx, real server. */
import { readFileSync } from "node:fs";
import { request as httpsRequest } from "node:https";
import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { dirname, join } from "node:path";
import { serve, type WsgiApplication } from "../../src/index.ts";
import { type Certificate, makeCertificates } from "../helpers/certificates.ts";
import { freePort } from "../helpers/front-end-process.ts";
import { type HttpAnswer, type HttpRequest, readAnswer, send } from "../helpers/http-client.ts";
import { needs } from "../helpers/needs.ts";
import { startNginx } from "../helpers/nginx.ts";
import { folderOf } from "../helpers/temp-folder.ts";
import { copyOf, fixAll, rewrite } from "./prepared.ts";

/** Answers with what it was asked; each path has a cookie of its own. */
const application: WsgiApplication = async (environ, startResponse) => {
  const body = await environ["wsgi.input"].read();
  const path = environ["PATH_INFO"];
  const vars = Object.fromEntries(Object.entries(environ).filter(([, value]) => typeof value === "string"));
  startResponse(path.startsWith("/missing") ? "404 Not Found" : "200 OK", [
    ["Content-Type", "application/json"],
    ...(path.startsWith("/big") ? ([["X-Big", "b".repeat(2_000)]] as const) : []),
    ...(path.startsWith("/login") ? ([["Set-Cookie", `session=${String(environ["HTTP_X_USER"])}`]] as const) : []),
  ]);
  return JSON.stringify({ ...vars, body: Buffer.from(body).toString() });
};

interface Row {
  readonly name: string;
  readonly request?: Omit<HttpRequest, "port">;
  /** A request before it. */
  readonly before?: Omit<HttpRequest, "port">;
  /** What is looked at in the answer. Default its status. */
  readonly seen?: (answer: HttpAnswer) => unknown;
  readonly broken: unknown;
  readonly fixed: unknown;
}

const status = (answer: HttpAnswer): unknown => answer.status;
/** What the application was sent. */
function heard(name: string): (answer: HttpAnswer) => unknown {
  return ({ body }) => (JSON.parse(body.toString()) as Record<string, unknown>)[name];
}

const upload = { method: "POST", path: "/up", body: Buffer.from("hello") };
const chunked = { method: "POST", path: "/up", body: [Buffer.from("hel"), Buffer.from("lo")] };

const rows: readonly Row[] = [
  { name: "address-abstract", broken: 502, fixed: 200 },
  { name: "address-relative", broken: 502, fixed: 200 },
  { name: "address-relative.upstream", broken: 502, fixed: 200 },
  { name: "pass-to-http", broken: 400, fixed: 200 },
  { name: "other-protocol", request: { path: "/api/" }, broken: 502, fixed: 200 },
  { name: "other-protocol.fastcgi", request: { path: "/api/" }, broken: 502, fixed: 200 },
  { name: "params-none", request: { path: "/a" }, seen: heard("PATH_INFO"), broken: "", fixed: "/a" },
  { name: "params-switched-off", request: upload, seen: heard("body"), broken: "", fixed: "hello" },
  { name: "param-missing", request: upload, seen: heard("body"), broken: "", fixed: "hello" },
  { name: "param-missing.path", request: { path: "/a" }, seen: heard("PATH_INFO"), broken: "", fixed: "/a" },
  { name: "param-incomplete", seen: heard("REMOTE_ADDR"), broken: undefined, fixed: "127.0.0.1" },
  { name: "https-missing", seen: heard("wsgi.url_scheme"), broken: "http", fixed: "https" },
  { name: "https-forced", seen: heard("wsgi.url_scheme"), broken: "https", fixed: "http" },
  {
    name: "param-value.path-info",
    request: { path: "/a%20b?c" },
    seen: heard("PATH_INFO"),
    broken: "/a%20b?c",
    fixed: "/a b",
  },
  {
    name: "param-value.path-info-of-fastcgi",
    request: { path: "/a" },
    seen: heard("PATH_INFO"),
    broken: "",
    fixed: "/a",
  },
  { name: "param-value.script-name", request: { path: "/a" }, seen: heard("SCRIPT_NAME"), broken: "/a", fixed: "" },
  { name: "param-value.content-length", request: chunked, broken: 411, fixed: 200 },
  { name: "script-name", request: { path: "/shop/a" }, seen: heard("PATH_INFO"), broken: "/shop/a", fixed: "/a" },
  { name: "param-header-name", seen: heard("HTTP_X_COUNTRY"), broken: undefined, fixed: "127.0.0.1" },
  { name: "param-twice", broken: 400, fixed: 200 },
  { name: "param-twice.include", broken: 400, fixed: 200 },
  { name: "param-name-long", broken: 400, fixed: 200 },
  { name: "string-in-packet", broken: 400, fixed: 200 },
  {
    name: "param-from-client",
    request: { headers: [["X-User", "admin"]] },
    seen: heard("REMOTE_USER"),
    broken: "admin",
    fixed: undefined,
  },
  {
    name: "param-from-client.address",
    request: { headers: [["X-Forwarded-For", "192.0.2.1"]] },
    seen: heard("REMOTE_ADDR"),
    broken: "192.0.2.1",
    fixed: "127.0.0.1",
  },
  {
    name: "forwarded-appended",
    request: { headers: [["X-Forwarded-For", "192.0.2.1"]] },
    seen: heard("HTTP_X_FORWARDED_FOR"),
    broken: "192.0.2.1, 127.0.0.1",
    fixed: "127.0.0.1",
  },
  {
    name: "forwarded-headers",
    request: { headers: [["X-Forwarded-Proto", "https"]] },
    seen: heard("HTTP_X_FORWARDED_PROTO"),
    broken: "https",
    fixed: undefined,
  },
  {
    name: "real-ip-anyone",
    request: { headers: [["X-Forwarded-For", "192.0.2.1"]] },
    seen: heard("REMOTE_ADDR"),
    broken: "192.0.2.1",
    fixed: "127.0.0.1",
  },
  {
    name: "underscores-in-headers",
    request: { headers: [["X_Real_User", "a"]] },
    seen: heard("HTTP_X_REAL_USER"),
    broken: "a",
    fixed: undefined,
  },
  {
    name: "invalid-headers",
    request: { headers: [["X!", "a"]] },
    seen: heard("HTTP_X!"),
    broken: "a",
    fixed: undefined,
  },
  { name: "slashes-unmerged", request: { path: "//admin/" }, broken: 200, fixed: 403 },
  { name: "modifier", broken: 502, fixed: 200 },
  {
    name: "headers-not-passed",
    request: { headers: [["Cookie", "a=b"]] },
    seen: heard("HTTP_COOKIE"),
    broken: undefined,
    fixed: "a=b",
  },
  { name: "body-not-passed", request: upload, broken: 408, fixed: 200 },
  { name: "auth-request-body", request: upload, broken: 500, fixed: 200 },
  {
    name: "cache-without-key",
    before: { path: "/a" },
    request: { path: "/b" },
    seen: heard("PATH_INFO"),
    broken: "/a",
    fixed: "/b",
  },
  {
    name: "cache-cookies",
    before: { path: "/login", headers: [["X-User", "a"]] },
    request: { path: "/login", headers: [["X-User", "b"]] },
    seen: ({ headers }) => headers.get("set-cookie")?.join(),
    broken: "session=a",
    fixed: "session=b",
  },
  {
    name: "cache-private",
    before: { path: "/a", headers: [["Cookie", "user=a"]] },
    request: { path: "/a" },
    seen: heard("HTTP_COOKIE"),
    broken: "user=a",
    fixed: undefined,
  },
  {
    name: "errors-intercepted",
    request: { path: "/missing" },
    seen: heard("PATH_INFO"),
    broken: "/sorry.html",
    fixed: "/missing",
  },
  { name: "websocket-headers", seen: heard("HTTP_UPGRADE"), broken: "websocket", fixed: undefined },
  { name: "head-buffer", request: { path: "/big" }, broken: 502, fixed: 200 },
  {
    name: "header-buffers",
    request: { headers: Array.from({ length: 9 }, (_, i) => [`X-${i}`, "x".repeat(7_900)] as const) },
    broken: 500,
    fixed: 400,
  },
  { name: "named-location-missing", request: { path: "/static/none" }, broken: 500, fixed: 200 },
  { name: "try-files-404", request: { path: "/a" }, broken: 404, fixed: 200 },
];

const nginxTest = needs("nginx", "openssl");

for (const { name, request = {}, before, seen = status, broken, fixed } of rows) {
  nginxTest.serial(`${name}: what is wrong can be seen, and no longer with the fixes made`, async (t) => {
    using certificates = await makeCertificates();
    const server = await serve(application, { socket: join(folderOf(t), "s"), bodyTimeoutMs: 300 });
    t.teardown(() => server.close());
    const ask = async (isFixed: boolean): Promise<unknown> => {
      const conf = copyOf(t, name, certificates.server);
      if (isFixed) fixAll(conf);
      const port = await freePort();
      const socket = `unix:${join(server.addresses[0]?.kind === "unix" ? server.addresses[0].path : "")}`;
      rewrite(conf, {
        "unix:/run/uisge/app.sock": socket,
        "127.0.0.1:3031": socket,
        "127.0.0.1:8080": `127.0.0.1:${port}`,
        "127.0.0.1:8443": `127.0.0.1:${port}`,
      });
      await using nginx = await startNginx({ conf, prefix: dirname(conf), port });
      const isTls = readFileSync(conf, "utf8").includes(" ssl;");
      if (before !== undefined) await send({ ...before, port: nginx.port });
      return seen(isTls ? await sendByTls(port, certificates.ca) : await send({ ...request, port: nginx.port }));
    };
    t.deepEqual(await ask(false), broken);
    t.deepEqual(await ask(true), fixed);
  });
}

async function sendByTls(port: number, ca: Certificate): Promise<HttpAnswer> {
  const asked = httpsRequest({ host: "127.0.0.1", port, ca: ca.cert, agent: false });
  asked.end();
  const [message] = (await once(asked, "response")) as [IncomingMessage];
  return readAnswer(message);
}
