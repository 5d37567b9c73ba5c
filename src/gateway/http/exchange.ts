/** One request of a client, passed on, and its answer, passed back. The same for all versions of HTTP. */
import type { Readable } from "node:stream";
import type { PacketRequest, Response, Spooled } from "../../client/index.ts";
import { spool } from "../../client/index.ts";
import { type Ending, exchangeEnd } from "../../diagnostics.ts";
import { gone, ProtocolError } from "../../errors.ts";
import type { BridgeSettings } from "./bridge-options.ts";
import type { ClientAnswer } from "./client-answer.ts";
import { reportEnd, reportFailure, reportRefusal } from "./exchange-report.ts";
import { failureAnswer, failureOf } from "./failure.ts";
import { RequestBody } from "./request-body.ts";
import { type Origin, readRequest, type ReadRequest, type RequestHead, setBodyLength } from "./request-vars.ts";
import { clientHeaders, switchHeaders } from "./response-headers.ts";

export interface ExchangeInit {
  readonly settings: BridgeSettings;
  /** The bridge, as an identity for those who listen. */
  readonly server: object;
  readonly head: RequestHead;
  readonly origin: Origin;
  /** Where the body of the request comes from. */
  readonly source: Readable;
  readonly answer: ClientAnswer;
  /** What the client said of its body (`Expect`); `unknown`: something that nobody can meet. */
  readonly expects: "continue" | "nothing" | "unknown";
  /** The protocol that may follow, where one was asked for that is passed on: `source` is then all that the client sends. */
  readonly upgrade?: string | undefined;
  /** True for a request with an `Upgrade`: `source` may be the connection itself, whose chunks cannot be read. Default false. */
  readonly refusesChunks?: boolean;
}

export class Exchange {
  readonly server: object;
  readonly head: RequestHead;
  readonly origin: Origin;
  /** As far as it could be read. */
  request: ReadRequest | undefined;
  /** The client's fault: what else comes on its connection is not to be trusted. */
  isRefused = false;
  /** Undefined where there is none, or its request was refused before. */
  body: RequestBody | undefined;
  private readonly settings: BridgeSettings;
  private readonly source: Readable;
  private readonly answer: ClientAnswer;
  private readonly expects: ExchangeInit["expects"];
  private readonly upgrade: string | undefined;
  private readonly refusesChunks: boolean;
  private readonly absence = new AbortController();
  private readonly startedAt = exchangeEnd.hasSubscribers ? performance.now() : undefined;

  constructor(init: ExchangeInit) {
    const { settings, server, head, origin, source, answer, expects, upgrade, refusesChunks = false } = init;
    this.server = server;
    this.head = head;
    this.origin = origin;
    this.settings = settings;
    this.source = source;
    this.answer = answer;
    this.expects = expects;
    this.upgrade = upgrade;
    this.refusesChunks = refusesChunks;
  }

  /** True when the client waits to be asked for its body, and was not. */
  get isBodyUnasked(): boolean {
    return this.expects !== "nothing" && this.body?.isBegun !== true;
  }

  /** Settles when the answer was taken by the client's connection, or broken off. Never rejects. */
  async run(): Promise<void> {
    const { answer, absence } = this;
    if (answer.isGone) return;
    answer.onGone = () => absence.abort(gone("the HTTP client is gone"));
    let spooled: Spooled | undefined;
    let ending: Ending = "complete";
    try {
      if (this.expects === "unknown")
        throw new ProtocolError("Expect has more than 100-continue", { code: "UWSGI_EXPECTATION" });
      const request = (this.request = readRequest(this.head, this.origin, this.settings, this.upgrade));
      if (this.refusesChunks && request.bodyLength === undefined) {
        throw new ProtocolError("Transfer-Encoding beside Upgrade", { code: "UWSGI_BAD_REQUEST_HEADER" });
      }
      if (this.upgrade !== undefined) this.body = this.makeTunnel();
      else if (request.bodyLength !== 0) this.body = this.makeBody(request.bodyLength);
      if (request.bodyLength === undefined && this.body !== undefined) {
        spooled = await spool(this.body, this.settings.maxBodyBytes, this.settings.spoolFolder);
        setBodyLength(request, spooled.length);
      }
      await this.relay(await this.settings.sender.send(this.packetOf(request, spooled)));
    } catch (error) {
      ending = await this.fail(this.body?.failure ?? error);
    }
    reportEnd(this, this.startedAt, answer, ending);
    try {
      await spooled?.[Symbol.asyncDispose]();
    } catch (error) {
      reportFailure(this, error, "complete", 0);
    }
  }

