/** Packets made of packets: sound ones with other vars in them, and damaged ones. */
import { knownNames, knownValues, type Seed } from "./corpus.ts";
import type { Random } from "./random.ts";

/** Room for three of the largest packets. */
const SCRATCH_BYTES = 3 * 65_540;

/** Lengths at which readers go wrong. */
const EDGES = [0, 1, 2, 3, 4, 127, 128, 255, 256, 257, 32_767, 32_768, 65_530, 65_531, 65_534, 65_535] as const;

export class PacketMutator {
  private readonly seeds: readonly Seed[];
  /** Seeds with vars. */
  private readonly lists: readonly (readonly Uint8Array[])[];
  private readonly scratch = new Uint8Array(SCRATCH_BYTES);
  private length = 0;

  /** `seeds`: short ones first; these are taken most often. */
  constructor(seeds: readonly Seed[]) {
    this.seeds = seeds;
    this.lists = seeds.flatMap(({ parts }) => (parts === undefined ? [] : [parts]));
  }

  /** A packet, sound or not, or a few of them, or a part of one. */
  makeAny(random: Random): Uint8Array {
    this.length = 0;
    const kind = random.below(16);
    if (kind < 5) this.copyDamaged(random);
    else if (kind < 13) this.rebuild(random);
    else if (kind < 14) this.noise(random);
    else this.splice(random);
    if (random.once(4)) this.damage(random);
    const end = random.below(8);
    if (end === 0) this.length = random.below(this.length + 1);
    else if (end === 1) this.append(random);
    return this.taken();
  }

  /** A request whose block is sound, with vars that are not. */
  makeSound(random: Random): Uint8Array {
    this.length = 0;
    this.writePacket(this.changedParts(random), 0, 0);
    return this.taken();
  }

  private copyDamaged(random: Random): void {
    const { bytes, parts } = this.seedFor(random);
    this.scratch.set(bytes, 0);
    this.length = bytes.length;
    if (parts !== undefined && parts.length > 0 && !random.once(3))
      this.lieAbout(parts, random.below(parts.length), random);
    else this.damage(random);
  }

  private rebuild(random: Random): void {
    const parts = this.changedParts(random);
    this.writePacket(parts, random.once(8) ? random.next() & 0xff : 0, random.once(8) ? random.next() & 0xff : 0);
    if (parts.length > 0 && random.once(4)) this.lieAbout(parts, random.below(parts.length), random);
    if (random.once(16)) this.writeLength(1, this.near(this.length - 4, random));
  }

  /** Small numbers make plausible lengths: such blocks get past the first pair. */
  private noise(random: Random): void {
    const length = random.below(64);
    for (let i = 0; i < length; i++) this.scratch[i] = random.once(4) ? random.next() & 0xff : random.below(4);
    this.length = length;
    if (!random.once(4) && length >= 4) this.writeLength(1, length - 4);
  }

  /** The first bytes of one packet, the last of another. */
  private splice(random: Random): void {
    const one = this.seedFor(random).bytes;
    const other = this.seedFor(random).bytes;
    const head = random.below(one.length + 1);
    const tail = random.below(other.length + 1);
    this.scratch.set(one.subarray(0, head), 0);
    this.scratch.set(other.subarray(tail), head);
    this.length = head + other.length - tail;
    if (random.once(2) && this.length >= 4) this.writeLength(1, Math.min(this.length - 4, 65_535));
  }

  private append(random: Random): void {
    const more = random.once(2) ? this.seedFor(random).bytes : random.pick(knownValues);
    this.scratch.set(more, this.length);
    this.length += more.length;
  }

  /** Changes single bits, bytes, and pairs of bytes that may be lengths. */
  private damage(random: Random): void {
    for (let count = 1 + random.below(3); count > 0; count--) {
      const at = random.below(this.length);
      const kind = random.below(4);
      if (kind === 0) this.scratch[at] = (this.scratch[at] as number) ^ (1 << random.below(8));
      else if (kind === 1) this.scratch[at] = random.next();
      else if (kind === 2) this.scratch[at] = random.once(2) ? 0 : 0xff;
      else if (at + 2 <= this.length) this.writeLength(at, random.pick(EDGES));
    }
  }

