/** What is nobody's error: a client that goes away. */
import { errorCode } from "../errors.ts";
import type { Exchange } from "../handler/index.ts";

/** What reads, writes, and functions that were given the signal throw once the peer is gone, or nobody waits. */
const peerGoneCodes: ReadonlySet<string | undefined> = new Set([
  "UWSGI_PEER_GONE",
  "UWSGI_BODY_TRUNCATED",
  "UWSGI_WRITE_TIMEOUT",
  "UWSGI_HARAKIRI",
]);

/** True when the peer is gone, and the error says no more than that. Not when the server has cut it to close. */
export function isPeersFault(exchange: Exchange, error: unknown): boolean {
  if (!exchange.peerGone || isShutDown(exchange)) return false;
  return peerGoneCodes.has(errorCode(error)) || (error instanceof Error && error.name === "AbortError");
}

/** True when the server, which closes, has cut the exchange. */
export function isShutDown({ cutBecause }: Exchange): boolean {
  return cutBecause?.code === "UWSGI_SERVER_CLOSED";
}
