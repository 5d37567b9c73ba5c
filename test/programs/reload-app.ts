/**
 * An ordinary application of Node's for the checks of reloads: it answers its own path and the length of the body, at
 * once or (`/slow`) after 20 ms, and says which process it is.
 */
import { createServer } from "node:http";

createServer((request, response) => {
  let bytes = 0;
  request.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
  });
  request.on("end", () => {
    const text = `${request.url} ${bytes}`;
    const answer = (): void => {
      response.writeHead(200, { "Content-Length": Buffer.byteLength(text), "X-Pid": process.pid });
      response.end(text);
    };
    if (request.url?.startsWith("/slow") === true) setTimeout(answer, 20);
    else answer();
  });
}).listen(Number(process.env["PORT"] ?? 3000), "127.0.0.1");
