/** Sessions that are their cookie: sealed, so that clients can neither read nor change them. There is no other state. */
import type { Found, Keeper } from "./keeper.ts";
import { isOver, type Lifetime } from "./lifetime.ts";
import { decodeRecord, encodeRecord, type SessionRecord } from "./record.ts";
import { Seal } from "./seal.ts";

export class SealedKeeper implements Keeper {
  readonly isStored = false;
  readonly #secrets: readonly string[];
  readonly #lifetime: Lifetime;
  /** By the name of the cookie, of which there are two: with and without a prefix. */
  readonly #seals = new Map<string, Seal>();

  constructor(secrets: readonly string[], lifetime: Lifetime) {
    this.#secrets = secrets;
    this.#lifetime = lifetime;
  }

  async find(value: string, name: string, now: number): Promise<Found> {
    const opened = await this.#seal(name).open(value);
    if ("fault" in opened) return opened;
    const record = decodeRecord(opened.text);
    if (record === undefined) return { fault: "what is sealed is no session" };
    return isOver(record, this.#lifetime, now) ? {} : { record };
  }

  keep(record: SessionRecord, name: string): Promise<string> {
    return this.#seal(name).seal(encodeRecord(record));
  }

  async remove(): Promise<void> {}

  async close(): Promise<void> {}

  #seal(name: string): Seal {
    const known = this.#seals.get(name);
    if (known !== undefined) return known;
    const seal = new Seal(this.#secrets, name);
    this.#seals.set(name, seal);
    return seal;
  }
}
