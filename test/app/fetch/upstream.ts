/** A server of HTTP that an application asks in its turn. */
import { createServer } from "node:http";
import { gzipSync } from "node:zlib";

export interface Upstream extends AsyncDisposable {
  readonly url: string;
}

export const TEXT: string = "what was encoded ".repeat(100);

/** A server of HTTP: its answers are gzip but for /plain. */
export async function startUpstream(): Promise<Upstream> {
  const server = createServer((req, res) => {
    const bytes = req.url === "/plain" ? Buffer.from(TEXT) : gzipSync(TEXT);
    const coding = req.url === "/plain" ? {} : { "Content-Encoding": "gzip" };
    res.writeHead(200, { "Content-Length": bytes.length, "X-Method": req.method, ...coding }).end(bytes);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  return {
    url: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
