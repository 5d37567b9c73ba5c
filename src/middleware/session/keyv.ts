/** Stores by Keyv: those that are given, and those that are opened by their URL. */
import { EventEmitter } from "node:events";
import type { RedisClientType } from "@keyv/redis";
import { typeError } from "../../errors.ts";
import { optionalPackage } from "../optional-package.ts";
import type { OpenStore, SessionStore } from "./session-store.ts";

const PURPOSE = "a session that is kept in a store";

/** Scheme of a URL -> the package that opens it. */
const adapters: Readonly<Record<string, string>> = {
  redis: "@keyv/redis",
  rediss: "@keyv/redis",
  valkey: "@keyv/valkey",
  valkeys: "@keyv/valkey",
  sqlite: "@keyv/sqlite",
  postgres: "@keyv/postgres",
  postgresql: "@keyv/postgres",
};

/** What opens the store at a URL. Throws a TypeError (`UWSGI_INVALID_ARGUMENT`) for one that nothing is known for. */
export function opener(url: string): () => Promise<OpenStore> {
  const scheme = /^([a-z]+):\/\//.exec(url)?.[1] ?? "";
  const adapter = Object.hasOwn(adapters, scheme) ? adapters[scheme] : undefined;
  if (adapter === undefined) {
    // Not the URL itself: it may have a password in it.
    const known = Object.keys(adapters).map((name) => `${name}://...`);
    throw typeError(
      "UWSGI_INVALID_ARGUMENT",
      `session: the scheme of store is ${JSON.stringify(scheme)}, "memory", ${known.join(", ")} or a store is needed`,
    );
  }
  // A path of sqlite need be no URL. What an adapter throws for one that is none has all of it in it.
  if (scheme !== "sqlite" && !URL.canParse(url)) {
    throw typeError("UWSGI_INVALID_ARGUMENT", `session: store begins with ${scheme}:// and is no URL`);
  }
  return adapter === "@keyv/redis" ? () => openRedis(url) : () => openBy(adapter, url);
}

/**
 * Makes sure that a store which was given says so when it fails: Keyv, and the adapters for it, only emit an event
 * otherwise, and an outage would look like sessions that are not there.
 */
export function insistOnErrors(given: SessionStore): SessionStore {
  const { store: adapter } = given as { readonly store?: unknown };
  for (const part of [given, adapter]) {
    if (typeof part !== "object" || part === null) continue;
    if ("throwOnErrors" in part) part.throwOnErrors = true;
    // An event without a listener would end the process, though each request hears of it by itself.
    if ("on" in part && typeof part.on === "function") part.on("error", () => {});
  }
  return given;
}

interface Adapter {
  disconnect?(): Promise<void>;
}

type AdapterClass = new (at: string | object, options?: object) => Adapter;

/**
 * Only @keyv/valkey takes them: it would put the name of each entry in a set as well, from which nothing takes it away
 * when its time is over.
 */
const ADAPTER_OPTIONS = { useRedisSets: false };

async function openBy(adapter: string, url: string): Promise<OpenStore> {
  const { default: Opened } = await optionalPackage(
    adapter,
    PURPOSE,
    () => import(adapter) as Promise<{ readonly default: AdapterClass }>,
  );
  const isPostgres = adapter === "@keyv/postgres";
  return proven(await withKeyv(isPostgres ? new Opened(postgresOptions(url)) : new Opened(url, ADAPTER_OPTIONS)));
}

/**
 * @internal The store, once it has answered. Rejects, and closes it, when it fails: an adapter that makes its table does
 * that once, so one that was opened while its server was down has none for ever. The next request opens another.
 */
export async function proven(opened: OpenStore): Promise<OpenStore> {
  try {
    await opened.store.get("uisge:session");
    return opened;
  } catch (error) {
    // What counts is why it failed.
    await opened.close().catch(() => {});
    throw error;
  }
}

/**
 * @internal What @keyv/postgres is opened with. All of it goes to the pool of pg, and nothing else leads there: the pool
 * calls `log` as a method of its own. A pool to which nobody listens ends the process when the server closes a connection
 * that waits there, as at each restart of it; the next request gets another connection, or hears of the failure.
 */
export function postgresOptions(url: string): object {
  return {
    uri: url,
    log(this: unknown): void {
      if (this instanceof EventEmitter && this.listenerCount("error") === 0) this.on("error", () => {});
    },
  };
}

/**
 * Opens Redis so that it fails at once while there is no connection: what is queued then would be done when nobody waits
 * for it any more. It connects again by itself, and does not keep the process alive.
 */
async function openRedis(url: string): Promise<OpenStore> {
  const { default: KeyvRedis, defaultReconnectStrategy: reconnectStrategy } = await optionalPackage(
    "@keyv/redis",
    PURPOSE,
    () => import("@keyv/redis"),
  );
  const adapter = new KeyvRedis({ url, disableOfflineQueue: true, socket: { reconnectStrategy } });
  const { store, close } = await withKeyv(adapter);
  const client = adapter.client as RedisClientType;
  client.unref();
  let fault: unknown;
  client.on("error", (error) => (fault = error));
  // The first requests wait until it is known whether there is a connection.
  const tried = new Promise<void>((resolve) => {
    client.once("ready", () => resolve());
    client.once("error", () => resolve());
  });
  // Goes on trying until it is closed.
  adapter.getClient().catch(() => {});
  const ask = async (work: () => unknown): Promise<unknown> => {
    await tried;
    if (!client.isReady) throw fault ?? new Error("not connected");
    return work();
  };
  return {
    store: {
      get: (key) => ask(() => store.get(key)),
      set: (key, text, ttlMs) => ask(() => store.set(key, text, ttlMs)),
      delete: (key) => ask(() => store.delete(key)),
    },
    close: async () => (client.isReady ? close() : adapter.disconnect(true)),
  };
}

async function withKeyv(adapter: Adapter): Promise<OpenStore> {
  const { Keyv } = await optionalPackage("keyv", PURPOSE, () => import("keyv"));
  // Keys have a prefix already.
  const keyv = new Keyv({ store: adapter, namespace: "", useKeyPrefix: false });
  return { store: insistOnErrors(keyv), close: () => keyv.disconnect() };
}
