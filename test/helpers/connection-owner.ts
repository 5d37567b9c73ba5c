/** A connection on a transport in memory, and an owner that notes what it is told and passes the time. */
import type { DecodeLimits, Packet } from "../../src/codec/index.ts";
import {
  Connection,
  type ConnectionLimits,
  type ConnectionOwner,
  defaultLimits,
  Roster,
  Sweeper,
} from "../../src/connection/index.ts";
import type { TimeoutError, UwsgiError } from "../../src/errors.ts";
import { type MemoryOptions, MemoryTransport } from "./memory-transport.ts";
import { packetOf } from "./wire.ts";

export type Limits = DecodeLimits & Partial<ConnectionLimits>;

/** Notes what a connection tells, and leaves the answer to the test. */
export class Owner implements ConnectionOwner {
  readonly limits: DecodeLimits & ConnectionLimits;
  readonly connections: Roster<Connection> = new Roster();
  readonly sweeper: Sweeper = new Sweeper(this.connections);
  readonly packets: Packet[] = [];
  readonly faults: (readonly [code: string, modifier1: number | undefined])[] = [];
  readonly timeouts: string[] = [];
  closed = 0;

  constructor(limits: Limits = {}) {
    this.limits = { ...defaultLimits, ...limits };
  }

  /** Lets so much time pass, in steps as short as those of the real timer. */
  pass(ms: number): void {
    for (let left = ms; left > 0; left -= 250) this.sweeper.sweep(Math.min(left, 250));
  }

  refusal(): UwsgiError | undefined {
    return undefined;
  }

  onPacket(_: Connection, packet: Packet): void {
    packet.keep();
    this.packets.push(packet);
  }

  onMalformed(_: Connection, error: UwsgiError, modifier1: number | undefined): void {
    this.faults.push([error.code, modifier1]);
  }

  onTimeout(_: Connection, error: TimeoutError): void {
    this.timeouts.push(error.code);
  }

  onClosed(connection: Connection): void {
    this.closed++;
    this.connections.delete(connection);
  }
}

export interface Made {
  readonly owner: Owner;
  readonly transport: MemoryTransport;
  readonly connection: Connection;
}

export function make(options: MemoryOptions & Limits = {}): Made {
  const { lendsReads = true, ...limits } = options;
  const owner = new Owner(limits);
  const transport = new MemoryTransport({ lendsReads });
  const connection = new Connection(transport, owner);
  owner.connections.add(connection);
  connection.begin();
  return { owner, transport, connection };
}

/** A connection whose packet has come. */
export function exchange(options: MemoryOptions & Limits = {}): Made {
  const made = make(options);
  made.transport.receive(packetOf(new Uint8Array(0)));
  return made;
}

/** Lets everything run that is ready to. */
export function settle(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
