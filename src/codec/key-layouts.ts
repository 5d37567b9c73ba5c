/**
 * The names of a block, in their order: its layout. A front end sends the same layouts again and again,
 * one for each location and kind of browser. Whatever follows from the names alone is worked out once for
 * a layout, and looked up here for each block by comparing the bytes of all its names.
 *
 * Peers can invent names, so the table has a fixed number of places, takes a layout in when it comes the
 * second time in a row at its place, and gives up one that is in use only to many others: inventing makes
 * a peer's own requests slower, not those of others.
 */
import { viewOf, viewOffset } from "./byte-view.ts";
import { MOST_SHAPED } from "./dictionary.ts";
import { internName } from "./names.ts";

/** Places in the table, a power of 2. */
const PLACES = 128;

/** Names of more bytes in all are not kept. */
const LONGEST = 2_048;

/** A layout that was used this often outlives as many attempts to take its place. */
const MOST_LIVES = 16;

class Layout<Plan> {
  readonly plan: Plan;
  lives = 1;
  private readonly lengths: Uint16Array;
  /** All names as `wordsOf` reads them. */
  private readonly words: Float64Array;

  constructor(plan: Plan, lengths: Uint16Array, words: Float64Array) {
    this.plan = plan;
    this.lengths = lengths;
    this.words = words;
  }

  /** True when these are the names of the block; the caller has compared nothing. */
  matches(bytes: Uint8Array, size: number, valueStarts: Uint32Array, keyLengths: Uint16Array): boolean {
    const { lengths, words } = this;
    if (lengths.length !== size) return false;
    const view = viewOf(bytes);
    const base = viewOffset;
    let word = 0;
    for (let i = 0; i < size; i++) {
      const length = keyLengths[i] as number;
      if (length !== lengths[i]) return false;
      const end = base + (valueStarts[i] as number) - 2;
      if (length < SHORT) {
        if (view.getInt32(end - length - 2, true) !== words[word++]) return false;
        if (view.getInt32(end - 4, true) !== words[word++]) return false;
        continue;
      }
      const last = end - 8;
      for (let at = last + 6 - length; at < last; at += 8) {
        if (view.getFloat64(at, true) !== words[word++]) return false;
      }
      if (view.getFloat64(last, true) !== words[word++]) return false;
    }
    return true;
  }
}

/** @internal A table of what follows from the names of a block. Its plans are read by `Vars.planIn`. */
export class KeyLayouts<Plan> {
  private readonly plan: (names: readonly string[]) => Plan;
  private readonly layouts: (Layout<Plan> | undefined)[] = Array.from({ length: PLACES }, () => undefined);
  /** What came last to each place and was not there. */
  private readonly missed = new Int32Array(PLACES);

  /** `plan` works out what follows from the names; it is asked once for each layout that is taken in. */
  constructor(plan: (names: readonly string[]) => Plan) {
    this.plan = plan;
  }

  /** The plan for the block that the index belongs to, undefined when its layout is not in the table. */
  find(bytes: Uint8Array, size: number, valueStarts: Uint32Array, keyLengths: Uint16Array): Plan | undefined {
    if (size > MOST_SHAPED) return undefined;
    const mixed = mix(bytes, size, valueStarts, keyLengths);
    const place = (mixed >>> 8) & (PLACES - 1);
    const known = this.layouts[place];
    if (known !== undefined && known.matches(bytes, size, valueStarts, keyLengths)) {
      if (known.lives < MOST_LIVES) known.lives++;
      return known.plan;
    }
    if (this.missed[place] !== mixed) {
      this.missed[place] = mixed;
      return undefined;
    }
    if (known !== undefined && known.lives-- > 0) return undefined;
    const learnt = this.learn(bytes, size, valueStarts, keyLengths);
    this.layouts[place] = learnt;
    return learnt?.plan;
  }

  private learn(
    bytes: Uint8Array,
    size: number,
    valueStarts: Uint32Array,
    keyLengths: Uint16Array,
  ): Layout<Plan> | undefined {
    const lengths = keyLengths.slice(0, size);
    let sum = 0;
    for (const length of lengths) {
      // A name of one byte and its length are no whole word.
      if (length < 2) return undefined;
      sum += length;
    }
    if (sum > LONGEST) return undefined;
    const words: number[] = [];
    const names = Array.from(lengths, (length, i) => {
      const start = (valueStarts[i] as number) - length - 2;
      words.push(...wordsOf(bytes, start, length));
      return internName(bytes, start, length, i);
    });
    // Only for these does a comparison of doubles say "equal" where a byte differs, or "different" where none does.
    if (words.some((word) => word === 0 || Number.isNaN(word))) return undefined;
    return new Layout(this.plan(names), lengths, Float64Array.from(words));
  }
}

/** Names of fewer bytes have, with their length in front, no 8. */
const SHORT = 6;

/**
 * A name with its length in front as numbers: 8 bytes are one, read as a double, because that is the widest
 * that engines compare at once. The last overlaps the one before. A short name is two overlapping integers.
 */
function wordsOf(bytes: Uint8Array, start: number, length: number): readonly number[] {
  const view = viewOf(bytes);
  const end = viewOffset + start + length;
  if (length < SHORT) return [view.getInt32(end - length - 2, true), view.getInt32(end - 4, true)];
  const words: number[] = [];
  for (let at = end - length - 2; at < end - 8; at += 8) words.push(view.getFloat64(at, true));
  words.push(view.getFloat64(end - 8, true));
  return words;
}

/**
 * Mixes the length of each name and the byte before its last two, in which names of one length mostly
 * differ. Never 0: that is nothing missed.
 */
function mix(bytes: Uint8Array, size: number, valueStarts: Uint32Array, keyLengths: Uint16Array): number {
  // In two halves: each waits for its last product.
  let mixed = size;
  let other = 0;
  for (let i = 0; i < size; i += 2) {
    const next = i + 1 < size ? i + 1 : i;
    mixed =
      (Math.imul(mixed, 0x0100_0193) +
        ((keyLengths[i] as number) << 8) +
        (bytes[(valueStarts[i] as number) - 5] as number)) |
      0;
    other =
      (Math.imul(other, 0x0100_0193) +
        ((keyLengths[next] as number) << 8) +
        (bytes[(valueStarts[next] as number) - 5] as number)) |
      0;
  }
  return (Math.imul(mixed, 0x9e37_79b1) ^ Math.imul(other, 0x85eb_ca6b)) | 1;
}
