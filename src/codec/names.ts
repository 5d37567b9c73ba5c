/**
 * Var names repeat from request to request, and making a string of bytes, hashing it and finding
 * its one copy costs more than reading the value. So names go through two small tables, by position
 * in the block (a front end sends the same names in the same order) and by content: bytes that
 * match an entry are answered with the string that is already there.
 *
 * Both tables have a fixed number of places and a name just takes a place over, so a peer that
 * sends ever new names makes us slower, never larger. Entries are compared as bytes, four at a time:
 * one at a time takes twice as long.
 */
import { viewOf, viewOffset } from "./byte-view.ts";
import { readLatin1 } from "./latin1.ts";

/** Longer names are rare and not worth keeping. */
const LONGEST = 64;

class NameTable {
  private readonly names: string[];
  private readonly words: DataView;

  constructor(places: number) {
    this.names = Array.from({ length: places }, () => "");
    this.words = new DataView(new ArrayBuffer(places * LONGEST));
  }

  /** The name at `place`; its bytes are to be compared. */
  at(place: number): string {
    return this.names[place] as string;
  }

  /** True when the bytes of the name at `place`, which has this length, stand at `start`. */
  matches(place: number, bytes: Uint8Array, start: number, length: number): boolean {
    const known = this.words;
    const base = place * LONGEST;
    if (length < 8) {
      for (let i = 0; i < length; i++) if (known.getUint8(base + i) !== bytes[start + i]) return false;
      return true;
    }
    const seen = viewOf(bytes);
    const from = viewOffset + start;
    const last = length - 4;
    // First and last words overlap in names of up to 16 bytes: most names need no loop.
    let difference =
      (known.getInt32(base, true) ^ seen.getInt32(from, true)) |
      (known.getInt32(base + 4, true) ^ seen.getInt32(from + 4, true)) |
      (known.getInt32(base + last - 4, true) ^ seen.getInt32(from + last - 4, true)) |
      (known.getInt32(base + last, true) ^ seen.getInt32(from + last, true));
    for (let i = 8; i < last - 4; i += 4) {
      difference |= known.getInt32(base + i, true) ^ seen.getInt32(from + i, true);
    }
    return difference === 0;
  }

  set(place: number, name: string, bytes: Uint8Array, start: number, length: number): void {
    this.names[place] = name;
    for (let i = 0; i < length; i++) this.words.setUint8(place * LONGEST + i, bytes[start + i] as number);
  }
}

const POSITIONS = 128;
const byPosition = new NameTable(POSITIONS);
const PLACES = 1_024;
const byContent = new NameTable(PLACES);

/**
 * Reads `length` bytes from `start` on as a latin-1 string, the same string each time while it is in
 * use. `position` is that of the var in its block, and only a hint.
 */
export function internName(bytes: Uint8Array, start: number, length: number, position: number): string {
  // No front end sends so many, or so long ones, twice: to keep them would only cost.
  if (position >= POSITIONS || length > LONGEST) return readLatin1(bytes, start, start + length);
  const expected = byPosition.at(position);
  if (expected.length === length && byPosition.matches(position, bytes, start, length)) return expected;
  const name = fromContent(bytes, start, length);
  byPosition.set(position, name, bytes, start, length);
  return name;
}

function fromContent(bytes: Uint8Array, start: number, length: number): string {
  const place = placeOf(bytes, start, length);
  const known = byContent.at(place);
  if (known.length === length && byContent.matches(place, bytes, start, length)) return known;
  // A name that has been a key is the engine's one copy of it: it is compared and stored fastest.
  const name = Object.keys({ [readLatin1(bytes, start, start + length)]: 0 })[0] as string;
  byContent.set(place, name, bytes, start, length);
  return name;
}

/** True when the bytes from `start` on are those of `name`; the caller has compared the lengths. */
export function isName(bytes: Uint8Array, start: number, name: string, position: number): boolean {
  const { length } = name;
  if (position < POSITIONS && byPosition.at(position) === name && byPosition.matches(position, bytes, start, length)) {
    return true;
  }
  // From the end: names differ there (HTTP_ACCEPT, HTTP_ACCEPT_LANGUAGE).
  for (let i = length - 1; i >= 0; i--) {
    if (bytes[start + i] !== name.charCodeAt(i)) return false;
  }
  internName(bytes, start, length, position);
  return true;
}

/** Mixes length, first, middle and last bytes: enough to keep the usual names apart. */
function placeOf(bytes: Uint8Array, start: number, length: number): number {
  const last = start + length - 1;
  const mixed =
    length * 37 +
    (bytes[last] as number) * 113 +
    (bytes[length > 1 ? last - 1 : last] as number) * 59 +
    (bytes[start + (length >> 1)] as number) * 211 +
    (bytes[length > 5 ? start + 5 : start] as number) * 17;
  return mixed & (PLACES - 1);
}
