/** auth behind a real nginx: its own passwords, and those whom nginx has found out. */
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { join } from "node:path";
import { formatAddress } from "../../../src/connection/index.ts";
import { type Handler, type Middleware, surround } from "../../../src/handler/index.ts";
import { any, auth, type Authenticator, basic, form, frontEnd } from "../../../src/middleware/auth/index.ts";
import { type Certificate, makeCertificates } from "../../helpers/certificates.ts";
import { type HttpAnswer, type HttpRequest, send } from "../../helpers/http-client.ts";
import { needs } from "../../helpers/needs.ts";
import { httpBlock, passTo, startFront, startHandlerStack } from "../../helpers/nginx-stack.ts";
import { folderOf } from "../../helpers/temp-folder.ts";
import { startServer } from "../../helpers/test-server.ts";
import { FakeSessions } from "./fake-session.ts";
import { basicHeader, SECRET, type Seen, whoami } from "./whoami.ts";

const nginxTest = needs("nginx").serial;

const users = { alice: SECRET };
const asAlice = Object.entries(basicHeader("alice", "secret"));

function seenIn({ body }: { readonly body: Buffer }): Seen {
  return JSON.parse(body.toString()) as Seen;
}

/** nginx in front of the application with middleware around it. */
function startAuth(middleware: readonly Middleware[], directives = "") {
  return startHandlerStack(surround(whoami("wsgi"), middleware), { directives });
}

nginxTest("Basic goes through nginx: the challenge, the credentials, the name", async (t) => {
  await using stack = await startAuth([auth(basic({ users, realm: "tea" }))]);
  const { port } = stack;
  const asked = await send({ port });
  t.deepEqual([asked.status, asked.headers.get("www-authenticate")], [401, ['Basic realm="tea", charset="UTF-8"']]);
  t.deepEqual(seenIn(await send({ port, headers: asAlice })), {
    user: { name: "alice", scheme: "Basic" },
    remoteUser: "alice",
    authType: "Basic",
  });
});

nginxTest("two challenges are two header lines behind nginx too", async (t) => {
  const middleware = any(basic({ users }), form({ users }));
  await using stack = await startAuth([new FakeSessions().middleware, auth(middleware)]);
  t.is((await send({ port: stack.port })).headers.get("www-authenticate")?.length, 2);
});

nginxTest("login and logout go through nginx: page, cookie, way back, end", async (t) => {
  await using stack = await startAuth([new FakeSessions().middleware, auth(form({ users }))]);
  const { port } = stack;
  let cookie = "";
  const visit = async (path: string, fields?: Record<string, string>): Promise<HttpAnswer> => {
    const headers: [string, string][] = [["Accept", "text/html"]];
    if (cookie !== "") headers.push(["Cookie", cookie]);
    const request: HttpRequest = { port, path, headers };
    const answer = await send(fields === undefined ? request : { ...request, ...posted(port, headers, fields) });
    cookie = answer.headers.get("set-cookie")?.[0] ?? cookie;
    return answer;
  };
  const sent = await visit("/tea?a=b%2Fc");
  t.deepEqual([sent.status, sent.headers.get("location")], [303, ["/login?return=%2Ftea%3Fa%3Db%252Fc"]]);
  const page = await visit("/login?return=%2Ftea%3Fa%3Db%252Fc");
  const hidden = [...page.body.toString().matchAll(/type="hidden" name="([^"]*)" value="([^"]*)"/g)];
  const fields = Object.fromEntries(hidden.map(([, name = "", value = ""]) => [name, value]));
  const back = await visit("/login", { ...fields, username: "alice", password: "secret" });
  t.deepEqual([back.status, back.headers.get("location")], [303, ["/tea?a=b%2Fc"]]);
  t.is(seenIn(await visit("/tea?a=b%2Fc")).remoteUser, "alice");
  const loggedIn = cookie;
  t.is((await visit("/logout", {})).status, 303);
  cookie = loggedIn;
  t.is((await visit("/tea")).status, 303);
});

function posted(port: number, headers: [string, string][], fields: Record<string, string>) {
  return {
    method: "POST",
    headers: [
      ...headers,
      ["Origin", `http://127.0.0.1:${port}`],
      ["Content-Type", "application/x-www-form-urlencoded"],
    ] as const,
    body: Buffer.from(new URLSearchParams(fields).toString()),
  };
}

/** The same with more vars. */
async function startWithVars(middleware: readonly Middleware[], vars: string, directives = "") {
  const behind = await startServer(surround(whoami("wsgi"), middleware), { kind: "unix" });
  const pass = `location / { ${passTo(formatAddress(behind.address))} }`;
  return startFront({ confText: ({ port }) => `${vars}\n${httpBlock(port, `${directives}\n${pass}`)}` }, async () => {
    await behind[Symbol.asyncDispose]();
  });
}

