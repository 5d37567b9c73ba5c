/**
 * TCP segments -> the byte streams of their connections. Segments that come again are taken once, those out of order
 * are put in order; bytes that the capture lacks end a stream, with a note.
 */
import type { Segment } from "./tcp-segment.ts";

/** One direction of one connection. */
export interface TcpStream {
  readonly from: string;
  readonly to: string;
  readonly bytes: Uint8Array;
  readonly notes: readonly string[];
}

/** Puts streams together: `push` the segments in the order of the capture, then ask for the `streams`. */
export class TcpStreams {
  private readonly connections: Connection[] = [];
  /** The last connection between two ends: ports are used again. */
  private readonly current = new Map<string, Connection>();

  push(segment: Segment): void {
    const key = [segment.from, segment.to].sort().join(" ");
    let connection = this.current.get(key);
    if (connection === undefined || (segment.isSyn && !segment.isAck && connection.isAnother(segment))) {
      connection = new Connection();
      this.connections.push(connection);
      this.current.set(key, connection);
    }
    connection.push(segment);
  }

  /** In the order of their connections, of each who has connected first. Those without a byte are left out. */
  get streams(): TcpStream[] {
    return this.connections.flatMap((connection) => connection.streams).filter(({ bytes }) => bytes.length > 0);
  }
}

class Connection {
  private readonly sides: Side[] = [];

  push(segment: Segment): void {
    let side = this.sides.find(({ from }) => from === segment.from);
    if (side === undefined) {
      side = new Side(segment.from, segment.to);
      // Who answers is not who asks, whichever the capture has seen first.
      if (segment.isSyn && !segment.isAck) this.sides.unshift(side);
      else this.sides.push(side);
    }
    side.push(segment);
  }

  /** A first segment that is not the one that this connection has begun with. */
  isAnother({ from, sequence }: Segment): boolean {
    return this.sides.find((side) => side.from === from)?.begin !== (sequence + 1) >>> 0;
  }

  get streams(): TcpStream[] {
    return this.sides.map((side) => side.stream);
  }
}

class Side {
  readonly from: string;
  private readonly to: string;
  /** Sequence number of the first byte. */
  begin: number | undefined;
  private hasBegin = false;
  private readonly segments: { readonly at: number; readonly bytes: Uint8Array; readonly missing: number }[] = [];

  constructor(from: string, to: string) {
    this.from = from;
    this.to = to;
  }

  push({ sequence, isSyn, payload, missingBytes }: Segment): void {
    if (isSyn) {
      this.begin ??= (sequence + 1) >>> 0;
      this.hasBegin = true;
    }
    if (payload.length === 0 && missingBytes === 0) return;
    const from = isSyn ? sequence + 1 : sequence;
    this.begin ??= from >>> 0;
    // Numbers go round at 2^32; what is further away than half of that is behind.
    const at = (from - this.begin) | 0;
    this.segments.push({ at, bytes: payload, missing: missingBytes });
  }

  get stream(): TcpStream {
    const notes = this.hasBegin ? [] : ["the capture does not have the beginning of the connection"];
    const pieces: Uint8Array[] = [];
    const ordered = this.segments.toSorted((a, b) => a.at - b.at);
    // Without its first segment the earliest byte that was seen is the first.
    let next = this.hasBegin ? 0 : Math.min(0, ordered[0]?.at ?? 0);
    for (const { at, bytes, missing } of ordered) {
      if (at > next) {
        notes.push(`the capture lacks ${at - next} bytes here, and what follows them is left out`);
        break;
      }
      const added = bytes.subarray(Math.min(bytes.length, next - at));
      pieces.push(added);
      next += added.length;
      if (missing > 0 && next === at + bytes.length) {
        notes.push(`the capture has cut ${missing} bytes here, and what follows them is left out`);
        break;
      }
    }
    return { from: this.from, to: this.to, bytes: Buffer.concat(pieces), notes };
  }
}
