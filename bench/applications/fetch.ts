/** The applications of the side-by-side as a fetch handler, for our server and for node:http. */
import { COUNT_PATH, HELLO, KIB_64, MIB_10 } from "./applications.ts";

type Route = (request: Request) => Response | Promise<Response>;

const chunk = Buffer.alloc(KIB_64, "x");
const largeHeaders = { "Content-Type": "application/octet-stream", "Content-Length": String(MIB_10) };

/** As people write it: its Content-Type and its Content-Length are whatever the server makes them. */
const hello: Route = () => new Response(HELLO);

const routes: Readonly<Record<string, Route>> = {
  "/hello": hello,
  "/articles/list": hello,
  "/json": async (request) => Response.json(await request.json()),
  "/download-64k": () => new Response(chunk, { headers: { "Content-Type": "application/octet-stream" } }),
  "/download-10m": () => new Response(chunks(), { headers: largeHeaders }),
  "/upload-10m": async (request) => {
    let bytes = 0;
    for await (const part of (request.body ?? []) as AsyncIterable<Uint8Array>) bytes += part.length;
    return new Response(String(bytes));
  },
  [COUNT_PATH]: (request) => new Response(String([...request.headers].length)),
};

export function fetchApplication(request: Request): Response | Promise<Response> {
  const { url } = request;
  const start = url.indexOf("/", url.indexOf("//") + 2);
  const query = url.indexOf("?", start);
  const route = routes[query === -1 ? url.slice(start) : url.slice(start, query)];
  return route === undefined ? new Response(null, { status: 404 }) : route(request);
}

function chunks(): ReadableStream<Uint8Array> {
  let sent = 0;
  return new ReadableStream<Uint8Array>({
    pull: (controller) => {
      controller.enqueue(chunk);
      sent += KIB_64;
      if (sent === MIB_10) controller.close();
    },
  });
}
