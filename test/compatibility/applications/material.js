/** What all applications of the grid send, and how they are told to go on. Nothing here knows a server. */
import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";

/** Where the applications listen, as most deployments say it. */
export const port = Number(process.env.PORT ?? 3000);
export const host = "127.0.0.1";

/** Whether the application believes X-Forwarded-*. */
export const trustsProxy = process.env.TRUST_PROXY === "1";

export const staticFolder = fileURLToPath(new URL("static", import.meta.url));
export const text = "a cup of tea, and another one\n".repeat(500);
export const eTag = '"first-flush"';
export const cookies = ["tea=green; Path=/; HttpOnly", "cup=2; Path=/; Max-Age=60", "list=a%2Cb; Path=/; SameSite=Lax"];

const block = createHash("sha256").update("tea").digest("hex").repeat(1024);

/** 3 MB, the same in every process. */
export function* download() {
  for (let i = 0; i < 48; i++) yield Buffer.from(`${i}\n${block}`);
}

/** Until nobody reads any more. */
export async function* endless() {
  try {
    for (;;) {
      yield Buffer.from(block);
      // Lets a consumer without backpressure of its own see that its client is gone.
      await new Promise((resolve) => setImmediate(resolve));
    }
  } finally {
    aborts.open();
  }
}

/** Two events; the second waits for a request that says so, so it can be seen that the first came alone. */
export async function* events() {
  yield "id: 1\ndata: first\n\n";
  await eventsGoOn.wait();
  yield "id: 2\ndata: second\n\n";
}

/** Some text, then a failure. */
export async function* broken() {
  yield "the beginning, ";
  await brokenGoesOn.wait();
  throw new Error("boom in the middle");
}

/** Each `open` lets one `wait` pass. */
class Gate {
  opened = 0;
  waiting = [];

  open() {
    const next = this.waiting.shift();
    if (next === undefined) this.opened++;
    else next();
  }

  wait() {
    if (this.opened > 0) {
      this.opened--;
      return Promise.resolve();
    }
    return new Promise((resolve) => this.waiting.push(resolve));
  }
}

export const eventsGoOn = new Gate();
export const brokenGoesOn = new Gate();
/** Opened by each endless answer that has ended. */
export const aborts = new Gate();

/** What came: `{ bytes, sha256 }`. */
export async function digest(body) {
  const hash = createHash("sha256");
  let bytes = 0;
  for await (const chunk of body) {
    hash.update(chunk);
    bytes += chunk.length;
  }
  return { bytes, sha256: hash.digest("hex") };
}

/** The headers of a request, but for those about one connection. */
export function endToEnd(headers) {
  return Object.fromEntries(
    Object.entries(headers)
      .filter(([name]) => name !== "connection")
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}
