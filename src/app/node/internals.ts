/**
 * What the classes of `node:http` call on themselves, and their types do not show. Node 20 to 26 have all of it; the
 * tests of this folder run on each.
 */
import type { IncomingMessage, ServerResponse } from "node:http";

/** Told when bytes were taken, or why not. */
export type Written = (error?: Error | null) => void;

/** Bytes, or text of an encoding. */
export type Sendable = Uint8Array | string;

export interface RequestParts extends IncomingMessage {
  /** Somebody reads. */
  _consuming: boolean;
  _dumped: boolean;
  /** Takes raw headers in; `headers` and `headersDistinct` are made of them when they are asked for. */
  _addHeaderLines(raw: string[], length: number): void;
}

/** What `_storeHeader` is given: the headers that were set one by one, or what `writeHead` was called with. */
export type GivenHeaders = object | readonly unknown[] | null | undefined;

export interface ResponseParts extends Omit<ServerResponse, "socket"> {
  socket: unknown;
  _header: string | null;
  _headerSent: boolean;
  _hasBody: boolean;
  _contentLength: number | null;
  _removedContLen: boolean;
  _trailer: string;
  _closed: boolean;
  destroyed: boolean;
  /** Makes the head. */
  _storeHeader(statusLine: string, headers: GivenHeaders): void;
  /** Sends the head, where it was not sent, and a part of the body. */
  _send(data: Sendable, encoding?: string | null, done?: Written | null, byteLength?: number): boolean;
  /** Sends past the head: interim responses. */
  _writeRaw(data: Sendable, encoding?: string | null, done?: Written | null): boolean;
  /** All has been sent. */
  _finish(): void;
}
