/** Clients that are slow, that leave, and that are many. */
import { once } from "node:events";
import { connect } from "node:net";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { ExecutionContext } from "ava";
import { open, send, start } from "../../../helpers/http-client.ts";
import { noise, noiseChunks, sha256 } from "../../../helpers/noise.ts";
import { echo, Gate } from "../../../helpers/wsgi-apps.ts";
import type { SmokeStack } from "../stack.ts";
import { nextIsAnswered, type SmokeCase } from "./smoke-case.ts";

const MB = 1_000_000;
const MANY = 256;

export const clients: readonly SmokeCase[] = [
  {
    rule: "a client that sends its request byte by byte is answered",
    run: async (t, stack) => {
      stack.application = echo;
      const request = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\nConnection: close\r\n\r\nhello there";
      const socket = connect(stack.port, "127.0.0.1").setNoDelay();
      for (const byte of request) {
        socket.write(byte);
        // So that each byte is a write of its own.
        await nextTurn();
      }
      let answer = "";
      for await (const chunk of socket) answer += String(chunk);
      t.regex(answer, /^HTTP\/1\.1 200 OK\r\n(?:.+\r\n)+\r\nhello there$/);
    },
  },
  {
    rule: "a client that reads 1 MB in small pieces gets all of it",
    run: async (t, stack) => {
      stack.application = (_environ, startResponse) => {
        startResponse("200 OK", [["Content-Length", String(MB)]]);
        return noiseChunks(MB, 20_000);
      };
      const message = await open({ port: stack.port });
      const pieces: Buffer[] = [];
      for (;;) {
        const piece = message.read(Math.min(message.readableLength, 4_000)) as Buffer | null;
        if (piece !== null) pieces.push(piece);
        else if (message.readableEnded) break;
        await nextTurn();
      }
      t.is(sha256(Buffer.concat(pieces)), sha256(noise(MB)));
    },
  },
  {
    rule: "a client that leaves while the application works fires its signal",
    run: async (t, stack) => {
      const fired = new Gate<unknown>();
      const called = new Gate();
      stack.application = async (environ, startResponse) => {
        const { signal } = environ["uisge.request"];
        called.open();
        await once(signal, "abort");
        fired.open(signal.reason);
        startResponse("200 OK", []);
        return "nobody reads this";
      };
      const request = start({ port: stack.port });
      await called.opened;
      request.destroy();
      t.like(await fired.opened, { code: "UWSGI_PEER_GONE" });
      await nextIsAnswered(t, stack);
      t.deepEqual(stack.errors, []);
    },
    unless: (["Apache", "lighttpd"] as const).map((frontEnd) => ({
      frontEnd,
      instead: "the application is not told while it works, and its answer goes nowhere",
      why: "it looks at the client only when it has something to send",
      run: leaveUnnoticed,
    })),
  },
  {
    rule: "a client that leaves in the middle of an answer ends the application's generator",
    run: async (t, stack) => {
      const ended = new Gate();
      const chunk = noise(64_000);
      async function* endless(): AsyncGenerator<Uint8Array> {
        try {
          for (;;) yield chunk;
        } finally {
          ended.open();
        }
      }
      stack.application = (_environ, startResponse) => {
        startResponse("200 OK", [["X-Accel-Buffering", "no"]]);
        return endless();
      };
      const message = await open({ port: stack.port });
      message.destroy();
      await ended.opened;
      await nextIsAnswered(t, stack);
      t.deepEqual(stack.errors, []);
    },
  },
  {
    rule: "a client that leaves in the middle of its upload leaves no trace",
    run: async (t, stack) => {
      const called = new Gate();
      const failed = new Gate<unknown>();
      stack.application = async (environ) => {
        called.open();
        return environ["wsgi.input"].read().catch((error: unknown) => {
          failed.open(error);
          throw error;
        });
      };
      const request = start({ port: stack.port, method: "POST", headers: [["Content-Length", String(MB)]] });
      if (stack.frontEnd.streamsUploads) {
        await called.opened;
        request.destroy();
        t.like(await failed.opened, { code: "UWSGI_BODY_TRUNCATED" });
      } else {
        await once(request, "socket");
        request.destroy();
      }
      await nextIsAnswered(t, stack);
      t.deepEqual(stack.errors, []);
    },
  },
  {
    rule: `${MANY} requests at once get their own answers`,
    run: async (t, stack) => {
      const all = new Gate();
      let waiting = 0;
      stack.application = async ({ PATH_INFO }, startResponse) => {
        if (++waiting === MANY) all.open();
        await all.opened;
        startResponse("200 OK", []);
        return PATH_INFO;
      };
      const paths = Array.from({ length: MANY }, (_, i) => `/${i}`);
      const ask = async (path: string): Promise<string> => {
        const { status, body } = await send({ port: stack.port, path });
        // An answer before all have come is the front end's own: nobody must wait for its request.
        all.open();
        return `${status} ${body.toString()}`;
      };
      t.deepEqual(
        await Promise.all(paths.map(ask)),
        paths.map((path) => `200 ${path}`),
      );
      t.is(waiting, MANY);
    },
  },
];

/** The front end serves others meanwhile, and the late answer is no error. */
async function leaveUnnoticed(t: ExecutionContext, stack: SmokeStack): Promise<void> {
  const called = new Gate();
  const release = new Gate();
  const answered = new Gate();
  stack.application = async (_environ, startResponse) => {
    called.open();
    await release.opened;
    startResponse("200 OK", []);
    answered.open();
    return "nobody reads this";
  };
  const request = start({ port: stack.port });
  await called.opened;
  request.destroy();
  await nextIsAnswered(t, stack);
  release.open();
  await answered.opened;
  await nextIsAnswered(t, stack);
  t.deepEqual(stack.errors, []);
}
