/** An exchange in memory: what the server writes is read at once, as a front end would. */
import { decodeResponseHead, type ResponseHead } from "../codec/index.ts";
import { gone, rejected } from "../errors.ts";
import { AnswerStream } from "../handler/index.ts";
import { SocketlessExchange } from "../server/index.ts";
import type { SentRequest } from "./inject-request.ts";

export class MemoryExchange extends SocketlessExchange {
  /** Resolves when the head has come; rejects with a ConnectionError (`UWSGI_PEER_GONE`) when there will be none. */
  readonly head: Promise<ResponseHead>;
  /** The body: its reader holds up the application. */
  readonly body: AnswerStream = new AnswerStream();
  private readonly input: AsyncIterator<Uint8Array, unknown>;
  /** What has come of the head; undefined behind it. */
  private beginning: Uint8Array | undefined = new Uint8Array(0);
  private onHead: (head: ResponseHead) => void = () => {};
  private onNoHead: (error: unknown) => void = () => {};

  constructor({ packet, body }: SentRequest) {
    super(packet, "inject");
    this.input = body;
    this.head = new Promise((resolve, reject) => {
      this.onHead = resolve;
      this.onNoHead = reject;
    });
    // A client that has left does not ask for it.
    this.head.catch(() => {});
  }

  async read(): Promise<Uint8Array | undefined> {
    if (this.goneBecause !== undefined) throw this.goneBecause;
    try {
      const { done, value } = await this.input.next();
      if (done !== true) return value;
    } catch (error) {
      this.noteAbsence(gone("the request body of the test has failed", error));
      throw error;
    }
    this.noteAbsence(gone("the request body has ended too early"));
    return undefined;
  }

  write(chunk: Uint8Array | string, next: Uint8Array | string = ""): Promise<void> | undefined {
    if (!this.isOpen) return rejected(this.goneBecause ?? gone("write after the end"));
    const room = this.put(chunk);
    return next.length === 0 ? room : this.put(next);
  }

  end(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.body.end();
    this.onNoHead(gone("the request was not answered"));
  }

  abort(): boolean {
    this.isOpen = false;
    const broken = gone("the answer was broken off");
    this.body.fail(broken);
    this.onNoHead(broken);
    return true;
  }

  /** The client goes away. */
  leave(cause?: unknown): void {
    const reason = gone("the client has gone away", cause);
    this.noteAbsence(reason);
    this.isOpen = false;
    this.body.close();
    this.onNoHead(reason);
  }

  /** Nobody reads the rest of the request. */
  async closeInput(): Promise<void> {
    await this.input.return?.();
  }

  private put(piece: Uint8Array | string): Promise<void> | undefined {
    const bytes = typeof piece === "string" ? Buffer.from(piece, "latin1") : Uint8Array.from(piece);
    if (this.beginning === undefined) return bytes.length === 0 ? undefined : this.body.write(bytes);
    const beginning = Buffer.concat([this.beginning, bytes]);
    const head = decodeResponseHead(beginning, { maxHeadBytes: Number.POSITIVE_INFINITY });
    this.beginning = head === undefined ? beginning : undefined;
    if (head === undefined) return undefined;
    this.onHead(head);
    const rest = beginning.subarray(head.byteLength);
    return rest.length === 0 ? undefined : this.body.write(rest);
  }
}
