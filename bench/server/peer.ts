/** Exchanges with a server in the same process, over a transport that takes everything at once. */
import { wsgi } from "../../src/app/index.ts";
import type { Transport, TransportUser } from "../../src/connection/index.ts";
import { copyOf } from "../../src/connection/transport.ts";
import { surround } from "../../src/handler/index.ts";
import { httpPlugin, Server } from "../../src/server/index.ts";
import type { ExchangeCase } from "../cases/exchanges.ts";

/** What is sent goes to a counter, and to `kept` where that is given. */
class CountingTransport implements Transport {
  readonly peer = "memory";
  readonly localPort = 0;
  readonly lendsReads = true;
  readonly unsentBytes = 0;
  isOver = false;
  user: TransportUser | undefined;
  private readonly kept: string[] | undefined;
  private tellOver: (() => void) | undefined;

  constructor(kept?: string[]) {
    this.kept = kept;
  }

  attach(user: TransportUser): void {
    this.user = user;
  }

  keep(bytes: Uint8Array): Buffer {
    return copyOf(bytes);
  }

  pause(): void {}

  resume(): void {}

  write(chunk: Uint8Array | string, next?: Uint8Array | string): boolean {
    sink.bytes += chunk.length;
    this.kept?.push(typeof chunk === "string" ? chunk : Buffer.from(chunk).toString("latin1"));
    if (next !== undefined) this.write(next);
    return true;
  }

  /** Settles when the server has closed. */
  over(): Promise<void> {
    return new Promise((resolve) => {
      this.tellOver = resolve;
    });
  }

  close(): boolean {
    this.isOver = true;
    this.tellOver?.();
    return true;
  }

  end(): void {
    this.user?.onEnd();
    this.user?.onFinish();
    this.user?.onClose(undefined);
    this.close();
  }

  destroy(): void {
    this.end();
  }

  reset(): boolean {
    this.end();
    return true;
  }
}

/** So that nothing that is written can be optimised away. */
export const sink: { bytes: number } = { bytes: 0 };

/** A server for one case; asked once before, whether it answers right. */
export class Peer implements AsyncDisposable {
  private readonly server: Server;
  private readonly request: Uint8Array;

  private constructor({ application, middleware, request }: ExchangeCase) {
    this.server = new Server({ plugins: [httpPlugin(surround(wsgi(application), middleware))] });
    this.request = request;
  }

  /** Rejects when the answer is not the one that must come. */
  static async start(exchange: ExchangeCase): Promise<Peer> {
    const peer = new Peer(exchange);
    const kept: string[] = [];
    await peer.exchange(new CountingTransport(kept));
    const answer = kept.join("");
    const isRight = typeof exchange.answer === "string" ? answer === exchange.answer : exchange.answer.test(answer);
    if (!isRight) throw new Error(`${exchange.title}: answered ${JSON.stringify(answer)}`);
    return peer;
  }

  /** Asks so many times, one after the other. */
  async ask(count: number): Promise<void> {
    for (let i = 0; i < count; i++) {
      const transport = new CountingTransport();
      // Most exchanges are over when the packet has been read; only the others are waited for.
      const waiting = this.exchange(transport);
      if (waiting !== undefined) await waiting;
    }
  }

  private exchange(transport: CountingTransport): Promise<void> | undefined {
    this.server.adopt(transport);
    transport.user?.onRead(this.request);
    return transport.isOver ? undefined : transport.over();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.server.close();
  }
}
