/** A store, opened when it is first needed, whose failures and silences are errors. */
import { errorCode, UwsgiError } from "../../errors.ts";
import type { OpenStore, SessionStore } from "./session-store.ts";

export class StoreAccess {
  readonly timeoutMs: number;
  readonly #open: () => Promise<OpenStore>;
  #opened: Promise<OpenStore> | undefined;
  #closing: Promise<void> | undefined;

  constructor(open: () => Promise<OpenStore>, timeoutMs: number) {
    this.#open = open;
    this.timeoutMs = timeoutMs;
  }

  /** The text under a key. */
  async get(key: string): Promise<string | undefined> {
    const value = await this.#ask("read", (store) => store.get(key));
    if (value === undefined || value === null) return undefined;
    if (typeof value !== "string") throw failure(`gave ${typeof value} where text was kept`);
    return value;
  }

  async set(key: string, text: string, ttlMs: number): Promise<void> {
    const kept = await this.#ask("write", (store) => store.set(key, text, ttlMs));
    // As Keyv says that it could not.
    if (kept === false) throw failure("did not keep what was written");
  }

  async delete(key: string): Promise<void> {
    await this.#ask("delete", (store) => store.delete(key));
  }

  /** Closes what was opened here. */
  close(): Promise<void> {
    return (this.#closing ??= this.#shut());
  }

  async #shut(): Promise<void> {
    if (this.#opened === undefined) return;
    const { close } = await this.#opened;
    await close();
  }

  /** All errors are a UwsgiError (`UWSGI_SESSION_STORE`, or `UWSGI_PACKAGE_MISSING`). */
  async #ask(what: string, work: (store: SessionStore) => unknown): Promise<unknown> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      const error = failure(`did not ${what} within ${this.timeoutMs} ms`);
      timer = setTimeout(() => reject(error), this.timeoutMs);
    });
    try {
      return await Promise.race([this.#do(work), late]);
    } catch (error) {
      const code = errorCode(error);
      if (code === "UWSGI_SESSION_STORE" || code === "UWSGI_PACKAGE_MISSING") throw error;
      throw failure(`failed to ${what}: ${error instanceof Error ? error.message : String(error)}`, error);
    } finally {
      clearTimeout(timer);
    }
  }

  async #do(work: (store: SessionStore) => unknown): Promise<unknown> {
    if (this.#closing !== undefined) throw failure("is closed");
    this.#opened ??= this.#reopenable();
    const { store } = await this.#opened;
    return work(store);
  }

  /** A start that fails is tried again by the next request. */
  async #reopenable(): Promise<OpenStore> {
    try {
      return await this.#open();
    } catch (error) {
      this.#opened = undefined;
      throw error;
    }
  }
}

function failure(what: string, cause?: unknown): UwsgiError {
  return new UwsgiError(`the store of sessions ${what}`, { code: "UWSGI_SESSION_STORE", cause });
}