  private makeBody(length: number | undefined): RequestBody {
    return new RequestBody(this.source, {
      length,
      limits: this.settings,
      onFirstRead: this.expects === "continue" ? () => this.answer.askForBody() : undefined,
    });
  }

  /** All that the client sends, for as long as it likes. When it ends so does the connection, as with nginx. */
  private makeTunnel(): RequestBody {
    return new RequestBody(this.source, {
      length: undefined,
      limits: { bodyTimeoutMs: Number.POSITIVE_INFINITY, minBodyRate: 0 },
      onFirstRead: undefined,
      onEnd: () => this.source.destroy(),
    });
  }

  private packetOf({ vars }: ReadRequest, spooled: Spooled | undefined): PacketRequest {
    const { modifier1, modifier2 } = this.settings;
    const isHead = this.head.method === "HEAD";
    const { signal } = this.absence;
    const request = { vars, modifier1, modifier2, isHead, signal };
    if (spooled !== undefined) return { ...request, body: spooled.body, isBodyReplayable: true };
    const { body } = this;
    if (body === undefined) return request;
    // A WebSocket may be silent for hours.
    return this.upgrade === undefined ? { ...request, body } : { ...request, body, timeouts: untimed };
  }

  private async relay({ status, reason, headers, body }: Response): Promise<void> {
    const { answer } = this;
    // As the last word on a request these mean nothing, and a client would wait for more (101 was not asked for).
    const isSwitch = status === 101 && this.upgrade !== undefined;
    if (status < 200 && !isSwitch) {
      throw new ProtocolError(`the upstream answered ${status}, which is no final answer`, {
        code: "UWSGI_BAD_RESPONSE_HEAD",
      });
    }
    const hasBody = this.head.method !== "HEAD" && status !== 204 && status !== 304;
    const { passFrontEndHeaders } = this.settings;
    const kept = isSwitch
      ? switchHeaders(headers, passFrontEndHeaders)
      : clientHeaders(headers, status, passFrontEndHeaders);
    try {
      answer.head(status, reason, kept, hasBody);
    } catch (error) {
      throw new ProtocolError(`the upstream's head cannot be passed on: ${String(error)}`, {
        code: "UWSGI_BAD_RESPONSE_HEAD",
        cause: error,
      });
    }
    for await (const chunk of body) {
      if (hasBody && chunk.length > 0 && !answer.write(chunk)) await answer.room();
    }
    await answer.end();
  }

  /** Answers a failure where nothing was answered yet, else breaks off. Tells who listens. */
  private async fail(error: unknown): Promise<Ending> {
    const { answer } = this;
    if (answer.isGone) return "peer-gone";
    const failure = failureOf(error);
    this.isRefused = failure.blames === "client";
    let ending: Ending = "complete";
    if (answer.status !== 0) {
      ending = answer.cut() ? "broken-off" : "unsignalled";
      // It has not taken the answer, or not sent the rest of its request.
      if (failure.blames === "client") ending = "peer-gone";
    } else if (!(await this.tell(failure))) ending = "peer-gone";
    const { status } = answer;
    if (failure.blames === "client") reportRefusal(this, error, status);
    else reportFailure(this, error, ending === "complete" ? "answered" : ending, status);
    if (failure.blames === "upstream") this.settings.onError?.(error);
    return ending;
  }

  /** False when the client has gone meanwhile. */
  private async tell(failure: ReturnType<typeof failureOf>): Promise<boolean> {
    const { answer } = this;
    const { reason, headers, body } = failureAnswer(failure, valueOf(this.head, "accept"), this.request?.requestId);
    const hasBody = this.head.method !== "HEAD";
    try {
      answer.head(failure.status, reason, headers, hasBody);
      if (hasBody) answer.write(body);
      await answer.end();
      return true;
    } catch {
      // There is nobody to answer.
      answer.cut();
      return false;
    }
  }
}

/** Behind an upgrade only the connections count. */
const untimed = { bodyMs: Number.POSITIVE_INFINITY, totalMs: Number.POSITIVE_INFINITY };

/** The first header of that name, which is in small letters. */
export function valueOf({ rawHeaders }: RequestHead, name: string): string | undefined {
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    if (rawHeaders[at]?.toLowerCase() === name) return rawHeaders[at + 1];
  }
  return undefined;
}
