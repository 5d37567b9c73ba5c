/** Options of a connected TCP socket, asked of the system by a program that inherits it: Node cannot ask. */
import { spawnSync } from "node:child_process";
import type { Transport } from "../../src/connection/index.ts";

export interface SocketOptions {
  readonly noDelay: boolean;
  readonly keepAlive: boolean;
  /** Before the first probe. */
  readonly keepAliveSeconds: number;
}

// IPPROTO_TCP and TCP_KEEPIDLE by their numbers on Linux, which perl-base has no names for.
const PROGRAM = `
  use Socket;
  open(my $socket, "+<&=", 3) or die $!;
  my @values = map { unpack("i", getsockopt($socket, $_->[0], $_->[1])) } ([6, 1], [SOL_SOCKET, SO_KEEPALIVE], [6, 4]);
  print join(" ", @values);
`;

interface WithDescriptor {
  readonly handle?: { readonly fd: number };
  readonly socket?: Readonly<Record<string, { readonly fd: number }>>;
}

/** Needs perl, and Linux. */
export function socketOptionsOf(transport: Transport): SocketOptions {
  const { handle, socket } = transport as unknown as WithDescriptor;
  const { fd } = handle ?? socket?.["_handle"] ?? { fd: -1 };
  const { stdout, stderr, status } = spawnSync("perl", ["-e", PROGRAM], { stdio: ["ignore", "pipe", "pipe", fd] });
  if (status !== 0) throw new Error(`perl ended with ${status}: ${String(stderr)}`);
  const [noDelay, keepAlive, keepAliveSeconds = 0] = String(stdout).split(" ").map(Number);
  return { noDelay: noDelay !== 0, keepAlive: keepAlive !== 0, keepAliveSeconds };
}
