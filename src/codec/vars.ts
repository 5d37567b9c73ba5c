/**
 * The vars block: `u16 key length | key | u16 value length | value`, repeated to the end of the
 * payload, little-endian, no padding.
 *
 * Theory of operation. Decoding walks the block once and checks every length, so a `Vars` that exists
 * is sound. The walk leaves the offsets of all keys and values in one index that all `Vars` of the
 * process share; it belongs to the block walked last. Whoever reads another block walks that one again
 * (about 100 ns for a browser's request) and takes the index over. So a packet that is decoded and
 * never read costs no memory at all, and one that is read costs only the strings that are asked for.
 *
 * The walk below only says yes or no. Why a block is refused is worked out a second time, slowly, by
 * `explainVars` in `vars-fault.ts`: the fast loop carries no messages.
 */
import { LimitError, rangeError, typeError } from "../errors.ts";
import { emptyDictionary, shapedDictionary } from "./dictionary.ts";
import { KeyLayouts } from "./key-layouts.ts";
import { internName, isName } from "./names.ts";
import { readLatin1 } from "./latin1.ts";
import { DEFAULT_MAX_VARS, MAX_DATASIZE } from "./limits.ts";
import { explainVars } from "./vars-fault.ts";

/**
 * Values of larger blocks are read one by one: engines keep a whole string alive for a part of it,
 * and a value that an application stores shall not hold more than this many bytes.
 */
const LARGE_BLOCK = 4_096;

/** Keys and values of one block, in wire order, duplicates kept. Views the decoded bytes. */
export class Vars implements Iterable<[name: string, value: string]> {
  /** Number of pairs, duplicates counted. */
  readonly size: number;
  private bytes: Uint8Array;
  private readonly start: number;
  private readonly end: number;
  /** The walk that left this block's offsets in the index; another one may have taken it since. */
  private walked: number;
  /** The block as one string, made when the first value is read by position: all are cut from it. */
  private text: string | undefined;

  /** @internal Made by `decodeVars` and `decodePacket` only: the walk must have passed. */
  constructor(bytes: Uint8Array, start: number, end: number, size: number, walked: number) {
    this.walked = walked;
    this.size = size;
    this.bytes = bytes;
    this.start = start;
    this.end = end;
    this.text = undefined;
  }

  /** Value of the last var of that name as a latin-1 string; undefined when there is none. */
  get(name: string): string | undefined {
    const at = this.find(name);
    if (at < 0) return undefined;
    // Who reads by name reads a few: not worth a string of the whole block.
    return readLatin1(this.bytes, valueStarts[at] as number, this.valueEnd(at));
  }

  /** Values of all vars of that name, in wire order. */
  getAll(name: string): string[] {
    const values: string[] = [];
    for (let at = this.find(name); at >= 0; at = this.find(name, at)) {
      values.push(readLatin1(this.bytes, valueStarts[at] as number, this.valueEnd(at)));
    }
    return values.toReversed();
  }

  /** Bytes of the last var of that name: a view of the decoded bytes, not a copy. */
  getBytes(name: string): Uint8Array | undefined {
    const at = this.find(name);
    if (at < 0) return undefined;
    return this.bytes.subarray(valueStarts[at], this.valueEnd(at));
  }

  has(name: string): boolean {
    return this.find(name) >= 0;
  }

  /** Name of the var at `position` (0 to size - 1) in wire order, as an interned latin-1 string; a RangeError beyond. */
  nameAt(position: number): string {
    this.checkPosition(position);
    this.takeIndex();
    return internName(this.bytes, keyStart(position), keyLengths[position] as number, position);
  }

  /** Value of the var at `position` (0 to size - 1) in wire order, as a latin-1 string; a RangeError beyond. */
  valueAt(position: number): string {
    this.checkPosition(position);
    this.takeIndex();
    return this.cut(valueStarts[position] as number, this.valueEnd(position));
  }

  /** All pairs in wire order, duplicates included. */
  *[Symbol.iterator](): IterableIterator<[name: string, value: string]> {
    for (let i = 0; i < this.size; i++) yield [this.nameAt(i), this.valueAt(i)];
  }

