// A program for node:http as it stands in every tutorial: `node examples/hello/node.js` serves HTTP on port 3000.
// On a uwsgi socket instead: npx uisge serve examples/hello/node.js --socket /tmp/app.sock
import { createServer } from "node:http";

const server = createServer((req, res) => {
  res.setHeader("Content-Type", "text/plain; charset=utf-8");
  // Behind nginx this is the client's address: no header that a client can send has a say in it.
  res.end(`Hello, ${req.socket.remoteAddress ?? "world"}\n`);
});

server.listen(3000);
