/**
 * A server that answers its own name, run by `test/helpers/node-process.ts`:
 *
 *     node named-server.js SOCKET
 *
 * `/slow` does so after 20 ms, so that some requests run whenever it is killed; a body is read first, and its length
 * follows the name.
 */
import { setTimeout as delay } from "node:timers/promises";
import { serve, type WsgiApplication } from "../../src/index.ts";

const name = process.argv[2] ?? "";

const application: WsgiApplication = async (environ, startResponse) => {
  let bytes = 0;
  for await (const chunk of environ["wsgi.input"]) bytes += chunk.length;
  const text = `${name} ${bytes}`;
  if (environ.PATH_INFO === "/slow") await delay(20);
  startResponse("200 OK", [["Content-Length", String(text.length)]]);
  return text;
};

await serve(application, { socket: name, log: false });
console.log("listening");
