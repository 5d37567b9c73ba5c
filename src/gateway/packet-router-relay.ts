/**
 * A raw pipe between a client that was handed over and a connection to a server: bytes as they come, both ways.
 *
 * No end is a half one. A client that closes is gone, for front ends do not close one side: the server's connection is
 * closed at once. A server that ends has answered: our end follows its last byte, and what the client still sends is
 * thrown away for a while, so that no reset overtakes the answer. A server that breaks breaks the client's connection,
 * unless its answer was whole by then.
 *
 *     piping --server ends--> ending --client closes, or too late--> over
 *     piping --client closes, server breaks, nothing moves, we are cut--> over
 */
import { defaultLimits, type Placed, type Sweeper, type Transport, type TransportUser } from "../connection/index.ts";
import { gone, TimeoutError } from "../errors.ts";
import type { ByteStream } from "../handler/index.ts";
import { type HeadFilter, ResponseWatch } from "../router/index.ts";

export interface RelayParts {
  readonly client: ByteStream;
  readonly upstream: Transport;
  readonly filter: HeadFilter | undefined;
  readonly sweeper: Sweeper;
  /** Bytes of the body behind the packet; undefined: not known. */
  readonly bodyBytes: number | undefined;
  /** Without a byte in either direction. */
  readonly idleMs: number;
}

/** Who is told, once, how it ended; the connections may close later. */
export interface RelayUser {
  /** All of the answer is with the system. */
  onComplete(): void;
  /** The client has gone. */
  onClientGone(): void;
  /** The client does not take the answer, or does not send. */
  onClientIdle(timeoutMs: number): void;
  /** The server has failed. The user answers by `answer`, or breaks off by `cut`. */
  onFailure(error: unknown): void;
}

type Phase = "piping" | "ending" | "over";

export class Relay implements TransportUser, Placed {
  place = -1;
  /** What has passed to the client. */
  readonly response: ResponseWatch = new ResponseWatch();
  /** Bytes that came behind the packet. */
  requestBytes = 0;
  private readonly parts: RelayParts;
  private readonly user: RelayUser;
  private phase: Phase = "piping";
  private isToldOf = false;
  private isClientFull = false;
  private isUpstreamFull = false;
  private dueAt: number;
  /** As of the last look. */
  private movedBytes = 0;
  private unsentBytes = 0;

  constructor(parts: RelayParts, user: RelayUser) {
    this.parts = parts;
    this.user = user;
    this.dueAt = parts.sweeper.deadline(parts.idleMs);
  }

  /** Sends the packet and begins to pipe; resolves when the client's connection is closed. */
  run(packet: Uint8Array): Promise<void> {
    const { client, upstream } = this.parts;
    upstream.attach(this);
    if (!upstream.write(packet)) this.isUpstreamFull = true;
    client.on("data", (chunk: Buffer) => this.onClientRead(chunk));
    if (this.isUpstreamFull) client.pause();
    client.on("drain", () => {
      this.isClientFull = false;
      upstream.resume();
    });
    client.on("end", () => {
      if (this.phase === "piping") this.onClientGone();
    });
    // Its close says the rest.
    client.on("error", () => {});
    client.on("finish", () => {
      this.dueAt = this.parts.sweeper.deadline(defaultLimits.drainTimeoutMs);
      this.tell(() => this.user.onComplete());
      if (this.isAllReceived) client.destroy();
    });
    return new Promise((resolve) => {
      client.once("close", () => {
        this.onClientGone();
        resolve();
      });
    });
  }

  /** Answers in the server's place, or not at all (""), and ends. */
  answer(text: string): void {
    if (text !== "") this.parts.client.write(Buffer.from(text, "latin1"));
    this.endClient();
  }

  /** Nothing more passes; the client's connection is the caller's to break. */
  cut(): void {
    this.phase = "over";
    this.isToldOf = true;
    this.parts.upstream.destroy();
  }

