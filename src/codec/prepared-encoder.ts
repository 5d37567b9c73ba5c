/**
 * Packets that always have the same names, to bytes.
 *
 * The cost of a packet is that of putting its pieces together. What stands before a value is one piece, kept
 * for each length that the value has had: the name, and the pairs in front of it whose values repeat from
 * packet to packet, a run. It is taken when the values of the run are still the same. From time to time all
 * values are looked at. One that was the same for some looks in a row joins a run; one that changes
 * leaves it, and has to be the same for twice as many looks before it may join again.
 */
import { typeError } from "../errors.ts";
import { readLatin1, writeCheckedLatin1 } from "./latin1.ts";
import { MAX_DATASIZE } from "./limits.ts";
import { append, checked, checkName, finish, sizeOf, type Text, textOf, tooLarge } from "./packet-encoder.ts";
import { checkModifiers } from "./packet.ts";

/** An encoder for packets that always have the same names, in the same order. */
export interface PreparedEncoder {
  /**
   * Encodes a packet of the prepared names with these values, one for each, in the same order.
   * Target, view and errors as `encodePacket`. Values that repeat are kept until they change.
   */
  encode(values: readonly Text[], target?: Uint8Array, offset?: number): Uint8Array;
}

export interface PrepareInit {
  readonly modifier1?: number;
  readonly modifier2?: number;
  /** Names of the vars, in the order in which they are to be sent. */
  readonly names: Iterable<Text>;
}

/** Prepares an encoder: names are checked and encoded once. Errors as `encodePacket`. */
export function prepareEncoder({ modifier1 = 0, modifier2 = 0, names }: PrepareInit): PreparedEncoder {
  checkModifiers(modifier1, modifier2);
  const block = new PreparedBlock(Array.from(names, (name) => new Place(checked(append("", checkName(name))))));
  return {
    encode(values, target, offset = 0) {
      return finish(modifier1, modifier2, block.with(values), target, offset);
    },
  };
}

/** Packets from one look at all values to the next. */
const PACKETS_PER_LOOK = 16;

/** Looks in a row at which a value must be the same to join a run, the first time and at most. */
const FIRST_LOOKS = 2;
const MOST_LOOKS = 1_024;

class PreparedBlock {
  private readonly places: readonly Place[];
  /** The run behind which no name follows. */
  private lastRun = "";
  private packets = 0;

  constructor(places: readonly Place[]) {
    this.places = places;
  }

  /** The block with these values, checked. */
  with(values: readonly Text[]): string {
    const { places } = this;
    const count = places.length;
    if (values.length !== count) {
      throw typeError("UWSGI_INVALID_ARGUMENT", `${values.length} values for ${count} prepared names`);
    }
    let block = "";
    for (let i = 0; i < count; i++) {
      let place = places[i] as Place;
      while (place.runEnd > i) {
        const changed = this.firstChange(values, i, place.runEnd);
        if (changed < 0) break;
        (places[changed] as Place).leave();
        this.joinRuns();
      }
      if (place.runEnd > i) {
        i = place.runEnd;
        if (i === count) {
          block = block + this.lastRun;
          break;
        }
        // The run is in front of its name.
        place = places[i] as Place;
      }
      const value = values[i] as Text;
      const text = typeof value === "string" ? value : textOf(value);
      const before = place.before(text.length);
      const length = block.length + before.length + text.length;
      if (length > MAX_DATASIZE) throw tooLarge(length);
      // From left to right: `+=` would build a tree of two levels, and that is slower to write.
      block = block + before + text;
    }
    if (block.length > MAX_DATASIZE) throw tooLarge(block.length);
    const whole = checked(block);
    if (++this.packets % PACKETS_PER_LOOK === 0) this.look(values);
    return whole;
  }

  private firstChange(values: readonly Text[], start: number, end: number): number {
    const { places } = this;
    for (let i = start; i < end; i++) if (values[i] !== (places[i] as Place).last) return i;
    return -1;
  }

  private look(values: readonly Text[]): void {
    let joined = false;
    for (const [i, place] of this.places.entries()) if (place.look(values[i] as Text)) joined = true;
    if (joined) this.joinRuns();
  }

  /** Makes runs of all neighbours whose values repeat; each goes in front of the name that follows it. */
  private joinRuns(): void {
    const { places } = this;
    let start = 0;
    let run = "";
    for (const [i, place] of places.entries()) {
      if (place.repeats) {
        run += place.pair;
        place.runEnd = 0;
        continue;
      }
      place.runEnd = 0;
      place.follow(run);
      if (start < i) (places[start] as Place).runEnd = i;
      start = i + 1;
      run = "";
    }
    if (start < places.length) (places[start] as Place).runEnd = places.length;
    this.lastRun = flat(run);
  }
}

/** So many strings are kept for a name, each of at most so many characters. */
const MOST_KEPT = 32;
const LONGEST_KEPT = 512;

/** A prepared name, and what is known of its values. */
class Place {
  /** The value seen at the last look. */
  last: Text | undefined;
  /** True while the values repeat. */
  repeats = false;
  /** Where the run that begins here ends; 0 when none does. */
  runEnd = 0;
  private sameLooks = 0;
  private looksNeeded = FIRST_LOOKS;
  private readonly name: string;
  /** The run that ends here, and the name. */
  private lead: string;
  /** What stands before values, and the lengths of these; each at the place that its length has in a table. */
  private kept: string[] = [];
  private keptLengths: number[] = [];

  constructor(name: string) {
    this.name = name;
    this.lead = name;
    this.forget();
  }

  /** What stands before a value of that length: the run that ends here, the name, and the length. */
  before(valueLength: number): string {
    const slot = valueLength % MOST_KEPT;
    if (this.keptLengths[slot] === valueLength) return this.kept[slot] as string;
    const text = this.lead + sizeOf(valueLength);
    if (text.length > LONGEST_KEPT) return text;
    const kept = flat(text);
    this.kept[slot] = kept;
    this.keptLengths[slot] = valueLength;
    return kept;
  }

  /** Takes notice of a value; true when its like may be kept from now on. */
  look(value: Text): boolean {
    if (this.repeats) return false;
    // Bytes may be others the next time, and the same object.
    const isSame = typeof value === "string" && value === this.last;
    this.last = typeof value === "string" ? value : undefined;
    this.sameLooks = isSame ? this.sameLooks + 1 : 0;
    this.repeats = this.sameLooks >= this.looksNeeded;
    return this.repeats;
  }

  /** The value has changed. */
  leave(): void {
    this.repeats = false;
    this.sameLooks = 0;
    this.looksNeeded = Math.min(2 * this.looksNeeded, MOST_LOOKS);
  }

  /** Name and last value. */
  get pair(): string {
    const text = typeof this.last === "string" ? this.last : "";
    return this.name + sizeOf(text.length) + text;
  }

  /** Stands behind this run. */
  follow(run: string): void {
    const lead = run + this.name;
    if (lead === this.lead) return;
    this.lead = flat(lead);
    this.forget();
  }

  private forget(): void {
    this.kept = Array.from({ length: MOST_KEPT }, () => "");
    this.keptLengths = Array.from({ length: MOST_KEPT }, () => -1);
  }
}

/** The same string in one piece: engines put a concatenation together each time it is part of a larger one. */
function flat(text: string): string {
  const bytes = new Uint8Array(text.length);
  writeCheckedLatin1(bytes, text, 0);
  return readLatin1(bytes, 0, bytes.length);
}
