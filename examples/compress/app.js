// A page, a large download and server-sent events, compressed for clients that take it.
// Run it: npx uisge serve examples/compress/app.js --socket /tmp/app.sock
import { setTimeout as wait } from "node:timers/promises";
import { wrap } from "uisge/middleware";
import { compress } from "uisge/middleware/compress";

const PAGE = `<!doctype html>
<html lang="en">
<title>Tea</title>
<ul>
${Array.from({ length: 200 }, (_, i) => `<li><a href="/teas/${i}">Tea number ${i}</a></li>`).join("\n")}
</ul>
</html>
`;

/** A table of a million rows, a piece at a time: whoever reads slowly holds it up. */
async function* table() {
  yield "number,square\n";
  for (let row = 0; row < 1_000_000; row += 1_000) {
    yield Array.from({ length: 1_000 }, (_, i) => `${row + i},${(row + i) ** 2}\n`).join("");
  }
}

/**
 * Each second an event, until the client is gone. Each arrives when it is sent, though it is compressed.
 * @param {AbortSignal} signal
 */
async function* clock(signal) {
  while (!signal.aborted) {
    yield `data: ${new Date().toISOString()}\n\n`;
    await wait(1_000, undefined, { signal });
  }
}

/** @type {import("uisge").WsgiFunction} */
function application(environ, startResponse) {
  switch (environ.PATH_INFO) {
    case "/":
      startResponse("200 OK", [["Content-Type", "text/html; charset=utf-8"]]);
      return PAGE;
    case "/table.csv":
      startResponse("200 OK", [["Content-Type", "text/csv; charset=utf-8"]]);
      return table();
    case "/clock":
      startResponse("200 OK", [
        ["Content-Type", "text/event-stream"],
        ["Cache-Control", "no-cache"],
        ["X-Accel-Buffering", "no"],
      ]);
      return clock(environ["uisge.request"].signal);
    default:
      startResponse("404 Not Found", [["Content-Type", "text/plain; charset=utf-8"]]);
      return "not here\n";
  }
}

export default wrap(application, [compress()]);
