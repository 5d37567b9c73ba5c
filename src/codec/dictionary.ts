/**
 * Names and values to an object, for names that come in the same order again and again.
 *
 * An engine remembers, for each place in the code, which name was stored there into an object of which
 * shape. In a loop one place sees all names and remembers none. So the stores stand here one by one, and
 * each mostly sees the one name that a front end sends at that position: 24 vars take a fifth of the
 * loop's time, and two thirds of it where positions have seen other names before.
 */

/** Stores written out below: of more names no shape is made, no front end sends so many. */
export const MOST_SHAPED = 48;

/**
 * @internal An empty object for names that may never come again, or not in this order: a hash table. A shape for
 * names that a peer invents costs ten times as much as this. It inherits nothing: `__proto__` and
 * `constructor` are ordinary names in it.
 */
export function emptyDictionary<Value>(): Record<string, Value> {
  return Object.create(null) as Record<string, Value>;
}

/**
 * @internal One property per name, the last value wins, for names that are known to come again in this
 * order. Up to 48 names the object has a shape. It inherits nothing either: its prototype is empty, frozen,
 * and has no prototype.
 */
export function shapedDictionary<Value>(names: readonly string[], values: readonly Value[]): Record<string, Value> {
  const size = names.length;
  if (size > MOST_SHAPED) {
    const dictionary = emptyDictionary<Value>();
    for (let i = 0; i < size; i++) dictionary[names[i] as string] = values[i] as Value;
    return dictionary;
  }
  const dictionary = (size > FEW ? new Roomy(false) : new Shaped()) as Record<string, Value>;
  storeAll(dictionary, names, values, size);
  return dictionary;
}

const nothing: object = Object.freeze(Object.create(null)) as object;

const Shaped = function Shaped() {} as unknown as new () => object;
Shaped.prototype = nothing;

/** More than the 7 by which V8 judges. */
const FIRST_FEW = 16;

/** Objects of more names than this get room for a request's at once. */
const FEW = 8;

/**
 * Room for 40 properties in the object itself: 24 vars of a browser, and what a gateway adds. Without it an
 * engine moves the properties to a larger place after every third one, and makes a hash table of many.
 * V8 gives an object as much room as its constructor has assignments to `this`, and takes back what the
 * first few objects did not use: those below use all.
 */
const Roomy = function Roomy(this: Record<Slot, number>, isFirst: boolean) {
  if (!isFirst) return;
  // oxfmt-ignore
  {
    this.p00 = this.p01 = this.p02 = this.p03 = this.p04 = this.p05 = this.p06 = this.p07 = this.p08 = this.p09 = 0;
    this.p10 = this.p11 = this.p12 = this.p13 = this.p14 = this.p15 = this.p16 = this.p17 = this.p18 = this.p19 = 0;
    this.p20 = this.p21 = this.p22 = this.p23 = this.p24 = this.p25 = this.p26 = this.p27 = this.p28 = this.p29 = 0;
    this.p30 = this.p31 = this.p32 = this.p33 = this.p34 = this.p35 = this.p36 = this.p37 = this.p38 = this.p39 = 0;
  }
} as unknown as new (isFirst: boolean) => object;
Roomy.prototype = nothing;
Array.from({ length: FIRST_FEW }, () => new Roomy(true));

type Digit = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9;
type Slot = `p${0 | 1 | 2 | 3}${Digit}`;

function storeAll<Value>(
  o: Record<string, Value | undefined>,
  n: readonly string[],
  v: readonly Value[],
  size: number,
): void {
  // oxfmt-ignore
  {
    if (size === 0) return; o[n[0] as string] = v[0];
    if (size === 1) return; o[n[1] as string] = v[1];
    if (size === 2) return; o[n[2] as string] = v[2];
    if (size === 3) return; o[n[3] as string] = v[3];
    if (size === 4) return; o[n[4] as string] = v[4];
    if (size === 5) return; o[n[5] as string] = v[5];
    if (size === 6) return; o[n[6] as string] = v[6];
    if (size === 7) return; o[n[7] as string] = v[7];
    if (size === 8) return; o[n[8] as string] = v[8];
    if (size === 9) return; o[n[9] as string] = v[9];
    if (size === 10) return; o[n[10] as string] = v[10];
    if (size === 11) return; o[n[11] as string] = v[11];
    if (size === 12) return; o[n[12] as string] = v[12];
    if (size === 13) return; o[n[13] as string] = v[13];
    if (size === 14) return; o[n[14] as string] = v[14];
    if (size === 15) return; o[n[15] as string] = v[15];
    if (size === 16) return; o[n[16] as string] = v[16];
    if (size === 17) return; o[n[17] as string] = v[17];
    if (size === 18) return; o[n[18] as string] = v[18];
    if (size === 19) return; o[n[19] as string] = v[19];
    if (size === 20) return; o[n[20] as string] = v[20];
    if (size === 21) return; o[n[21] as string] = v[21];
    if (size === 22) return; o[n[22] as string] = v[22];
    if (size === 23) return; o[n[23] as string] = v[23];
    if (size === 24) return; o[n[24] as string] = v[24];
    if (size === 25) return; o[n[25] as string] = v[25];
    if (size === 26) return; o[n[26] as string] = v[26];
    if (size === 27) return; o[n[27] as string] = v[27];
    if (size === 28) return; o[n[28] as string] = v[28];
    if (size === 29) return; o[n[29] as string] = v[29];
    if (size === 30) return; o[n[30] as string] = v[30];
    if (size === 31) return; o[n[31] as string] = v[31];
    if (size === 32) return; o[n[32] as string] = v[32];
    if (size === 33) return; o[n[33] as string] = v[33];
    if (size === 34) return; o[n[34] as string] = v[34];
    if (size === 35) return; o[n[35] as string] = v[35];
    if (size === 36) return; o[n[36] as string] = v[36];
    if (size === 37) return; o[n[37] as string] = v[37];
    if (size === 38) return; o[n[38] as string] = v[38];
    if (size === 39) return; o[n[39] as string] = v[39];
    if (size === 40) return; o[n[40] as string] = v[40];
    if (size === 41) return; o[n[41] as string] = v[41];
    if (size === 42) return; o[n[42] as string] = v[42];
    if (size === 43) return; o[n[43] as string] = v[43];
    if (size === 44) return; o[n[44] as string] = v[44];
    if (size === 45) return; o[n[45] as string] = v[45];
    if (size === 46) return; o[n[46] as string] = v[46];
    if (size === 47) return; o[n[47] as string] = v[47];
  }
}
