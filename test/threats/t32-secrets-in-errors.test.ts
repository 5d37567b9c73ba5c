/** T32: what an answer of our own tells a stranger: its status, and nothing of the request, the error or the machine. */
import test from "ava";
import { wsgi, type WsgiApplication } from "../../src/app/index.ts";
import { formatAddress } from "../../src/connection/index.ts";
import { HttpBridge } from "../../src/gateway/index.ts";
import type { AppResponse, Handler } from "../../src/handler/index.ts";
import { sendRaw } from "../helpers/http-client.ts";
import { exchange, parseAnswer, post, requestOf } from "../helpers/raw-client.ts";
import { bothKinds } from "../helpers/target.ts";
import { folderOf } from "../helpers/temp-folder.ts";
import { respond, startServer, type TestServerOptions } from "../helpers/test-server.ts";
import { packetOf, varsBlock } from "../helpers/wire.ts";

const SECRET = "s3cr3t-of-somebody";

/** In every place of a request where somebody keeps a secret. */
const vars = {
  REQUEST_METHOD: "POST",
  PATH_INFO: `/reset/${SECRET}`,
  REQUEST_URI: `/reset/${SECRET}?token=${SECRET}`,
  QUERY_STRING: `token=${SECRET}`,
  HTTP_COOKIE: `session=${SECRET}`,
  HTTP_AUTHORIZATION: `Bearer ${SECRET}`,
  HTTP_HOST: `${SECRET}.test`,
  HTTP_X_REQUEST_ID: SECRET,
  REMOTE_USER: SECRET,
  DATABASE_PASSWORD: SECRET,
};

function fails(error: unknown): Handler {
  return () => {
    throw error;
  };
}

const failing = Object.assign(new Error(`cannot open /home/${SECRET}/settings.py: password ${SECRET}`), {
  code: SECRET,
  path: `/home/${SECRET}`,
  cause: new Error(SECRET),
});

const served: Handler = () => respond("served");

const applications: readonly (readonly [about: string, handler: Handler])[] = [
  ["an error", fails(failing)],
  ["an error with a secret for its name", fails(Object.assign(new Error(SECRET), { name: SECRET }))],
  ["a string that is thrown", fails(SECRET)],
  ["an object that is thrown", fails({ status: 404, message: SECRET, body: SECRET, headers: { [SECRET]: SECRET } })],
  ["a promise that rejects", () => Promise.reject(failing)],
  ["a secret for a response", () => SECRET as unknown as AppResponse],
  ["a bad header value", () => respond("x", { headers: [["X-A", `${SECRET}\r\n`]] })],
  ["a bad header name", () => respond("x", { headers: [[`${SECRET}:`, "1"]] })],
  ["a bad length", () => respond("x", { headers: [["Content-Length", SECRET]] })],
  ["a bad reason", () => ({ ...respond("x"), reason: `${SECRET}\n` })],
  [
    "a bad chunk",
    () => respond([{ secret: SECRET }] as unknown as AppResponse["body"], { headers: [["X-A", SECRET]] }),
  ],
  ["a body shorter than announced", () => respond(SECRET, { headers: [["Content-Length", "100"]] })],
  [
    "a failure of wsgi",
    wsgi(((_, start) => {
      start("200 OK", [["X-A", SECRET]]);
      throw failing;
    }) satisfies WsgiApplication),
  ],
  [
    "a bad status of wsgi",
    wsgi((_, start) => {
      start(`999 ${SECRET}`, []);
      return SECRET;
    }),
  ],
  ["a body of wsgi without a start", wsgi(() => SECRET)],
];

