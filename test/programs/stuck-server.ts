/**
 * A server whose only request never returns. A thread beside it asks the stuck one, on top of its stack, what runs;
 * that is printed as JSON, and the process ends.
 */
import { writeSync } from "node:fs";
import { Session } from "node:inspector";
import { isMainThread, parentPort, Worker } from "node:worker_threads";
import { httpPlugin, Server } from "../../src/server/index.ts";
import { get, RawClient } from "../helpers/raw-client.ts";

const NAME = "uisge.test.running";

if (isMainThread) await serveOnce();
else watch();

async function serveOnce(): Promise<void> {
  const server = new Server({ plugins: [httpPlugin(loop)] });
  const named = globalThis as unknown as Record<symbol, () => string>;
  named[Symbol.for(NAME)] = () => JSON.stringify(server.running());
  await server.listen("127.0.0.1:0");
  const thread = new Worker(new URL(import.meta.url));
  await new Promise((resolve) => thread.once("message", resolve));
  const [address] = server.addresses;
  if (address === undefined) throw new Error("the server has no address");
  const client = await RawClient.connect(address);
  const vars = { REQUEST_URI: "/stuck?a=1", REMOTE_ADDR: "192.0.2.7", HTTP_X_REQUEST_ID: "abc" };
  await client.send(get(vars));
}

function loop(): never {
  for (;;);
}

/** Asks until there is something: then the main thread is inside of it. */
function watch(): void {
  const session = new Session();
  session.connectToMainThread();
  parentPort?.postMessage("watching");
  // Nothing else keeps the thread alive.
  setInterval(() => {
    const expression = `globalThis[Symbol.for(${JSON.stringify(NAME)})]()`;
    session.post("Runtime.evaluate", { expression }, (_, answer) => {
      const { value } = (answer as { result: { value?: string } }).result;
      if (value === undefined || value === "[]") return;
      writeSync(1, `${value}\n`);
      process.kill(process.pid, "SIGKILL");
    });
  }, 20);
}
