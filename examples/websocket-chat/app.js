// A chat over WebSocket, with the package ws: whatever somebody says, everybody hears.
// Run it: npx uisge serve examples/websocket-chat/app.js --socket /tmp/app.sock, and open / behind nginx.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { WebSocketServer } from "ws";

const page = readFileSync(new URL("page.html", import.meta.url));

/** Below nginx's uwsgi_read_timeout (60 s): where nothing is said, nginx closes. */
const PING_MS = 30_000;

const server = createServer((req, res) => {
  if (req.url === "/") res.writeHead(200, { "Content-Type": "text/html; charset=utf-8" }).end(page);
  else res.writeHead(404).end();
});

const sockets = new WebSocketServer({ server, path: "/chat", maxPayload: 4_096 });

/** Who has not answered the last ping is gone, though nobody has said so. */
const silent = new WeakSet();

sockets.on("connection", (socket) => {
  // A faulty frame, or a connection that breaks: `close` follows.
  socket.on("error", () => {});
  socket.on("pong", () => silent.delete(socket));
  socket.on("message", (data, isBinary) => {
    for (const other of sockets.clients) if (other.readyState === other.OPEN) other.send(data, { binary: isBinary });
  });
});

const pinging = setInterval(() => {
  for (const socket of sockets.clients) {
    if (silent.has(socket)) socket.terminate();
    else {
      silent.add(socket);
      socket.ping();
    }
  }
}, PING_MS);
// A timer alone is no reason to stay.
pinging.unref();

// A chat never ends by itself, so this program ends it when it is told to, under node as under uisge.
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, () => {
    server.close();
    for (const socket of sockets.clients) socket.close(1001, "the server is closing");
  });
}

server.listen(process.env.PORT ?? 3000);
