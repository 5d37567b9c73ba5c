/** What can be chosen, and what comes of it. */
import { typeError } from "../../errors.ts";
import { flag, hook, listOf, oneOf, optionRule, readOptions, secret, text, wholeNumber } from "../read-options.ts";
import type { CookieSettings } from "./cookie.ts";
import type { Keeper } from "./keeper.ts";
import { insistOnErrors, opener } from "./keyv.ts";
import type { Lifetime } from "./lifetime.ts";
import { MemoryStore } from "./memory-store.ts";
import { SealedKeeper } from "./sealed-keeper.ts";
import type { OpenStore, SessionStore } from "./session-store.ts";
import { StoreAccess } from "./store-access.ts";
import { StoreKeeper } from "./store-keeper.ts";

export interface SessionOptions {
  /**
   * Secrets of at least 32 characters, the newest first: it seals, all open. Needed without a `store`. To rotate, put a
   * new one in front, and take the last away when the sessions that it has sealed are over (`maxAgeSeconds`).
   */
  readonly keys?: readonly string[];
  /**
   * Keeps sessions here instead of in their cookies: `"memory"` (of this process only), a URL for Keyv's adapters
   * (`redis://`, `rediss://`, `valkey://`, `sqlite://`, `postgres://`), a Keyv instance, or anything like it.
   * Default: none, the cookie is the session.
   */
  readonly store?: string | SessionStore;
  /** Milliseconds that the store may take for one answer; then the request fails. Default 5000. */
  readonly storeTimeoutMs?: number;
  /** Most bytes of a session in the store. Default 65536. */
  readonly maxStoreBytes?: number;
  /** Of the cookie, without prefix: `__Host-` or `__Secure-` is put before it over https. Default `session`. */
  readonly name?: string;
  /** Seconds from the beginning of a session, or its `regenerate`, to its end. Default 604800 (7 days). */
  readonly maxAgeSeconds?: number;
  /** Seconds without use that end a session. Default 86400 (1 day), or `maxAgeSeconds` where that is less. */
  readonly idleSeconds?: number;
  /** When a session is read. `lazy`: when the application calls `load`; `eager`: before it is called. Default `lazy`. */
  readonly load?: "lazy" | "eager";
  /** `true`: the cookie is for https only, whatever the front end says. Default `"auto"`: as the front end's scheme is. */
  readonly secure?: true | "auto";
  /** Which requests from other sites have the cookie. `none` needs `secure: true`. Default `lax`: links only. */
  readonly sameSite?: "lax" | "strict" | "none";
  /** The part of the site that has the cookie. Another than `/` weakens the prefix to `__Secure-`. Default `/`. */
  readonly path?: string;
  /** Shares the cookie with all subdomains of this, and weakens the prefix to `__Secure-`. Default: this host only. */
  readonly domain?: string;
  /** `false`: the cookie goes when the browser is closed. Default `true`. */
  readonly persistent?: boolean;
  /**
   * Most bytes of a cookie with its name and attributes, up to the 4096 that browsers take. Default 3072: the head of the
   * answer has to fit nginx's buffer, 4 KB unless `uwsgi_buffer_size` is set.
   */
  readonly maxCookieBytes?: number;
  /** @internal Milliseconds since 1970. */
  readonly now?: () => number;
}

export interface Settings {
  readonly cookie: CookieSettings;
  readonly keeper: Keeper;
  readonly lifetime: Lifetime;
  readonly isEager: boolean;
  readonly isSecureOnly: boolean;
  readonly isPersistent: boolean;
  readonly maxCookieBytes: number;
  /** Seconds since 1970. */
  readonly now: () => number;
}

const DAY = 86_400;
/** Chrome cuts what is longer to this, as RFC 6265bis 5.5 wants. */
const MOST_SECONDS = 400 * DAY;
/** Node's timers go no further. */
const MOST_TIMER_MS = 2 ** 31 - 1;
/** What browsers take (RFC 6265bis 5.6). */
const MOST_COOKIE_BYTES = 4_096;
const LEAST_KEY = 32;

