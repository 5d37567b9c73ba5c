/** An announcement to the bytes that uWSGI sends for it (`core/subscription.c`: `uwsgi_subscription_ub`). */
import { encodePacket } from "../../codec/index.ts";
import { rangeError, typeError } from "../../errors.ts";
import {
  type Announcement,
  MAX_DATAGRAM_BYTES,
  MAX_NAME_BYTES,
  mostOf,
  type NumberField,
  SUBSCRIPTION_MODIFIER1,
  textFields,
} from "./announcement.ts";

export interface EncodeSubscriptionOptions {
  /** True: no more requests shall come. Default false. */
  readonly isUnsubscribe?: boolean;
  /**
   * Signs; both go into the packet, the signature last, because a router takes all bytes before it as signed. `unix`:
   * seconds since 1970, later than in any packet before (uWSGI adds 1 to unsubscribe).
   */
  readonly sign?: { readonly unix: number; readonly signer: (bytes: Uint8Array) => Uint8Array };
}

/**
 * The datagram that says it, byte for byte as uWSGI writes it.
 *
 * Throws a TypeError or RangeError (`UWSGI_INVALID_ARGUMENT`) for what no router could take, and a RangeError
 * (`UWSGI_PACKET_TOO_LARGE`) beyond the 4 096 bytes that routers read.
 */
export function encodeSubscription(announcement: Announcement, options: EncodeSubscriptionOptions = {}): Uint8Array {
  checkAnnouncement(announcement);
  const vars: [string, string | Uint8Array][] = [
    ["key", announcement.key],
    ["address", announcement.address],
    ["modifier1", numberOf(announcement, "modifier1", 0)],
    ["modifier2", numberOf(announcement, "modifier2", 0)],
    ["cores", numberOf(announcement, "cores", 1)],
    ["load", numberOf(announcement, "load", 0)],
    ["weight", numberOf(announcement, "weight", 1)],
  ];
  // uWSGI 2.0 never sends it: without it ours are 2.0's bytes.
  if (announcement.backup !== undefined) vars.push(["backup", numberOf(announcement, "backup", 0)]);
  for (const [field, name] of textFields) {
    const text = announcement[field];
    if (text !== undefined) vars.push([name, text]);
  }
  const modifier2 = options.isUnsubscribe === true ? 1 : 0;
  const encode = (): Uint8Array => encodePacket({ modifier1: SUBSCRIPTION_MODIFIER1, modifier2, vars });
  if (options.sign !== undefined) {
    const { unix, signer } = options.sign;
    if (!Number.isSafeInteger(unix) || unix < 0) throw notNumber("unix", unix, Number.MAX_SAFE_INTEGER);
    vars.push(["unix", String(unix)]);
    vars.push(["sign", signer(encode().subarray(4))]);
  }
  const bytes = encode();
  if (bytes.length <= MAX_DATAGRAM_BYTES) return bytes;
  throw rangeError(
    "UWSGI_PACKET_TOO_LARGE",
    `announcement of ${bytes.length} bytes, at most ${MAX_DATAGRAM_BYTES} are read by routers`,
  );
}

/**
 * Throws a TypeError or RangeError (`UWSGI_INVALID_ARGUMENT`) that names the field for what cannot be announced.
 */
function checkAnnouncement(announcement: Announcement): void {
  checkText("key", announcement.key, /^[\x21-\x7e]+$/, "printable ASCII without spaces");
  checkText("address", announcement.address, /^[\x20-\x7e]+$/, "printable ASCII");
  for (const [field] of textFields) {
    if (announcement[field] !== undefined) checkText(field, announcement[field], /^[\x20-\x7e]+$/, "printable ASCII");
  }
  for (const field of Object.keys(mostOf) as NumberField[]) numberOf(announcement, field, 0);
}

function checkText(field: string, text: unknown, pattern: RegExp, what: string): void {
  if (typeof text === "string" && text.length <= MAX_NAME_BYTES && pattern.test(text)) return;
  const seen = typeof text === "string" ? JSON.stringify(text) : typeof text;
  throw typeError(
    "UWSGI_INVALID_ARGUMENT",
    `${field} of the announcement is ${seen}: 1 to ${MAX_NAME_BYTES} characters of ${what} are needed`,
  );
}

function numberOf(announcement: Announcement, field: NumberField, fallback: number): string {
  const value = announcement[field] ?? fallback;
  if (Number.isSafeInteger(value) && value >= 0 && value <= mostOf[field]) return String(value);
  throw notNumber(field, value, mostOf[field]);
}

function notNumber(field: string, value: unknown, most: number): RangeError {
  return rangeError(
    "UWSGI_INVALID_ARGUMENT",
    `${field} of the announcement is ${String(value)}, allowed are whole numbers from 0 to ${most}`,
  );
}
