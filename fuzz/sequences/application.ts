/** A WSGI-style application that does what a string of decisions says, and notes what it has done. */
import { setImmediate } from "node:timers/promises";
import type { StartResponse, WsgiApplication, WsgiBody, WsgiEnviron } from "../../src/index.ts";
import type { Choices } from "../inputs/choices.ts";

type Headers = (readonly [name: string, value: string])[];
type Write = ReturnType<StartResponse>;

/** The header by which an answer of the application is told from one of the server's own. */
export const APP_HEADER = "X-App";

const statuses = ["200 OK", "404 Not Found", "204 No Content", "304 Not Modified", "500 Own", "599 "] as const;
const badStatuses = ["", "200", "100 Continue", "600 x", "200 OK\r\nX: 1"] as const;
const badHeaders: readonly Headers[] = [
  [["A B", "1"]],
  [["A", "b\r\nC: d"]],
  [["Connection", "close"]],
  [["A", "\u20ac"]],
];
const lengths = ["5", "10", "0", "1", "1000", "20000", "007", "-1", "x", ""] as const;
/** The largest is more than goes out in one write. */
const sizes = [5, 1, 10, 0, 2, 1_000, 20_000, 70_000] as const;

/** What chunks are cut from: long, and no place in it like the one before. */
const BYTES = Uint8Array.from({ length: 70_251 }, (_, i) => i % 251);
const TEXT = "é€az".repeat(17_501);

/** One call of an application. */
export class Play {
  calls = 0;
  /** True while its function, or its body, runs. */
  running = 0;
  /** Why its answer is not the head and the chunks that it gave; undefined: it is. */
  fault: string | undefined;
  /** What the last `startResponse` that did not throw was given. */
  head: { readonly status: number; readonly headers: Headers } | undefined;
  /** Bodies with a `close` that were returned, and calls of it. */
  closable = 0;
  closes = 0;
  private readonly chunks: Buffer[] = [];
  private bytes = 0;

  /** All chunks that were written and yielded, in that order. */
  get sent(): Buffer {
    return Buffer.concat(this.chunks);
  }

  /** True once a chunk with bytes in it was sent: from then on the head may have left. */
  get hasSent(): boolean {
    return this.bytes > 0;
  }

  fail(why: string): void {
    this.fault ??= why;
  }

  /** A chunk that is about to be sent. No two have the same bytes at the same place. */
  makeChunk(choices: Choices): Uint8Array | string {
    const size = choices.pick(sizes);
    const isText = choices.once(3);
    const chunk = isText
      ? TEXT.slice(this.bytes % 4, (this.bytes % 4) + size)
      : BYTES.subarray(this.bytes % 251, (this.bytes % 251) + size);
    const sent = Buffer.from(chunk as Uint8Array);
    if (sent.length > 0 && this.head === undefined) this.fail("sent a body without a head");
    this.chunks.push(sent);
    this.bytes += sent.length;
    return chunk;
  }
}

/** The application of these decisions. */
export function makeApplication(choices: Choices, play: Play): WsgiApplication {
  return async (environ, startResponse) => {
    play.calls++;
    play.running++;
    const actor = new Actor(choices, play, environ, startResponse);
    try {
      await actor.act();
      return actor.makeBody();
    } catch (error) {
      play.fail("threw");
      throw error;
    } finally {
      play.running--;
    }
  };
}

class Actor {
  private readonly choices: Choices;
  private readonly play: Play;
  private readonly environ: WsgiEnviron;
  private readonly startResponse: StartResponse;
  private write: Write | undefined;

  constructor(choices: Choices, play: Play, environ: WsgiEnviron, startResponse: StartResponse) {
    this.choices = choices;
    this.play = play;
    this.environ = environ;
    this.startResponse = startResponse;
  }

  /** What it does before it returns. */
  async act(): Promise<void> {
    const { choices } = this;
    if (!choices.once(8)) this.start();
    for (let count = choices.below(4); count > 0; count--) await this.maybeCaught(() => this.step());
  }

  private async step(): Promise<void> {
    const { choices, environ } = this;
    switch (choices.below(12)) {
      case 0:
        return setImmediate();
      case 1:
        return this.writeChunk();
      case 2:
        this.writeCarelessly();
        return undefined;
      case 3:
      case 4:
        return this.readBody();
      case 5:
        this.start();
        return undefined;
      case 6:
        this.start({ error: new Error("made") });
        return undefined;
      case 7:
        this.startBadly();
        return undefined;
      case 8:
        throw choices.pick<unknown>([new Error("made"), undefined, null, "text", { code: "UWSGI_PEER_GONE" }]);
      case 9:
        environ["wsgi.errors"].write("text");
        return undefined;
      case 10:
        environ.REQUEST_METHOD = choices.pick(["HEAD", "GET", ""]);
        return undefined;
      default:
        for (const name of Object.keys(environ)) environ[name] = undefined;
        return undefined;
    }
  }

