/** A request without a server, for tests of the fetch interface. */
import type { Environ } from "../../../src/environ/index.ts";
import type { AppRequest, RequestBody } from "../../../src/handler/index.ts";

export interface StubRequest extends AppRequest {
  /** How many chunks of the body were asked for. */
  readonly reads: number;
  readonly aborter: AbortController;
  readonly logged: readonly string[];
  readonly work: readonly PromiseLike<unknown>[];
}

/** A GET of `/`, or whatever `vars` and the chunks of a body make of it. */
export function stubRequest(vars: Partial<Environ> = {}, chunks: readonly (Uint8Array | string)[] = []): StubRequest {
  const parts = chunks.map((chunk) => (typeof chunk === "string" ? Buffer.from(chunk) : chunk));
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const given = {
    REQUEST_METHOD: length === 0 ? "GET" : "POST",
    SCRIPT_NAME: "",
    PATH_INFO: "/",
    QUERY_STRING: "",
    SERVER_NAME: "localhost",
    SERVER_PORT: "80",
    SERVER_PROTOCOL: "HTTP/1.1",
    HTTP_HOST: "example.org",
    ...(length === 0 ? {} : { CONTENT_LENGTH: String(length) }),
    ...vars,
  };
  const environ: Environ = Object.assign(Object.create(null) as Environ, given);
  const aborter = new AbortController();
  const logged: string[] = [];
  const work: PromiseLike<unknown>[] = [];
  let reads = 0;
  const body: RequestBody = {
    length,
    read: () => Promise.resolve(parts[reads++]),
    [Symbol.asyncIterator]: () => {
      throw new Error("not for the fetch interface");
    },
  };
  return {
    environ,
    body,
    signal: aborter.signal,
    id: "stub",
    aborter,
    logged,
    work,
    get reads() {
      return reads;
    },
    log: (text) => void logged.push(text),
    report: (error) => logged.push(String(error)),
    waitUntil: (promise) => void work.push(promise),
    isUpgraded: false,
    upgrade: () => {
      throw new Error("there is no connection");
    },
  };
}
