/** A server that has been told to listen and does not: it is served on our sockets, and lives as long as these. */
import type { Server } from "node:http";
import { addressOf, type Asked, describeAsked, type ServerAddress } from "./listen-arguments.ts";

/** `close` was called while it listened, and has not ended: `closing`. */
type State = "listening" | "closing" | "closed";

export class HeardServer {
  readonly server: Server;
  readonly asked: Asked;
  /** The arguments of its `listen`, but for the callback, which has been called. */
  readonly listenArguments: readonly unknown[];
  private state: State = "listening";
  private readonly onClose: () => void;

  /** `onClose` is called when the application closes it. */
  constructor(server: Server, asked: Asked, listenArguments: readonly unknown[], onClose: () => void) {
    this.server = server;
    this.asked = asked;
    this.listenArguments = listenArguments;
    this.onClose = onClose;
  }

  get isListening(): boolean {
    return this.state === "listening";
  }

  get address(): ServerAddress | null {
    return this.isListening ? addressOf(this.asked) : null;
  }

  /** For people: "port 3000". */
  get name(): string {
    return describeAsked(this.asked);
  }

  /** As `server.listen`: events come when the caller has returned. */
  begin(callback: (() => void) | undefined, signal: AbortSignal | undefined): void {
    if (callback !== undefined) this.server.once("listening", callback);
    process.nextTick(() => {
      if (this.isListening) this.server.emit("listening");
    });
    if (signal === undefined) return;
    if (signal.aborted) process.nextTick(() => this.server.close());
    else signal.addEventListener("abort", () => this.server.close(), { once: true });
  }

  /** As `server.close`: `callback` and the event `close` come when what runs has ended. */
  close(callback: ((error?: Error) => void) | undefined): void {
    if (this.isListening) {
      if (callback !== undefined) this.server.once("close", callback);
      this.state = "closing";
      this.onClose();
    } else if (callback !== undefined) {
      const error = Object.assign(new Error("Server is not running."), { code: "ERR_SERVER_NOT_RUNNING" });
      if (this.state === "closing") this.server.once("close", () => callback(error));
      else process.nextTick(() => callback(error));
    }
  }

  /** What ran has ended. */
  end(): void {
    if (this.state === "closed") return;
    this.state = "closed";
    process.nextTick(() => this.server.emit("close"));
  }
}
