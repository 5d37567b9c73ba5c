/**
 * Numbers that look random and are the same for the same seed: sfc32 (Chris Doty-Humphrey, PractRand).
 *
 * Each case starts anew from seed, target and index, so that a case can be made again without those before it.
 */
export class Random {
  private a = 0;
  private b = 0;
  private c = 0;
  private counter = 1;

  constructor(seed = 0, stream = 0, index = 0) {
    this.restart(seed, stream, index);
  }

  /** Begins the sequence that belongs to these three whole numbers; an index may go up to 2^53. */
  restart(seed: number, stream: number, index: number): void {
    this.a = seed | 0;
    this.b = (index ^ Math.imul(stream + 1, 0x9e3779b1)) | 0;
    this.c = (index / 4_294_967_296) | 0;
    this.counter = 1;
    // Until each bit of the start has reached all of the state.
    for (let i = 0; i < 12; i++) this.next();
  }

  /** A whole number from 0 to 2^32 - 1. */
  next(): number {
    const sum = (((this.a + this.b) | 0) + this.counter) | 0;
    this.counter = (this.counter + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = (((this.c << 21) | (this.c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }

  /** A whole number from 0 to `limit` - 1; 0 where the limit is 0. Limits are small: the bias does not matter here. */
  below(limit: number): number {
    return limit === 0 ? 0 : this.next() % limit;
  }

  /** True once in `many`. */
  once(many: number): boolean {
    return this.next() % many === 0;
  }

  /** One of a list that is not empty. */
  pick<Item>(list: readonly Item[]): Item {
    return list[this.next() % list.length] as Item;
  }

  /** New bytes. */
  bytes(length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    for (let i = 0; i < length; i++) bytes[i] = this.next() >>> 11;
    return bytes;
  }
}

/** A number that belongs to bytes (FNV-1a of their length and up to 64 at each end): decisions that a replay takes again. */
export function hashOf(bytes: Uint8Array): number {
  const { length } = bytes;
  let hash = Math.imul(length ^ 0x811c9dc5, 0x01000193);
  const head = Math.min(length, 64);
  for (let i = 0; i < head; i++) hash = Math.imul(hash ^ (bytes[i] as number), 0x01000193);
  for (let i = Math.max(head, length - 64); i < length; i++) hash = Math.imul(hash ^ (bytes[i] as number), 0x01000193);
  return hash >>> 0;
}
