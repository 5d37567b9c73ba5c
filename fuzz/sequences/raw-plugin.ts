/**
 * A plugin that does with its exchange what a string of decisions says: within the call, behind a wait, or from a
 * callback; and that may go on with the connection as a stream. It notes what it has done.
 */
import { once } from "node:events";
import { setImmediate } from "node:timers/promises";
import type { ByteStream, Exchange, Plugin } from "../../src/handler/index.ts";
import type { Choices } from "../inputs/choices.ts";

/** The largest is more than goes out in one write. */
const sizes = [5, 1, 0, 300, 20_000, 70_000] as const;

/** What chunks are cut from: no place in it like the one before. */
const BYTES = Uint8Array.from({ length: 70_251 }, (_, i) => i % 251);
const TEXT = String.fromCharCode(...Array.from({ length: 251 }, (_, i) => i)).repeat(281);

export class RawPlay {
  calls = 0;
  /** True while it runs. */
  running = 0;
  /** Vars as it saw them, as JSON, each time that it looked. */
  readonly looks: string[] = [];
  /** Bytes read behind the packet, in order. */
  readonly received: Uint8Array[] = [];
  /** True: it has read up to the end of what the peer sent. */
  hasReadAll = false;
  /** How it has left the exchange, if it has. */
  left: "end" | "abort" | "throw" | "upgrade" | undefined;
  /** True once it was said what should follow the packet. */
  isBodyExpected = false;
  /** It has read the stream to its end, and closed its own side: nothing may be missing then. */
  hasStreamed = false;
  private readonly chunks: Uint8Array[] = [];
  private bytes = 0;

  /** All that was written while something could be sent, in that order. */
  get sent(): Buffer {
    return Buffer.concat(this.chunks);
  }

  makeChunk(choices: Choices): Uint8Array | string {
    const size = choices.pick(sizes);
    const from = this.bytes % 251;
    const chunk = choices.once(2) ? TEXT.slice(from, from + size) : BYTES.subarray(from, from + size);
    this.bytes += size;
    return chunk;
  }

  note(chunk: Uint8Array | string): void {
    this.chunks.push(typeof chunk === "string" ? Buffer.from(chunk, "latin1") : chunk);
  }
}

/** `bodyBytes` is what it says should follow the packet, when it says so. */
export function rawPlugin(modifier1: number, choices: Choices, play: RawPlay, bodyBytes: number): Plugin {
  return {
    name: "raw",
    modifier1,
    answer: (exchange) => new Player(choices, play, exchange, bodyBytes).answer(),
  };
}

class Player {
  private readonly choices: Choices;
  private readonly play: RawPlay;
  private readonly exchange: Exchange;
  private readonly bodyBytes: number;

  constructor(choices: Choices, play: RawPlay, exchange: Exchange, bodyBytes: number) {
    this.choices = choices;
    this.play = play;
    this.exchange = exchange;
    this.bodyBytes = bodyBytes;
  }

  answer(): void | Promise<void> {
    const { choices, play } = this;
    play.calls++;
    play.running++;
    const kind = choices.below(3);
    if (kind === 0) return this.run();
    try {
      this.actAtOnce();
      if (kind === 1 || play.left !== undefined) {
        this.leaveAtLast(false);
        play.running--;
        return undefined;
      }
    } catch (error) {
      play.running--;
      throw error;
    }
    // Nobody knows of this one: what it throws is its own.
    void this.run().catch(() => this.exchange.abort());
    return undefined;
  }

  private async run(): Promise<void> {
    const { choices, play } = this;
    try {
      if (choices.once(4)) this.expectBody();
      for (let count = choices.below(8); count > 0 && play.left === undefined; count--) await this.step();
      // As late as it may be.
      this.look();
      const stream = this.leaveAtLast(true);
      if (stream !== undefined) await this.playStream(stream);
    } finally {
      play.running--;
    }
  }

