/**
 * What the classes of `node:http` call on themselves and keep in themselves, and their types do not show. Node 20 to 26
 * have all of it; the tests of this folder run on each.
 */
import { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";

/** Told that bytes were taken, or why not. */
export type Written = (error?: Error | null) => void;

/** Bytes, or text of an encoding. */
export type Sendable = Uint8Array | string;

export interface RequestParts extends IncomingMessage {
  /** Somebody reads. */
  _consuming: boolean;
  /** Nobody will. */
  _dumped: boolean;
  /** Takes the body for nobody. */
  _dump(): void;
  readonly _eventsCount: number;
  /** Takes raw headers in; `headers` and `headersDistinct` are made of them when they are asked for. */
  _addHeaderLines(raw: readonly string[], length: number): void;
}

/** What `_storeHeader` is given: the headers that were set one by one, or what `writeHead` was called with. */
export type GivenHeaders = object | readonly unknown[] | null | undefined;

export interface ResponseParts extends Omit<ServerResponse, "socket" | "destroyed"> {
  socket: object | null;
  destroyed: boolean;
  _header: string | null;
  _headerSent: boolean;
  _hasBody: boolean;
  _contentLength: number | null;
  _removedContLen: boolean;
  _trailer: string;
  useChunkedEncodingByDefault: boolean;
  _closed: boolean;
  readonly _eventsCount: number;
  /** Makes the head. */
  _storeHeader(statusLine: string, headers: GivenHeaders): void;
  /** Sends the head, where it was not sent, and a part of the body. */
  _send(data: Sendable, encoding?: string | null, done?: Written | null, byteLength?: number): boolean;
  /** Sends what is neither: interim responses. */
  _writeRaw(data: Sendable, encoding?: string | null, done?: Written | null): boolean;
  /** All has been sent. */
  _finish(): void;
}

const sample = new ServerResponse(new IncomingMessage(new Socket())) as unknown as ResponseParts;
const names = new Map(Object.getOwnPropertySymbols(sample).map((symbol) => [symbol.description, symbol]));

function symbolOf(name: string): symbol {
  // Without it the property is not found either, and who looks there sees that nothing is set.
  return names.get(name) ?? Symbol(name);
}

const needDrain = symbolOf("kNeedDrain");
const outHeaders = symbolOf("kOutHeaders");

/** What `_send` is given where the application has given no callback. */
export const noCallback: Written | null | undefined = learnNoCallback();

function learnNoCallback(): Written | null | undefined {
  let learned: Written | null | undefined;
  sample.useChunkedEncodingByDefault = false;
  sample._send = (_data, _encoding, done) => {
    learned = done;
    return true;
  };
  sample.write("x");
  return learned;
}

/** True when these are the headers that were set one by one: `{ lower: [name, value] }`. */
export function isStored(res: ResponseParts, headers: object): boolean {
  return (res as unknown as Readonly<Record<symbol, unknown>>)[outHeaders] === headers;
}

const detach = Object.getOwnPropertySymbols(IncomingMessage.prototype).find(
  ({ description }) => description === "kDetachAbortSignal",
);

/** The signal of a request (`req.signal`, from Node 26) fires no more: its response is complete. */
export function detachSignal(req: RequestParts): void {
  if (detach !== undefined) (req as unknown as Readonly<Record<symbol, () => void>>)[detach]?.();
}

/** Says that there is room again, if the writer was told that there is none. */
export function emitDrain(res: ResponseParts): void {
  const state = res as unknown as Record<symbol, boolean | undefined>;
  if (state[needDrain] !== true || res.writableEnded) return;
  state[needDrain] = false;
  res.emit("drain");
}
