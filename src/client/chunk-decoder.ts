/**
 * Chunked coding (RFC 9112 7.1), strictly: sizes of 1 to 13 hexadecimal digits, CRLF at each line's end and behind each
 * chunk, extensions and trailers bounded and dropped. uWSGI's own decoder takes `3z` for 3 and any two bytes for a CRLF.
 */
import { describeBytes } from "../codec/index.ts";
import { LimitError, ProtocolError } from "../errors.ts";

/** Of the extensions of one chunk, and of the trailers: Node's bound since CVE-2024-22019. */
const MAX_EXTRA_BYTES = 16_384;
/** Digits of the largest size: 2^52 - 1. */
const MAX_DIGITS = 13;

const CR = 13;
const LF = 10;
const SEMICOLON = 59;
const ZERO = 48;

const TRAILER = /^[\w!#$%&'*+.^`|~-]+:[\t\x20-\x7e\x80-\xff]*$/;

type State = "size" | "extension" | "size-lf" | "data" | "data-cr" | "data-lf" | "trailer" | "trailer-lf" | "done";

/** Decodes one body. */
export class ChunkDecoder {
  private state: State = "size";
  private size = 0;
  private digits = 0;
  private extraBytes = 0;
  private trailer = "";
  private seenBytes = 0;
  /** Bytes of the last `push` that lie behind the end of the body. */
  excessBytes = 0;

  get isDone(): boolean {
    return this.state === "done";
  }

  /**
   * Decodes more bytes, which are the decoder's from now on: what it answers is the data of their chunks, moved
   * together in the same memory. Throws a ProtocolError (`UWSGI_BAD_CHUNKING`), or a LimitError of that code for
   * extensions of one chunk or trailers of more than 16 KiB.
   */
  push(bytes: Uint8Array): Uint8Array {
    let end = 0;
    let at = 0;
    while (at < bytes.length && this.state !== "done") {
      if (this.state === "data") {
        const next = Math.min(bytes.length, at + this.size);
        if (at !== end) bytes.copyWithin(end, at, next);
        end += next - at;
        this.size -= next - at;
        at = next;
        if (this.size === 0) this.state = "data-cr";
      } else {
        this.take(bytes[at] as number, bytes, at);
        at++;
      }
    }
    this.seenBytes += at;
    this.excessBytes = bytes.length - at;
    return bytes.subarray(0, end);
  }

  private take(byte: number, bytes: Uint8Array, at: number): void {
    switch (this.state) {
      case "size":
        if (this.addDigit(byte)) return;
        if (this.digits === 0 || (byte !== CR && byte !== SEMICOLON)) throw this.bad("a chunk size", bytes, at);
        this.state = byte === CR ? "size-lf" : "extension";
        return;
      case "extension":
        if (byte === CR) this.state = "size-lf";
        else if (byte !== 9 && (byte < 0x20 || byte === 0x7f)) throw this.bad("a chunk extension", bytes, at);
        else this.addExtra();
        return;
      case "size-lf":
        if (byte !== LF) throw this.bad("a line feed", bytes, at);
        this.state = this.size === 0 ? "trailer" : "data";
        this.digits = 0;
        this.extraBytes = 0;
        return;
      case "data-cr":
        if (byte !== CR) throw this.bad("the end of a chunk", bytes, at);
        this.state = "data-lf";
        return;
      case "data-lf":
        if (byte !== LF) throw this.bad("a line feed", bytes, at);
        this.state = "size";
        return;
      case "trailer":
        if (byte === CR) {
          this.state = "trailer-lf";
          return;
        }
        this.addExtra();
        this.trailer += String.fromCharCode(byte);
        return;
      default:
        if (byte !== LF) throw this.bad("a line feed", bytes, at);
        if (this.trailer !== "" && !TRAILER.test(this.trailer)) throw this.bad("a trailer", bytes, at);
        this.state = this.trailer === "" ? "done" : "trailer";
        this.trailer = "";
    }
  }

  private addDigit(byte: number): boolean {
    const lower = byte | 0x20;
    const digit = byte >= ZERO && byte <= 57 ? byte - ZERO : lower >= 97 && lower <= 102 ? lower - 87 : -1;
    if (digit < 0 || this.digits === MAX_DIGITS) return false;
    this.digits++;
    this.size = this.size * 16 + digit;
    return true;
  }

  private addExtra(): void {
    this.extraBytes++;
    if (this.extraBytes <= MAX_EXTRA_BYTES) return;
    throw new LimitError(
      `chunk extensions and trailers of more than ${MAX_EXTRA_BYTES} bytes, at most ${MAX_EXTRA_BYTES} are allowed`,
      { code: "UWSGI_BAD_CHUNKING" },
    );
  }

  private bad(expected: string, bytes: Uint8Array, at: number): ProtocolError {
    const offset = this.seenBytes + at;
    return new ProtocolError(
      `the chunked response body is malformed at byte ${offset}: ${expected} is needed, ${describeBytes(bytes.subarray(at))} came`,
      { code: "UWSGI_BAD_CHUNKING", offset },
    );
  }
}