const rules = {
  keys: secret(
    listOf(
      optionRule<string>(
        `a secret of at least ${LEAST_KEY} characters (openssl rand -base64 32)`,
        (value) => typeof value === "string" && value.length >= LEAST_KEY,
      ),
      { least: 1 },
    ),
  ),
  store: secret(optionRule<string | SessionStore>('"memory", a URL, or an object with get, set and delete', isStore)),
  storeTimeoutMs: wholeNumber({ least: 1, most: MOST_TIMER_MS, or: 5_000 }),
  maxStoreBytes: wholeNumber({ least: 256, or: 65_536 }),
  name: text({
    needed: "a name of letters, digits, - and _, without the prefix",
    accepts: (value) => /^[A-Za-z0-9_-]+$/.test(value) && !value.startsWith("__"),
    or: "session",
  }),
  maxAgeSeconds: wholeNumber({ least: 1, most: MOST_SECONDS, or: 7 * DAY }),
  idleSeconds: wholeNumber({ least: 1, most: MOST_SECONDS }),
  load: oneOf(["lazy", "eager"], { or: "lazy" }),
  secure: optionRule<true | "auto", "auto">('true or "auto"', (value) => value === true || value === "auto", {
    or: "auto",
  }),
  sameSite: oneOf(["lax", "strict", "none"], { or: "lax" }),
  path: text({
    needed: "a path that begins with /, without ; and control characters",
    accepts: (value) => /^\/[ -:<-~]*$/.test(value),
    or: "/",
  }),
  domain: text({
    needed: "a domain such as example.org",
    accepts: (value) =>
      /^[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*$/.test(value),
  }),
  persistent: flag({ or: true }),
  maxCookieBytes: wholeNumber({ least: 512, most: MOST_COOKIE_BYTES, or: 3_072 }),
  now: hook<() => number>(),
};

/** Throws a TypeError (`UWSGI_INVALID_ARGUMENT`) for what cannot be. */
export function readSettings(options: SessionOptions): Settings {
  const read = readOptions("session", options, rules);
  const { maxAgeSeconds, idleSeconds = Math.min(DAY, maxAgeSeconds), secure, sameSite, name, path, domain } = read;
  const nowMs = read.now ?? (() => new Date().getTime());
  if (idleSeconds > maxAgeSeconds) {
    throw refusal(`idleSeconds is ${idleSeconds}, at most maxAgeSeconds (${maxAgeSeconds}) is allowed`);
  }
  if (sameSite === "none" && secure !== true) {
    throw refusal('sameSite is "none" without secure: true, browsers take such a cookie over https only');
  }
  const lifetime = { maxAgeSeconds, idleSeconds };
  return {
    cookie: { name, path, domain, sameSite },
    keeper: keeperOf(read, lifetime, nowMs),
    lifetime,
    isEager: read.load === "eager",
    isSecureOnly: secure === true,
    isPersistent: read.persistent,
    maxCookieBytes: read.maxCookieBytes,
    now: () => Math.floor(nowMs() / 1_000),
  };
}

interface Kept {
  readonly keys: readonly string[] | undefined;
  readonly store: string | SessionStore | undefined;
  readonly storeTimeoutMs: number;
  readonly maxStoreBytes: number;
}

function keeperOf(
  { keys, store, storeTimeoutMs, maxStoreBytes }: Kept,
  lifetime: Lifetime,
  nowMs: () => number,
): Keeper {
  if (store !== undefined) {
    return new StoreKeeper(new StoreAccess(storeOf(store, nowMs), storeTimeoutMs), lifetime, maxStoreBytes);
  }
  if (keys === undefined) {
    throw refusal("neither keys nor store is given; keys is a list of secrets (openssl rand -base64 32)");
  }
  return new SealedKeeper(keys, lifetime);
}

function storeOf(given: string | SessionStore, nowMs: () => number): () => Promise<OpenStore> {
  if (typeof given === "string" && given !== "memory") return opener(given);
  const store = typeof given === "string" ? new MemoryStore(nowMs) : insistOnErrors(given);
  // Who opens, closes.
  const open: OpenStore = { store, close: async () => {} };
  return async () => open;
}

function isStore(value: unknown): boolean {
  if (typeof value === "string") return value !== "";
  if (typeof value !== "object" || value === null) return false;
  const { get, set, delete: remove } = value as Partial<SessionStore>;
  return typeof get === "function" && typeof set === "function" && typeof remove === "function";
}

function refusal(message: string): TypeError {
  return typeError("UWSGI_INVALID_ARGUMENT", `session: ${message}`);
}
