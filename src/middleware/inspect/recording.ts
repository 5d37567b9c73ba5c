/**
 * What is kept of one exchange: text and numbers, bounded, no secrets. Nothing leads from it to a request, a body, a
 * socket or an error. It is there, and is shown, while the exchange goes on.
 */
import { remoteOf, targetOf } from "../../environ/index.ts";
import { type AppRequest, type AppResponse, isPlainList, isStreamed } from "../../handler/index.ts";
import { isSecretName, redactEnviron } from "../redact.ts";
import {
  describeFailure,
  redactHeader,
  redactSent,
  redactVar,
  secretsIn,
  varsOf,
  type Pair,
  withoutSecrets,
} from "./redact-exchange.ts";
import { KeptBody } from "./kept-body.ts";
import type { HandlerFault } from "./lint-faults.ts";
import type { Settings } from "./options.ts";
import type { LayerTime } from "./timing.ts";

/**
 * `going`: it has not ended. `complete`: the whole answer was taken. `failed`: by an error. `left`: whoever took the
 * answer wanted no more of it, mostly because the client has gone. `upgraded`: the connection was taken over.
 */
export type ExchangeEnding = "going" | "complete" | "failed" | "left" | "upgraded";

/** The head of an answer. */
export interface RecordedHead {
  readonly status: number;
  readonly reason: string | undefined;
  readonly headers: readonly Pair[];
}

/** Most faults of one exchange, and characters of all headers of its answer. */
const MOST_FAULTS = 20;
const MOST_HEAD = 32_768;

export class Recording {
  /** Counts all exchanges, from 1. */
  readonly number: number;
  /** The request's. */
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly client: string | undefined;
  readonly method: string;
  readonly target: string;
  /** As they came, without secrets. */
  readonly vars: readonly Pair[];
  /** As they are sent again: with secrets only where that is wanted. Undefined where they fit no packet. */
  readonly replayVars: readonly Pair[] | undefined;
  readonly hasSecrets: boolean;
  /** As CONTENT_LENGTH says. */
  readonly requestLength: number;
  /** What was read of it. */
  readonly requestBody: KeptBody;
  /** What was sent of it, as far as can be seen from here. */
  readonly responseBody: KeptBody;
  head: RecordedHead | undefined;
  layers: readonly LayerTime[] = [];
  headMs: number | undefined;
  /** Until the end of the body. */
  endMs: number | undefined;
  ending: ExchangeEnding = "going";
  /** The failure of the answer, or one that a layer has reported and answered itself. */
  failure: string | undefined;
  readonly faults: HandlerFault[] = [];
  /** To be left out of all that is said later. */
  private secrets: readonly string[];

  constructor(number: number, request: AppRequest, { now, bodyBytes, replaySecrets }: Settings) {
    const { environ } = request;
    const raw = varsOf(environ);
    this.number = number;
    this.id = request.id;
    this.at = now();
    this.client = remoteOf(environ).address;
    this.method = environ.REQUEST_METHOD;
    this.target = redactVar("REQUEST_URI", targetOf(environ));
    this.vars = redactEnviron(raw);
    this.replayVars = sentAgain(raw, replaySecrets ? undefined : this.vars);
    this.hasSecrets = replaySecrets;
    this.secrets = secretsIn(raw, isSecretName);
    this.requestLength = request.body.length;
    this.requestBody = new KeptBody(bodyBytes);
    this.responseBody = new KeptBody(bodyBytes);
  }

  /** Notes the head, and the body where it is there as a whole. */
  answered(response: AppResponse): void {
    const { status, reason, headers, body } = response;
    this.head = { status, reason, headers: this.shown(headers) };
    if (isBodiless(this.method, status)) return;
    if (isPlainList(body)) for (const chunk of body) this.responseBody.take(chunk);
    else if (!isStreamed(body)) this.responseBody.take(body);
  }

  /** The first end counts. */
  end(ending: ExchangeEnding, elapsedMs: number, error?: unknown): void {
    if (this.ending !== "going") return;
    this.ending = ending;
    this.endMs = elapsedMs;
    if (ending === "failed") this.fail(error);
    this.secrets = [];
  }

  fail(error: unknown): void {
    this.failure ??= withoutSecrets(describeFailure(error), this.secrets);
  }

  note(fault: HandlerFault): void {
    if (this.faults.length === MOST_FAULTS) return;
    this.faults.push({ ...fault, message: withoutSecrets(fault.message, this.secrets) });
  }

  private shown(headers: AppResponse["headers"]): Pair[] {
    const shown: Pair[] = [];
    let size = 0;
    if (!Array.isArray(headers)) return shown;
    for (const header of headers as readonly unknown[]) {
      const [name, value] = redactHeader(header, this.secrets);
      size += name.length + value.length;
      if (size > MOST_HEAD) {
        shown.push(["...", "more than can be kept"]);
        break;
      }
      shown.push([name, value]);
    }
    return shown;
  }
}

/** True for an answer whose body is not sent, whichever it is. */
export function isBodiless(method: string, status: number): boolean {
  return method === "HEAD" || status === 204 || status === 304;
}

/** Bytes of a packet's payload. */
const MOST_PAYLOAD = 65_535;

function sentAgain(raw: Readonly<Record<string, string>>, shown: readonly Pair[] | undefined): Pair[] | undefined {
  const vars = Object.entries(raw).map(([name, value], i): Pair => [
    name,
    shown === undefined ? value : redactSent(name, value, shown[i]?.[1] ?? ""),
  ]);
  const size = vars.reduce((sum, [name, value]) => sum + name.length + value.length + 4, 0);
  return size > MOST_PAYLOAD ? undefined : vars;
}
