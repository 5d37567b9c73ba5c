/** WebSocket through uWSGI's http router, as docs/front-ends.md sets it up. */
import { nodeHandler } from "../../src/app/index.ts";
import { needs } from "../helpers/needs.ts";
import { noise } from "../helpers/noise.ts";
import { bothKinds } from "../helpers/target.ts";
import { startServer } from "../helpers/test-server.ts";
import { startUwsgiRouter } from "../helpers/uwsgi-router.ts";
import { wsServer } from "../helpers/websocket-apps.ts";
import { converse } from "../helpers/websocket-client.ts";

for (const kind of bothKinds) {
  needs("uwsgi").serial(`messages go both ways, and the connection is closed by a handshake, ${kind}`, async (t) => {
    await using behind = await startServer(nodeHandler(wsServer()), { kind });
    await using router = await startUwsgiRouter(behind.address);
    const messages = [Buffer.from("tea"), noise(1_048_576)];
    const { answers, code } = await converse(router.port, messages);
    t.deepEqual(answers, messages);
    t.is(code, 1000);
    t.like(await behind.seen.ends.at(), { status: 101, ending: "complete" });
  });
}
