/** A node as nginx's `server` directive writes it. */
import { typeError } from "../errors.ts";
import { type NodeInit, nodeSettings } from "./node-init.ts";

/**
 * Reads a node: an address, then what is said about it, with blanks between.
 *
 *     10.0.0.1:3031 weight=3 max_fails=2 fail_timeout=30s max_conns=100
 *     /run/app.sock backup modifier1=5 id=old
 *
 * Times are nginx's: seconds, or a number with `ms`, `s`, `m` or `h`. `backup=2` is a backup behind the backups.
 * Throws a TypeError (`UWSGI_INVALID_ADDRESS`, `UWSGI_INVALID_ARGUMENT`) or a RangeError (`UWSGI_INVALID_ARGUMENT`).
 */
export function parseNode(text: string): NodeInit {
  const [address = "", ...words] = text.trim().split(/[ \t]+/);
  const init: NodeInit = { address };
  const seen = new Set<string>();
  for (const word of words) {
    const [key, value] = splitOnce(word);
    const read = readers.get(key);
    if (read === undefined) throw unreadable(text, `${word} is not known: there are ${[...readers.keys()].join(", ")}`);
    if (seen.has(key)) throw unreadable(text, `${key} came twice`);
    seen.add(key);
    Object.assign(
      init,
      read(value, (why) => unreadable(text, `${word}: ${why}`)),
    );
  }
  nodeSettings(init);
  return init;
}

type Reader = (value: string | undefined, wrong: (why: string) => TypeError) => Partial<NodeInit>;

/** nginx's parameters, and three of our own behind them. */
const readers: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ["weight", (value, wrong) => ({ weight: count(value, wrong) })],
  ["max_fails", (value, wrong) => ({ maxFails: count(value, wrong) })],
  ["fail_timeout", (value, wrong) => ({ failTimeoutMs: milliseconds(value, wrong) })],
  // nginx: 0 is no limit.
  ["max_conns", (value, wrong) => ({ maxInFlight: count(value, wrong) || Number.POSITIVE_INFINITY })],
  ["backup", (value, wrong) => (value === undefined ? { isBackup: true } : { backupLevel: count(value, wrong) })],
  ["modifier1", (value, wrong) => ({ modifier1: count(value, wrong) })],
  ["modifier2", (value, wrong) => ({ modifier2: count(value, wrong) })],
  ["id", (value, wrong) => ({ id: given(value, wrong) })],
]);

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

function milliseconds(value: string | undefined, wrong: (why: string) => TypeError): number {
  const [, number, unit = "s"] = /^([0-9]{1,9})(ms|s|m|h)?$/.exec(given(value, wrong)) ?? [];
  if (number === undefined) throw wrong("a time is needed, such as 10, 10s or 500ms");
  return Number(number) * (unitMs[unit] ?? 1);
}

function count(value: string | undefined, wrong: (why: string) => TypeError): number {
  const text = given(value, wrong);
  if (!/^[0-9]{1,9}$/.test(text)) throw wrong("a whole number is needed");
  return Number(text);
}

function given(value: string | undefined, wrong: (why: string) => TypeError): string {
  if (value !== undefined && value !== "") return value;
  throw wrong("a value is needed behind =");
}

function splitOnce(word: string): [key: string, value?: string] {
  const at = word.indexOf("=");
  return at < 0 ? [word] : [word.slice(0, at), word.slice(at + 1)];
}

function unreadable(text: string, why: string): TypeError {
  return typeError("UWSGI_INVALID_ARGUMENT", `node ${JSON.stringify(text)}: ${why}`);
}