  /**
   * One property per name, last value wins. The object inherits nothing: `__proto__` and
   * `constructor` are ordinary names in it.
   */
  toObject(): Record<string, string> {
    const names = this.planIn(nameLists);
    if (names !== undefined) return shapedDictionary(names, this.valuesAt(everyPosition, this.size, this.size));
    const dictionary = emptyDictionary<string>();
    for (let i = 0; i < this.size; i++) dictionary[this.nameAt(i)] = this.valueAt(i);
    return dictionary;
  }

  /** @internal What `layouts` knows of these names in this order; undefined when it has not seen them before. */
  planIn<Plan>(layouts: KeyLayouts<Plan>): Plan | undefined {
    this.takeIndex();
    return layouts.find(this.bytes, this.size, valueStarts, keyLengths);
  }

  /**
   * @internal The values at the first `count` of these positions, then "" up to `size` of them; the caller has
   * made sure that there are such vars.
   */
  valuesAt(positions: Uint8Array, count: number, size: number): string[] {
    this.takeIndex();
    // oxlint-disable-next-line unicorn/no-new-array -- the length is known, nothing has to grow
    const values = new Array<string>(size);
    for (let i = 0; i < count; i++) {
      const position = positions[i] as number;
      values[i] = this.cut(valueStarts[position] as number, this.valueEnd(position));
    }
    for (let i = count; i < size; i++) values[i] = "";
    return values;
  }

  /** @internal True when the value at `position` has no bytes; the caller has made sure that there is such a var. */
  isEmptyAt(position: number): boolean {
    this.takeIndex();
    return valueStarts[position] === this.valueEnd(position);
  }

  /**
   * @internal Where the pair at `position` begins, its lengths included, counted from the start of the block; at
   * `size` the length of the block. The caller has made sure that there is such a var.
   */
  pairStart(position: number): number {
    if (position === this.size) return this.end - this.start;
    this.takeIndex();
    return keyStart(position) - 2 - this.start;
  }

  /** @internal The same block at the same offsets of other bytes: the index, when it is this block's, still fits. */
  moveTo(bytes: Uint8Array): void {
    this.bytes = bytes;
  }

  /** Position of the last var of that name that stands before `below`, or -1. */
  private find(name: string, below: number = this.size): number {
    this.takeIndex();
    const { length } = name;
    const lengths = keyLengths;
    const values = valueStarts;
    const { bytes } = this;
    const lastCode = name.charCodeAt(length - 1);
    for (let i = below - 1; i >= 0; i--) {
      if (lengths[i] !== length) continue;
      // Behind the key: two bytes of the value's length. Names of one length mostly end differently.
      const keyEnd = (values[i] as number) - 2;
      if (bytes[keyEnd - 1] === lastCode && isName(bytes, keyEnd - length, name, i)) return i;
    }
    return -1;
  }

  private valueEnd(position: number): number {
    return position + 1 < this.size ? keyStart(position + 1) - 2 : this.end;
  }

  private cut(from: number, to: number): string {
    if (this.text === undefined) {
      if (this.end - this.start > LARGE_BLOCK) return readLatin1(this.bytes, from, to);
      this.text = readLatin1(this.bytes, this.start, this.end);
    }
    return this.text.substring(from - this.start, to - this.start);
  }

  private checkPosition(position: number): void {
    if (position >= 0 && position < this.size) return;
    throw rangeError("UWSGI_INVALID_ARGUMENT", `there is no var at ${position}, only from 0 to ${this.size - 1}`);
  }

  private takeIndex(): void {
    if (this.walked === walks) return;
    // Offsets past the bytes, or of another block, must not be used, whoever is to blame.
    if (walk(this.bytes, this.start, this.end, this.size) !== this.size) throw changed();
    this.walked = walks;
  }
}

