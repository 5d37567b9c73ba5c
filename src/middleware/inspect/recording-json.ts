/** A record as it is shown: the page, and programs, see the same. Pure. */
import { decodeUtf8, headersOf, type Environ } from "../../environ/index.ts";
import type { HandlerFault } from "./lint-faults.ts";
import type { KeptBody } from "./kept-body.ts";
import type { ExchangeEnding, Recording } from "./recording.ts";
import { type Pair, redactBody } from "./redact-exchange.ts";
import { replayOf, typeOf } from "./replay.ts";
import { type LayerTime, round } from "./timing.ts";

/** An exchange in the list. */
export interface ExchangeSummary {
  readonly number: number;
  /** The request's. */
  readonly id: string;
  /** As `2026-01-31T12:00:00.000Z`. */
  readonly at: string;
  readonly client: string | null;
  readonly method: string;
  readonly target: string;
  /** null: there was no answer that was seen. */
  readonly status: number | null;
  readonly ending: ExchangeEnding;
  /** Until the response was there. */
  readonly headMs: number | null;
  /** Until the end of the body. */
  readonly endMs: number | null;
  readonly requestBytes: number;
  readonly responseBytes: number;
  readonly faults: number;
}

/** All that is known of one. */
export interface ExchangeDetail extends Omit<ExchangeSummary, "faults"> {
  readonly failure: string | null;
  readonly faults: readonly HandlerFault[];
  /** The outermost first. */
  readonly layers: readonly LayerTime[];
  readonly requestHeaders: readonly Pair[];
  readonly vars: readonly Pair[];
  readonly requestLength: number;
  readonly requestBody: ShownBody | null;
  readonly responseReason: string | null;
  readonly responseHeaders: readonly Pair[];
  readonly responseBody: ShownBody | null;
  /** Whether there is a packet file, and whether the body is in it. */
  readonly replay: "whole" | "without-body" | "none";
}

/** What was kept of a body: text, where it is some, else bytes in base64. */
export interface ShownBody {
  readonly text?: string;
  readonly base64?: string;
  /** False: there was more. */
  readonly isWhole: boolean;
}

export function summaryOf(recording: Recording): ExchangeSummary {
  const { number, id, at, client, method, target, head, ending, headMs, endMs } = recording;
  return {
    number,
    id,
    at: new Date(at).toISOString(),
    client: client ?? null,
    method,
    target: shownText(target),
    status: head?.status ?? null,
    ending,
    headMs: headMs === undefined ? null : round(headMs),
    endMs: endMs === undefined ? null : round(endMs),
    requestBytes: recording.requestBody.bytes,
    responseBytes: recording.responseBody.bytes,
    faults: recording.faults.length,
  };
}

export function detailOf(recording: Recording): ExchangeDetail {
  const { vars, head, failure, faults, layers, requestLength, requestBody, responseBody } = recording;
  const headers = head?.headers ?? [];
  const replay = replayOf(recording);
  const type = headers.find(([name]) => name.toLowerCase() === "content-type")?.[1] ?? "";
  const encoding = headers.some(([name]) => name.toLowerCase() === "content-encoding") ? "coded" : "";
  return {
    ...summaryOf(recording),
    failure: failure ?? null,
    faults,
    layers: layers.map(({ title, ownMs, totalMs }) => ({ title, ownMs: round(ownMs), totalMs: round(totalMs) })),
    requestHeaders: headersOf(Object.fromEntries(vars) as Environ).map(shownPair),
    vars: vars.map(shownPair),
    requestLength,
    requestBody: shownBody(requestBody, typeOf(vars)),
    responseReason: head?.reason ?? null,
    responseHeaders: headers.map(shownPair),
    responseBody: shownBody(responseBody, encoding || type),
    replay: replay === undefined ? "none" : replay.isWhole ? "whole" : "without-body",
  };
}

function shownPair([name, value]: Pair): Pair {
  return [shownText(name), shownText(value)];
}

/** Bytes as the text that they mostly are. */
function shownText(text: string): string {
  // eslint-disable-next-line no-control-regex -- what is not ASCII, and what is not latin-1.
  return /[\x80-\xff]/.test(text) && !/[^\x00-\xff]/.test(text) ? decodeUtf8(text) : text;
}

function shownBody(body: KeptBody, type: string): ShownBody | null {
  const { beginning, isWhole } = body;
  if (beginning.length === 0) return null;
  const shown = redactBody(beginning, type);
  if (shown === undefined) return { text: "[not shown: secrets in it cannot be told from the rest]", isWhole: false };
  const text = textIn(shown, isWhole);
  return text === undefined ? { base64: Buffer.from(shown).toString("base64"), isWhole } : { text, isWhole };
}

/** UTF-8, whose last character may be cut; undefined for what is none. */
function textIn(bytes: Uint8Array, isWhole: boolean): string | undefined {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: !isWhole });
    // eslint-disable-next-line no-control-regex -- no text has them.
    return /[\x00-\x08\x0e-\x1a\x1c-\x1f]/.test(text) ? undefined : text;
  } catch {
    return undefined;
  }
}
