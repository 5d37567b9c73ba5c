/**
 * Every way in which a network may cut bytes.
 *
 * Short input is cut at every place. For long input (over `EVERY_PLACE` bytes) that would take minutes, so it
 * is cut where mistakes live: in the first 64 bytes, in the last 16, around each boundary that the
 * caller names, and at a sample of other places that is the same in every run.
 */

/** One delivery: what it is called, and the chunks, each in memory of its own. */
export type Delivery = readonly [how: string, chunks: readonly Uint8Array[]];

/** A family of deliveries, good for one test; may be gone through several times. */
export type Way = readonly [way: string, deliveries: Iterable<Delivery>];

const EVERY_PLACE = 1_024;
const SAMPLE = 48;

/** All deliveries, in families. `boundaries`: offsets where fields begin or end, for long input. */
export function ways(bytes: Uint8Array, boundaries: readonly number[] = []): Way[] {
  const families: Way[] = [["whole", repeatable(() => whole(bytes))]];
  if (bytes.length > 1) {
    families.push(
      ["byte by byte", [["byte by byte", pieces(bytes, 1)]]],
      ["cut in two at every place", repeatable(() => cutInTwo(bytes, boundaries))],
      ["in pieces of all sizes", repeatable(() => inPieces(bytes))],
    );
  }
  return families;
}

/** All deliveries, one after the other. */
export function* deliveries(bytes: Uint8Array, boundaries: readonly number[] = []): Generator<Delivery> {
  for (const [, family] of ways(bytes, boundaries)) yield* family;
}

/** Chunks of these sizes; what is left over is one more chunk. */
export function cut(bytes: Uint8Array, sizes: Iterable<number>): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  let at = 0;
  for (const size of sizes) {
    chunks.push(bytes.slice(at, at + size));
    at += size;
  }
  if (at < bytes.length) chunks.push(bytes.slice(at));
  return chunks;
}

/** Chunks of `size` bytes, the last may be shorter. */
export function pieces(bytes: Uint8Array, size: number): Uint8Array[] {
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => bytes.slice(i * size, (i + 1) * size));
}

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** A generator that starts anew for everyone who goes through it. */
function repeatable<T>(generate: () => Iterator<T>): Iterable<T> {
  return { [Symbol.iterator]: generate };
}

function* whole(bytes: Uint8Array): Generator<Delivery> {
  yield ["whole", [bytes.slice()]];
  // As Node hands out its reads: a part of a larger buffer, other bytes before and behind.
  const pool = new Uint8Array(bytes.length + 64).fill(0xa5);
  pool.set(bytes, 17);
  yield ["whole, inside a larger buffer", [pool.subarray(17, 17 + bytes.length)]];
}

function* cutInTwo(bytes: Uint8Array, boundaries: readonly number[]): Generator<Delivery> {
  for (const place of places(bytes.length, boundaries)) {
    yield [`cut in two at ${place}`, [bytes.slice(0, place), bytes.slice(place)]];
  }
}

function* inPieces(bytes: Uint8Array): Generator<Delivery> {
  for (const size of [2, 3, 5, 7, 64, 1_000]) {
    if (size < bytes.length) yield [`in pieces of ${size}`, pieces(bytes, size)];
  }
  const empty = new Uint8Array(0);
  yield ["in pieces of 11 with empty chunks between", pieces(bytes, 11).flatMap((piece) => [empty, piece, empty])];
  const random = seededRandom(bytes.length);
  const sizes = Array.from({ length: 64 }, () => 1 + Math.floor(random() * 40));
  yield ["in pieces of random sizes", cut(bytes, sizes)];
}

function places(length: number, boundaries: readonly number[]): number[] {
  if (length <= EVERY_PLACE) return Array.from({ length: Math.max(0, length - 1) }, (_, i) => i + 1);
  const chosen = new Set<number>();
  const add = (place: number): void => {
    if (place > 0 && place < length) chosen.add(place);
  };
  for (let place = 1; place <= 64; place++) add(place);
  for (let place = length - 16; place < length; place++) add(place);
  for (const boundary of boundaries) {
    for (let near = -2; near <= 2; near++) add(boundary + near);
  }
  const random = seededRandom(length);
  for (let i = 0; i < SAMPLE; i++) add(Math.floor(random() * length));
  return [...chosen].sort((a, b) => a - b);
}
