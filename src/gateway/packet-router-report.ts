/** What is told of a packet that was routed. */
import { randomBytes } from "node:crypto";
import { type Ending, exchangeEnd, exchangeError, type ExchangeError, loaderVarSeen } from "../diagnostics.ts";
import { type Environ, environFromVars, parseContentLength } from "../environ/index.ts";
import { ProtocolError, type UwsgiError } from "../errors.ts";
import { type AboutRequest, type Exchange, plausibleId } from "../handler/index.ts";
import { isHttpLike } from "../router/index.ts";
import { answerOf } from "./packet-router-answers.ts";

/** One packet that is routed. What is said of it is worked out when somebody listens. */
export class RoutedPacket implements AboutRequest {
  readonly exchange: Exchange;
  /** True for a request of HTTP: all others are answered, and logged, without a status. */
  readonly isHttp: boolean;
  private readonly startedAt: number | undefined;
  private knownEnviron: Environ | undefined;
  private knownId: string | undefined;

  constructor(exchange: Exchange) {
    this.exchange = exchange;
    this.isHttp = isHttpLike(exchange.packet.modifier1);
    this.startedAt = this.isHttp && exchangeEnd.hasSubscribers ? performance.now() : undefined;
  }

  /** As it came; empty for what is no request. */
  get environ(): Environ {
    return (this.knownEnviron ??= this.isHttp ? readEnviron(this.exchange) : ({} as Environ));
  }

  get id(): string {
    if (!this.isHttp) return "-";
    return (this.knownId ??= plausibleId(this.environ["HTTP_X_REQUEST_ID"]) ?? randomBytes(16).toString("hex"));
  }

  get isHead(): boolean {
    return this.isHttp && this.exchange.packet.vars.get("REQUEST_METHOD") === "HEAD";
  }

  /** Bytes of the body that the packet announces; undefined where it says nothing that could be one. */
  get bodyLength(): number | undefined {
    if (!this.isHttp) return undefined;
    try {
      return parseContentLength(this.exchange.packet.vars.get("CONTENT_LENGTH")) ?? 0;
    } catch (error) {
      if (error instanceof ProtocolError) return undefined;
      throw error;
    }
  }

  /** Answers without a server, by a status or, with 0, by a close. */
  answer(status: number): void {
    const { exchange, bodyLength } = this;
    const { text, bodyBytes } = answerOf(status, this.isHead);
    // The end waits for the body: what comes when nobody reads is answered by a reset, which takes the answer with it.
    if (bodyLength !== undefined) exchange.expectBody(bodyLength);
    if (text !== "") void exchange.write(text)?.catch(() => {});
    exchange.end(text !== "");
    this.noteEnd(status === 0 ? "broken-off" : "complete", status, bodyBytes);
  }

  noteLoaderVars(names: readonly string[]): void {
    if (names.length === 0 || !loaderVarSeen.hasSubscribers) return;
    const { server, peer } = this.exchange;
    const { environ, id: requestId } = this;
    for (const name of names) loaderVarSeen.publish({ server, environ, requestId, peer, name });
  }

  noteRefusal(error: UwsgiError, status: number): void {
    this.exchange.noteRefusal(error, status, this.isHttp ? this : undefined);
  }

  noteFailure(error: unknown, outcome: ExchangeError["outcome"], status: number): void {
    if (!exchangeError.hasSubscribers) return;
    const { server } = this.exchange;
    exchangeError.publish({ server, environ: this.environ, requestId: this.id, error, outcome, status });
  }

  noteEnd(ending: Ending, status: number, bodyBytes: number): void {
    if (this.startedAt === undefined || !exchangeEnd.hasSubscribers) return;
    const durationMs = performance.now() - this.startedAt;
    const { environ, id: requestId } = this;
    const { server, packet } = this.exchange;
    exchangeEnd.publish({ server, environ, requestId, status, bodyBytes, packet, durationMs, ending });
  }
}

/** The last of two values is taken: it is for the log. */
function readEnviron({ packet }: Exchange): Environ {
  try {
    return environFromVars(packet.vars, { duplicates: "last" });
  } catch (error) {
    if (error instanceof ProtocolError) return {} as Environ;
    throw error;
  }
}
