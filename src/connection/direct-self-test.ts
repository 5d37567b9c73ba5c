/**
 * Tries the direct transport on this machine, before anybody relies on it: one real exchange, with all that a
 * connection needs, over a socket of our own.
 */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { errorCode } from "../errors.ts";
import { AcceptingServer } from "./accepting-server.ts";
import { DirectTransport } from "./direct-transport.ts";
import { loadStreamBinding } from "./stream-binding.ts";
import type { Transport, TransportUser } from "./transport.ts";

/** It takes some milliseconds; a machine under load may need more. */
const MOST_MS = 5_000;

/** Looks at the time: one that comes late, because the process was busy, is one all the same. */
const LOOKS = 20;

/** More than any socket buffer takes at once. */
const LARGE_BYTES = 1024 * 1024;

const QUESTION = "question";
const HEAD = "head";
const BODY = "body";

/**
 * Why the direct transport does not work here, or undefined when it does. Never rejects. `mostMs`: time for it,
 * default 5 000, in which this process can run.
 */
export async function testDirectTransport(mostMs: number = MOST_MS): Promise<string | undefined> {
  const path = privatePath();
  let timer: NodeJS.Timeout | undefined;
  const open: { destroy(): void }[] = [];
  try {
    loadStreamBinding();
    const late = new Promise<never>((_, reject) => {
      let looks = 0;
      timer = setInterval(() => {
        if (++looks >= LOOKS) reject(new Error(`no answer within ${mostMs} ms`));
      }, mostMs / LOOKS);
    });
    await Promise.race([late, exchange(path, open)]);
    return undefined;
  } catch (error) {
    return reasonOf(error);
  } finally {
    clearInterval(timer);
    try {
      for (const { destroy } of open) destroy();
      if (!path.startsWith("\0")) rmSync(path, { force: true });
    } catch {
      // What cannot even be closed has been found not to work.
    }
  }
}

/** With its code, which may say more than the message: where Node's permissions are on that is `process.binding`. */
function reasonOf(error: unknown): string {
  const code = errorCode(error);
  const message = error instanceof Error ? error.message : String(error);
  return code === undefined || message.includes(code) ? message : `${message}: ${code}`;
}

/** Asks over `path`, answers, and compares what came. Whatever it opens is added to `open`. */
async function exchange(path: string, open: { destroy(): void }[]): Promise<void> {
  let succeed: () => void = () => {};
  let fail: (error: unknown) => void = () => {};
  const answered = new Promise<void>((resolve, reject) => {
    succeed = resolve;
    fail = reject;
  });
  const server = new AcceptingServer({
    kind: "handle",
    take: (handle) => {
      try {
        const transport = new DirectTransport(handle, { name: "self-test", port: 0 });
        open.push({ destroy: () => transport.destroy() });
        transport.attach(new Answerer(transport, succeed, fail));
      } catch (error) {
        fail(error);
      }
    },
  });
  open.push({ destroy: () => void server.close() });
  const listening = once(server, "listening");
  // That a connection cannot be accepted. Unheard it would end the process.
  server.on("error", fail);
  server.listen({ path, exclusive: true });
  await listening;
  const [received] = await Promise.all([ask(path, open), answered]);
  const expected = HEAD.length + BODY.length + LARGE_BYTES;
  if (received.length !== expected || received.toString("latin1", 0, 8) !== HEAD + BODY) {
    throw new Error(`an exchange of ${expected} bytes brought ${received.length}, or others than were sent`);
  }
}

/** Sends the question, reads all of the answer, and closes. */
async function ask(path: string, open: { destroy(): void }[]): Promise<Buffer> {
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
 * Answers with all kinds of writes, closes its side, and waits for the end of the peer. What a strange handle
 * throws would end the process here, as these are calls of the event loop's.
 */
class Answerer implements TransportUser {
  private readonly transport: Transport;
  private readonly succeed: () => void;
  private readonly fail: (error: unknown) => void;
  private asked = "";
  private steps = "";

  constructor(transport: Transport, succeed: () => void, fail: (error: unknown) => void) {
    this.transport = transport;
    this.succeed = succeed;
    this.fail = fail;
  }

  onRead(bytes: Uint8Array): void {
    this.asked += Buffer.from(bytes).toString("latin1");
    if (this.asked !== QUESTION) return;
    const large = new Uint8Array(LARGE_BYTES);
    try {
      if (this.transport.write(HEAD, Buffer.from(BODY)) && !this.transport.write(large)) this.steps += "write ";
    } catch (error) {
      this.fail(error);
    }
  }

  onDrain(): void {
    this.steps += "drain ";
    try {
      this.transport.end();
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
    if (cause === undefined && this.steps === "write drain finish end close") this.succeed();
    else this.fail(cause ?? new Error(`an exchange went otherwise than it should: ${this.steps}`));
  }
}

/** A name that nobody else has: on Linux one without a file. */
function privatePath(): string {
  const name = `uisge-${process.pid}-${randomBytes(8).toString("hex")}`;
  return process.platform === "linux" ? `\0${name}` : join(tmpdir(), name);
}
