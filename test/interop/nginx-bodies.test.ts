/** Uploads and streams through a real nginx: every byte, in order, and no memory for them. */
import { createHash } from "node:crypto";
import { once } from "node:events";
import type { ExecutionContext } from "ava";
import type { WsgiApplication } from "../../src/index.ts";
import { open, send } from "../helpers/http-client.ts";
import { needs } from "../helpers/needs.ts";
import { bothWays, startMeasuredStack, startStack } from "../helpers/nginx-stack.ts";
import { noise, noiseChunks, sha256 } from "../helpers/noise.ts";
import type { Digest, Memory, Progress } from "../helpers/server-process.ts";
import { Gate } from "../helpers/wsgi-apps.ts";

const nginxTest = needs("nginx").serial;

const KB = 1_024;
const MB = 1_024 * KB;
/** What may come and go; whoever keeps a body exceeds it. */
const MOST_GROWTH = 32 * MB;

const buffering = ["on", "off"] as const;

/** Answers with what it has read, and how that was announced. */
const describeBody: WsgiApplication = async (environ, startResponse) => {
  const body = await environ["wsgi.input"].read();
  startResponse("200 OK", []);
  return description(environ.CONTENT_LENGTH, environ["HTTP_TRANSFER_ENCODING"], body);
};

/** Answers without a look at the body. */
const refuse: WsgiApplication = (_environ, startResponse) => {
  startResponse("413 Content Too Large", [["Content-Type", "text/plain"]]);
  return "no, thank you\n";
};

function description(length: unknown, transferEncoding: unknown, body: Uint8Array): string {
  return JSON.stringify({ length, transferEncoding, bytes: body.length, sha256: sha256(body) });
}

for (const over of bothWays) {
  for (const size of [0, 1, 64 * KB]) {
    nginxTest(`the application reads exactly the ${size} bytes of a body, over ${over}`, async (t) => {
      await using stack = await startStack(describeBody, { over });
      const body = noise(size);
      const answer = await send({ port: stack.port, method: "POST", body });
      t.is(answer.body.toString(), description(String(size), undefined, body));
    });
  }

  for (const buffered of buffering) {
    const how = `with request buffering ${buffered}, over ${over}`;

    nginxTest(`a chunked upload comes with its length and without Transfer-Encoding, ${how}`, async (t) => {
      await using stack = await startStack(describeBody, { over, directives: `uwsgi_request_buffering ${buffered};` });
      const size = 300_000;
      const answer = await send({ port: stack.port, method: "POST", body: noiseChunks(size, 7_001) });
      t.is(answer.body.toString(), description(String(size), undefined, noise(size)));
    });

    nginxTest(`an answer that does not wait for the 10 MB of its request arrives, 20 of 20, ${how}`, async (t) => {
      await using stack = await startStack(refuse, { over, directives: `uwsgi_request_buffering ${buffered};` });
      const body = noise(10 * MB);
      const seen = [];
      for (let i = 0; i < 20; i++) {
        const answer = await send({ port: stack.port, method: "POST", body });
        seen.push(`${answer.status} ${answer.body.toString()}`);
      }
      t.deepEqual(
        seen,
        seen.map(() => "413 no, thank you\n"),
      );
      t.deepEqual(stack.errors, []);
    });
  }

  nginxTest(`a body that fits nginx's first write can be echoed while it is read, over ${over}`, async (t) => {
    await using stack = await startStack(
      (environ, startResponse) => {
        startResponse("200 OK", []);
        return environ["wsgi.input"];
      },
      { over },
    );
    const body = noise(60 * KB);
    const answer = await send({ port: stack.port, method: "POST", body });
    t.true(answer.body.equals(body));
  });

  nginxTest(`events arrive one by one when the answer says X-Accel-Buffering: no, over ${over}`, async (t) => {
    const events = ["one", "two", "three"];
    const gates = events.map(() => new Gate());
    await using stack = await startStack(
      (_environ, startResponse) => {
        startResponse("200 OK", [
          ["Content-Type", "text/event-stream"],
          ["X-Accel-Buffering", "no"],
        ]);
        return sendEvents();
      },
      { over },
    );
    // Each event leaves only when the client has the one before.
    async function* sendEvents(): AsyncGenerator<string> {
      for (const [i, event] of events.entries()) {
        yield `data: ${event}\n\n`;
        await gates[i]?.opened;
      }
    }
    const seen: string[] = [];
    for await (const chunk of await open({ port: stack.port })) {
      gates[seen.length]?.open();
      seen.push(String(chunk));
    }
    t.deepEqual(
      seen,
      events.map((event) => `data: ${event}\n\n`),
    );
  });
}

