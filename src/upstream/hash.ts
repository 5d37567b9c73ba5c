/** Hashes for hash modes: the same in every process and on every machine, so that several gateways agree. */

/** FNV-1a of the UTF-16 code units, mixed: 32 bits, unsigned. */
export function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return mix(hash);
}

/** A number of (0, 1) for a key at a node; evenly spread, and independent for different nodes. */
export function draw(key: number, seed: number): number {
  // The key is mixed anew behind the seed: xor alone would leave the order of two nodes the same for related keys.
  return (mix(Math.imul(key ^ seed, 0x9e3779b1) + seed) + 0.5) / 4_294_967_296;
}

/** The finaliser of MurmurHash3: every bit of the input changes every bit of the output with even chance. */
function mix(value: number): number {
  let hash = value ^ (value >>> 16);
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
