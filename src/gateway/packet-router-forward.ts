/** One packet on its way to a server: connects, hands over to a relay, and says how it ended. */
import type { Dialer, RawConnection } from "../client/index.ts";
import { decodePacket, rewritePacket } from "../codec/index.ts";
import type { Roster, Sweeper } from "../connection/index.ts";
import { TimeoutError, type UwsgiError } from "../errors.ts";
import type { ByteStream, Exchange } from "../handler/index.ts";
import { type Decision, HeadFilter } from "../router/index.ts";
import { answerOf, statusOfFailure } from "./packet-router-answers.ts";
import { Relay, type RelayUser } from "./packet-router-relay.ts";
import type { RoutedPacket } from "./packet-router-report.ts";

/** What all packets of a router share. */
export interface ForwardContext {
  readonly relays: Roster<Relay>;
  readonly sweeper: Sweeper;
  readonly idleMs: number;
  readonly answersFailures: boolean;
  readonly stripAccel: boolean;
}

export type Forward = Extract<Decision, { readonly do: "forward" }>;

/** Resolves when the client's connection is closed, or ended; never rejects. */
export async function forward(
  routed: RoutedPacket,
  decision: Forward,
  dialer: Dialer,
  context: ForwardContext,
): Promise<void> {
  const { exchange } = routed;
  let connection: RawConnection | undefined;
  let client: ByteStream;
  try {
    connection = await dialer.connect(routed.isHttp ? exchange.packet.vars : undefined, exchange.signal);
    client = exchange.upgrade();
  } catch (error) {
    connection?.transport.destroy();
    connection?.release("abandoned");
    endUnsent(routed, error, context);
    return;
  }
  const passage = new Passage(routed, connection, client, isStripped(decision, routed, context), context);
  await passage.run(mayServerAsk(decision, routed) ? askedBy(connection, decision.packet) : decision.packet);
}

/** True where a server may say which modifiers it wants: a request, whose rule does not say so itself. */
function mayServerAsk({ rule }: Forward, { isHttp }: RoutedPacket): boolean {
  if (!isHttp || rule.action.do !== "forward") return false;
  const { modifier1, modifier2 } = rule.action.changes;
  return modifier1 === undefined && modifier2 === undefined;
}

/** The packet with the modifiers that the server wants, as uWSGI's fastrouter sends it to subscribed ones. */
function askedBy({ modifier1, modifier2 }: RawConnection, bytes: Uint8Array): Uint8Array {
  if (modifier1 === undefined && modifier2 === undefined) return bytes;
  const packet = decodePacket(bytes);
  return packet === undefined ? bytes : rewritePacket(packet, { modifier1, modifier2 });
}

function isStripped({ rule }: Forward, { isHttp }: RoutedPacket, { stripAccel }: ForwardContext): boolean {
  return isHttp && rule.action.do === "forward" && (rule.action.changes.stripAccel ?? stripAccel);
}

/** Nothing was sent to any server. */
function endUnsent(routed: RoutedPacket, error: unknown, { answersFailures }: ForwardContext): void {
  const { exchange, isHttp } = routed;
  if (!exchange.isOpen || exchange.peerGone) {
    const isCut = exchange.cutBecause !== undefined;
    if (isCut) routed.noteFailure(error, "broken-off", 0);
    exchange.end();
    routed.noteEnd(isCut ? "broken-off" : "peer-gone", 0, 0);
    return;
  }
  const status = isHttp && answersFailures ? statusOfFailure(error) : 0;
  routed.noteFailure(error, status === 0 ? "broken-off" : "answered", status);
  routed.answer(status);
}

/** A packet that has a server. */
class Passage implements RelayUser {
  private readonly routed: RoutedPacket;
  private readonly exchange: Exchange;
  private readonly connection: RawConnection;
  private readonly context: ForwardContext;
  private readonly relay: Relay;

