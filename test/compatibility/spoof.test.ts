/**
 * T35: who a client says it is, by headers, changes nothing of what frameworks take for its identity, unless the application
 * was told to trust a proxy; then it is as on node:http.
 */
import test, { type ExecutionContext } from "ava";
import { parseAddress } from "../../src/connection/index.ts";
import { send } from "../helpers/http-client.ts";
import { needs } from "../helpers/needs.ts";
import { startNginx } from "../helpers/nginx.ts";
import { httpBlock, passTo } from "../helpers/nginx-stack.ts";
import { ask, get, type Vars } from "../helpers/raw-client.ts";
import { Pair } from "./compare.ts";
import { type Row, rows } from "./rows.ts";
import { type Side, startOnUwsgi } from "./side.ts";

type Claim = readonly [header: string, value: string];

const SPOOFED = "203.0.113.66";

/** Headers that frameworks look at when they trust a proxy. */
const forwarded: readonly Claim[] = [
  ["X-Forwarded-For", SPOOFED],
  ["X-Forwarded-For", `${SPOOFED}, 127.0.0.1`],
  ["X-Forwarded-Proto", "https"],
  ["X-Forwarded-Host", "evil.test"],
  ["X-Forwarded-Host", "evil.test:8443, other.test"],
  ["X-Forwarded-Port", "443"],
  ["X-Forwarded-Prefix", "/admin"],
  ["X-Forwarded-Ssl", "on"],
  ["Forwarded", `for=${SPOOFED};proto=https;host=evil.test`],
  ["X-Real-IP", SPOOFED],
  ["X-Client-IP", SPOOFED],
  ["X-Original-URL", "/admin"],
  ["X-Rewrite-URL", "/admin"],
  ["X-HTTP-Method-Override", "DELETE"],
];

/** Headers whose vars are, or look like, those that the front end speaks by. */
const colliding: readonly Claim[] = [
  ["Remote-Addr", SPOOFED],
  ["Remote-Port", "1"],
  ["Remote-User", "admin"],
  ["Https", "on"],
  ["Request-Uri", "/admin"],
  ["Request-Method", "DELETE"],
  ["Request-Scheme", "https"],
  ["Uwsgi-Scheme", "https"],
  ["Server-Name", "evil.test"],
  ["Server-Port", "443"],
  ["Server-Protocol", "HTTP/0.9"],
  ["Path-Info", "/admin"],
  ["Script-Name", "/admin"],
  ["Query-String", "admin=1"],
  ["Document-Uri", "/admin"],
];

const hyphened: readonly Claim[] = [...forwarded, ...colliding];

/** The same with underscores, some as whole names of vars; nginx drops them, or with `underscores_in_headers` passes them on. */
const underscored: readonly Claim[] = hyphened.flatMap(([name, value]): Claim[] => {
  const asVar = name.replaceAll("-", "_");
  return [
    [asVar, value],
    [`HTTP_${asVar.toUpperCase()}`, value],
  ];
});

/** Applications that say who they think they talk to. */
const asked = rows.filter(({ name }) =>
  ["node:http", "Express 5", "Koa 3", "Fastify 5", "Hono 4", "h3 2"].includes(name),
);
/** Those that can be told to trust a proxy. */
const trusting = asked.filter(({ name }) => ["Express 5", "Koa 3", "Fastify 5", "h3 2"].includes(name));

const PATH = "/identity?a=1";
const nginxTest = needs("nginx");

/** What a framework says of a request, without the headers themselves. */
async function identityAt(port: number, claims: readonly Claim[]): Promise<unknown> {
  const answer = await send({ port, path: PATH, headers: [["Host", "tea.example"], ...claims] });
  return identityIn(answer.body.toString());
}

function identityIn(body: string): unknown {
  return { ...(JSON.parse(body) as Record<string, unknown>), headers: undefined };
}

/** Each claim alone, then all together; of a name that comes twice, the first. */
function attempts(claims: readonly Claim[]): readonly (readonly Claim[])[] {
  return [...claims.map((claim) => [claim]), [...new Map(claims.toReversed()).entries()]];
}

async function isTheSame(t: ExecutionContext, port: number, claims: readonly Claim[]): Promise<void> {
  const honest = await identityAt(port, []);
  for (const attempt of attempts(claims)) {
    t.deepEqual(await identityAt(port, attempt), honest, JSON.stringify(attempt));
  }
}

