/** An accepted connection as a transport of the kind that a test is about, and a client at its other end. */
import { DirectTransport } from "../../src/connection/direct-transport.ts";
import { type Address, listen, type Listener, type Transport, type TransportUser } from "../../src/connection/index.ts";
import { RawClient } from "./raw-client.ts";
import { tempFolder } from "./temp-folder.ts";
import { gate, type TransportKind } from "./test-server.ts";
import { concat } from "./wire.ts";

/** How connections are carried: see `ListenOptions.transport`. */
export type Carrier = "direct" | "net";

export const carriers: readonly Carrier[] = ["direct", "net"];

/** What a test of `auto` finds in this run: the whole suite is run with UISGE_TRANSPORT=net too. */
export const usualCarrier: Carrier = process.env["UISGE_TRANSPORT"] === "net" ? "net" : "direct";

export function carrierOf(transport: Transport): Carrier {
  return transport instanceof DirectTransport ? "direct" : "net";
}

/** Notes what a transport tells, in order: `read`, `end`, `drain`, `finish`, `close`; reads in a row count once. */
export class TransportLog implements TransportUser {
  readonly events: string[] = [];
  cause: (Error & { readonly code?: unknown; readonly errno?: unknown; readonly syscall?: unknown }) | undefined;
  private readonly chunks: Uint8Array[] = [];
  private wake: () => void = () => {};
  /** Called within `onRead`, with the bytes as they were handed over. */
  private readonly look: (bytes: Uint8Array) => void;

  constructor(look: (bytes: Uint8Array) => void = () => {}) {
    this.look = look;
  }

  get received(): Uint8Array {
    return concat(this.chunks);
  }

  get text(): string {
    return Buffer.from(this.received).toString("latin1");
  }

  /** Settles when it was told so. */
  async until(event: "end" | "drain" | "finish" | "close"): Promise<void> {
    await this.untilSo(() => this.events.includes(event));
  }

  /** Settles when so many bytes have come. */
  async untilReceived(bytes: number): Promise<void> {
    await this.untilSo(() => this.chunks.reduce((sum, chunk) => sum + chunk.length, 0) >= bytes);
  }

  onRead(bytes: Uint8Array): void {
    this.look(bytes);
    this.chunks.push(new Uint8Array(bytes));
    if (this.events.at(-1) === "read") this.wake();
    else this.note("read");
  }

  onEnd(): void {
    this.note("end");
  }

  onDrain(): void {
    this.note("drain");
  }

  onFinish(): void {
    this.note("finish");
  }

  onClose(cause: Error | undefined): void {
    this.cause = cause;
    this.note("close");
  }

  private note(event: string): void {
    this.events.push(event);
    this.wake();
  }

  private async untilSo(isSo: () => boolean): Promise<void> {
    while (!isSo()) {
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
  }
}

export interface TransportPair extends AsyncDisposable {
  readonly transport: Transport;
  /** Attached to the transport. */
  readonly log: TransportLog;
  readonly client: RawClient;
  readonly address: Address;
}

export interface PairOptions {
  /** False: the client reads nothing until it is told to. Default true. */
  readonly reads?: boolean;
  readonly log?: TransportLog;
  /** Before it is read from. */
  readonly onAccepted?: (transport: Transport) => void;
}

/** Accepts one connection. */
export async function connectPair(
  kind: TransportKind,
  carrier: Carrier,
  { reads = true, log = new TransportLog(), onAccepted }: PairOptions = {},
): Promise<TransportPair> {
  const accepted = gate<Transport>();
  await using listening = await listenFor(kind, carrier, accepted.open);
  const { address } = listening.listener;
  const client = await RawClient.connect(address, { reads });
  const transport = await accepted.promise;
  onAccepted?.(transport);
  transport.attach(log);
  return {
    transport,
    log,
    client,
    address,
    [Symbol.asyncDispose]: async () => {
      client.destroy();
      transport.destroy();
      await client.closed;
    },
  };
}

export interface Listening extends AsyncDisposable {
  readonly listener: Listener;
}

/** Listens on an address of its own. */
export async function listenFor(
  kind: TransportKind,
  carrier: Carrier,
  accept: (transport: Transport) => void,
): Promise<Listening> {
  const folder = tempFolder();
  const address: Address = kind === "unix" ? { kind, path: folder.file("s") } : { kind, host: "127.0.0.1", port: 0 };
  const listener = await listen(address, accept, { transport: carrier });
  return {
    listener,
    [Symbol.asyncDispose]: async () => {
      await listener.close();
      folder[Symbol.dispose]();
    },
  };
}