const REMOTE_USER = "uwsgi_param REMOTE_USER $remote_user;";

nginxTest("whom nginx's auth_basic knows is known; whom it does not know it refuses itself", async (t) => {
  const file = join(folderOf(t), "users");
  writeFileSync(file, `alice:${SECRET}\n`);
  const directives = `auth_basic "tea"; auth_basic_user_file ${file};`;
  await using front = await startWithVars([auth(frontEnd({ scheme: "Basic" }))], REMOTE_USER, directives);
  const { port } = front;
  t.deepEqual(seenIn(await send({ port, headers: asAlice })), {
    user: { name: "alice", scheme: "Basic" },
    remoteUser: "alice",
    authType: "Basic",
  });
  t.is((await send({ port, headers: Object.entries(basicHeader("alice", "wrong")) })).status, 401);
});

nginxTest("without auth_basic nginx's $remote_user is only a claim, which does not survive", async (t) => {
  await using stack = await startWithVars([auth(fakeTokens, { optional: true })], REMOTE_USER);
  const claimed = await send({ port: stack.port, headers: Object.entries(basicHeader("admin", "")) });
  t.deepEqual(seenIn(claimed), { user: null, remoteUser: null, authType: null });
});

/** Knows nobody, and does not look at Basic. */
const fakeTokens: Authenticator = { scheme: "Token", authenticate: () => undefined };

nginxTest("nginx sends that claim to an application without auth: the threat is real", async (t) => {
  await using stack = await startWithVars([], REMOTE_USER);
  t.is(seenIn(await send({ port: stack.port, headers: Object.entries(basicHeader("admin", "")) })).remoteUser, "admin");
});

nginxTest("whom a subrequest of nginx (auth_request) has found out is known", async (t) => {
  const asked = await startServer(auth(basic({ users }))(sayUser), { kind: "unix" });
  const who = `location = /who { internal; ${passTo(formatAddress(asked.address))} }
    auth_request /who;
    auth_request_set $known_user $upstream_http_x_user;`;
  const vars = "uwsgi_param REMOTE_USER $known_user;";
  await using front = await startWithVars([auth(frontEnd())], vars, who);
  const { port } = front;
  t.is(seenIn(await send({ port, headers: asAlice })).user?.name, "alice");
  t.is((await send({ port, headers: [["X-User", "admin"]] })).status, 401);
  await asked[Symbol.asyncDispose]();
});

/** Answers such a subrequest. */
const sayUser: Handler = ({ environ }) => ({
  status: 204,
  headers: [["X-User", environ.REMOTE_USER ?? ""]],
  body: null,
});

needs("nginx", "openssl").serial("who shows nginx a certificate is known by its common name", async (t) => {
  using made = await makeCertificates();
  const { server, ca, client, stranger } = made;
  const vars = `uwsgi_param SSL_CLIENT_VERIFY $ssl_client_verify; uwsgi_param SSL_CLIENT_S_DN $ssl_client_s_dn;`;
  const tls = `ssl_certificate ${server.certFile}; ssl_certificate_key ${server.keyFile};
    ssl_client_certificate ${ca.certFile}; ssl_verify_client optional_no_ca;`;
  const behind = await startServer(surround(whoami("wsgi"), [auth(frontEnd({ certificate: true }))]), { kind: "unix" });
  const pass = `location / { ${passTo(formatAddress(behind.address))} }`;
  await using front = await startFront(
    {
      confText: ({ port }) =>
        `${vars}\n${httpBlock(port, `${tls}\n${pass}`).replace(`127.0.0.1:${port};`, `127.0.0.1:${port} ssl;`)}`,
    },
    async () => {
      await behind[Symbol.asyncDispose]();
    },
  );
  const ask = async (shown?: Certificate): Promise<{ status: number; body: Buffer }> => {
    const own = shown === undefined ? {} : { cert: shown.cert, key: shown.key };
    const request = httpsRequest({ host: "127.0.0.1", port: front.port, ca: ca.cert, agent: false, ...own });
    request.end();
    const [message] = (await once(request, "response")) as [IncomingMessage];
    const chunks: Buffer[] = [];
    for await (const chunk of message) chunks.push(chunk as Buffer);
    return { status: message.statusCode ?? 0, body: Buffer.concat(chunks) };
  };
  t.like(seenIn(await ask(client)), {
    user: { name: "uisge test client", scheme: "Certificate" },
    remoteUser: "uisge test client",
  });
  t.is((await ask()).status, 403);
  t.is((await ask(stranger)).status, 403);
});
