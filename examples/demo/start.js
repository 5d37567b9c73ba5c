// npm start: the demo application on a unix uwsgi socket, and HTTP in front of it.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { serve } from "uisge";
import { HttpBridge } from "uisge/gateway";
import { application } from "./app.js";
import { findNginx, freePort, startNginx } from "./nginx.js";

const directory = mkdtempSync(join(tmpdir(), "uisge-demo-"));
const socket = join(directory, "app.sock");
/**
 * Closed in this order: what takes requests first, what answers them last.
 * @type {(() => Promise<void>)[]}
 */
const closers = [];
let stoppedAt = NaN;

async function stop(exitCode = 0) {
  // npm passes on the Ctrl-C that the terminal has already sent us: one signal, not two.
  if (performance.now() - stoppedAt < 500) return;
  if (!Number.isNaN(stoppedAt)) process.exit(1);
  stoppedAt = performance.now();
  for (const close of closers) await close();
  rmSync(directory, { recursive: true, force: true });
  process.exit(exitCode);
}

process.on("SIGINT", () => stop());
process.on("SIGTERM", () => stop());
// The terminal was closed.
process.on("SIGHUP", () => stop());

try {
  const server = await serve(application, { socket, log: { access: process.stdout, errors: process.stderr } });
  closers.push(() => server.close());
  const program = process.argv.includes("--bridge") ? undefined : findNginx();
  const port = await freePort(Number(process.env["PORT"] ?? 8080));
  if (program === undefined) {
    const bridge = await HttpBridge.listen({ to: socket, port, onError: (error) => console.error("bridge:", error) });
    closers.unshift(() => bridge.close());
  } else {
    const nginx = await startNginx({ program, directory, socket, port });
    closers.unshift(() => nginx.stop());
  }
  const front =
    program === undefined ? "our own HTTP bridge (nginx is not installed)" : `${program} with nginx-example.conf`;
  console.log(`
The demo application is on the uwsgi socket ${socket}
In front of it: ${front}

Open  http://127.0.0.1:${port}/
Or    curl -i --data-binary 'hello' http://127.0.0.1:${port}/echo

Ctrl-C ends all of it.
`);
} catch (error) {
  console.error(error);
  await stop(1);
}
