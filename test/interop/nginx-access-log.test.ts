/** Our access line beside nginx's own for the same request: what reads nginx's logs must read ours. */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { ExecutionContext } from "ava";
import { serve, type WsgiApplication } from "../../src/index.ts";
import { sendRaw, start } from "../helpers/http-client.ts";
import { needs } from "../helpers/needs.ts";
import { startNginx } from "../helpers/nginx.ts";
import { httpBlock, passTo } from "../helpers/nginx-stack.ts";
import { folderOf } from "../helpers/temp-folder.ts";
import { gate } from "../helpers/test-server.ts";

const nginxTest = needs("nginx").serial;

/** The status is in the path; the body always has its length, since nginx counts the framing of chunks. */
const answer: WsgiApplication = (environ, startResponse) => {
  const body = environ.REQUEST_METHOD === "HEAD" ? "" : "a body\n";
  startResponse(`${/\d{3}/.exec(environ.PATH_INFO)?.[0] ?? "200"} Whatever`, [["Content-Length", "7"]]);
  return body;
};

/** The lines of both access logs for the one request that `ask` sends to nginx's port. */
async function linesOf(
  t: ExecutionContext,
  ask: (port: number) => Promise<unknown>,
  application: WsgiApplication = answer,
): Promise<{ nginx: string; ours: string }> {
  const folder = folderOf(t);
  const socket = join(folder, "app.sock");
  const lines: string[] = [];
  const access = { write: (line: string) => lines.push(line) };
  await using server = await serve(application, { socket, log: { access } });
  const nginx = await startNginx({
    prefix: folder,
    confText: ({ port }) =>
      `uwsgi_param REMOTE_USER $remote_user;\n${httpBlock(port, `location / { ${passTo(socket)} }`)}`,
  });
  try {
    await ask(nginx.port);
  } finally {
    // It writes its lines when it likes, at its end at the latest.
    await nginx.stop();
  }
  await server.close();
  t.is(lines.length, 1);
  return { nginx: readFileSync(join(folder, "access.log"), "latin1"), ours: lines.join() };
}

const TIME = /\[(\d\d)\/([A-Z][a-z]{2})\/(\d{4}):(\d\d:\d\d:\d\d) ([+-]\d{4})\]/;

/** Milliseconds since the epoch of a line's time. */
function timeOf(line: string): number {
  const [, day, month, year, time, zone] = TIME.exec(line) ?? [];
  return Date.parse(`${day} ${month} ${year} ${time} ${zone}`);
}

const tail = "Host: localhost\r\nConnection: close\r\n";
const basic = Buffer.from("ann:secret").toString("base64");

for (const [about, request] of [
  ["a plain request", `GET /a/b?c=d HTTP/1.1\r\n${tail}Referer: http://example.test/x\r\nUser-Agent: curl/8\r\n\r\n`],
  ["a request that names neither agent nor page", `GET / HTTP/1.1\r\n${tail}\r\n`],
  ["headers that are empty", `GET / HTTP/1.1\r\n${tail}User-Agent:\r\nReferer: \r\n\r\n`],
  ["HEAD", `HEAD / HTTP/1.1\r\n${tail}\r\n`],
  ["HTTP/1.0", "GET / HTTP/1.0\r\n\r\n"],
  ["POST", `POST /a HTTP/1.1\r\n${tail}Content-Length: 3\r\n\r\nabc`],
  ["another method", `PROPFIND /a HTTP/1.1\r\n${tail}\r\n`],
  ["a status that is an error", `GET /503 HTTP/1.1\r\n${tail}\r\n`],
  ["a user", `GET / HTTP/1.1\r\n${tail}Authorization: Basic ${basic}\r\n\r\n`],
  ["quotes and backslashes", `GET /"\\' HTTP/1.1\r\n${tail}User-Agent: "\\'\r\nReferer: \\x22\r\n\r\n`],
  ["bytes above 0x7e", `GET /caf\xc3\xa9~\xff HTTP/1.1\r\n${tail}User-Agent: \x7e\x7f\x80\x9b\xff\r\n\r\n`],
  ["control characters", `GET / HTTP/1.1\r\n${tail}User-Agent: \x01\t\x1b[31m\x1f end\r\n\r\n`],
  ["an encoded path with dots", `GET /a/../b%20c//d?%0a HTTP/1.1\r\n${tail}\r\n`],
] as const) {
  nginxTest(`our access line is nginx's own for ${about}`, async (t) => {
    const { nginx, ours } = await linesOf(t, (port) => sendRaw(port, request));
    t.is(ours.replace(TIME, "[time]"), nginx.replace(TIME, "[time]"));
    // Written at the same moment, more or less, in the same zone.
    t.true(Math.abs(timeOf(ours) - timeOf(nginx)) <= 60_000, `${ours}${nginx}`);
    t.is(TIME.exec(ours)?.[5], TIME.exec(nginx)?.[5]);
  });
}

nginxTest("our access line is nginx's own, 499, for a client that leaves before the answer", async (t) => {
  const [called, left] = [gate(), gate()];
  const { nginx, ours } = await linesOf(
    t,
    async (port) => {
      const client = start({ port });
      await called.promise;
      client.destroy();
      await left.promise;
    },
    async (environ) => {
      called.open();
      const { signal } = environ["uisge.request"];
      await once(signal, "abort");
      left.open();
      throw signal.reason;
    },
  );
  t.regex(ours, /" 499 0 "-" "-"\n$/);
  t.is(ours.replace(TIME, "[time]"), nginx.replace(TIME, "[time]"));
});