  private actAtOnce(): void {
    const { choices, play } = this;
    if (choices.once(2)) this.expectBody();
    for (let count = choices.below(5); count > 0 && play.left === undefined; count--) {
      const kind = choices.below(4);
      if (kind === 0) this.look();
      else if (kind === 1) void this.write();
      else if (kind === 2) void this.write(true);
      else if (choices.once(4)) this.throw();
    }
  }

  private async step(): Promise<void> {
    const { choices } = this;
    switch (choices.below(9)) {
      case 0:
        return setImmediate();
      case 1:
      case 2:
        return this.write();
      case 3:
        return this.write(true);
      case 4:
      case 5:
        return this.read();
      case 6:
        void this.write();
        return undefined;
      case 7:
        if (choices.once(6)) this.throw();
        return undefined;
      default:
        this.look();
        return undefined;
    }
  }

  private expectBody(): void {
    this.play.isBodyExpected = true;
    this.exchange.expectBody(this.bodyBytes);
  }

  private look(): void {
    this.play.looks.push(JSON.stringify(this.exchange.packet.vars.toObject()));
  }

  private throw(): never {
    this.play.left = "throw";
    throw new Error("made");
  }

  private async write(isTwo = false): Promise<void> {
    const { choices, play, exchange } = this;
    const chunk = play.makeChunk(choices);
    const next = isTwo ? play.makeChunk(choices) : undefined;
    if (exchange.isOpen) {
      play.note(chunk);
      if (next !== undefined) play.note(next);
    }
    await Promise.resolve(exchange.write(chunk, next)).catch(() => {});
  }

  private async read(): Promise<void> {
    const { play, exchange } = this;
    try {
      const bytes = await exchange.read();
      if (bytes === undefined) play.hasReadAll = true;
      else play.received.push(bytes);
    } catch {
      // The peer is gone.
    }
  }

  /** Ends, breaks off, or goes on with the stream that is answered, if there is somebody who `mayStream`. */
  private leaveAtLast(mayStream: boolean): ByteStream | undefined {
    const { choices, play, exchange } = this;
    if (play.left !== undefined) return undefined;
    const kind = choices.below(4);
    if (kind === 3 && exchange.isOpen) {
      play.left = "upgrade";
      const stream = exchange.upgrade();
      stream.on("error", () => {});
      if (mayStream) return stream;
      stream.resume();
      stream.end();
      return undefined;
    }
    if (kind === 2) {
      play.left = "abort";
      exchange.abort();
    } else {
      play.left = "end";
      exchange.end(kind === 1);
    }
    return undefined;
  }

  private async playStream(stream: ByteStream): Promise<void> {
    const { choices, play } = this;
    const closed = new Promise<void>((resolve) => {
      stream.once("close", resolve);
    });
    stream.once("end", () => {
      play.hasReadAll = true;
    });
    for (let count = 1 + choices.below(6); count > 0 && stream.writable; count--) {
      const kind = choices.below(6);
      if (kind === 0) await setImmediate();
      else if (kind < 3) this.readSome(stream);
      else await Promise.race([closed, this.writeSome(stream)]);
    }
    if (choices.once(4)) {
      stream.destroy();
    } else {
      play.hasStreamed = true;
      stream.end();
      // Late, perhaps behind the end of both sides: what has come must still be there.
      for (let count = choices.below(4); count > 0; count--) await setImmediate();
      stream.on("data", (bytes: Uint8Array) => play.received.push(bytes));
    }
    await closed;
  }

  private readSome(stream: ByteStream): void {
    const bytes = stream.read() as Uint8Array | null;
    if (bytes !== null) this.play.received.push(bytes);
  }

  private async writeSome(stream: ByteStream): Promise<void> {
    const chunk = this.play.makeChunk(this.choices);
    const bytes = typeof chunk === "string" ? Buffer.from(chunk, "latin1") : chunk;
    // Noted when it is handed over: what waits in the stream is lost when that is destroyed.
    this.play.note(bytes);
    if (!stream.write(bytes)) await once(stream, "drain").catch(() => {});
  }
}
