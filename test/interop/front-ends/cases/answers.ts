/** What the client sees of answers that end well. */
import { open, send, sendRaw } from "../../../helpers/http-client.ts";
import { noise, noiseChunks, sha256 } from "../../../helpers/noise.ts";
import { Gate } from "../../../helpers/wsgi-apps.ts";
import type { WsgiFunction } from "../../../../src/index.ts";
import type { SmokeStack } from "../stack.ts";
import type { SmokeCase } from "./smoke-case.ts";

const MB = 1_000_000;

export const answers: readonly SmokeCase[] = [
  {
    rule: "two Set-Cookie headers arrive one by one and in order",
    run: async (t, stack) => {
      const cookies = ["a=1; Path=/; Expires=Thu, 01 Jan 2026 00:00:00 GMT", "b=2"];
      stack.application = (_environ, startResponse) => {
        startResponse(
          "200 OK",
          cookies.map((cookie) => ["Set-Cookie", cookie]),
        );
        return "ok";
      };
      t.deepEqual((await send({ port: stack.port })).headers.get("set-cookie"), cookies);
    },
  },
  {
    rule: "the reason of a status arrives",
    run: async (t, stack) => {
      const { status, reason } = await answerTo(stack, "418 Short And Stout");
      t.deepEqual([status, reason], [418, "Short And Stout"]);
    },
    unless: [
      {
        frontEnd: "lighttpd",
        instead: "the status arrives with a reason of its own",
        why: "it keeps only the number",
        run: async (t, stack) => {
          const { status, reason } = await answerTo(stack, "418 Short And Stout");
          t.is(status, 418);
          t.not(reason, "Short And Stout");
        },
      },
    ],
  },
  {
    rule: "an empty body arrives as one of length 0",
    run: async (t, stack) => {
      const { status, headers, body } = await answerTo(stack, "200 OK");
      t.deepEqual([status, headers.get("content-length"), body.length], [200, ["0"], 0]);
    },
  },
  ...(["204 No Content", "304 Not Modified"] as const).map((status): SmokeCase => ({
    rule: `a ${status} keeps its headers and has no body`,
    run: async (t, stack) => {
      stack.application = (_environ, startResponse) => {
        startResponse(status, [["X-Kept", "yes"]]);
        return "must not be seen";
      };
      const raw = await sendRaw(stack.port, "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
      t.true(raw.startsWith(`HTTP/1.1 ${status}\r\n`), raw);
      t.true(raw.includes("\r\nX-Kept: yes\r\n"), raw);
      t.true(raw.endsWith("\r\n\r\n"), raw);
    },
  })),
  {
    rule: "HEAD gets the Content-Length of a GET and no body",
    run: async (t, stack) => {
      stack.application = plain("a body\n");
      const raw = await sendRaw(stack.port, "HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
      t.regex(raw, /^HTTP\/1\.1 200 OK\r\n/);
      t.regex(raw, /\r\ncontent-length: 7\r\n/i);
      t.true(raw.endsWith("\r\n\r\n"), raw);
    },
  },
  {
    rule: "1 MB with a Content-Length arrives whole",
    run: async (t, stack) => {
      const bytes = noise(MB);
      stack.application = plain(bytes);
      const { headers, body } = await send({ port: stack.port });
      t.deepEqual([headers.get("content-length"), sha256(body)], [[String(MB)], sha256(bytes)]);
    },
  },
  {
    rule: "1 MB without a Content-Length arrives whole",
    run: async (t, stack) => {
      stack.application = (_environ, startResponse) => {
        startResponse("200 OK", [["Content-Type", "application/octet-stream"]]);
        return noiseChunks(MB, 20_000);
      };
      t.is(sha256((await send({ port: stack.port })).body), sha256(noise(MB)));
    },
  },
  {
    rule: "pieces of a stream arrive one by one",
    run: async (t, stack) => {
      const pieces = ["one;", "two;", "three;"];
      const seen = pieces.map(() => new Gate());
      stack.application = (_environ, startResponse) => {
        startResponse("200 OK", [
          ["Content-Type", "text/event-stream"],
          ["X-Accel-Buffering", "no"],
        ]);
        return stream();
      };
      // Each piece leaves only when the client has the one before.
      async function* stream(): AsyncGenerator<string> {
        for (const [i, piece] of pieces.entries()) {
          yield piece;
          await seen[i]?.opened;
        }
      }
      let text = "";
      for await (const chunk of await open({ port: stack.port })) {
        text += String(chunk);
        seen[pieces.findIndex((_, i) => text === pieces.slice(0, i + 1).join(""))]?.open();
      }
      t.is(text, "one;two;three;");
    },
  },
];

/** A 200 with this body. */
function plain(body: string | Uint8Array): WsgiFunction {
  return (_environ, startResponse) => {
    startResponse("200 OK", [["Content-Type", "text/plain"]]);
    return body;
  };
}

async function answerTo(stack: SmokeStack, status: string): ReturnType<typeof send> {
  stack.application = (_environ, startResponse) => {
    startResponse(status, []);
    return "";
  };
  return send({ port: stack.port });
}
