/** An upstream that reads the packet, keeps what it says, and then does as a test says. Without a look: scripted-peer.ts. */
import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { decodePacket } from "../../src/codec/index.ts";
import { concat } from "./wire.ts";
import { folderOf } from "./temp-folder.ts";

export interface PacketReadingUpstream {
  readonly socket: string;
  /** Connections that were made to it. */
  readonly connections: number;
  /** The packets that came, their vars as an object. */
  readonly packets: readonly Readonly<Record<string, string>>[];
  /** Peers that are connected. */
  readonly peers: ReadonlySet<Socket>;
}

/** Calls `act` once the packet has come; `rest` is what came behind it by then. */
export async function packetReadingUpstream(
  t: { teardown(end: () => void): void },
  act: (peer: Socket, rest: Uint8Array) => void,
): Promise<PacketReadingUpstream> {
  const socket = `${folderOf(t)}/s`;
  const state = { socket, connections: 0, packets: [] as Record<string, string>[], peers: new Set<Socket>() };
  const server = createServer((peer) => {
    state.connections++;
    state.peers.add(peer);
    peer.on("error", () => {});
    peer.on("close", () => state.peers.delete(peer));
    let bytes: Uint8Array = new Uint8Array(0);
    const onData = (chunk: Uint8Array): void => {
      bytes = concat([bytes, chunk]);
      if (bytes.length < 4 || bytes.length < 4 + ((bytes[1] ?? 0) | ((bytes[2] ?? 0) << 8))) return;
      peer.off("data", onData);
      const end = 4 + ((bytes[1] ?? 0) | ((bytes[2] ?? 0) << 8));
      const packet = decodePacket(bytes.subarray(0, end));
      if (packet === undefined) throw new Error("no packet");
      state.packets.push(packet.vars.toObject());
      act(peer, bytes.subarray(end));
    };
    peer.on("data", onData);
  });
  server.listen(socket);
  await once(server, "listening");
  t.teardown(() => {
    for (const peer of state.peers) peer.destroy();
    server.close();
  });
  return state;
}

/** Answers 200 with these bytes, and ends. */
export function answering(body = "served"): (peer: Socket) => void {
  return (peer) => peer.end(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
}
