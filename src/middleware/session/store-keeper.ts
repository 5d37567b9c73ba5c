/**
 * Sessions in a store; the cookie has an id that says nothing. The key in the store is a hash of the id: who reads the
 * store cannot take over sessions.
 *
 * A session that was ended must not come back by a request that had read it before. So who writes
 *
 *     1. looks whether the entry is still there, 2. writes it, 3. looks for a tombstone, and if there is one removes it
 *
 * and who ends it sets the tombstone first, then removes the entry. Whichever way the two are mixed, either the write
 * comes before the removal, or its writer sees the tombstone. What is left is a moment between 2. and 3. in which it is
 * there, and a write that the store does late, when nobody waits for it any more (`storeTimeoutMs`).
 *
 * Who reads, and finds a tombstone only, is a request that was sent before its client heard of the end: it must not take
 * the new cookie away.
 */
import { createHash, randomBytes } from "node:crypto";
import { UwsgiError } from "../../errors.ts";
import type { Found, Keeper, Keeping } from "./keeper.ts";
import { isOver, type Lifetime } from "./lifetime.ts";
import { decodeRecord, encodeRecord, type SessionRecord } from "./record.ts";
import type { StoreAccess } from "./store-access.ts";

const ID_BYTES = 32;
const ID = /^[A-Za-z0-9_-]{43}$/;

/** How long tombstones stand at least: as long as a writer can be between its first look and its second. */
const TOMBSTONE_MS = 60_000;

export class StoreKeeper implements Keeper {
  readonly isStored = true;
  readonly #store: StoreAccess;
  readonly #lifetime: Lifetime;
  readonly #maxBytes: number;

  constructor(store: StoreAccess, lifetime: Lifetime, maxBytes: number) {
    this.#store = store;
    this.#lifetime = lifetime;
    this.#maxBytes = maxBytes;
  }

  async find(value: string, name: string, now: number): Promise<Found> {
    if (!ID.test(value)) return { fault: "it is no id" };
    const key = keyOf(value, name);
    const text = await this.#store.get(key);
    if (text === undefined) return { isEnded: (await this.#store.get(tombstoneOf(key))) !== undefined };
    const record = decodeRecord(text);
    if (record === undefined) return { fault: "what the store has of it is no session" };
    return isOver(record, this.#lifetime, now) ? {} : { record };
  }

  async keep(
    record: SessionRecord,
    name: string,
    was: string | undefined,
    { isRenewal, seconds }: Keeping,
  ): Promise<string | undefined> {
    const text = this.#encode(record);
    const { touched } = record;
    const ttlMs = seconds * 1_000;
    if (was === undefined) {
      // Never an id that a client has named (session fixation).
      const id = randomBytes(ID_BYTES).toString("base64url");
      await this.#store.set(keyOf(id, name), text, ttlMs);
      return id;
    }
    const key = keyOf(was, name);
    const found = await this.#store.get(key);
    const there = found === undefined ? undefined : decodeRecord(found);
    if (there === undefined) return undefined;
    // What another request has changed meanwhile stays: this one has changed nothing.
    await this.#store.set(key, isRenewal ? encodeRecord({ ...there, touched }) : text, ttlMs);
    if ((await this.#store.get(tombstoneOf(key))) === undefined) return was;
    await this.#store.delete(key);
    return undefined;
  }

  async remove(value: string, name: string): Promise<void> {
    const key = keyOf(value, name);
    await this.#store.set(tombstoneOf(key), "ended", Math.max(TOMBSTONE_MS, 4 * this.#store.timeoutMs));
    await this.#store.delete(key);
  }

  close(): Promise<void> {
    return this.#store.close();
  }

  #encode(record: SessionRecord): string {
    const text = encodeRecord(record);
    const bytes = Buffer.byteLength(text);
    if (bytes <= this.#maxBytes) return text;
    throw new UwsgiError(
      `a session of ${bytes} bytes, at most ${this.#maxBytes} are allowed (maxStoreBytes): keep a key to the rest in it`,
      { code: "UWSGI_SESSION_LIMIT" },
    );
  }
}

function keyOf(id: string, name: string): string {
  return `uisge:session:${name}:${createHash("sha256").update(id).digest("base64url")}`;
}

function tombstoneOf(key: string): string {
  return `${key}:ended`;
}
