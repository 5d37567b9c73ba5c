/** Which headers of an upstream's answer a client gets. Pure. */
import type { Header } from "../../codec/index.ts";
import { hopByHopHeaders, isOffloadHeader } from "../../environ/index.ts";

/**
 * The headers as a client may have them, in order: none that concern the connection to the upstream, those included that its
 * `Connection` names; no orders to a front end (T38) unless `passesFrontEnd`; and no length where there is no body (204).
 */
export function clientHeaders(headers: readonly Header[], status: number, passesFrontEnd: boolean): Header[] {
  const kept: Header[] = [];
  let nominated: string[] | undefined;
  for (const [name, value] of headers) {
    if (name.length === 10 && name.toLowerCase() === "connection") {
      nominated = [...(nominated ?? []), ...value.toLowerCase().split(",")].map((option) => option.trim());
    }
  }
  for (const header of headers) {
    const name = header[0].toLowerCase();
    if (hopByHopHeaders.has(name) || nominated?.includes(name) === true) continue;
    if (!passesFrontEnd && isOffloadHeader(name)) continue;
    if (status === 204 && name === "content-length") continue;
    kept.push(header);
  }
  return kept;
}

/** Those of a 101, which are about the connection: of what `clientHeaders` leaves out it keeps that, and has no length. */
export function switchHeaders(headers: readonly Header[], passesFrontEnd: boolean): Header[] {
  return headers.filter(([header]) => {
    const name = header.toLowerCase();
    return name !== "content-length" && (passesFrontEnd || !isOffloadHeader(name));
  });
}

/** True when the length of the body is announced. */
export function hasLength(headers: readonly Header[]): boolean {
  return headers.some(([name]) => name.length === 14 && name.toLowerCase() === "content-length");
}
