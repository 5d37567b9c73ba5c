/** A response as it passes: what its head says, as far as it is worth a look on the way. */

import { readLatin1 } from "../codec/index.ts";

/** Of a head that is longer neither end nor length are known. */
const MOST_HEAD_BYTES = 16_384;

export class ResponseWatch {
  /** All bytes that have passed. */
  bytes = 0;
  private head = "";
  /** Bytes before the body; undefined while the head goes on. */
  private headBytes: number | undefined;

  /** Notes bytes that pass; they are not kept. */
  push(chunk: Uint8Array): void {
    this.bytes += chunk.length;
    if (this.headBytes !== undefined) return;
    this.head += readLatin1(chunk, 0, Math.min(chunk.length, MOST_HEAD_BYTES - this.head.length));
    const end = /\r?\n\r?\n/.exec(this.head);
    if (end !== null) this.headBytes = end.index + end[0].length;
    else if (this.head.length >= MOST_HEAD_BYTES) this.headBytes = this.head.length;
    if (this.headBytes !== undefined) this.head = this.head.slice(0, this.headBytes);
  }

  /** The status; 0 when nothing has come, and where what has come is no HTTP. */
  get status(): number {
    const line = /^HTTP\/[0-9.]+ ([1-9][0-9]{2})\b/.exec(this.head) ?? /^Status: ?([1-9][0-9]{2})\b/im.exec(this.head);
    if (line !== null) return Number(line[1]);
    // A CGI head without a status.
    return /^[A-Za-z0-9-]+:/.test(this.head) ? 200 : 0;
  }

  /** Bytes of the body that have passed. */
  get bodyBytes(): number {
    return this.headBytes === undefined ? 0 : this.bytes - this.headBytes;
  }

  /** True when as much of the body has passed as the head has said: whatever becomes of the connection, nothing is missing. */
  get isWhole(): boolean {
    if (this.headBytes === undefined || this.status < 200) return false;
    const [, length] = /^content-length:[ \t]*([0-9]{1,15})[ \t]*\r?$/im.exec(this.head) ?? [];
    return length !== undefined && this.bodyBytes >= Number(length) && !/^transfer-encoding:/im.test(this.head);
  }

  /** True when the head has said how long the body is: who gets less can see that it is cut. */
  get isLengthKnown(): boolean {
    return /^(?:content-length|transfer-encoding):/im.test(this.head);
  }
}
