/** How uWSGI writes subscriptions on its command line, so that such a line need not be learnt anew. */
import { existsSync, readFileSync } from "node:fs";
import { typeError } from "../../errors.ts";
import type { ServerSubscription } from "./server-announcer.ts";

/**
 * Reads `[SOCKET=]HOST:PORT:KEY[,MODIFIER1[,DIGEST:KEYFILE]]` (`subscribe-to`). SOCKET is an address, or `=N` the Nth
 * socket; KEY may be `@FILE`, with `KEY[,MODIFIER1]` on each line and `#` before comments: the file is read now.
 *
 * Throws a TypeError (`UWSGI_INVALID_ARGUMENT`).
 */
export function parseSubscribeTo(text: string): ServerSubscription[] {
  const [, socket, to, rest] = /^(?:(=\d{1,4}|[^=,]+)=)?(\/[^:]*|\[[^\]]*\]:\d+|[^:,]+:\d+):(.+)$/.exec(text) ?? [];
  if (to === undefined || rest === undefined) throw wrong(text, "[SOCKET=]HOST:PORT:KEY[,MODIFIER1[,DIGEST:KEYFILE]]");
  const from = socketOf(socket);
  const { key, modifier1, sign } = splitKey(text, rest);
  if (!key.startsWith("@")) return [{ to, key, modifier1, ...from, ...(sign === undefined ? {} : { sign }) }];
  if (sign !== undefined) throw wrong(text, "no signature behind a file of keys (uWSGI signs none of these)");
  const lines = readLines(text, key.slice(1)).filter((line) => line !== "" && !line.startsWith("#"));
  if (lines.length === 0) throw wrong(text, "a file with a key on each line");
  return lines.map((line) => {
    const one = splitKey(text, line);
    return Object.assign({ to, key: one.key, modifier1: one.modifier1 }, from);
  });
}

/** What `subscribe2` knows, and what becomes of it. */
const fields: Readonly<Record<string, (value: string, text: string) => Partial<ServerSubscription>>> = {
  server: (to) => ({ to }),
  key: (key) => ({ key }),
  socket: (value, text) => ({ socket: numberIn(text, value) }),
  addr: (address) => ({ address }),
  address: (address) => ({ address }),
  weight: (value, text) => ({ weight: numberIn(text, value) }),
  backup: (value, text) => ({ backup: numberIn(text, value) }),
  modifier1: (value, text) => ({ modifier1: numberIn(text, value) }),
  modifier2: (value, text) => ({ modifier2: numberIn(text, value) }),
  sign: (sign) => ({ sign }),
  check: (file) => ({ isPaused: () => existsSync(file) }),
  sni_key: (sniKey) => ({ sniKey }),
  sni_crt: (sniCrt) => ({ sniCrt }),
  sni_ca: (sniCa) => ({ sniCa }),
  proto: (proto) => ({ proto }),
  algo: (algo) => ({ algo }),
};

/**
 * Reads `server=HOST:PORT,key=KEY,...` (`subscribe2`): also socket, addr, weight, backup, modifier1, modifier2, sign,
 * check, sni_key, sni_crt, sni_ca, proto, algo. Throws a TypeError (`UWSGI_INVALID_ARGUMENT`).
 */
export function parseSubscribe2(text: string): ServerSubscription {
  const found: Partial<ServerSubscription> = {};
  for (const pair of text.split(",")) {
    const [, name = "", value = ""] = /^([^=]+)=(.+)$/.exec(pair) ?? [];
    const read = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (read === undefined)
      throw wrong(text, `NAME=VALUE, not ${JSON.stringify(pair)}; names are ${Object.keys(fields).join(", ")}`);
    Object.assign(found, read(value, text));
  }
  const { to, key } = found;
  if (to === undefined || key === undefined) throw wrong(text, "server=HOST:PORT and key=KEY");
  // As in uWSGI, a socket that is said wins.
  const { address, ...rest } = found;
  return { ...rest, to, key, ...(address === undefined || found.socket !== undefined ? {} : { address }) };
}

function socketOf(text: string | undefined): Pick<ServerSubscription, "address" | "socket"> {
  if (text === undefined) return {};
  return text.startsWith("=") ? { socket: Number(text.slice(1)) } : { address: text };
}

function splitKey(text: string, rest: string): { key: string; modifier1: number; sign: string | undefined } {
  const [, key, modifier1 = "", sign] = /^([^,]+)(?:,(\d*)(?:,(.+))?)?$/.exec(rest) ?? [];
  if (key === undefined) throw wrong(text, "KEY[,MODIFIER1[,DIGEST:KEYFILE]]");
  return { key, modifier1: modifier1 === "" ? 0 : numberIn(text, modifier1), sign };
}

function readLines(text: string, file: string): string[] {
  try {
    return readFileSync(file, "latin1")
      .split("\n")
      .map((line) => line.trim());
  } catch (error) {
    throw Object.assign(wrong(text, `a file of keys: ${error instanceof Error ? error.message : String(error)}`), {
      cause: error,
    });
  }
}

function numberIn(text: string, value: string): number {
  if (/^\d{1,9}$/.test(value)) return Number(value);
  throw wrong(text, `a whole number, not ${JSON.stringify(value)}`);
}

function wrong(text: string, needed: string): TypeError {
  return typeError("UWSGI_INVALID_ARGUMENT", `subscription ${JSON.stringify(text)}: needed is ${needed}`);
}
