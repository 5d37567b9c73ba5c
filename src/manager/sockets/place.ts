/**
 * One address of a service, with its socket; see `sockets.ts` for the two steps in which it is had.
 */
import {
  type Address,
  formatAddress,
  type HeldSocket,
  type HoldingServer,
  type HoldOptions,
  type ListenOptions,
  openQueueOf,
  type TlsOptions,
} from "../../connection/index.ts";
import { ConnectionError } from "../../errors.ts";

export interface PlaceOptions extends ListenOptions {
  /** See `Listening.onLost`. */
  readonly onLost?: (name: string, how: "removed" | "replaced", isRecreated: boolean) => void;
  readonly onError?: (name: string, error: Error) => void;
  /** A path was bound anew (`recreate`): workers that are started from now on have another socket than those before. */
  readonly onReplaced?: (name: string) => void;
}

/** What a worker gets. */
export interface ServiceSocket {
  /** In this process; another one when the path was bound anew. */
  readonly fd: number;
  /** For logs: systemd's name, or the address. */
  readonly name: string;
  /** Where it is; workers listen on `inheritedAs(theirFd, address)`. */
  readonly address: Address;
  readonly tls?: TlsOptions;
}

/** Bound, and does not listen yet. */
interface Waiting {
  readonly server: HoldingServer;
  readonly backlog: number;
  /** It does now; or why it cannot. */
  open(this: void, error?: Error): void;
}

export class Place {
  readonly asked: Address;
  /** Rejects when the address cannot be had. */
  readonly held: Promise<HeldSocket>;
  /** Resolves as soon as there is a descriptor; rejects as `held`. */
  readonly bound: Promise<unknown>;
  /** Another master has it too, and goes on with it when this one fails. */
  readonly isOthers: boolean;
  private readonly options: PlaceOptions;
  private readonly givenName: string | undefined;
  private socket: HeldSocket | undefined;
  private unopened: Waiting | undefined;
  private noteBound: () => void = () => {};

  /** `begin` binds, or takes what is there. */
  constructor(
    asked: Address,
    begin: (options: HoldOptions) => Promise<HeldSocket>,
    options: PlaceOptions,
    { name, isOthers = false }: { readonly name?: string | undefined; readonly isOthers?: boolean } = {},
  ) {
    this.asked = asked;
    this.isOthers = isOthers;
    this.options = options;
    this.givenName = name;
    const isBound = new Promise<void>((resolve) => {
      this.noteBound = resolve;
    });
    const { onLost, onError, onReplaced, ...listening } = options;
    this.held = begin({
      ...listening,
      openQueue: (server, backlog) => this.wait(server, backlog),
      onLost: (how, isRecreated) => onLost?.(this.name, how, isRecreated),
      onError: (error) => onError?.(this.name, error),
      onReplaced: () => onReplaced?.(this.name),
    }).then((socket) => (this.socket = socket));
    this.bound = Promise.race([this.held, isBound]);
    // Whoever needs it asks.
    this.bound.catch(() => {});
    this.held.catch(() => {});
  }

  get name(): string {
    return this.givenName ?? formatAddress(this.address);
  }

  /** Undefined when it listens already. */
  get waiting(): Waiting | undefined {
    return this.unopened;
  }

  /** Of a unix socket that we have made. */
  get file(): HeldSocket["file"] {
    return this.socket?.file;
  }

  /** What a worker gets; once `bound`. */
  get forWorkers(): ServiceSocket {
    const { name, address } = this;
    const fd = this.socket?.fd ?? this.unopened?.server.fd ?? -1;
    const { tls } = this.options;
    return { fd, name, address, ...(address.kind === "tls" && tls !== undefined ? { tls } : {}) };
  }

  /** Gives it back, however far it is; with the path, if that is ours. */
  async close(): Promise<void> {
    this.unopened?.open(new ConnectionError("the service is ending", { code: "UWSGI_SERVER_CLOSED" }));
    const socket = await this.held.catch(() => undefined);
    await socket?.close();
  }

  /** Closes the descriptor; the path stays. */
  release(): void {
    this.socket?.release();
  }

  private get address(): Address {
    if (this.socket !== undefined) return shownAs(this.asked, this.socket.address);
    // The port that the system has chosen.
    const port = this.unopened?.server.address()?.port;
    const carrier = this.asked.kind === "tls" ? this.asked.over : this.asked;
    return carrier.kind === "tcp" && port !== undefined ? shownAs(this.asked, { ...carrier, port }) : this.asked;
  }

  private wait(server: HoldingServer, backlog: number): Promise<void> {
    // A path that is bound anew waits for nobody.
    if (this.socket !== undefined) return openQueueOf(server, backlog);
    return new Promise((resolve, reject) => {
      this.unopened = {
        server,
        backlog,
        open: (error) => {
          this.unopened = undefined;
          if (error === undefined) resolve();
          else reject(error);
        },
      };
      this.noteBound();
    });
  }
}

/** The address of a socket, with the TLS that was asked for. */
function shownAs(asked: Address, actual: Address): Address {
  if (asked.kind !== "tls" || actual.kind === "tls") return actual;
  return { kind: "tls", over: actual.kind === "abstract" ? asked.over : actual };
}
