/**
 * A string of bytes read as decisions, for inputs that are no bytes themselves: a response, a program.
 *
 * Behind the last byte every decision is 0, the simplest one. So any bytes are an input, a part of them is a
 * simpler one, and one shrinking of bytes serves all targets.
 */
export class Choices {
  private readonly bytes: Uint8Array;
  private at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  /** Decisions that were taken. */
  get taken(): number {
    return this.at;
  }

  /** A whole number from 0 to 255. */
  byte(): number {
    return this.bytes[this.at++] ?? 0;
  }

  /** A whole number from 0 to `limit` - 1; limits up to 256. */
  below(limit: number): number {
    return this.byte() % limit;
  }

  /** One of a list that is not empty; the first is the simplest. */
  pick<Item>(list: readonly Item[]): Item {
    return list[this.byte() % list.length] as Item;
  }

  /** True once in `many`, never behind the last byte. */
  once(many: number): boolean {
    return this.byte() % many === many - 1;
  }
}
