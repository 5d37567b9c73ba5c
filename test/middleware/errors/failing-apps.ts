/** Applications of each interface that fail in the same way. */
import { Readable } from "node:stream";
import { nodeHandler, type InterfaceName, wsgi, fetchHandler } from "../../../src/app/index.ts";
import { type AppRequest, asHandler, type Handler, type Middleware } from "../../../src/handler/index.ts";

export const interfaces: readonly InterfaceName[] = ["wsgi", "node", "fetch", "handler"];

/** One that throws, or rejects with, `error` before its head. */
export function throwing(name: InterfaceName, error: unknown, isLater = false): Handler {
  const fail = (): never => {
    throw error;
  };
  const call = isLater ? async () => fail() : fail;
  if (name === "wsgi") return wsgi(call);
  if (name === "node") return asHandler(nodeHandler(call));
  return name === "fetch" ? fetchHandler(call) : call;
}

/** One that fails behind a first chunk. */
export function breaking(name: InterfaceName, error: unknown): Handler {
  async function* body(): AsyncGenerator<Uint8Array> {
    yield Buffer.from("first");
    await new Promise(setImmediate);
    throw error;
  }
  if (name === "wsgi") {
    return wsgi((_, startResponse) => {
      startResponse("200 OK", []);
      return body();
    });
  }
  if (name === "node") {
    return asHandler(
      nodeHandler(async (_, res) => {
        for await (const chunk of body()) res.write(chunk);
      }),
    );
  }
  if (name === "fetch")
    return fetchHandler(() => new Response(Readable.toWeb(Readable.from(body())) as ReadableStream));
  return () => ({ status: 200, headers: [], body: body() });
}

/** A request of which only what middleware asks for is there, and what it has said of it. */
export interface Scene {
  readonly request: AppRequest;
  readonly reports: [error: unknown, status: number][];
  readonly logs: string[];
  readonly work: PromiseLike<unknown>[];
}

export function scene(vars: Record<string, unknown> = {}, changes: Partial<AppRequest> = {}): Scene {
  const reports: Scene["reports"] = [];
  const logs: string[] = [];
  const work: PromiseLike<unknown>[] = [];
  const request = {
    environ: { REQUEST_METHOD: "GET", PATH_INFO: "/", REMOTE_ADDR: "127.0.0.1", ...vars },
    signal: new AbortController().signal,
    id: "the-id",
    isUpgraded: false,
    report: (error: unknown, status: number) => reports.push([error, status]),
    log: (text: string) => logs.push(text),
    waitUntil: (one: PromiseLike<unknown>) => work.push(one),
    ...changes,
  } as unknown as AppRequest;
  return { request, reports, logs, work };
}

/** The text of the answer of an application that throws `error`. */
export async function answerTo(middleware: Middleware, error: unknown, { request }: Scene): Promise<string> {
  const { body } = await middleware(() => {
    throw error;
  })(request);
  if (typeof body !== "string") throw new Error("the body is no text");
  return body;
}