for (const buffered of buffering) {
  const directives = `uwsgi_request_buffering ${buffered};`;

  nginxTest(`50 MB are read whole and in steady memory, with request buffering ${buffered}`, async (t) => {
    await using stack = await startMeasuredStack(directives);
    await warmUp(stack.port);
    const body = noise(50 * MB);
    const { memory, ...seen } = await upload(stack.port, "/digest", body);
    t.deepEqual(seen, { contentLength: String(body.length), bytes: body.length, sha256: sha256(body) });
    isSteady(t, memory);
  });

  nginxTest(`50 MB that nobody reads yet wait outside of the server, with request buffering ${buffered}`, async (t) => {
    await using stack = await startMeasuredStack(directives);
    await warmUp(stack.port);
    const body = noise(50 * MB);
    const uploading = upload(stack.port, "/hold", body);
    // Time enough for all of it to arrive, measured in turns of nginx and server.
    for (let i = 0; i < 300; i++) await askProgress(stack.port);
    await send({ port: stack.port, path: "/release" });
    const { memory, ...seen } = await uploading;
    t.deepEqual(seen, { contentLength: String(body.length), bytes: body.length, sha256: sha256(body) });
    isSteady(t, memory);
  });
}

async function upload(port: number, path: string, body: Uint8Array): Promise<Digest> {
  const answer = await send({ port, method: "POST", path, body });
  return JSON.parse(answer.body.toString()) as Digest;
}

/** So that what is measured is neither compiled code nor the first buffers. */
async function warmUp(port: number): Promise<void> {
  const body = noise(MB);
  for (let i = 0; i < 10; i++) await upload(port, "/digest", body);
}

nginxTest("13 MB from a generator arrive whole, in order and in steady memory", async (t) => {
  await using stack = await startMeasuredStack();
  await warmUp(stack.port);
  const answer = await send({ port: stack.port, path: "/stream?13000000" });
  const { produced, memory } = await askProgress(stack.port);
  t.is(answer.status, 200);
  t.false(answer.headers.has("content-length"));
  t.is(sha256(answer.body), sha256(noise(13_000_000)));
  t.is(produced, 13_000_000);
  isSteady(t, memory);
});

nginxTest("a client that does not read makes the application wait, and nothing is lost", async (t) => {
  const size = 60 * MB;
  await using stack = await startMeasuredStack("uwsgi_max_temp_file_size 0;");
  await warmUp(stack.port);
  const message = await open({ port: stack.port, path: `/stream?${size}` });
  const { produced } = await settledProgress(stack.port);
  t.true(produced < size / 2, `${produced} bytes were produced for a client that reads none`);
  const hash = createHash("sha256");
  message.on("data", (chunk: Uint8Array) => hash.update(chunk));
  await once(message, "end");
  t.is(hash.digest("hex"), sha256(noise(size)));
  isSteady(t, (await askProgress(stack.port)).memory);
});

function isSteady(t: ExecutionContext, { before, peak }: Memory): void {
  const grown = peak - before;
  t.true(grown < MOST_GROWTH, `resident memory grew by ${(grown / MB).toFixed(1)} MB`);
}

async function askProgress(port: number): Promise<Progress> {
  const answer = await send({ port, path: "/progress" });
  return JSON.parse(answer.body.toString()) as Progress;
}

/** Asks again and again, each time through nginx and the server, until the stream has long stood still. */
async function settledProgress(port: number): Promise<Progress> {
  let last = await askProgress(port);
  for (let same = 0; same < 50;) {
    const next = await askProgress(port);
    same = next.produced === last.produced ? same + 1 : 0;
    last = next;
  }
  return last;
}
