/** One ping: a connection, packet 100, and the answer. */
import { encodePacket, PacketDecoder } from "../../codec/index.ts";
import { type Address, dial, type DialTls, formatAddress, PeerStream } from "../../connection/index.ts";
import { gone, ProtocolError } from "../../errors.ts";

/** An answer that came. */
export interface Pong {
  /** From before the connection to the whole answer. */
  readonly ms: number;
  /** What the server warns of; "" when all is well. Latin-1. */
  readonly warning: string;
}

/** Longer warnings than uWSGI's 80 bytes are taken, but not any. */
const MOST_WARNING_BYTES = 4_096;

/**
 * Pings; rejects when no answer comes: a ConnectionError (`UWSGI_CONNECT_FAILED`, `UWSGI_PEER_GONE`), a ProtocolError for
 * an answer that is no pong (`UWSGI_BAD_REPLY` and those of packets), or the reason of `signal`.
 */
export async function pingOnce(address: Address, signal: AbortSignal, tls?: DialTls): Promise<Pong> {
  const startedMs = performance.now();
  const stream = new PeerStream(await dial(address, signal, tls));
  const cut = (): void => stream.destroy(signal.reason);
  signal.addEventListener("abort", cut, { once: true });
  try {
    signal.throwIfAborted();
    await stream.write(encodePacket({ modifier1: 100 }));
    const warning = await readPong(stream, formatAddress(address));
    return { ms: performance.now() - startedMs, warning };
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener("abort", cut);
    stream.destroy();
  }
}

async function readPong(stream: PeerStream, name: string): Promise<string> {
  const decoder = new PacketDecoder({ maxDatasize: MOST_WARNING_BYTES });
  for (let bytes = 0; ;) {
    const chunk = await stream.read();
    if (chunk === undefined) {
      if (bytes === 0) throw gone(`${name} closed without an answer: it does not answer pings`);
      decoder.end();
      throw gone(`${name} closed inside its answer`);
    }
    bytes += chunk.length;
    decoder.push(chunk);
    const packet = decoder.read();
    if (packet === undefined) continue;
    const { modifier1, modifier2, payload } = packet;
    if (modifier1 === 100 && modifier2 === 1) return Buffer.from(payload).toString("latin1");
    throw new ProtocolError(
      `${name} answered with modifier1 ${modifier1} and modifier2 ${modifier2}, a pong has 100 and 1`,
      {
        code: "UWSGI_BAD_REPLY",
      },
    );
  }
}
