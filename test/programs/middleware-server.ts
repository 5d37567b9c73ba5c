/**
 * A server with middleware, for tests with several of them. Arguments: the socket; where sessions are kept, a URL or
 * `cookie`; seconds by which its clock is ahead. Prints "listening".
 */
import { setTimeout as delay } from "node:timers/promises";
import { serve, type WsgiEnviron, type WsgiFunction } from "../../src/index.ts";
import { auth, form } from "../../src/middleware/auth/index.ts";
import { compress } from "../../src/middleware/compress/index.ts";
import { errors } from "../../src/middleware/errors/index.ts";
import { session } from "../../src/middleware/session/index.ts";

const [socket = "", kept = "cookie", ahead = "0"] = process.argv.slice(2);
const SECRET = "what the test of middleware seals its cookies with";
/** Of "open sesame", by htpasswd -s. */
const users = { ada: "{SHA}W8r/fyL/UzygmbNAjq2HbA67qac=" };

const CHUNK = new TextEncoder().encode("All work and no play makes Jack a dull boy.\n".repeat(1_490));
const CHUNKS = 160;

const application: WsgiFunction = async (environ, startResponse) => {
  const say = (type: string): unknown => startResponse("200 OK", [["Content-Type", `${type}; charset=utf-8`]]);
  switch (environ.PATH_INFO) {
    case "/":
      say("text/plain");
      return `hello ${environ.REMOTE_USER ?? "nobody"}, ${await visits(environ)} visits\n`;
    case "/rss":
      say("text/plain");
      return String(process.memoryUsage.rss());
    case "/long":
      say("text/plain");
      return long();
    case "/fail":
      throw new Error("planted, with a secret");
    default:
      startResponse("404 Not Found", []);
      return null;
  }
};

async function visits(environ: WsgiEnviron): Promise<number> {
  const visitor = await environ["uisge.session"]?.load();
  const count = Number(visitor?.get("visits") ?? 0) + 1;
  visitor?.set("visits", count);
  return count;
}

/** About 10 MB. */
async function* long(): AsyncGenerator<Uint8Array> {
  for (let i = 0; i < CHUNKS; i++) {
    yield CHUNK;
    // As a database would let one wait.
    if (i % 40 === 0) await delay(1);
  }
}

const server = await serve(application, {
  socket,
  middleware: [
    errors(),
    compress(),
    session({
      ...(kept === "cookie" ? { keys: [SECRET] } : { store: kept }),
      now: () => new Date().getTime() + Number(ahead) * 1_000,
    }),
    auth(form({ users }), { optional: true }),
  ],
});
process.once("SIGTERM", () => void server.close());
console.log("listening");
