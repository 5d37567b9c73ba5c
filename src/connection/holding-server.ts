/** Holds a socket for other processes: it is bound here, and stays while they come and go. Accepts nothing, ever. */
import { EventEmitter } from "node:events";
import type { AddressInfo } from "node:net";
import { type BoundHandle, bindHandle } from "./bound-handle.ts";
import { openQueues } from "./open-queues.ts";
import type { ServerSocket, Where } from "./server-socket.ts";

/** Makes a socket listen that was just bound, without accepting: from then on connections queue. */
export type OpenQueue = (bound: HoldingServer, backlog: number) => Promise<void>;

export class HoldingServer extends EventEmitter implements ServerSocket {
  readonly accepted = 0;
  private handle: BoundHandle | undefined;
  private readonly openQueue: OpenQueue;

  constructor(openQueue: OpenQueue = openQueueOf) {
    super();
    this.openQueue = openQueue;
  }

  get listening(): boolean {
    return this.handle !== undefined;
  }

  /** -1 when it is closed. */
  get fd(): number {
    return this.handle?.fd ?? -1;
  }

  /** A socket that is there already listens, or will be listened on by whom it is meant for. */
  listen(where: Where, backlog: number): void {
    this.handle = bindHandle(where);
    const opened = where.fd === undefined ? this.openQueue(this, backlog) : Promise.resolve();
    opened.then(
      () => this.emit("listening"),
      (error: unknown) => {
        this.close();
        this.emit("error", error);
      },
    );
  }

  /** Of TCP; null for what has no such address. */
  address(): AddressInfo | null {
    const own: Partial<AddressInfo> = {};
    return this.handle?.getsockname?.(own) === 0 ? (own as AddressInfo) : null;
  }

  close(): void {
    this.handle?.close();
    this.handle = undefined;
  }
}

/** By a program of its own. */
export async function openQueueOf({ fd }: HoldingServer, backlog: number): Promise<void> {
  const [error] = await openQueues([fd], backlog);
  if (error !== undefined) throw error;
}