/** Started by the first test that asks for it: what one asks changes nothing for the next. */
const sides = new Map<string, Promise<Side>>();

async function withSide(row: Row, env: NodeJS.ProcessEnv, use: (side: Side) => Promise<void>): Promise<void> {
  const key = row.name + JSON.stringify(env);
  if (!sides.has(key)) sides.set(key, startOnUwsgi(row.onUwsgi, { env }));
  await use(await (sides.get(key) as Promise<Side>));
}

test.after.always(async () => {
  for (const side of sides.values()) await (await side)[Symbol.asyncDispose]();
});

for (const row of asked) {
  nginxTest.serial(`T35: ${row.name} that trusts no proxy: no header through nginx changes the identity`, (t) =>
    withSide(row, {}, ({ port }) => isTheSame(t, port, [...hyphened, ...underscored])),
  );

  nginxTest.serial(`T35: ${row.name} that trusts no proxy: nor do underscores that nginx lets through`, (t) =>
    withSide(row, {}, async ({ socket = "" }) => {
      await using nginx = await startNginx({
        confText: ({ port }) => httpBlock(port, `underscores_in_headers on; location / { ${passTo(socket)} }`),
      });
      await isTheSame(t, nginx.port, [...hyphened, ...underscored]);
    }),
  );

  nginxTest.serial(`T35: ${row.name} that trusts no proxy: no var but the front end's own changes the identity`, (t) =>
    withSide(row, {}, async ({ socket = "" }) => {
      const told: Vars = {
        REQUEST_URI: PATH,
        PATH_INFO: "/identity",
        QUERY_STRING: "a=1",
        SERVER_PROTOCOL: "HTTP/1.1",
        SERVER_NAME: "tea.example",
        SERVER_PORT: "80",
        REMOTE_ADDR: "192.0.2.7",
        REMOTE_PORT: "4711",
        REQUEST_SCHEME: "http",
        HTTP_HOST: "tea.example",
      };
      const identity = async (more: Vars): Promise<unknown> =>
        identityIn((await ask(parseAddress(socket), get({ ...told, ...more }))).body);
      const honest = await identity({});
      t.like(
        honest,
        row.name === "h3 2" || row.name === "Hono 4" ? { ip: "192.0.2.7" } : { url: PATH, ip: "192.0.2.7" },
      );
      for (const [name, value] of hyphened) {
        const asVar = name.replaceAll("-", "_");
        for (const variant of [
          `HTTP_${asVar.toUpperCase()}`,
          asVar.toLowerCase(),
          `HTTP_${asVar}`,
          `HTTP_HTTP_${asVar}`,
        ]) {
          t.deepEqual(await identity({ [variant]: value }), honest, variant);
        }
      }
    }),
  );
}

for (const row of trusting) {
  nginxTest.serial(`T35: ${row.name} that trusts a proxy takes its word as on node:http`, async (t) => {
    await using pair = await Pair.start(row, { env: { TRUST_PROXY: "1" } });
    const honest = await identityAt(pair.onUwsgi.port, []);
    let believed = 0;
    for (const attempt of attempts(hyphened)) {
      const identity = await identityAt(pair.onUwsgi.port, attempt);
      t.deepEqual(identity, await identityAt(pair.onNode.port, attempt), JSON.stringify(attempt));
      if (JSON.stringify(identity) !== JSON.stringify(honest)) believed++;
    }
    t.true(believed >= 3, `${believed} claims were believed`);
  });

  nginxTest.serial(`T35: ${row.name} that trusts a proxy takes the word of nginx, not an underscored one`, (t) =>
    withSide(row, { TRUST_PROXY: "1" }, async ({ socket = "" }) => {
      const own = ["FOR $remote_addr", "PROTO $scheme", "HOST $host"];
      const params = own.map((param) => `uwsgi_param HTTP_X_FORWARDED_${param};`).join(" ");
      await using nginx = await startNginx({
        confText: ({ port }) => httpBlock(port, `underscores_in_headers on; location / { ${passTo(socket)} }`) + params,
      });
      await isTheSame(t, nginx.port, [...forwarded, ...underscored]);
    }),
  );
}

test("the matrix has six applications, and four of them can trust a proxy", (t) => {
  t.is(asked.length, 6);
  t.is(trusting.length, 4);
});
