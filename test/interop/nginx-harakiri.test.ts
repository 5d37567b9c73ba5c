/** Requests that take too long, as the client of a real nginx sees them. */
import { nodeHandler, wsgi } from "../../src/app/index.ts";
import { send } from "../helpers/http-client.ts";
import { needs } from "../helpers/needs.ts";
import { bothWays, startHandlerStack } from "../helpers/nginx-stack.ts";
import { noise } from "../helpers/noise.ts";
import { never } from "../helpers/slow-apps.ts";

const nginxTest = needs("nginx").serial;

const slow = wsgi(async ({ PATH_INFO }, startResponse) => {
  if (PATH_INFO === "/slow") await never;
  startResponse("200 OK", []);
  return "well\n";
});

for (const over of bothWays) {
  nginxTest(
    `a request that takes too long is a 504 with a fixed text, and others are answered, over ${over}`,
    async (t) => {
      await using stack = await startHandlerStack(slow, { over, harakiriMs: 200 });
      const { port } = stack;
      const late = send({ port, path: "/slow?password=secret" });
      t.is((await send({ port, path: "/" })).status, 200);
      const { status, body } = await late;
      t.deepEqual([status, body.toString()], [504, "504 Gateway Timeout\n"]);
      t.is((await send({ port, path: "/" })).status, 200);
      t.like(stack.behind.seen.errors.all, [{ status: 504, outcome: "answered", error: { code: "UWSGI_HARAKIRI" } }]);
    },
  );

  nginxTest(`the 504 gets through to a client whose upload nobody reads, over ${over}`, async (t) => {
    await using stack = await startHandlerStack(slow, {
      over,
      harakiriMs: 200,
      directives: "uwsgi_request_buffering off;",
    });
    const { status } = await send({ port: stack.port, path: "/slow", method: "POST", body: noise(8 * 1_048_576) });
    t.is(status, 504);
  });

  nginxTest(`an answer with a length that takes too long is seen to be broken, over ${over}`, async (t) => {
    const app = nodeHandler((_, res) => {
      res.writeHead(200, { "content-length": 100, "x-accel-buffering": "no" });
      res.write("begun");
    });
    await using stack = await startHandlerStack(app, { over, harakiriMs: 200 });
    await t.throwsAsync(send({ port: stack.port, path: "/" }), { code: "ECONNRESET" });
    t.like(stack.behind.seen.errors.all, [{ status: 200, outcome: "broken-off", error: { code: "UWSGI_HARAKIRI" } }]);
  });
}