/**
 * Decodes a whole vars block. Throws a ProtocolError (`UWSGI_EMPTY_KEY`, `UWSGI_KEY_PAST_END`,
 * `UWSGI_VALUE_PAST_END`, `UWSGI_TRAILING_BYTES`) or a LimitError (`UWSGI_VARS_LIMIT`,
 * `UWSGI_DATASIZE_LIMIT`).
 * uWSGI resynchronises after an over-long key length, which hides vars from others; here, as in
 * its own strict reader (`uwsgi_hooked_parse`), every fault refuses the block.
 */
export function decodeVars(block: Uint8Array, maxVars: number = DEFAULT_MAX_VARS): Vars {
  if (block.length > MAX_DATASIZE) {
    throw new LimitError(`vars block of ${block.length} bytes, at most ${MAX_DATASIZE} fit a packet`, {
      code: "UWSGI_DATASIZE_LIMIT",
      offset: MAX_DATASIZE,
    });
  }
  return decodeVarsAt(block, 0, block.length, maxVars);
}

/** @internal As `decodeVars`, for a block inside larger bytes; offsets in errors count from 0. */
export function decodeVarsAt(bytes: Uint8Array, start: number, end: number, maxVars: number): Vars {
  const size = checkVars(bytes, start, end, maxVars);
  return new Vars(bytes, start, end, size, walks);
}

/** @internal Validates a block and leaves its offsets in the index; answers its number of vars, or throws. */
export function checkVars(bytes: Uint8Array, start: number, end: number, maxVars: number): number {
  const size = walk(bytes, start, end, maxVars);
  if (size < 0) throw explainVars(bytes, start, end, maxVars);
  return size;
}

/** @internal Names the walk that filled the index last. */
export function lastWalk(): number {
  return walks;
}

/** For `toObject`: all names of a layout. */
const nameLists = new KeyLayouts((names) => names);
const everyPosition = Uint8Array.from({ length: 256 }, (_, position) => position);

/** Most pairs that fit a block: the smallest has 5 bytes, two lengths and a key of one byte. */
const MOST_VARS = Math.floor(MAX_DATASIZE / 5);

// As large as they will ever be, and constant: the engine then knows where they are, and the walk takes a
// third less time than with tables that grow.
/** Where the value of var i starts in the bytes. Its length and its key stand right before it. */
const valueStarts = new Uint32Array(MOST_VARS);
/** How long the key of var i is. Left from earlier blocks it is also a guess, see `walk`. */
const keyLengths = new Uint16Array(MOST_VARS).fill(1);
/** Counts walks: these two, the index, belong to the last. A number: two packets may lie in the same bytes in turn. */
let walks = 0;

function changed(): TypeError {
  return typeError("UWSGI_INVALID_ARGUMENT", "the bytes of the vars have changed since they were decoded");
}

function keyStart(position: number): number {
  return (valueStarts[position] as number) - (keyLengths[position] as number) - 2;
}

/**
 * Walks a block and fills the index; answers the number of vars, or -1 for any fault.
 *
 * The loop is bound by a chain: load a length, add it, load the next length there. Two guesses take
 * links out of it, because a guess is tested beside the chain and not in it: that the high byte of a
 * length is 0, and that the key is as long as the one that stood here last time (a front end sends
 * the same names in the same order for request after request).
 */
function walk(bytes: Uint8Array, start: number, end: number, maxVars: number): number {
  walks = (walks + 1) | 0;
  const room = maxVars < MOST_VARS ? maxVars : MOST_VARS;
  let count = 0;
  let at = start | 0;
  const lastPair = (end - 5) | 0;
  while (at <= lastPair) {
    if (!(count < room)) return -1;
    const key = (at + 2) | 0;
    const low = bytes[at] as number;
    const high = bytes[at + 1] as number;
    let length = keyLengths[count] as number;
    if (low !== length || high !== 0) {
      length = low | (high << 8);
      if (length === 0) return -1;
      keyLengths[count] = length;
    }
    const value = (key + length + 2) | 0;
    if (value > end) return -1;
    valueStarts[count] = value;
    count = (count + 1) | 0;
    at = (value + (bytes[value - 2] as number)) | 0;
    const valueHigh = bytes[value - 1] as number;
    if (valueHigh !== 0) at = (at + (valueHigh << 8)) | 0;
  }
  return at === end ? count : -1;
}
