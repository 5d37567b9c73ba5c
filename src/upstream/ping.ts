/** Asks a node whether it is well: packet 100, or a connection alone. */
import { encodePacket, PacketDecoder } from "../codec/index.ts";
import { type Address, dial, type DialTls, PeerStream } from "../connection/index.ts";
import { gone, ProtocolError } from "../errors.ts";

/** uWSGI's warnings have 80 bytes at most; an answer longer than this is no answer to a ping. */
const MOST_BYTES = 4_096;

/**
 * Resolves with the warning that the node has, "" when it has none. Rejects with a ConnectionError
 * (`UWSGI_CONNECT_FAILED`, `UWSGI_PEER_GONE`: it has closed without an answer, as servers do that do not know the
 * packet), a ProtocolError (`UWSGI_BAD_REPLY`, or as the decoder), or the reason of `signal`.
 *
 * `accept`: `pong`: the node must answer; `connect`: that it accepts a connection is enough, and nothing is sent.
 */
export async function pingNode(
  address: Address,
  accept: "pong" | "connect",
  signal: AbortSignal,
  tls?: DialTls,
): Promise<string> {
  const stream = new PeerStream(await dial(address, signal, tls));
  const cut = (): void => stream.destroy(signal.reason);
  signal.addEventListener("abort", cut, { once: true });
  try {
    return accept === "connect" ? "" : await askStream(stream);
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener("abort", cut);
    stream.destroy();
  }
}

async function askStream(stream: PeerStream): Promise<string> {
  await stream.write(encodePacket({ modifier1: 100 }));
  const decoder = new PacketDecoder({ maxDatasize: MOST_BYTES });
  for (;;) {
    const chunk = await stream.read();
    if (chunk === undefined) {
      throw gone("it closed the connection without an answer to a ping: does it know packet 100?");
    }
    decoder.push(chunk);
    const packet = decoder.read();
    if (packet === undefined) continue;
    const { modifier1, modifier2, payload } = packet;
    if (modifier1 === 100 && modifier2 === 1) return Buffer.from(payload).toString("latin1");
    throw new ProtocolError(`answered a ping with modifiers ${modifier1} and ${modifier2}, not 100 and 1`, {
      code: "UWSGI_BAD_REPLY",
    });
  }
}
