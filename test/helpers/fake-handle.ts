/** A stream handle that does what a test says: for what no system can be made to do. */
import {
  loadStreamBinding,
  type StreamBinding,
  type StreamHandle,
  type StreamRequest,
} from "../../src/connection/stream-binding.ts";

/** What becomes of a call: an error of the system, done at once, or going on until `FakeHandle.complete`. */
export type Outcome = number | "done" | "goes on";

export class FakeHandle implements StreamHandle {
  fd?: number;
  writeQueueSize = 0;
  bytesRead = 0;
  transport?: unknown;
  /** Names of calls, in order. */
  readonly calls: string[] = [];
  /** Requests that go on. */
  readonly pending: StreamRequest[] = [];
  readonly requests: StreamRequest[] = [];
  /** By the name of the call; default `done`, for `shutdown` `goes on`. */
  readonly outcomes: Record<string, Outcome> = {};
  private readonly binding: StreamBinding = loadStreamBinding();
  /** What is read into. */
  buffer: Uint8Array = new Uint8Array(0);
  readonly reset?: () => number;
  readonly getpeername?: (peer: { address?: string; port?: number }) => number;

  /** `kind`: only TCP has a reset, and addresses. */
  constructor(kind: "unix" | "tcp" = "unix") {
    if (kind === "unix") return;
    this.reset = () => this.note("reset");
    this.getpeername = (peer) => {
      Object.assign(peer, { address: "192.0.2.1", port: 4_711 });
      return this.note("getpeername");
    };
  }

  onread(): Uint8Array | undefined {
    return undefined;
  }

  /** Bytes are there, or the stream has ended, or failed: as the system says it. */
  read(result: number | Uint8Array): void {
    if (typeof result !== "number") this.buffer.set(result);
    this.binding.state[this.binding.readIndex] = typeof result === "number" ? result : result.length;
    this.buffer = this.onread() ?? this.buffer;
  }

  /** The oldest request is done, or has failed. */
  complete(status = 0): void {
    const request = this.pending.shift();
    if (request?.oncomplete === undefined) throw new Error("nothing goes on");
    request.oncomplete(status);
  }

  useUserBuffer(buffer: Uint8Array): void {
    this.buffer = buffer;
  }

  readStart(): number {
    return this.note("readStart");
  }

  readStop(): number {
    return this.note("readStop");
  }

  writeLatin1String(request: StreamRequest): number {
    return this.write("writeLatin1String", request);
  }

  writeBuffer(request: StreamRequest): number {
    return this.write("writeBuffer", request);
  }

  writev(request: StreamRequest): number {
    return this.write("writev", request);
  }

  shutdown(request: StreamRequest): number {
    this.requests.push(request);
    this.pending.push(request);
    return this.note("shutdown");
  }

  close(): void {
    this.note("close");
  }

  private write(name: string, request: StreamRequest): number {
    this.requests.push(request);
    const goesOn = this.outcomes[name] === "goes on";
    this.binding.state[this.binding.asyncIndex] = goesOn ? 1 : 0;
    if (goesOn) this.pending.push(request);
    return this.note(name);
  }

  private note(name: string): number {
    this.calls.push(name);
    const outcome = this.outcomes[name];
    return typeof outcome === "number" ? outcome : 0;
  }
}
