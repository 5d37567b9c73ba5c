/** The WSGI application of the timed checks, by its paths. */
import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import type { WsgiEnviron, WsgiFunction } from "../../src/index.ts";
import { BODY_NOISE, SECRET, streamChunks } from "./load-bodies.ts";

/** Bodies of `/tracked` that were made, and how often one was closed. */
export const made = { opened: 0, closed: 0 };
export const octets: [string, string] = ["Content-Type", "application/octet-stream"];

function sizeIn(environ: WsgiEnviron): number {
  return Number(environ.QUERY_STRING);
}

/** A body that counts how often it is made and closed; reads the request before it yields. */
function tracked(environ: WsgiEnviron): AsyncIterable<Uint8Array> & { close(): void } {
  made.opened++;
  return {
    async *[Symbol.asyncIterator]() {
      await environ["wsgi.input"].read();
      yield* streamChunks(sizeIn(environ));
    },
    close: () => {
      made.closed++;
    },
  };
}

async function digest(environ: WsgiEnviron): Promise<string> {
  const hash = createHash("sha256");
  let bytes = 0;
  for await (const chunk of environ["wsgi.input"]) {
    hash.update(chunk);
    bytes += chunk.length;
  }
  return `${bytes} ${hash.digest("hex")}`;
}

function fail(): never {
  throw new Error(SECRET);
}

/** Half of the chunk that was promised, then a failure. */
function* broken(): Generator<Uint8Array> {
  yield BODY_NOISE.subarray(0, 500);
  fail();
}

/** What is asked of `held`: answers when a request to `/hold` or `/file` may go on. */
export function measuredRoutes(held: () => Promise<void>): Readonly<Record<string, WsgiFunction>> {
  return {
    "/": (_environ, startResponse) => {
      startResponse("200 OK", [octets]);
      return "ok";
    },
    "/noise": (environ, startResponse) => {
      startResponse("200 OK", [octets]);
      return BODY_NOISE.subarray(0, sizeIn(environ));
    },
    "/chunk": (environ, startResponse) => {
      startResponse("200 OK", [octets]);
      return new Uint8Array(sizeIn(environ));
    },
    "/stream": (environ, startResponse) => {
      startResponse("200 OK", [octets]);
      return streamChunks(sizeIn(environ));
    },
    "/tracked": (environ, startResponse) => {
      startResponse("200 OK", [octets, ["Content-Length", environ.QUERY_STRING]]);
      return tracked(environ);
    },
    "/digest": async (environ, startResponse) => {
      const text = await digest(environ);
      startResponse("200 OK", [octets]);
      return text;
    },
    "/refuse": (_environ, startResponse) => {
      startResponse("401 Unauthorized", [octets]);
      return "who are you?";
    },
    "/hold": async (_environ, startResponse) => {
      await held();
      startResponse("200 OK", [octets]);
      return "held";
    },
    "/file": async (_environ, startResponse) => {
      const file = await open(process.execPath);
      await held();
      await file.close();
      startResponse("200 OK", [octets]);
      return "opened";
    },
    "/fails/sync": () => fail(),
    "/fails/async": async () => {
      await Promise.resolve();
      fail();
    },
    "/fails/started": (_environ, startResponse) => {
      startResponse("200 OK", [octets]);
      fail();
    },
    "/fails/first-chunk": (_environ, startResponse) => {
      startResponse("200 OK", [octets]);
      // Empty chunks send nothing, so the head has not left either.
      return (function* () {
        yield "";
        fail();
      })();
    },
    "/fails/mid-length": (_environ, startResponse) => {
      startResponse("200 OK", [octets, ["Content-Length", "1000"]]);
      return broken();
    },
    // When the client has seen the beginning, and says so by the body of its request.
    "/fails/mid": (environ, startResponse) => {
      startResponse("200 OK", [octets]);
      return (async function* () {
        yield BODY_NOISE.subarray(0, 500);
        await environ["wsgi.input"].read();
        fail();
      })();
    },
    "/fails/close": (_environ, startResponse) => {
      startResponse("200 OK", [octets]);
      return Object.assign(["whole"], { close: fail });
    },
  };
}

/** The application of these paths. */
export function byRoute(routes: Readonly<Record<string, WsgiFunction>>): WsgiFunction {
  return (environ, startResponse) => {
    const route = routes[environ.PATH_INFO];
    if (route !== undefined) return route(environ, startResponse);
    startResponse("404 Not Found", [octets]);
    return null;
  };
}
