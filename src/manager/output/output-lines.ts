/**
 * Lines out of what a program prints, however its bytes come. A line ends with LF or CRLF; one that is longer than a
 * piece is told in several. Pure, and bounded: at most one piece waits for its end.
 */

/** Most bytes of a piece: as long a line as Docker keeps whole. */
export const PIECE_BYTES = 16_384;

export interface OutputLine {
  /** Good until the next line is asked for. */
  readonly bytes: Uint8Array;
  /** 0: a whole line; from 1: which piece of one that is too long. */
  readonly part: number;
  /** The line goes on in the next piece. */
  readonly goesOn: boolean;
}

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

export class OutputLines {
  /** A line whose end has not come: a piece, the CR that may be half of its end, and the byte that shows it is not. */
  private readonly kept: Uint8Array;
  private readonly pieceBytes: number;
  private length = 0;
  private parts = 0;

  /** `pieceBytes`: at least 4, which is a character. */
  constructor(pieceBytes: number = PIECE_BYTES) {
    this.pieceBytes = pieceBytes;
    this.kept = new Uint8Array(pieceBytes + 2);
  }

  /** The lines that are complete now, and the pieces. */
  *push(chunk: Uint8Array): Generator<OutputLine, void, undefined> {
    let from = 0;
    for (let end = chunk.indexOf(LINE_FEED); end !== -1; end = chunk.indexOf(LINE_FEED, from)) {
      const rest = yield* this.keepAll(chunk.subarray(from, end));
      yield* this.lastPieces(rest);
      from = end + 1;
    }
    // What is not a line yet is kept to its last byte: the chunk is the reader's.
    let rest = chunk.subarray(from);
    while (rest.length > 0) rest = yield* this.keep(rest);
  }

  /** What has come behind the last end of a line; undefined where nothing has. */
  end(): OutputLine | undefined {
    if (this.length === 0) return undefined;
    const bytes = this.kept.subarray(0, this.length);
    this.length = 0;
    return this.lastPiece(withoutReturn(bytes));
  }

  /** Answers the bytes of a line as one, in `kept` only where a part of it was there before. */
  private *keepAll(bytes: Uint8Array): Generator<OutputLine, Uint8Array, undefined> {
    let rest = bytes;
    while (this.length > 0 && rest.length > 0) {
      if (this.length + rest.length <= this.kept.length) {
        this.append(rest);
        break;
      }
      rest = yield* this.keep(rest);
    }
    if (this.length === 0) return rest;
    const line = this.kept.subarray(0, this.length);
    this.length = 0;
    return line;
  }

  /** Keeps what there is room for, and tells a piece when it is full; answers what is left. */
  private *keep(bytes: Uint8Array): Generator<OutputLine, Uint8Array, undefined> {
    const count = Math.min(bytes.length, this.kept.length - this.length);
    this.append(bytes.subarray(0, count));
    if (this.mustBeCut()) {
      const at = placeOfCut(this.kept, this.pieceBytes);
      yield { bytes: this.kept.subarray(0, at), part: ++this.parts, goesOn: true };
      this.kept.copyWithin(0, at, this.length);
      this.length -= at;
    }
    return bytes.subarray(count);
  }

  /** One byte too many may be the CR of its end. */
  private mustBeCut(): boolean {
    const over = this.length - this.pieceBytes;
    return over > 1 || (over === 1 && this.kept[this.pieceBytes] !== CARRIAGE_RETURN);
  }

  private append(bytes: Uint8Array): void {
    this.kept.set(bytes, this.length);
    this.length += bytes.length;
  }

  private *lastPieces(line: Uint8Array): Generator<OutputLine, void, undefined> {
    let rest = withoutReturn(line);
    while (rest.length > this.pieceBytes) {
      const at = placeOfCut(rest, this.pieceBytes);
      yield { bytes: rest.subarray(0, at), part: ++this.parts, goesOn: true };
      rest = rest.subarray(at);
    }
    yield this.lastPiece(rest);
  }

  private lastPiece(bytes: Uint8Array): OutputLine {
    const part = this.parts === 0 ? 0 : this.parts + 1;
    this.parts = 0;
    return { bytes, part, goesOn: false };
  }
}

function withoutReturn(line: Uint8Array): Uint8Array {
  return line.at(-1) === CARRIAGE_RETURN ? line.subarray(0, -1) : line;
}

/** Where a piece ends that is followed by more: before a character of UTF-8 that would be cut in two. */
function placeOfCut(bytes: Uint8Array, most: number): number {
  for (let at = most; at > most - 4; at--) {
    if (!isInsideCharacter(bytes[at] ?? 0)) return at;
  }
  // No UTF-8.
  return most;
}

function isInsideCharacter(byte: number): boolean {
  return byte >= 0x80 && byte < 0xc0;
}
