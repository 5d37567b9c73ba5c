// Server-sent events: everybody who listens at /events hears what is posted to /say.
// Run it: npx uisge serve examples/server-sent-events/app.js --socket /tmp/app.sock
import { createServer } from "node:http";
import { text } from "node:stream/consumers";

/** @typedef {import("node:http").ServerResponse} Listener */

/** A comment now and then: nginx closes what is silent for uwsgi_read_timeout (60 s). */
const COMMENT_MS = 20_000;

/** A listener that does not read is let go, before what waits for it fills the memory. */
const MOST_WAITING_BYTES = 1_048_576;

/** @type {Set<Listener>} */
const listeners = new Set();
let lastId = 0;

const server = createServer(async (req, res) => {
  if (req.method === "POST" && req.url === "/say") {
    tell(await text(req));
    res.writeHead(204).end();
  } else if (req.url === "/events") listen(res);
  else res.writeHead(404).end();
});

/** @param {Listener} res */
function listen(res) {
  res.writeHead(200, {
    "Content-Type": "text/event-stream",
    "Cache-Control": "no-store",
    // nginx would collect the events. It takes the header for itself.
    "X-Accel-Buffering": "no",
  });
  // The head goes out with the first bytes.
  res.write(": welcome\n\n");
  listeners.add(res);
  res.on("close", () => listeners.delete(res));
}

/** @param {string} message */
function tell(message) {
  lastId++;
  // A line break would end the field.
  const data = message.split(/\r\n|\r|\n/).map((line) => `data: ${line}\n`);
  send(`id: ${lastId}\n${data.join("")}\n`);
}

/** @param {string} event */
function send(event) {
  for (const res of listeners) {
    if (res.writableLength > MOST_WAITING_BYTES) res.destroy();
    else res.write(event);
  }
}

const commenting = setInterval(() => send(": still here\n\n"), COMMENT_MS);
commenting.unref();

// A stream of events never ends by itself, so this program ends them when it is told to, under node as under uisge.
// Browsers connect again.
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, () => {
    server.close();
    for (const res of listeners) res.end();
  });
}

server.listen(process.env.PORT ?? 3000);
