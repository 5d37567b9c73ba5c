/** One request to a WSGI-style application behind a real socket. */
import {
  type StartResponse,
  wsgi,
  type WsgiApplication,
  type WsgiBody,
  type WsgiEnviron,
  type WsgiOptions,
} from "../../src/app/index.ts";
import { type Answer, ask, get } from "./raw-client.ts";
import { startServer, type TestServer } from "./test-server.ts";

export type Start = StartResponse;

export const head: Uint8Array = get({ REQUEST_METHOD: "HEAD" });

/** The answer of an application to one request, and what the server reported. */
export async function run(
  application: unknown,
  request: Uint8Array = get(),
  options: WsgiOptions = {},
): Promise<{ answer: Answer; seen: TestServer["seen"] }> {
  await using server = await startServer(wsgi(application as WsgiApplication, options));
  const answer = await ask(server.address, request);
  await server.seen.ends.at();
  return { answer, seen: server.seen };
}

/** What an application throws when it is called; the request is answered whatever it is. */
export async function thrownIn(act: (environ: WsgiEnviron, start: Start) => unknown): Promise<unknown> {
  let thrown: unknown;
  await run(async (environ: WsgiEnviron, start: Start) => {
    try {
      await act(environ, start);
    } catch (error) {
      thrown = error;
    }
    return [];
  });
  return thrown;
}

/** The environ that an application sees. */
export async function environOf(request: Uint8Array = get(), options: WsgiOptions = {}): Promise<WsgiEnviron> {
  let seen: WsgiEnviron | undefined;
  await run(
    (environ: WsgiEnviron, start: Start) => {
      seen = environ;
      start("200 OK", []);
      return "";
    },
    request,
    options,
  );
  if (seen === undefined) throw new Error("the application was not called");
  return seen;
}

/** An application that answers 200, with a body made for each request. */
export function returning(make: () => unknown): (environ: WsgiEnviron, start: Start) => unknown {
  return (_, start) => {
    start("200 OK", []);
    return make();
  };
}

export interface Counted {
  closes: number;
}

/** A body that yields the chunks, throws the errors among them, and counts how often it is closed. */
export function closable(chunks: readonly unknown[], counted: Counted): WsgiBody {
  return {
    *[Symbol.iterator]() {
      for (const chunk of chunks) {
        if (chunk instanceof Error) throw chunk;
        yield chunk as string;
      }
    },
    close: async () => {
      await new Promise(setImmediate);
      counted.closes++;
    },
  };
}
