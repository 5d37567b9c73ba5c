/** Connecting to a node, TLS handshake included, within a time. */
import { dial, type DialTls, type Transport } from "../connection/index.ts";
import { TimeoutError } from "../errors.ts";
import type { Node } from "./node.ts";

/**
 * Rejects as `dial`, and with a TimeoutError (`UWSGI_CONNECT_TIMEOUT`) when it takes longer than `ms`; Infinity: as long
 * as it takes.
 */
export async function dialWithin(
  { address, name }: Node,
  ms: number,
  signal: AbortSignal | undefined,
  tls: DialTls | undefined,
): Promise<Transport> {
  if (ms === Number.POSITIVE_INFINITY) return dial(address, signal, tls);
  const both = new AbortController();
  const giveUp = (): void => both.abort(signal?.reason);
  const tooSlow = (): void =>
    both.abort(new TimeoutError(`cannot connect to ${name} within ${ms} ms`, { code: "UWSGI_CONNECT_TIMEOUT" }));
  // setTimeout takes no more than 2^31-1 ms.
  const timer = setTimeout(tooSlow, Math.min(ms, 2 ** 31 - 1));
  signal?.addEventListener("abort", giveUp, { once: true });
  if (signal?.aborted === true) giveUp();
  try {
    return await dial(address, both.signal, tls);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", giveUp);
  }
}
