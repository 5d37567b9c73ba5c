/** A server of the gateway interface that breaks no rule, small enough to be broken on purpose by a test. */
import type { StartResponse, WsgiApplication, WsgiEnviron, WsgiFunction } from "../../src/app/index.ts";
import { fileBody } from "../../src/app/wsgi/file-body.ts";
import { RequestInput } from "../../src/app/wsgi/input.ts";

/** A sound environ of a POST of that body, with vars or keys changed; undefined leaves one out. */
export function soundEnviron(changes: Readonly<Record<string, unknown>> = {}, body = "body"): WsgiEnviron {
  const chunks = [Buffer.from(body)];
  const read = (): Promise<Uint8Array | undefined> => Promise.resolve(chunks.shift());
  const environ = Object.assign(Object.create(null) as object, {
    REQUEST_METHOD: "POST",
    SCRIPT_NAME: "",
    PATH_INFO: "/",
    QUERY_STRING: "",
    CONTENT_LENGTH: String(body.length),
    SERVER_NAME: "localhost",
    SERVER_PORT: "80",
    SERVER_PROTOCOL: "HTTP/1.1",
    "wsgi.version": [1, 0],
    "wsgi.url_scheme": "http",
    "wsgi.input": new RequestInput({
      body: { length: body.length, read, [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new Error()) }) },
    }),
    "wsgi.errors": { write: () => {}, writelines: () => {}, flush: () => {} },
    "wsgi.multithread": true,
    "wsgi.multiprocess": false,
    "wsgi.run_once": false,
    "wsgi.file_wrapper": fileBody,
    ...changes,
  }) as unknown as WsgiEnviron;
  for (const [name, value] of Object.entries(changes)) if (value === undefined) delete environ[name];
  return environ;
}

/** Takes all, and throws the error that comes with a second call. */
export function soundStart(): StartResponse {
  let isBegun = false;
  return (_status, _headers, error) => {
    if (isBegun && error !== undefined) throw error;
    isBegun = true;
    return () => Promise.resolve();
  };
}

/** What may be done with a body; `next` as often as there are chunks. */
export interface Handled {
  readonly iterator: Iterator<unknown> | AsyncIterator<unknown>;
  close(): unknown;
}

/** Calls the application, and begins to iterate what it returned. */
export async function begin(
  application: WsgiFunction,
  environ: WsgiEnviron = soundEnviron(),
  start: StartResponse = soundStart(),
): Promise<Handled> {
  const body = (await application(environ, start)) as Partial<Iterable<unknown> & AsyncIterable<unknown>> & {
    close?(): unknown;
  };
  const iterator = (body[Symbol.asyncIterator]?.() ?? body[Symbol.iterator]?.()) as Handled["iterator"];
  return { iterator, close: () => body.close?.() };
}

/** Serves one request whole; the body must be one that iterates. */
export async function serveOnce(
  application: WsgiApplication,
  environ?: WsgiEnviron,
  start?: StartResponse,
): Promise<void> {
  const { iterator, close } = await begin(application as WsgiFunction, environ, start);
  try {
    while ((await iterator.next()).done !== true);
  } finally {
    await close();
  }
}
