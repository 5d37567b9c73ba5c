/** PEP 3333, extensions: rule 57. */
import test from "ava";
import type { WsgiEnviron } from "../../../../src/app/index.ts";
import { errorCode } from "../../../../src/errors.ts";
import { environOf, run, type Start } from "../../../helpers/wsgi-run.ts";

test("pep3333-57: what the server offers beyond is reached through the environ, and is of that request", async (t) => {
  const environ = await environOf();
  t.is(environ["uisge.request"].environ, environ);
});

test("pep3333-57: an upgrade, which goes past startResponse, is refused when the answer has begun", async (t) => {
  let thrown: unknown;
  await run(async function* streaming(environ: WsgiEnviron, start: Start): AsyncGenerator<string> {
    start("200 OK", []);
    yield "begun";
    try {
      environ["uisge.request"].upgrade();
    } catch (error) {
      thrown = error;
    }
  });
  t.is(errorCode(thrown), "UWSGI_PEER_GONE");
});
