/** The request list's application for our own server, by the gateway interface. */
import { createHash } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { StartResponse, WsgiBody, WsgiEnviron } from "../../../../src/app/index.ts";

const PIECE = Buffer.from(Array.from({ length: 65_536 }, (_, i) => i % 256));

/** Answers as the applications in Python do. */
export function application(environ: WsgiEnviron, startResponse: StartResponse): WsgiBody | Promise<WsgiBody> {
  const [, name = "", rest = ""] = environ.PATH_INFO.split("/");
  const plain = (status: string, headers: [string, string][] = []): void => {
    startResponse(status, [["Content-Type", "text/plain"], ...headers]);
  };
  switch (name) {
    case "echo":
      return echo(environ, startResponse);
    case "bytes":
      startResponse("200 OK", [
        ["Content-Type", "application/octet-stream"],
        ["Content-Length", rest],
      ]);
      return pieces(Number(rest));
    case "unknown-length":
      startResponse("200 OK", [["Content-Type", "application/octet-stream"]]);
      return pieces(Number(rest));
    case "paced":
      plain("200 OK", [["X-Accel-Buffering", "no"]]);
      return paced();
    case "broken":
      plain("200 OK", [["Content-Length", "1000"]]);
      return broken();
    case "slow":
      return delay(5_000, null, { signal: environ["uisge.request"].signal }).then(() => {
        plain("200 OK");
        return "at last";
      });
    case "status":
      plain(`${rest} Reason`);
      return rest === "204" || rest === "304" ? "" : "the body";
    case "cookies":
      plain("200 OK", [
        ["Set-Cookie", "a=1; Path=/"],
        ["Set-Cookie", "b=2; Path=/; HttpOnly"],
      ]);
      return "cookies";
    case "redirect":
      plain("302 Found", [["Location", "/echo/landed?by=redirect"]]);
      return "";
    default:
      plain("404 Not Found");
      return "not here";
  }
}

async function echo(environ: WsgiEnviron, startResponse: StartResponse): Promise<string> {
  const digest = createHash("sha256");
  let length = 0;
  for await (const chunk of environ["wsgi.input"]) {
    digest.update(chunk);
    length += chunk.length;
  }
  const isShown = ([name]: [string, unknown]): boolean =>
    name.startsWith("HTTP_") || ["CONTENT_TYPE", "CONTENT_LENGTH", "wsgi.url_scheme"].includes(name);
  const text = JSON.stringify({
    method: environ.REQUEST_METHOD,
    path: Buffer.from(environ.PATH_INFO, "latin1").toString(),
    query: environ.QUERY_STRING,
    headers: Object.fromEntries(Object.entries(environ).filter(isShown)),
    length,
    sha256: digest.digest("hex"),
  });
  startResponse("200 OK", [
    ["Content-Type", "application/json"],
    ["Content-Length", String(Buffer.byteLength(text))],
  ]);
  return text;
}

function* pieces(length: number): Generator<Uint8Array, void> {
  for (let left = length; left > 0; left -= PIECE.length) yield PIECE.subarray(0, Math.min(left, PIECE.length));
}

async function* paced(): AsyncGenerator<string, void> {
  for (let number = 0; number < 3; number++) {
    if (number > 0) await delay(300);
    yield `piece ${number}\n`;
  }
}

function* broken(): Generator<string, void> {
  yield "the beginning";
  throw new Error("broken on purpose");
}
