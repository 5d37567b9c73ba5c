/** A decoder that is nothing but the rules of the format, one after the other: what the codec is compared with. */
import { modifiers } from "../../src/codec/index.ts";

/** Where a name and its value lie: offsets in the bytes of the packet. */
export interface Span {
  readonly nameStart: number;
  readonly nameEnd: number;
  readonly valueStart: number;
  readonly valueEnd: number;
}

export interface Fault {
  readonly code: string;
  /** From the first byte of the packet. */
  readonly offset: number;
}

/** `vars`: those of a vars block, or what is wrong with it as one. */
export type ReferencePacket =
  | { readonly kind: "packet"; readonly length: number; readonly vars: Span[] | Fault }
  | { readonly kind: "missing" }
  | { readonly kind: "fault"; readonly fault: Fault };

/** Families whose payload is a vars block: data that the codec has as a table, and no part of what is compared. */
const familiesWithVars: ReadonlySet<number> = new Set(
  [...modifiers.values()].filter(({ payload }) => payload === "vars").map(({ modifier1 }) => modifier1),
);

/** Reads the packet that begins at `start`. */
export function referencePacket(
  bytes: Uint8Array,
  start: number,
  maxDatasize: number,
  maxVars: number,
): ReferencePacket {
  const left = bytes.length - start;
  if (left < 4) return { kind: "missing" };
  const length = 4 + u16(bytes, start + 1);
  if (length - 4 > maxDatasize) return { kind: "fault", fault: { code: "UWSGI_DATASIZE_LIMIT", offset: 1 } };
  if (length > left) return { kind: "missing" };
  const vars = referenceVars(bytes, start, start + length, maxVars);
  if (!Array.isArray(vars) && familiesWithVars.has(bytes[start] as number)) return { kind: "fault", fault: vars };
  return { kind: "packet", length, vars };
}

function referenceVars(bytes: Uint8Array, start: number, end: number, maxVars: number): Span[] | Fault {
  const spans: Span[] = [];
  let at = start + 4;
  while (at !== end) {
    if (spans.length === maxVars) return { code: "UWSGI_VARS_LIMIT", offset: at - start };
    if (at + 1 === end) return { code: "UWSGI_TRAILING_BYTES", offset: at - start };
    const nameStart = at + 2;
    const nameEnd = nameStart + u16(bytes, at);
    if (nameEnd === nameStart) return { code: "UWSGI_EMPTY_KEY", offset: at - start };
    if (nameEnd > end) return { code: "UWSGI_KEY_PAST_END", offset: at - start };
    const valueStart = nameEnd + 2;
    if (valueStart > end) return { code: "UWSGI_TRAILING_BYTES", offset: nameEnd - start };
    const valueEnd = valueStart + u16(bytes, nameEnd);
    if (valueEnd > end) return { code: "UWSGI_VALUE_PAST_END", offset: nameEnd - start };
    spans.push({ nameStart, nameEnd, valueStart, valueEnd });
    at = valueEnd;
  }
  return spans;
}

function u16(bytes: Uint8Array, at: number): number {
  return (bytes[at] as number) + 256 * (bytes[at + 1] as number);
}
