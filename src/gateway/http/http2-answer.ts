/** Answers by HTTP/2: one stream of a connection. */
import { constants, type OutgoingHttpHeaders, type ServerHttp2Stream } from "node:http2";
import type { Header } from "../../codec/index.ts";
import { gone } from "../../errors.ts";
import { ClientAnswer } from "./client-answer.ts";

export class Http2Answer extends ClientAnswer {
  private readonly stream: ServerHttp2Stream;
  private isHeadAll = false;

  constructor(stream: ServerHttp2Stream, writeTimeoutMs: number) {
    super(writeTimeoutMs);
    this.stream = stream;
    // What has become of the stream is told by "close" too.
    stream.on("error", () => {});
    stream.on("close", () => this.markGone());
    stream.on("drain", () => this.signal());
    stream.on("finish", () => this.signal());
  }

  askForBody(): void {
    if (!this.stream.headersSent && !this.isGone) this.stream.additionalHeaders({ ":status": 100 });
  }

  cut(): boolean {
    // Becomes a RST_STREAM with INTERNAL_ERROR. Not by `close`, which ends the stream first: what was sent would be all.
    if (!this.stream.destroyed) this.stream.destroy(gone("the answer was broken off"));
    return true;
  }

  /** The rest of the request is not wanted: the whole answer is there (RFC 9113 8.1). */
  refuseRest(): void {
    if (!this.stream.closed) this.stream.close(constants.NGHTTP2_NO_ERROR);
  }

  protected get hasRoom(): boolean {
    return !this.stream.writableNeedDrain;
  }

  protected get isFinished(): boolean {
    return this.stream.writableFinished && this.stream.headersSent;
  }

  protected sendHead(status: number, _reason: string, headers: readonly Header[], hasBody: boolean): void {
    this.isHeadAll = !hasBody;
    this.stream.respond(headersOf(status, headers), { endStream: this.isHeadAll });
  }

  protected sendChunk(chunk: Uint8Array): boolean {
    return this.stream.write(chunk);
  }

  protected sendEnd(): void {
    if (!this.isHeadAll) this.stream.end();
  }
}

/** As Node takes them: repeated ones as lists. */
function headersOf(status: number, headers: readonly Header[]): OutgoingHttpHeaders {
  const all: Record<string, string | string[]> = Object.create(null) as Record<string, string | string[]>;
  for (const [name, value] of headers) {
    const lower = name.toLowerCase();
    const before = all[lower];
    if (before === undefined) all[lower] = value;
    else if (typeof before === "string") all[lower] = [before, value];
    else before.push(value);
  }
  return Object.assign(all, { ":status": status }) as OutgoingHttpHeaders;
}
