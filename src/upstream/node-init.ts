/** What may be said about a node, and what is so where nothing is said. */
import { type Address, formatAddress, parseAddress } from "../connection/index.ts";
import { rangeError, typeError } from "../errors.ts";

/** One member of an upstream. */
export interface NodeInit {
  /** See `parseAddress`. A host name stands for all its addresses, each a node of its own with these settings. */
  readonly address: string | Address;
  /** Its share of the requests beside the others: a whole number from 1 to 65 535. Default 1. */
  readonly weight?: number;
  /** Asked only when no other node can be. Default false. */
  readonly isBackup?: boolean;
  /** Backups of a level are asked when none of a lower level can be (uWSGI's `backup`); 0 is no backup. Default 1 for backups. */
  readonly backupLevel?: number;
  /** So many failures within `failTimeoutMs` take the node out; 0 never does. Default 1, as nginx. */
  readonly maxFails?: number;
  /** In which failures are counted, and for how long the node is left alone then. Default 10 000, as nginx. */
  readonly failTimeoutMs?: number;
  /** Most requests at the same time, the bodies of their answers included. Default Infinity. */
  readonly maxInFlight?: number;
  /** Sent instead of the request's own: what the node asks for (uWSGI's subscriptions). */
  readonly modifier1?: number;
  readonly modifier2?: number;
  /** What hash modes know the node by, so that its keys stay when its address changes. Default its address. */
  readonly id?: string;
}

/** A node as it is kept: everything said. */
export interface NodeSettings {
  readonly address: Address;
  /** The address as `formatAddress` writes it. */
  readonly name: string;
  readonly weight: number;
  /** 0 for primaries, then backups. */
  readonly backupLevel: number;
  readonly maxFails: number;
  readonly failTimeoutMs: number;
  readonly maxInFlight: number;
  readonly modifier1: number | undefined;
  readonly modifier2: number | undefined;
  readonly id: string | undefined;
}

const known: ReadonlySet<string> = new Set<keyof NodeInit>([
  "address",
  "weight",
  "isBackup",
  "backupLevel",
  "maxFails",
  "failTimeoutMs",
  "maxInFlight",
  "modifier1",
  "modifier2",
  "id",
]);

/**
 * Checks what was said about a node. Throws a TypeError (`UWSGI_INVALID_ADDRESS`, `UWSGI_INVALID_ARGUMENT`) or a
 * RangeError (`UWSGI_INVALID_ARGUMENT`).
 */
export function nodeSettings(init: NodeInit): NodeSettings {
  for (const key of Object.keys(init)) {
    if (!known.has(key)) throw wrong(`node option ${key} is not known: there are ${[...known].join(", ")}`);
  }
  const address = typeof init.address === "string" ? parseAddress(init.address) : init.address;
  if (typeof address !== "object" || address === null) throw wrong("a node needs an address");
  const name = formatAddress(address);
  if (address.kind === "fd") throw wrong(`node ${name}: an inherited socket can be listened on, not connected to`);
  const { isBackup = false, id } = init;
  if (typeof isBackup !== "boolean")
    throw wrong(`node ${name}: isBackup is ${typeof isBackup}, true or false is needed`);
  if (id !== undefined && (typeof id !== "string" || id === "")) throw wrong(`node ${name}: id is not text, or empty`);
  const number = (key: keyof NodeInit, least: number, most: number, fallback: number): number =>
    checkNumber(`node ${name}: ${key}`, init[key] ?? fallback, least, most);
  return {
    address,
    name,
    weight: number("weight", 1, 65_535, 1),
    backupLevel: number("backupLevel", 0, 255, isBackup ? 1 : 0),
    maxFails: number("maxFails", 0, 1_000_000, 1),
    failTimeoutMs: number("failTimeoutMs", 1, 86_400_000, 10_000),
    maxInFlight: number("maxInFlight", 1, Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY),
    modifier1: init.modifier1 === undefined ? undefined : number("modifier1", 0, 255, 0),
    modifier2: init.modifier2 === undefined ? undefined : number("modifier2", 0, 255, 0),
    id,
  };
}

/** A whole number, or Infinity where that is allowed; else a TypeError or a RangeError (`UWSGI_INVALID_ARGUMENT`). */
export function checkNumber(what: string, value: unknown, least: number, most: number): number {
  if (typeof value !== "number") throw wrong(`${what} is ${typeof value}, a number is needed`);
  if ((Number.isInteger(value) || value === Number.POSITIVE_INFINITY) && value >= least && value <= most) return value;
  throw rangeError("UWSGI_INVALID_ARGUMENT", `${what} is ${value}, whole numbers from ${least} to ${most} are allowed`);
}

function wrong(message: string): TypeError {
  return typeError("UWSGI_INVALID_ARGUMENT", message);
}
