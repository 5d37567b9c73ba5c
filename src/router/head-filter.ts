/**
 * Takes headers out of a response as it passes: of servers that are not trusted, those that nginx obeys
 * (X-Accel-Redirect serves any file below an internal location). All other lines pass byte for byte.
 */
import { decodeResponseHead, readLatin1 } from "../codec/index.ts";

/** `X-Accel-Buffering` stays: all it does is let a stream through at once. */
const obeyed = /^(?:x-accel-(?!buffering\s*:)|x-sendfile|x-lighttpd-send)/i;

export class HeadFilter {
  private pending: Uint8Array = new Uint8Array(0);
  private isBehindHead = false;

  /**
   * What passes of all that has come; empty while a head is not whole. Throws a ProtocolError
   * (`UWSGI_BAD_RESPONSE_HEAD`, `UWSGI_RESPONSE_HEAD_LIMIT`) for what is no head.
   */
  push(chunk: Uint8Array): Uint8Array[] {
    if (this.isBehindHead) return [chunk];
    this.pending = this.pending.length === 0 ? chunk : joined(this.pending, chunk);
    const passed: Uint8Array[] = [];
    for (;;) {
      const head = decodeResponseHead(this.pending);
      if (head === undefined) return passed;
      passed.push(...linesKept(this.pending.subarray(0, head.byteLength)));
      this.pending = this.pending.subarray(head.byteLength);
      // Behind an interim response (103) comes the next head, behind a 101 none.
      if (head.status >= 200 || head.status === 101) break;
      if (this.pending.length === 0) return passed;
    }
    this.isBehindHead = true;
    if (this.pending.length > 0) passed.push(this.pending);
    this.pending = new Uint8Array(0);
    return passed;
  }
}

/** Runs of lines that stay. */
function linesKept(head: Uint8Array): Uint8Array[] {
  const kept: Uint8Array[] = [];
  let from = 0;
  for (let start = 0; start < head.length;) {
    const end = head.indexOf(10, start) + 1;
    if (obeyed.test(readLatin1(head, start, Math.min(end, start + 40)))) {
      if (start > from) kept.push(head.subarray(from, start));
      from = end;
    }
    start = end;
  }
  kept.push(head.subarray(from));
  return kept;
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(a.length + b.length);
  bytes.set(a);
  bytes.set(b, a.length);
  return bytes;
}
