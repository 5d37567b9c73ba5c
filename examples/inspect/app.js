// What happens in an application while it is developed: open /__inspect in a browser on the same machine.
// Run it: npx uisge serve examples/inspect/app.js --socket /tmp/app.sock
import { setTimeout as sleep } from "node:timers/promises";
import { wrap } from "uisge/middleware";
import { inspect } from "uisge/middleware/inspect";

/** @type {import("uisge").WsgiFunction} */
async function teas(environ, startResponse) {
  const { PATH_INFO: path, REQUEST_METHOD: method } = environ;
  if (path === "/slow") await sleep(1_200);
  if (path === "/broken") throw new Error("no tea left");
  const received = method === "POST" ? await environ["wsgi.input"].read() : "";
  startResponse("200 OK", [
    ["Content-Type", "text/plain; charset=utf-8"],
    ["Set-Cookie", "visit=secret-of-this-client; HttpOnly"],
  ]);
  return method === "POST" ? received : `tea of ${path}\n`;
}

// The first of the list: it sees the layers below. In production it is given `development: false`, or nothing.
export default wrap(teas, [inspect({ development: process.env.NODE_ENV !== "production", bodyBytes: 4_096 })]);
