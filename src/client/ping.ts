/** Is somebody there, and well? uWSGI's packet 100. */
import { decodeUtf8 } from "../environ/index.ts";
import { readLatin1 } from "../codec/index.ts";
import type { DialTls } from "../connection/index.ts";
import { errorCode, gone } from "../errors.ts";
import { exchange, type PacketTarget } from "./exchange.ts";
import { checkMs, noTimeouts } from "./timeouts.ts";

export interface PingOptions {
  /** For all of it. Default 3 000, as `uwsgi --ping-timeout`. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /** For `suwsgi://` addresses. Default that of a client. */
  readonly tls?: DialTls;
}

export interface Pong {
  /** What the server complains of (`uwsgi.warning_message`); "" when it is well. */
  readonly warning: string;
  /** From the call to the answer, with the connection that was made for it. */
  readonly roundTripMs: number;
}

const PING = 100;
const ANSWER = 1;

/**
 * Asks a server whether it is there. Rejects with a ConnectionError (`UWSGI_CONNECT_FAILED`; `UWSGI_PEER_GONE` where it closes
 * without an answer, as uWSGI does without its plugin `ping`), a TimeoutError (`UWSGI_TOTAL_TIMEOUT`), or a ProtocolError (`UWSGI_BAD_REPLY`,
 * `UWSGI_TRUNCATED_PACKET`).
 */
export async function ping(to: PacketTarget, { timeoutMs = 3_000, signal, tls }: PingOptions = {}): Promise<Pong> {
  checkMs("timeoutMs", timeoutMs);
  const startedAt = performance.now();
  const reply = await exchange(
    to,
    { modifier1: PING },
    {
      timeouts: { ...noTimeouts, totalMs: timeoutMs },
      ...(signal === undefined ? {} : { signal }),
      ...(tls === undefined ? {} : { tls }),
    },
  );
  try {
    const { payload } = await reply.readPacket({ modifier1: PING, modifier2: ANSWER });
    const roundTripMs = performance.now() - startedAt;
    return { warning: decodeUtf8(readLatin1(payload, 0, payload.length)), roundTripMs };
  } catch (error) {
    if (errorCode(error) !== "UWSGI_PEER_GONE" || !(error instanceof Error)) throw error;
    throw gone(`${error.message}: does it know packet 100 (in uWSGI: plugin ping)?`, error);
  } finally {
    reply.destroy();
  }
}
