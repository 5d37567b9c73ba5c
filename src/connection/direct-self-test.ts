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
import { AcceptingServer } from "./accepting-server.ts";
import { DirectTransport } from "./direct-transport.ts";
import { loadStreamBinding } from "./stream-binding.ts";
import type { Transport, TransportUser } from "./transport.ts";

/** It takes some milliseconds; a machine under load may need more. */
const MOST_MS = 5_000;

/** More than any socket buffer takes at once. */
const LARGE_BYTES = 1024 * 1024;

const QUESTION = "question";
const HEAD = "head";
const BODY = "body";

/** Why the direct transport does not work here, or undefined when it does. Never rejects. */
export async function testDirectTransport(): Promise<string | undefined> {
  const path = privatePath();
  let timer: NodeJS.Timeout | undefined;
  const open: { destroy(): void }[] = [];
  try {
    loadStreamBinding();
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no answer within ${MOST_MS} ms`)), MOST_MS);
    });
    await Promise.race([late, exchange(path, open)]);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    clearTimeout(timer);
    for (const { destroy } of open) destroy();
    if (!path.startsWith("\0")) rmSync(path, { force: true });
  }
}

/** Asks over `path`, answers, and compares what came. Whatever it opens is added to `open`. */
async function exchange(path: string, open: { destroy(): void }[]): Promise<void> {
  let answer: (transport: Transport) => void = () => {};
  const answered = new Promise<void>((resolve, reject) => {
    answer = (transport) => transport.attach(new Answerer(transport, resolve, reject));
  });
  const server = new AcceptingServer({
    kind: "handle",
    take: (handle) => {
      const transport = new DirectTransport(handle, { name: "self-test", port: 0 });
      open.push({ destroy: () => transport.destroy() });
      answer(transport);
    },
  });
  open.push({ destroy: () => void server.close() });
  const listening = once(server, "listening");
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

/** Answers with all kinds of writes, closes its side, and waits for the end of the peer. */
class Answerer implements TransportUser {
  private readonly transport: Transport;
  private readonly succeed: () => void;
  private readonly fail: (error: Error) => void;
  private asked = "";
  private steps = "";

  constructor(transport: Transport, succeed: () => void, fail: (error: Error) => void) {
    this.transport = transport;
    this.succeed = succeed;
    this.fail = fail;
  }

  onRead(bytes: Uint8Array): void {
    this.asked += Buffer.from(bytes).toString("latin1");
    if (this.asked !== QUESTION) return;
    const large = new Uint8Array(LARGE_BYTES);
    if (this.transport.write(HEAD, Buffer.from(BODY)) && !this.transport.write(large)) this.steps += "write ";
  }

  onDrain(): void {
    this.steps += "drain ";
    this.transport.end();
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
