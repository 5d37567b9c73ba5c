/**
 * Bytes of a datagram to an announcement. Stricter than uWSGI's reader (`uwsgi_corerouter_manage_subscription`), which
 * looks neither at modifier1 nor at the length in the header, lets the last of repeated fields win and reads any bytes
 * as a number: what two readers could take differently is refused.
 */
import { decodeVars } from "../../codec/index.ts";
import { ProtocolError } from "../../errors.ts";
import {
  MAX_DATAGRAM_BYTES,
  MAX_NAME_BYTES,
  mostOf,
  type NumberField,
  type ReceivedAnnouncement,
  SUBSCRIPTION_MODIFIER1,
  textFields,
} from "./announcement.ts";

/** uWSGI writes 17 at most. */
const MAX_FIELDS = 32;

/** Fields that may stand in the packet once only. */
const known: ReadonlySet<string> = new Set([
  "key",
  "address",
  ...Object.keys(mostOf),
  ...textFields.map(([, name]) => name),
  "vassal",
  "clear",
  "unix",
  "sign",
]);

/**
 * Reads one datagram. Fields that are not known are passed over, as by uWSGI. Does not verify a signature.
 *
 * Throws a ProtocolError (`UWSGI_BAD_SUBSCRIPTION`), whatever the bytes are.
 */
export function decodeSubscription(bytes: Uint8Array): ReceivedAnnouncement {
  const fields = readFields(bytes);
  const [last] = [...fields.keys()].slice(-1);
  const key = readText(fields, "key", /^[\x21-\x7e]+$/);
  const numberOf = (field: NumberField): number => readNumber(fields, field, mostOf[field]) ?? 0;
  if (!fields.has("address") && fields.has("vassal")) {
    throw bad(`a node of the key ${key} without an address: vassals are not started from here`);
  }
  const texts = textFields.flatMap(([field, name]) =>
    fields.has(name) ? [[field, readText(fields, name, /^[\x20-\x7e]+$/)] as const] : [],
  );
  const unix = readNumber(fields, "unix", Number.MAX_SAFE_INTEGER);
  const signature = fields.get("sign")?.bytes;
  if (signature !== undefined && last !== "sign") {
    throw bad("the signature is not the last field: it would not cover what stands behind it");
  }
  return {
    key,
    address: readText(fields, "address", /^[\x20-\x7e]+$/),
    modifier1: numberOf("modifier1"),
    modifier2: numberOf("modifier2"),
    cores: numberOf("cores"),
    load: numberOf("load"),
    weight: numberOf("weight") || 1,
    backup: numberOf("backup"),
    ...(Object.fromEntries(texts) as Pick<ReceivedAnnouncement, (typeof textFields)[number][0]>),
    // `clear`: uWSGI 2.1's word for the same at its end (`subscription-clear-on-shutdown`).
    isUnsubscribe: bytes[3] !== 0 || readNumber(fields, "clear", 1) === 1,
    ...(unix === undefined ? {} : { unix }),
    ...(signature === undefined
      ? {}
      : { signature: { bytes: signature, signed: bytes.subarray(4, bytes.length - signature.length - SIGN_BYTES) } }),
  };
}

/** Two lengths and the name `sign`. */
const SIGN_BYTES = 8;

interface Field {
  readonly text: string;
  readonly bytes: Uint8Array;
}

/** The fields in their order. */
function readFields(bytes: Uint8Array): Map<string, Field> {
  if (bytes.length > MAX_DATAGRAM_BYTES) {
    throw bad(`datagram of ${bytes.length} bytes, at most ${MAX_DATAGRAM_BYTES} are allowed`);
  }
  if (bytes.length < 4) throw bad(`datagram of ${bytes.length} bytes, a header alone has 4`);
  if (bytes[0] !== SUBSCRIPTION_MODIFIER1) throw bad(`modifier1 is ${bytes[0]}, a subscription has 224`);
  const datasize = (bytes[1] as number) | ((bytes[2] as number) << 8);
  if (datasize !== bytes.length - 4) throw bad(`datasize of ${datasize} bytes in front of ${bytes.length - 4}`);
  const fields = new Map<string, Field>();
  try {
    const vars = decodeVars(bytes.subarray(4), MAX_FIELDS);
    for (const [name, text] of vars) {
      if (fields.has(name) && known.has(name)) throw bad(`the field ${name} comes twice`);
      // Behind `set` of a name that is there already the map would keep its first place.
      fields.delete(name);
      fields.set(name, {
        text,
        bytes: known.has(name) ? (vars.getBytes(name) ?? new Uint8Array(0)) : new Uint8Array(0),
      });
    }
  } catch (error) {
    if (!(error instanceof ProtocolError) || error.code === "UWSGI_BAD_SUBSCRIPTION") throw error;
    throw new ProtocolError(error.message, { code: "UWSGI_BAD_SUBSCRIPTION", cause: error });
  }
  return fields;
}

function readText(fields: ReadonlyMap<string, Field>, name: string, pattern: RegExp): string {
  const text = fields.get(name)?.text;
  if (text === undefined) throw bad(`there is no ${name}`);
  if (text.length > MAX_NAME_BYTES) {
    throw bad(`${name} of ${text.length} bytes, at most ${MAX_NAME_BYTES} are allowed`);
  }
  if (pattern.test(text)) return text;
  throw bad(`${name} is ${JSON.stringify(text)}: printable ASCII is allowed`);
}

function readNumber(fields: ReadonlyMap<string, Field>, name: string, most: number): number | undefined {
  const text = fields.get(name)?.text;
  if (text === undefined) return undefined;
  const number = /^[0-9]{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (number <= most) return number;
  throw bad(`${name} is ${JSON.stringify(text.slice(0, 32))}, allowed are whole numbers from 0 to ${most}`);
}

function bad(message: string): ProtocolError {
  return new ProtocolError(`subscription: ${message}`, { code: "UWSGI_BAD_SUBSCRIPTION" });
}
