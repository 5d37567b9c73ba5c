/** What the managers run: an ordinary HTTP server that says which process it is; `/burn` takes 4 ms of a processor. */
import { createServer } from "node:http";

const BURN_MS = 4;

createServer((request, response) => {
  if (request.url === "/burn") {
    const before = process.cpuUsage();
    for (;;) {
      const { user, system } = process.cpuUsage(before);
      if (user + system >= 1_000 * BURN_MS) break;
    }
  }
  const text = String(process.pid);
  response.writeHead(200, { "Content-Length": text.length });
  response.end(text);
}).listen(Number(process.env["PORT"] ?? 3000), "127.0.0.1");
