/** What may carry a secret (BREACH). */
import test from "ava";
import type { Header } from "../../../src/codec/index.ts";
import type { Handler, Middleware } from "../../../src/handler/index.ts";
import { ask, type Asked, respond, TEXT } from "./ask.ts";

/** Leaves something for the application, as sessions and authentication do. */
function leaving(name: string, value: unknown): Middleware {
  return (next: Handler): Handler =>
    (request) => {
      (request.environ as Record<string, unknown>)[name] = value;
      return next(request);
    };
}

const session = (isLoaded: boolean): Asked => ({ inner: [leaving("uisge.session", { isLoaded })] });
const signedIn: Asked = { inner: [leaving("uisge.user", { name: "ada", scheme: "Form" })] };

for (const [what, request, headers, isSkipped] of [
  ["sets a cookie", {}, [["set-cookie", "a=b"]], true],
  ["is private", {}, [["Cache-Control", "max-age=5, Private"]], true],
  ["names private fields", {}, [["Cache-Control", 'private="set-cookie"']], true],
  ["is not to be stored", {}, [["Cache-Control", "no-store"]], false],
  ["comes of a session that was read", session(true), [], true],
  ["comes past a session that was not read", session(false), [], false],
  ["is for somebody who signed in", signedIn, [], true],
  ["is for a user whom the front end knows", { vars: { REMOTE_USER: "ada" } }, [], true],
  ["is for a client with a token", { headers: { Authorization: "Bearer x" } }, [], true],
  ["is for a client with a cookie", { headers: { Cookie: "a=b" } }, [], false],
  ["is for a client with a cookie that asks a query", { headers: { Cookie: "a=b" }, path: "/?q=1" }, [], true],
  ["is for a client with a cookie that sends a body", { headers: { Cookie: "a=b" }, body: "x" }, [], true],
  ["is for a client without a cookie that asks a query", { path: "/?q=1" }, [], false],
  ["is for everybody, whoever asks", signedIn, [["Cache-Control", "public, max-age=5"]], false],
  ["is a style sheet", signedIn, [["Content-Type", "text/css; charset=utf-8"]], false],
  ["is a drawing", signedIn, [["Content-Type", "image/svg+xml"]], false],
  ["is a script", signedIn, [["Content-Type", "text/javascript"]], true],
] satisfies [string, Asked, Header[], boolean][]) {
  test(`${isSkipped ? "not compressed" : "compressed"}: what ${what}`, async (t) => {
    const answer = await ask(respond(TEXT, headers), request);
    t.is(answer.get("Content-Encoding"), isSkipped ? undefined : "gzip");
  });

  test(`compressed where secrets are not asked for: what ${what}`, async (t) => {
    const answer = await ask(respond(TEXT, headers), { ...request, compress: { secrets: "compress" } });
    t.is(answer.get("Content-Encoding"), "gzip");
  });
}
