/** The rules on the wire, with the globals that cost less; and what only they can do. */
import test from "ava";
import { fetchHandler, installFastGlobals } from "../../../src/app/index.ts";
import { ask, valuesOf } from "../../helpers/raw-client.ts";
import { startServer } from "../../helpers/test-server.ts";
import { startUpstream, TEXT } from "./upstream.ts";
import { declareWireRules } from "./wire-rules.ts";

installFastGlobals();
declareWireRules();

for (const [how, pass] of [
  ["in another Response", (response: Response) => new Response(response.body, response)],
  ["with its headers", (response: Response) => new Response(response.body, { headers: response.headers })],
] as const) {
  test(`what fetch has decoded is sent ${how}, without the headers of its encoding`, async (t) => {
    await using upstream = await startUpstream();
    const handler = fetchHandler(async () => pass(await fetch(`${upstream.url}/gzip`)));
    await using server = await startServer(handler);
    const answer = await ask(server.address);
    t.deepEqual(valuesOf(answer, "content-encoding"), []);
    t.is(answer.body, TEXT);
  });
}
