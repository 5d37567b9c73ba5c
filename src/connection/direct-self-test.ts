/**
 * Tries the direct transport on this machine, before anybody relies on it: one real exchange, with all that a
 * connection needs, over a socket of our own.
 */
import { once } from "node:events";
import { connect } from "node:net";
import { AcceptingServer } from "./accepting-server.ts";
import { DirectTransport } from "./direct-transport.ts";
import { EarlyReads } from "./early-reads.ts";
import { faultIn, type Open, privatePath } from "./self-test-run.ts";
import { loadStreamBinding } from "./stream-binding.ts";
import type { StreamHandle } from "./stream-binding.ts";
import type { Transport, TransportUser } from "./transport.ts";

/** More than any socket buffer takes at once. */
const LARGE_BYTES = 1024 * 1024;

/** Several reads, each of which is kept; no two have the same bytes at the same place. */
const QUESTION: Buffer = Buffer.alloc(262_144, "question ");
const HEAD = "head";
const BODY = "body";

/**
 * Why the direct transport does not work here, or undefined when it does. Never rejects. `mostMs`: time for it,
 * default 5 000, in which this process can run.
 */
export function testDirectTransport(mostMs?: number): Promise<string | undefined> {
  return faultIn(async (open) => {
    loadStreamBinding();
    await exchange(privatePath(open), open);
  }, mostMs);
}

/** How a connection is ended, and what is told of it then. */
const endings = {
  /** Side by side; what was asked comes by the event loop. */
  end: "write drain finish end close",
  /** Both sides at once, behind what is being written; what was asked is read when the connection is accepted. */
  close: "write drain close",
} as const;

/** Asks over `path`, answers, and compares what came. Whatever it opens is added to `open`. */
async function exchange(path: string, open: Open): Promise<void> {
  const waiting: ((handle: StreamHandle) => void)[] = [];
  let fail: (error: unknown) => void = () => {};
  const failed = new Promise<never>((_, reject) => {
    fail = reject;
  });
  // Also when nobody waits for it any more.
  failed.catch(() => {});
  const server = new AcceptingServer({ kind: "handle", take: (handle) => waiting.shift()?.(handle) });
  open.push({ destroy: () => void server.close() });
  const listening = once(server, "listening");
  // That a connection cannot be accepted. Unheard it would end the process.
  server.on("error", fail);
  server.listen({ path, exclusive: true });
  await listening;
  for (const ending of ["end", "close"] as const) {
    const answered = new Promise<void>((succeed) => {
      waiting.push((handle) => {
        try {
          answer(handle, ending, open, succeed, fail);
        } catch (error) {
          fail(error);
        }
      });
    });
    const received = await Promise.race([failed, ask(path, open)]);
    await Promise.race([failed, answered]);
    const expected = 2 * HEAD.length + BODY.length + LARGE_BYTES;
    if (received.length !== expected || !received.toString("latin1", 0, 20).startsWith(HEAD + HEAD + BODY)) {
      throw new Error(`an exchange of ${expected} bytes brought ${received.length}, or others than were sent`);
    }
  }
}

function answer(
  handle: StreamHandle,
  ending: keyof typeof endings,
  open: Open,
  succeed: () => void,
  fail: (error: unknown) => void,
): void {
  const missing = methods.find((method) => typeof handle[method] !== "function");
  if (missing !== undefined) throw new Error(`the stream handles of this Node have no ${missing}`);
  const earlyReads = ending === "close" ? new EarlyReads() : undefined;
  const transport = new DirectTransport(handle, { name: "self-test", port: 0, earlyReads });
  open.push({ destroy: () => transport.destroy() });
  transport.attach(new Answerer(transport, ending, succeed, fail));
}

/** What each handle must have, whatever it is of. */
const methods = [
  "useUserBuffer",
  "readStart",
  "readStop",
  "writeLatin1String",
  "writeBuffer",
  "writev",
  "shutdown",
  "close",
] as const;

/** Sends the question, reads all of the answer, and closes. */
async function ask(path: string, open: Open): Promise<Buffer> {
  const client = connect({ path, allowHalfOpen: true });
  open.push({ destroy: () => client.destroy() });
  // The first is thrown where it is waited for; unheard, another would end the process.
  client.on("error", () => {});
  const chunks: Buffer[] = [];
  client.on("data", (chunk) => chunks.push(chunk));
  client.write(QUESTION);
  await once(client, "end");
  client.end();
  return Buffer.concat(chunks);
}

/**
 * Answers with all kinds of writes, ends, and waits for the end of the peer where it has to. What a strange handle
 * throws would end the process here, as these are calls of the event loop's.
 */
class Answerer implements TransportUser {
  private readonly transport: Transport;
  private readonly ending: keyof typeof endings;
  private readonly succeed: () => void;
  private readonly fail: (error: unknown) => void;
  private readonly asked: Buffer[] = [];
  private askedBytes = 0;
  private steps = "";

  constructor(transport: Transport, ending: keyof typeof endings, succeed: () => void, fail: (error: unknown) => void) {
    this.transport = transport;
    this.ending = ending;
    this.succeed = succeed;
    this.fail = fail;
  }

  onRead(bytes: Uint8Array): void {
    const { transport } = this;
    this.asked.push(transport.keep(bytes));
    this.askedBytes += bytes.length;
    if (this.askedBytes < QUESTION.length) return;
    if (!Buffer.concat(this.asked).equals(QUESTION)) {
      this.fail(new Error(`${QUESTION.length} bytes were sent, and others read`));
      return;
    }
    const large = new Uint8Array(LARGE_BYTES);
    try {
      transport.pause();
      transport.resume();
      const isTaken = transport.write(HEAD) && transport.write(HEAD, Buffer.from(BODY));
      if (isTaken && !transport.write(large)) this.steps += "write ";
      if (this.ending === "close" && transport.close()) this.steps += "too early ";
    } catch (error) {
      this.fail(error);
    }
  }

  onDrain(): void {
    this.steps += "drain ";
    try {
      if (this.ending === "end") this.transport.end();
    } catch (error) {
      this.fail(error);
    }
  }

  onFinish(): void {
    this.steps += "finish ";
  }

  onEnd(): void {
    this.steps += "end ";
  }

  onClose(cause: Error | undefined): void {
    this.steps += "close";
    if (cause === undefined && this.steps === endings[this.ending]) this.succeed();
    else this.fail(cause ?? new Error(`an exchange went otherwise than it should: ${this.steps}`));
  }
}
