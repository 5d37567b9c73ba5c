/** A backend at an address, with a port of nginx in front of it. */
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import type { Backend, Over } from "../backends/index.ts";

export interface Contestant {
  /** `uisge-net/unix`. */
  readonly key: string;
  readonly title: string;
  readonly backend: Backend;
  readonly over: Over;
  /** Where the backend listens: a socket path, or `host:port`. */
  readonly socket: string;
  /** Where nginx does, on 127.0.0.1. */
  readonly port: number;
}

/** Gives every backend an address of each kind that it can listen at. */
export async function contestantsOf(backends: readonly Backend[], folder: string): Promise<Contestant[]> {
  const places = backends.flatMap((backend) => backend.over.map((over) => ({ backend, over })));
  const ports = await freePorts(2 * places.length);
  return places.map(({ backend, over }, i) => ({
    key: `${backend.name}/${over}`,
    title: `${backend.title}; ${over === "unix" ? "unix socket" : "TCP"}`,
    backend,
    over,
    socket: over === "unix" ? join(folder, `${backend.name}.sock`) : `127.0.0.1:${ports[2 * i] ?? 0}`,
    port: ports[2 * i + 1] ?? 0,
  }));
}

/** TCP ports of 127.0.0.1 that nobody listened on a moment ago. */
async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, "127.0.0.1"));
  await Promise.all(servers.map((server) => once(server, "listening")));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => once(server.close(), "close")));
  return ports;
}
