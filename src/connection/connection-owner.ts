/** What a connection needs of whoever accepts it. */
import type { DecodeLimits, Packet } from "../codec/index.ts";
import type { TimeoutError, UwsgiError } from "../errors.ts";
import type { Connection } from "./connection.ts";
import type { ConnectionLimits } from "./limits.ts";
import type { Sweeper } from "./sweeper.ts";

/** Who is told what becomes of a connection. */
export interface ConnectionOwner {
  readonly limits: DecodeLimits & ConnectionLimits;
  /** Asks each connection whether it is due. */
  readonly sweeper: Sweeper;
  /** Why a packet with this beginning, the header at least, is not to be answered; undefined: `onPacket` will be called. */
  refusal(beginning: Uint8Array): UwsgiError | undefined;
  /**
   * A whole packet has come: the owner answers it. Where the transport lends its reads the packet is good only
   * until this returns: see `Packet.keep`.
   */
  onPacket(connection: Connection, packet: Packet): void;
  /** What came is no packet; the owner answers or destroys. `modifier1`: that of a header that came whole. */
  onMalformed(connection: Connection, error: UwsgiError, modifier1: number | undefined): void;
  /** The peer was too slow with its packet, or in taking the answer, and has been cut. */
  onTimeout(connection: Connection, error: TimeoutError): void;
  onClosed(connection: Connection): void;
}