  /** Makes the length of one part of the packet that was just written a wrong one. */
  private lieAbout(parts: readonly Uint8Array[], position: number, random: Random): void {
    let at = 4;
    for (let i = 0; i < position; i++) at += 2 + (parts[i] as Uint8Array).length;
    this.writeLength(at, this.near((parts[position] as Uint8Array).length, random));
  }

  private near(length: number, random: Random): number {
    const kind = random.below(4);
    if (kind === 0) return (length + 1) & 0xffff;
    if (kind === 1) return (length - 1) & 0xffff;
    return kind === 2 ? random.pick(EDGES) : (length + random.below(16)) & 0xffff;
  }

  /** Keys and values of a seed, or of none, with some pairs taken out, doubled, swapped, put in, renamed. */
  private changedParts(random: Random): Uint8Array[] {
    const parts = random.once(3) ? this.listFor(random).slice() : [];
    for (let count = 1 + random.below(5); count > 0; count--) {
      const at = 2 * random.below(parts.length >> 1);
      const kind = parts.length === 0 ? 7 : random.below(10);
      if (kind === 0) parts.splice(at, 2);
      else if (kind === 1) parts.push(...parts.slice(at, at + 2));
      else if (kind === 2) this.swap(parts, at, 2 * random.below(parts.length >> 1));
      else if (kind === 3) parts[at] = this.nameFor(random);
      else if (kind === 4) parts[at + 1] = this.valueFor(random);
      else if (kind === 5) parts.push(parts[at] as Uint8Array, this.valueFor(random));
      else if (kind === 6) parts.splice(at, parts.length, ...this.listFor(random).slice(0, 2 * random.below(8)));
      else parts.splice(at, 0, this.nameFor(random), this.valueFor(random));
    }
    return parts;
  }

  private swap(parts: Uint8Array[], one: number, other: number): void {
    for (const half of [0, 1]) {
      const kept = parts[one + half] as Uint8Array;
      parts[one + half] = parts[other + half] as Uint8Array;
      parts[other + half] = kept;
    }
  }

  private nameFor(random: Random): Uint8Array {
    return random.once(8) ? random.bytes(1 + random.below(12)) : random.pick(knownNames);
  }

  private valueFor(random: Random): Uint8Array {
    if (random.once(512)) return random.bytes(random.pick(EDGES));
    return random.once(8) ? random.bytes(random.below(24)) : random.pick(knownValues);
  }

  /** Writes as many pairs as fit a packet. */
  private writePacket(parts: readonly Uint8Array[], modifier1: number, modifier2: number): void {
    let at = 4;
    for (let i = 0; i < parts.length; i += 2) {
      const key = parts[i] as Uint8Array;
      const value = parts[i + 1] as Uint8Array;
      if (at + key.length + value.length > 65_535) break;
      at = this.writePart(value, this.writePart(key, at));
    }
    this.scratch[0] = modifier1;
    this.scratch[3] = modifier2;
    this.writeLength(1, at - 4);
    this.length = at;
  }

  private writePart(part: Uint8Array, at: number): number {
    const { scratch } = this;
    const { length } = part;
    this.writeLength(at, length);
    // A call costs more than the few bytes that most parts have.
    if (length > 32) scratch.set(part, at + 2);
    else for (let i = 0; i < length; i++) scratch[at + 2 + i] = part[i] as number;
    return at + 2 + length;
  }

  private writeLength(at: number, length: number): void {
    this.scratch[at] = length & 0xff;
    this.scratch[at + 1] = length >> 8;
  }

  private seedFor(random: Random): Seed {
    return this.seeds[this.position(this.seeds.length, random)] as Seed;
  }

  private listFor(random: Random): readonly Uint8Array[] {
    return this.lists[this.position(this.lists.length, random)] ?? [];
  }

  /** Mostly from the front, where the short ones are; the longest are rare. */
  private position(count: number, random: Random): number {
    const position = random.below(random.once(4) ? count : (count >> 1) + 1);
    return position > count - 16 && !random.once(16) ? position >> 1 : position;
  }

  private taken(): Uint8Array {
    // As a socket hands out its reads: a part of memory that others use too.
    const bytes = Buffer.allocUnsafe(this.length);
    bytes.set(this.scratch.subarray(0, this.length));
    return bytes;
  }
}
