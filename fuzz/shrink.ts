/** Makes an input smaller that breaks a rule, as long as it breaks the same one. */
import { examine, type Finding, type Target } from "./target.ts";

export interface Shrunk {
  readonly input: Uint8Array;
  readonly finding: Finding;
}

/** Up to this length every piece of every size is tried. */
const EVERY_PIECE_BYTES = 200;

/**
 * Takes pieces out, large ones first, then makes bytes 0, until nothing helps or `mostChecks` (default
 * 50 000) were made. The answer is no longer than what was given.
 */
export async function shrink(target: Target, found: Shrunk, mostChecks = 50_000): Promise<Shrunk> {
  const search = new Search(target, found, mostChecks);
  for (let length = Infinity; search.best.input.length < length;) {
    ({ length } = search.best.input);
    for (const size of sizes(length)) await search.takeOut(size);
  }
  await search.zero();
  return search.best;
}

class Search {
  best: Shrunk;
  private readonly target: Target;
  private left: number;

  constructor(target: Target, found: Shrunk, mostChecks: number) {
    this.target = target;
    this.best = found;
    this.left = mostChecks;
  }

  /** Takes out pieces of that size, wherever that can be done. */
  async takeOut(size: number): Promise<void> {
    const step = this.best.input.length <= EVERY_PIECE_BYTES ? 1 : Math.max(1, size >> 1);
    for (let at = 0; at + size <= this.best.input.length;) {
      // Where one was taken out, another may follow.
      if (!(await this.take(without(this.best.input, at, size)))) at += step;
    }
  }

  async zero(): Promise<void> {
    for (let at = 0; at < this.best.input.length; at++) {
      if (this.best.input[at] !== 0) await this.take(this.best.input.with(at, 0));
    }
  }

  /** Takes the candidate, or what it is repaired to, if the same rule breaks there; answers whether it did. */
  private async take(candidate: Uint8Array): Promise<boolean> {
    for (const input of this.target.repair === undefined ? [candidate] : [candidate, this.target.repair(candidate)]) {
      if (this.left === 0) return false;
      this.left--;
      const finding = await examine(this.target, input);
      if (finding?.rule !== this.best.finding.rule) continue;
      this.best = { input, finding };
      return true;
    }
    return false;
  }
}

function sizes(length: number): number[] {
  if (length <= EVERY_PIECE_BYTES) return Array.from({ length }, (_, i) => length - i);
  const halves: number[] = [];
  for (let size = length; size >= 1; size >>= 1) halves.push(size);
  return halves;
}

function without(input: Uint8Array, at: number, size: number): Uint8Array {
  const rest = new Uint8Array(input.length - size);
  rest.set(input.subarray(0, at), 0);
  rest.set(input.subarray(at + size), at);
  return rest;
}