  /** See `Expiring`. */
  expire(now: number): void {
    if (this.phase === "over") return;
    const { client, upstream, idleMs } = this.parts;
    const movedBytes = this.requestBytes + this.response.bytes;
    const unsentBytes = client.unsentBytes + (this.phase === "piping" ? upstream.unsentBytes : 0);
    const isMoving = movedBytes !== this.movedBytes || unsentBytes !== this.unsentBytes;
    this.movedBytes = movedBytes;
    this.unsentBytes = unsentBytes;
    // Behind the answer only what the client takes counts, not what it goes on to send.
    if (isMoving && (this.phase === "piping" || !this.isToldOf)) this.dueAt = now + idleMs;
    else if (now >= this.dueAt) this.onIdle(idleMs);
  }

  onRead(bytes: Uint8Array): void {
    if (this.phase !== "piping") return;
    const { filter, upstream } = this.parts;
    if (filter === undefined) {
      this.passOn(upstream.keep(bytes));
      return;
    }
    let passed: readonly Uint8Array[];
    try {
      passed = filter.push(upstream.keep(bytes));
    } catch (error) {
      this.fail(error);
      return;
    }
    for (const piece of passed) this.passOn(piece);
  }

  onEnd(): void {
    if (this.phase !== "piping") return;
    if (this.response.bytes === 0) this.fail(gone("the server closed the connection without an answer"));
    else this.endClient();
  }

  onDrain(): void {
    this.isUpstreamFull = false;
    this.parts.client.resume();
  }

  onFinish(): void {}

  onClose(cause: Error | undefined): void {
    if (this.phase !== "piping") return;
    // Closed with bytes of the request unread: the reset for them is no fault of an answer that is all there.
    if (this.response.isWhole) this.endClient();
    else this.fail(gone(`${this.parts.upstream.peer} broke the connection: ${cause?.message ?? "closed"}`, cause));
  }

  /** Nothing can come any more that would be answered with a reset. */
  private get isAllReceived(): boolean {
    const { bodyBytes } = this.parts;
    return bodyBytes !== undefined && this.requestBytes >= bodyBytes && this.response.status !== 101;
  }

  private passOn(chunk: Uint8Array): void {
    const { client, upstream } = this.parts;
    this.response.push(chunk);
    if (client.write(chunk) || this.isClientFull) return;
    this.isClientFull = true;
    upstream.pause();
  }

  private onClientRead(chunk: Buffer): void {
    this.requestBytes += chunk.length;
    const { client, upstream } = this.parts;
    if (this.phase === "ending" && this.requestBytes > defaultLimits.maxDrainBytes) client.destroy();
    if (this.phase !== "piping" || upstream.write(chunk)) return;
    this.isUpstreamFull = true;
    client.pause();
  }

  private onClientGone(): void {
    this.phase = "over";
    this.parts.upstream.destroy();
    this.tell(() => this.user.onClientGone());
    this.parts.client.destroy();
  }

  private endClient(): void {
    const { client, upstream, sweeper, idleMs } = this.parts;
    this.phase = "ending";
    this.dueAt = sweeper.deadline(idleMs);
    upstream.destroy();
    client.end();
    // What it still sends is thrown away.
    if (this.isUpstreamFull) client.resume();
  }

  private onIdle(idleMs: number): void {
    const { client } = this.parts;
    // Its answer, and the time to close, it has had.
    if (this.phase === "ending" && this.isToldOf) client.destroy();
    else if (this.phase === "ending" || this.isClientFull) this.tell(() => this.user.onClientIdle(idleMs));
    else this.fail(this.idleError(idleMs));
  }

  /** True once the user was told how it ended. */
  get isSettled(): boolean {
    return this.isToldOf;
  }

  /** True while the server does not take what the client has sent. */
  get isUpstreamBlocked(): boolean {
    return this.isUpstreamFull;
  }

  private idleError(idleMs: number): TimeoutError {
    const hasBegun = this.response.bytes > 0;
    const message = hasBegun
      ? `neither the server nor the client has sent anything for ${idleMs} ms, behind ${this.response.bytes} bytes`
      : `no answer within ${idleMs} ms`;
    return new TimeoutError(message, { code: hasBegun ? "UWSGI_RESPONSE_BODY_TIMEOUT" : "UWSGI_RESPONSE_TIMEOUT" });
  }

  private fail(error: unknown): void {
    this.parts.upstream.destroy();
    this.tell(() => this.user.onFailure(error));
  }

  private tell(what: () => void): void {
    if (this.isToldOf) return;
    this.isToldOf = true;
    what();
  }
}