const requests: readonly (readonly [about: string, status: number, bytes: Uint8Array, options?: TestServerOptions])[] =
  [
    ["a bad CONTENT_LENGTH", 400, requestOf({ ...vars, CONTENT_LENGTH: SECRET })],
    ["a bad method", 400, requestOf({ ...vars, REQUEST_METHOD: `${SECRET} ${SECRET}` })],
    ["two users", 400, packetOf(varsBlock([...Object.entries(vars), ["REMOTE_USER", `${SECRET}2`]]))],
    ["a cut value", 400, packetOf(varsBlock(Object.entries(vars)).subarray(0, -3))],
    ["zeros behind the vars", 400, packetOf(Buffer.concat([varsBlock(Object.entries(vars)), Buffer.alloc(3)]))],
    ["a body too long", 413, post(SECRET, vars), { maxBodyBytes: 1 }],
    ["too many vars", 431, requestOf(vars), { maxVars: 3 }],
    ["too many bytes", 431, requestOf(vars), { maxDatasize: 100 }],
  ];

const texts: ReadonlyMap<number, string> = new Map([
  [400, "400 Bad Request\n"],
  [413, "413 Content Too Large\n"],
  [431, "431 Request Header Fields Too Large\n"],
  [500, "500 Internal Server Error\n"],
]);

/** The one answer of that status, to the byte. */
function fixed(status: number): string {
  const text = texts.get(status) ?? "";
  const line = text.trimEnd();
  return `HTTP/1.1 ${line}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: ${text.length}\r\n\r\n${text}`;
}

for (const kind of bothKinds) {
  for (const [about, handler] of applications) {
    test(`T32: ${about} is the same 500 as any other, with nothing in it, on ${kind}`, async (t) => {
      await using server = await startServer(handler, { kind });
      const { bytes } = await exchange(server.address, post(SECRET, vars));
      t.is(Buffer.from(bytes).toString("latin1"), fixed(500));
      t.is(server.seen.errors.all.length, 1);
    });
  }

  for (const [about, status, bytes, options = {}] of requests) {
    test(`T32: ${about} is a ${status} that repeats nothing of the request on ${kind}`, async (t) => {
      await using server = await startServer(served, { kind, ...options });
      const { bytes: received } = await exchange(server.address, bytes);
      t.is(Buffer.from(received).toString("latin1"), fixed(status));
    });
  }
}

test("T32: the bridge's own answers name neither the request, nor the error, nor the socket", async (t) => {
  await using server = await startServer(served);
  await using bridge = await HttpBridge.listen({ to: formatAddress(server.address), maxBodyBytes: 10 });
  const folder = folderOf(t);
  await using dead = await HttpBridge.listen({ to: `${folder}/${SECRET}.sock` });
  const secretHeaders = `Cookie: s=${SECRET}\r\nAuthorization: Bearer ${SECRET}\r\nConnection: close\r\n`;
  const ask = (port: number, line: string, more = "", body = ""): Promise<string> =>
    sendRaw(port, `${line} HTTP/1.1\r\nHost: ${SECRET}.test\r\n${secretHeaders}${more}\r\n${body}`);
  const answers: readonly (readonly [status: number, answer: string])[] = [
    [502, await ask(dead.port, `GET /${SECRET}?${SECRET}`)],
    [400, await ask(bridge.port, `GET /../${SECRET}`)],
    [400, await ask(bridge.port, `GET /%zz${SECRET}`)],
    [400, await ask(bridge.port, "POST /", `Content-Length: ${SECRET}\r\n`)],
    [413, await ask(bridge.port, "POST /", "Transfer-Encoding: chunked\r\n", `12\r\n${SECRET}\r\n0\r\n\r\n`)],
    // Just above Node's limit of 16 KiB: it closes with what it has not read, and of more the reset would be faster.
    [431, await ask(bridge.port, "GET /", `X-Long: ${SECRET.repeat(Math.ceil(16_500 / SECRET.length))}\r\n`)],
  ];
  for (const [status, answer] of answers) {
    t.is(parseAnswer(Buffer.from(answer, "latin1")).status, status);
    t.false(answer.includes(SECRET), answer);
    t.false(answer.includes(folder), answer);
    t.notRegex(answer, /^(?:server|x-powered-by):/im);
  }
});
