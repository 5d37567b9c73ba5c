/**
 * The sockets of a service, as its master has them: bound, taken over from systemd or from a master before this one,
 * and held through everything. It never accepts; workers inherit the descriptors and do.
 *
 * They are had in two steps, because the second takes as long as a program takes to start, and workers can be started
 * meanwhile: `bind` has the descriptors, and refuses what can be refused at once; `openQueues` makes them listen and
 * gives unix sockets their path. What is at a path thus always listens: nobody takes it for dead.
 */
import {
  type Address,
  adoptSocket,
  checkExposure,
  formatAddress,
  type HeldSocket,
  type HoldingServer,
  type HoldOptions,
  holdSocket,
  type ListenOptions,
  openQueues,
  type TlsOptions,
} from "../connection/index.ts";
import { ConnectionError, typeError } from "../errors.ts";
import { type Activated, takeActivation } from "./activation.ts";
import { type HandedSocket, takeHandover, writeHandover } from "./handover.ts";
import { isSameAddress } from "./same-address.ts";

export interface SocketsOptions extends ListenOptions {
  /** What was passed to this process is read there, and removed, so that no child reads it. Default `process.env`. */
  readonly env?: NodeJS.ProcessEnv;
  /** See `Listening.onLost`. */
  readonly onLost?: (name: string, how: "removed" | "replaced", isRecreated: boolean) => void;
  readonly onError?: (name: string, error: Error) => void;
  /** A path was bound anew (`recreate`): workers that are started from now on have another socket than those before. */
  readonly onReplaced?: (name: string) => void;
}

/** What a worker gets. */
export interface ServiceSocket {
  /** In this process. */
  readonly fd: number;
  /** For logs: systemd's name, or the address. */
  readonly name: string;
  /** Where it is; workers listen on `inheritedAs(theirFd, address)`. */
  readonly address: Address;
  readonly tls?: TlsOptions;
}

interface Place {
  /** The address as it was asked for. */
  readonly asked: string;
  readonly name: string | undefined;
  /** Rejected: `openQueues` says why. */
  readonly held: Promise<HeldSocket>;
  /** Once it is there. */
  socket?: HeldSocket;
  /** Bound, and waits for `openQueues`. */
  waiting?: Waiting;
}

interface Waiting {
  readonly server: HoldingServer;
  readonly address: Address;
  readonly backlog: number;
  open(error?: Error): void;
}

/** What was passed to this process, and has not found its address yet. */
interface Passed {
  readonly handed: HandedSocket[];
  readonly activated: (Activated & { readonly held: HeldSocket })[];
}