  private async readBody(): Promise<void> {
    const { choices } = this;
    const input = this.environ["wsgi.input"] as WsgiEnviron["wsgi.input"] | undefined;
    switch (choices.below(5)) {
      case 0:
        await input?.read();
        break;
      case 1:
        await input?.read(choices.byte());
        break;
      case 2:
        await input?.readline();
        break;
      case 3:
        await input?.readlines(choices.byte());
        break;
      default:
        for await (const bytes of input ?? []) if (bytes.length === choices.byte()) break;
    }
  }

  /** Begins a response that is good, but for its length perhaps. */
  private start({ error }: { error?: Error } = {}): void {
    const { choices, play } = this;
    const status = choices.pick(statuses);
    const headers: Headers = [[APP_HEADER, String(choices.below(4))]];
    if (choices.once(3)) headers.push(["Content-Length", choices.pick(lengths)]);
    if (choices.once(16)) headers.push(["content-length", choices.pick(lengths)]);
    if (choices.once(4)) headers.push(["Set-Cookie", "a=b"], ["Set-Cookie", "c=\u00e9"]);
    this.write = this.startResponse(status, headers, error);
    play.head = { status: Number.parseInt(status, 10), headers };
  }

  private startBadly(): void {
    const { choices } = this;
    if (choices.once(2)) this.startResponse(choices.pick(badStatuses), []);
    else this.startResponse("200 OK", choices.pick(badHeaders));
  }

  private async writeChunk(): Promise<void> {
    const { write, play } = this;
    if (write === undefined) return;
    await write(play.makeChunk(this.choices));
  }

  /** Does not wait for what becomes of it: that must not end the process. */
  private writeCarelessly(): void {
    const { write, play } = this;
    if (write !== undefined) void write(play.makeChunk(this.choices));
  }

  private async maybeCaught(action: () => Promise<void>): Promise<void> {
    const isCaught = this.choices.once(2);
    try {
      await action();
    } catch (error) {
      if (!isCaught) throw error;
    }
  }

  // The body

  /** What it returns. */
  makeBody(): WsgiBody {
    const { choices, play } = this;
    switch (choices.below(12)) {
      case 0:
        return play.makeChunk(choices);
      case 1:
        return this.noBody(choices.pick([null, undefined]));
      case 2:
        return [play.makeChunk(choices)];
      case 3:
        return this.closable([play.makeChunk(choices)]);
      case 4:
        return Array.from({ length: choices.below(5) }, () => play.makeChunk(choices));
      case 5:
        return this.closable({ [Symbol.iterator]: () => this.chunks() });
      case 6:
      case 7:
        return this.closable({ [Symbol.asyncIterator]: () => this.asyncChunks() });
      case 8:
        return this.asyncChunks();
      case 9:
        return this.chunks();
      case 10:
        play.fail("returned what is no body");
        return this.closable(choices.pick<object>([{}, [5], [null], [[]]]) as string[]);
      default:
        play.fail("returned what is no body");
        return choices.pick<unknown>([5, true, Symbol("made"), 5n, () => []]) as WsgiBody;
    }
  }

  private noBody(body: null | undefined): WsgiBody {
    return body as WsgiBody;
  }

  private closable<Body extends object>(body: Body): Body & { close(): Promise<void> | void } {
    const { play } = this;
    const how = this.choices.below(5);
    play.closable++;
    return Object.assign(body, {
      close: (): Promise<void> | void => {
        play.closes++;
        if (how === 1) throw new Error("made, in close");
        if (how === 2) return Promise.reject(new Error("made, in close"));
        return how === 3 ? setImmediate() : undefined;
      },
    });
  }

  private *chunks(): Generator<Uint8Array | string, void> {
    const { choices, play } = this;
    play.running++;
    try {
      for (let count = choices.below(6); count > 0; count--) {
        const kind = choices.below(10);
        if (kind === 6) throw this.failure();
        if (kind === 7) yield this.oddChunk();
        else if (kind === 8) this.startLate();
        else if (kind === 9) this.writeCarelessly();
        else yield play.makeChunk(choices);
      }
    } finally {
      play.running--;
    }
  }

  private async *asyncChunks(): AsyncGenerator<Uint8Array | string, void> {
    const { choices, play } = this;
    play.running++;
    try {
      for (let count = choices.below(6); count > 0; count--) {
        const kind = choices.below(14);
        if (kind === 6) throw this.failure();
        if (kind === 7) yield this.oddChunk();
        else if (kind === 8) this.startLate();
        else if (kind === 9) this.writeCarelessly();
        else if (kind === 10) await this.writeChunk();
        else if (kind === 11) await setImmediate();
        else if (kind === 12) await this.readBody();
        else yield play.makeChunk(choices);
      }
    } catch (error) {
      play.fail("its body threw");
      throw error;
    } finally {
      play.running--;
    }
  }

  private failure(): Error {
    this.play.fail("its body threw");
    return new Error("made, in the body");
  }

  private oddChunk(): string {
    this.play.fail("sent what is no chunk");
    return this.choices.pick<unknown>([5, null, undefined, {}, true]) as string;
  }

  /** Allowed up to the first chunk, with an error to replace what was begun. */
  private startLate(): void {
    const { play } = this;
    try {
      this.start(play.head === undefined ? {} : { error: new Error("made") });
    } catch (error) {
      play.fail("its body threw");
      throw error;
    }
  }
}
