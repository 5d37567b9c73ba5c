/**
 * Tries connecting by handles on this machine, before anybody relies on it: one real exchange with a socket of our own,
 * one connect that is refused and one that is given up. What a transport does otherwise is `direct-self-test.ts`'s to try.
 */
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { errorCode } from "../errors.ts";
import { loadConnectBinding } from "./connect-binding.ts";
import { openByHandle, type HandleAddress, type HandleKind } from "./handle-dialer.ts";
import { faultIn, type Open, privatePath } from "./self-test-run.ts";
import { loadStreamBinding } from "./stream-binding.ts";
import type { Transport, TransportUser } from "./transport.ts";

/** More than any socket buffer takes at once; no two parts have the same bytes at the same place. */
const QUESTION: Buffer = Buffer.alloc(1_000_003, "question ");

/** What is told of a connection that asks, is answered, and ends on both sides: before it that there is room, if there was none. */
const STEPS = "finish end close";

/** Why connecting by that kind of handle does not work here, or undefined when it does. Otherwise as `testDirectTransport`. */
export function testDialling(kind: HandleKind, mostMs?: number): Promise<string | undefined> {
  return faultIn(async (open) => {
    loadConnectBinding();
    loadStreamBinding();
    const path = kind === "pipe" ? privatePath(open) : undefined;
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      open.push(socket);
      // Whatever happens to it is seen at the other end; unheard it would end the process.
      socket.on("error", () => {});
      const asked: Buffer[] = [];
      socket.on("data", (bytes) => asked.push(bytes));
      socket.on("end", () => socket.end(Buffer.concat(asked)));
    });
    open.push({ destroy: () => server.close() });
    const listening = once(server, "listening");
    if (path === undefined) server.listen(0, "127.0.0.1");
    else server.listen({ path, exclusive: true });
    await listening;
    const address = addressOf(path, server.address());
    const given = beginAndGiveUp(address);
    const transport = await dial(address, open);
    open.push(transport);
    await ask(transport);
    if (given.isTold) throw new Error("a connect that was given up has come all the same");
    server.close();
    await once(server, "close");
    await beRefused(address, open);
  }, mostMs);
}

function addressOf(path: string | undefined, bound: string | AddressInfo | null): HandleAddress {
  if (path?.startsWith("\0") === true) return { kind: "abstract", name: path.slice(1) };
  if (path !== undefined) return { kind: "unix", path };
  if (bound === null || typeof bound === "string") throw new Error("a socket that listens has no address");
  return { kind: "tcp", host: "127.0.0.1", port: bound.port };
}

function dial(address: HandleAddress, open: Open): Promise<Transport> {
  return new Promise((resolve, reject) => {
    const giveUp = openByHandle(address, { onOpen: resolve, onFail: reject });
    if (giveUp === undefined) reject(new Error("a connect was refused at once"));
    else open.push({ destroy: giveUp });
  });
}

function beginAndGiveUp(address: HandleAddress): { readonly isTold: boolean } {
  const given = { isTold: false };
  const told = (): void => {
    given.isTold = true;
  };
  openByHandle(address, { onOpen: told, onFail: told })?.();
  return given;
}

async function beRefused(address: HandleAddress, open: Open): Promise<void> {
  const error: unknown = await dial(address, open).then(
    (transport) => transport.destroy(),
    (reason: unknown) => reason,
  );
  const code = errorCode((error as Error | undefined)?.cause);
  if (code === "ECONNREFUSED" || code === "ENOENT") return;
  throw new Error(`nobody listened, and a connect has come to ${String(error)}`);
}

function ask(transport: Transport): Promise<void> {
  return new Promise((resolve, reject) => {
    const asker = new Asker(transport, resolve, reject);
    transport.attach(asker);
    asker.isTaken = transport.write(QUESTION);
    transport.end();
  });
}

/** Compares what comes back, and notes what it is told. */
class Asker implements TransportUser {
  /** Whether the system took the question at once. */
  isTaken = false;
  private readonly transport: Transport;
  private readonly succeed: () => void;
  private readonly fail: (error: unknown) => void;
  private readonly answered: Buffer[] = [];
  private steps = "";

  constructor(transport: Transport, succeed: () => void, fail: (error: unknown) => void) {
    this.transport = transport;
    this.succeed = succeed;
    this.fail = fail;
  }

  onRead(bytes: Uint8Array): void {
    this.answered.push(this.transport.keep(bytes));
  }

  onDrain(): void {
    this.steps += "drain ";
  }

  onFinish(): void {
    this.steps += "finish ";
  }

  onEnd(): void {
    this.steps += "end ";
  }

  onClose(cause: Error | undefined): void {
    this.steps += "close";
    const isSame = Buffer.concat(this.answered).equals(QUESTION);
    if (cause !== undefined) this.fail(cause);
    else if (this.steps !== (this.isTaken ? STEPS : `drain ${STEPS}`))
      this.fail(new Error(`a connection went otherwise than it should: ${this.steps}`));
    else if (!isSame) this.fail(new Error(`${QUESTION.length} bytes were sent, and others came back`));
    else this.succeed();
  }
}
