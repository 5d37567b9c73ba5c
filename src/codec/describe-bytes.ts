import { readLatin1 } from "./latin1.ts";

/** Bytes of a packet as text, for messages: `00 06 00 00 "..A..B"`. */
export function describeBytes(bytes: Uint8Array, most = 16): string {
  const head = bytes.subarray(0, most);
  const hex = Array.from(head, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
  // oxlint-disable-next-line no-control-regex -- control bytes are what must not reach a terminal
  const text = readLatin1(head, 0, head.length).replace(/[^\x20-\x7e]/g, ".");
  return `${hex} "${text}"${bytes.length > most ? "..." : ""}`;
}
