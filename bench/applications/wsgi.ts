/** The applications of the side-by-side for our WSGI-style interface. */
import type { WsgiBody, WsgiEnviron, WsgiFunction } from "../../src/index.ts";
import { COUNT_PATH, HELLO, KIB_64, MIB_10 } from "./applications.ts";

type Headers = readonly (readonly [name: string, value: string])[];

const chunk = Buffer.alloc(KIB_64, "x");
const helloHeaders = headers("text/plain", HELLO.length);
const smallHeaders = headers("application/octet-stream", KIB_64);
const largeHeaders = headers("application/octet-stream", MIB_10);

const hello: WsgiFunction = (_environ, startResponse) => {
  startResponse("200 OK", helloHeaders);
  return HELLO;
};

const routes: Readonly<Record<string, WsgiFunction>> = {
  "/hello": hello,
  "/articles/list": hello,
  "/json": async (environ, startResponse) => {
    const body = await environ["wsgi.input"].read();
    const parsed: unknown = JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.length).toString());
    const answer = Buffer.from(JSON.stringify(parsed));
    startResponse("200 OK", headers("application/json", answer.length));
    return answer;
  },
  "/download-64k": (_environ, startResponse) => {
    startResponse("200 OK", smallHeaders);
    return chunk;
  },
  "/download-10m": (_environ, startResponse) => {
    startResponse("200 OK", largeHeaders);
    return chunks();
  },
  "/upload-10m": async (environ, startResponse) => {
    let bytes = 0;
    for await (const part of environ["wsgi.input"]) bytes += part.length;
    const answer = String(bytes);
    startResponse("200 OK", headers("text/plain", answer.length));
    return answer;
  },
  [COUNT_PATH]: (environ, startResponse) => {
    const answer = String(Object.keys(environ).filter((name) => name.startsWith("HTTP_")).length);
    startResponse("200 OK", headers("text/plain", answer.length));
    return answer;
  },
};

export const application: WsgiFunction = (environ: WsgiEnviron, startResponse): WsgiBody | Promise<WsgiBody> => {
  const route = routes[environ.PATH_INFO];
  if (route !== undefined) return route(environ, startResponse);
  startResponse("404 Not Found", headers("text/plain", 0));
  return null;
};

function* chunks(): Generator<Uint8Array> {
  for (let sent = 0; sent < MIB_10; sent += KIB_64) yield chunk;
}

function headers(type: string, length: number): Headers {
  return [
    ["Content-Type", type],
    ["Content-Length", String(length)],
  ];
}