  constructor(
    routed: RoutedPacket,
    connection: RawConnection,
    client: ByteStream,
    isFiltered: boolean,
    context: ForwardContext,
  ) {
    this.routed = routed;
    this.exchange = routed.exchange;
    this.connection = connection;
    this.context = context;
    const { sweeper, idleMs } = context;
    const filter = isFiltered ? new HeadFilter() : undefined;
    const { bodyLength: bodyBytes } = routed;
    this.relay = new Relay({ client, upstream: connection.transport, filter, bodyBytes, sweeper, idleMs }, this);
  }

  async run(packet: Uint8Array): Promise<void> {
    const { relays, sweeper } = this.context;
    const { signal } = this.exchange;
    // From now on it fires only when the server cuts us, at its close.
    const onCut = (): void => this.onCut(signal.reason);
    signal.addEventListener("abort", onCut, { once: true });
    relays.add(this.relay);
    sweeper.start();
    await this.relay.run(packet);
    relays.delete(this.relay);
    signal.removeEventListener("abort", onCut);
  }

  onComplete(): void {
    this.connection.release("answered");
    const { status, bodyBytes } = this.relay.response;
    this.routed.noteEnd("complete", status, bodyBytes);
  }

  onClientGone(): void {
    this.release();
    const { status, bodyBytes } = this.relay.response;
    this.routed.noteEnd("peer-gone", status, bodyBytes);
  }

  onClientIdle(timeoutMs: number): void {
    this.release();
    const { status, bodyBytes } = this.relay.response;
    const message = `the peer took nothing of the answer within ${timeoutMs} ms`;
    this.routed.noteRefusal(new TimeoutError(message, { code: "UWSGI_WRITE_TIMEOUT" }), status);
    this.relay.cut();
    this.exchange.abort(this.relay.response.isLengthKnown);
    this.routed.noteEnd("peer-gone", status, bodyBytes);
  }

  onFailure(error: unknown): void {
    const { routed, relay } = this;
    const { answersFailures } = this.context;
    const fault = this.clientFault(error);
    // A close without a byte is an answer of the other families: a cache that does not have it, a procedure that is not there.
    const isAnswer = !routed.isHttp && relay.response.bytes === 0 && !(error instanceof TimeoutError);
    if (fault !== undefined) this.connection.release("abandoned");
    else if (isAnswer) this.connection.release("answered");
    else this.connection.release("failed", error);
    if (relay.response.bytes > 0) {
      this.breakOff(error);
      return;
    }
    const status = routed.isHttp && answersFailures ? (fault === undefined ? statusOfFailure(error) : 408) : 0;
    if (fault !== undefined) routed.noteRefusal(fault, status);
    else if (!isAnswer) routed.noteFailure(error, status === 0 ? "broken-off" : "answered", status);
    const { text, bodyBytes } = answerOf(status, routed.isHead);
    relay.answer(text);
    routed.noteEnd(status === 0 ? "broken-off" : "complete", status, bodyBytes);
  }

  private onCut(reason: unknown): void {
    if (this.relay.isSettled) return;
    this.release();
    this.breakOff(reason);
  }

  /** It is over by no fault of the server, which is well if it has begun to answer. */
  private release(): void {
    this.connection.release(this.relay.response.bytes > 0 ? "answered" : "abandoned");
  }

  private breakOff(error: unknown): void {
    const { response } = this.relay;
    const { status, bodyBytes, isLengthKnown } = response;
    this.relay.cut();
    const ending = this.exchange.abort(isLengthKnown) ? "broken-off" : "unsignalled";
    this.routed.noteFailure(error, ending, status);
    this.routed.noteEnd(ending, status, bodyBytes);
  }

  /** The server waits for a body that the client does not send. */
  private clientFault(error: unknown): UwsgiError | undefined {
    const { isHttp } = this.routed;
    if (!(error instanceof TimeoutError) || !isHttp || this.relay.isUpstreamBlocked) return undefined;
    const announced = this.routed.bodyLength ?? 0;
    const { requestBytes } = this.relay;
    if (requestBytes >= announced) return undefined;
    const message = `the request body has stopped for ${this.context.idleMs} ms, ${requestBytes} of ${announced} bytes have come`;
    return new TimeoutError(message, { code: "UWSGI_BODY_TIMEOUT" });
  }
}
