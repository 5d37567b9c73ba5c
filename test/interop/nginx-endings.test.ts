/** How requests end that do not go well, behind a real nginx: failures, clients that leave, shutdown. */
import { once } from "node:events";
import type { ExecutionContext } from "ava";
import type { WsgiApplication } from "../../src/index.ts";
import { open, send, start } from "../helpers/http-client.ts";
import { needs } from "../helpers/needs.ts";
import { bothWays, type Over, startStack } from "../helpers/nginx-stack.ts";
import { noise } from "../helpers/noise.ts";
import { Gate } from "../helpers/wsgi-apps.ts";

const nginxTest = needs("nginx").serial;

/** Throws for `/fail`, answers else. */
const failAtOnce: WsgiApplication = ({ PATH_INFO }, startResponse) => {
  if (PATH_INFO === "/fail") throw new Error("nobody shall read this");
  startResponse("200 OK", []);
  return "well\n";
};

for (const over of bothWays) {
  nginxTest(`an application that throws is a 500 with a fixed text, over ${over}`, async (t) => {
    await using stack = await startStack(failAtOnce, { over });
    const answer = await send({ port: stack.port, path: "/fail?password=secret" });
    t.deepEqual([answer.status, answer.body.toString()], [500, "500 Internal Server Error\n"]);
    t.is(stack.errors.length, 1);
    t.regex(stack.errors[0] ?? "", / error \[\w{32}\] GET \/fail answered 500: Error: nobody shall read this \| /);
  });

  nginxTest(`a server whose application has thrown goes on serving, over ${over}`, async (t) => {
    await using stack = await startStack(failAtOnce, { over });
    const statuses: number[] = [];
    for (const path of ["/fail", "/", "/fail", "/"]) statuses.push((await send({ port: stack.port, path })).status);
    t.deepEqual(statuses, [500, 200, 500, 200]);
  });

  nginxTest(`an answer with a Content-Length that fails halfway is seen to be broken, over ${over}`, (t) =>
    failHalfway(t, over, [["Content-Length", "1000"]]),
  );
}

// On a unix socket there is no reset, and nginx takes the end of the connection for the end of the answer.
nginxTest("an answer without Content-Length that fails halfway is seen to be broken, over TCP", (t) =>
  failHalfway(t, "TCP", []),
);

async function failHalfway(t: ExecutionContext, over: Over, headers: [string, string][]): Promise<void> {
  const clientHasSeen = new Gate();
  await using stack = await startStack(
    ({ PATH_INFO }, startResponse) => {
      if (PATH_INFO === "/well") {
        startResponse("200 OK", []);
        return "well\n";
      }
      startResponse("200 OK", [["X-Accel-Buffering", "no"], ...headers]);
      return sendHalf();
    },
    { over },
  );
  async function* sendHalf(): AsyncGenerator<string> {
    yield "the first half";
    await clientHasSeen.opened;
    throw new Error("halfway");
  }
  const message = await open({ port: stack.port });
  let seen = "";
  await t.throwsAsync(
    async () => {
      for await (const chunk of message) {
        seen += String(chunk);
        clientHasSeen.open();
      }
    },
    { code: "ECONNRESET" },
  );
  t.is(seen, "the first half");
  t.regex(
    stack.errors.join(),
    / error \[\w{32}\] GET \/ broken off behind the head of a 200, which the front end can see: Error: halfway /,
  );
  const next = await send({ port: stack.port, path: "/well" });
  t.is(next.body.toString(), "well\n");
}

for (const over of bothWays) {
  nginxTest(`a client that leaves fires the signal of its request and is no error, over ${over}`, async (t) => {
    const called = new Gate();
    const fired = new Gate<unknown>();
    await using stack = await startStack(
      async (environ, startResponse) => {
        const { signal } = environ["uisge.request"];
        called.open();
        await once(signal, "abort");
        fired.open(signal.reason);
        startResponse("200 OK", []);
        return "nobody reads this";
      },
      { over },
    );
    const request = start({ port: stack.port });
    await called.opened;
    request.destroy();
    t.like(await fired.opened, { code: "UWSGI_PEER_GONE" });
    await stack.stop();
    t.deepEqual(stack.errors, []);
  });

  nginxTest(
    `a client that leaves in the middle of a stream ends the generator and is no error, over ${over}`,
    async (t) => {
      const ended = new Gate();
      const chunk = noise(64 * 1_024);
      async function* endless(): AsyncGenerator<Uint8Array> {
        try {
          for (;;) yield chunk;
        } finally {
          ended.open();
        }
      }
      await using stack = await startStack(
        (_environ, startResponse) => {
          startResponse("200 OK", []);
          return endless();
        },
        { over, directives: "uwsgi_max_temp_file_size 0;" },
      );
      const message = await open({ port: stack.port });
      message.destroy();
      await ended.opened;
      await stack.stop();
      t.deepEqual(stack.errors, []);
    },
  );

  nginxTest(
    `a client that leaves in the middle of its upload is told to the reader and is no error, over ${over}`,
    async (t) => {
      const called = new Gate();
      const failed = new Gate<unknown>();
      await using stack = await startStack(
        async (environ) => {
          called.open();
          try {
            return await environ["wsgi.input"].read();
          } catch (error) {
            failed.open(error);
            throw error;
          }
        },
        { over, directives: "uwsgi_request_buffering off;" },
      );
      const request = start({ port: stack.port, method: "POST", headers: [["Content-Length", "1000000"]] });
      await called.opened;
      request.destroy();
      t.like(await failed.opened, { name: "ConnectionError", code: "UWSGI_BODY_TRUNCATED" });
      await stack.stop();
      t.deepEqual(stack.errors, []);
    },
  );

  nginxTest(`a server that closes lets the request that runs end with its answer, over ${over}`, async (t) => {
    const called = new Gate();
    const closing = new Gate();
    await using stack = await startStack(
      async (_environ, startResponse) => {
        called.open();
        await closing.opened;
        startResponse("200 OK", []);
        return "the last one\n";
      },
      { over },
    );
    const answering = send({ port: stack.port });
    await called.opened;
    const closed = stack.server.close();
    // The socket takes nobody any more, the request still runs.
    t.is((await send({ port: stack.port })).status, 502);
    closing.open();
    const answer = await answering;
    t.deepEqual([answer.status, answer.body.toString()], [200, "the last one\n"]);
    await t.notThrowsAsync(closed);
    t.deepEqual(stack.errors, []);
  });
}
