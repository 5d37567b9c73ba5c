/** All that a worker is told at its start. Survives `v8.serialize`: plain data, and `Infinity` stays what it is. */
import type { InterfaceName } from "../../app/index.ts";
import type { Address, TlsOptions } from "../../connection/index.ts";
import type { AccessFormat, ErrorFormat } from "../../log/index.ts";
import type { HttpOptions, ServerOptions } from "../../server/index.ts";

export interface WorkerSetup {
  readonly worker: {
    /** Its place, from 1. */
    readonly id: number;
    readonly generation: number;
    /** Most workers that there are at a time: `wsgi.multiprocess` is true above 1. */
    readonly processes: number;
  };
  readonly application: {
    /** `path[:export]`. */
    readonly name: string;
    readonly interface?: InterfaceName;
    readonly listen?: string;
    readonly fastGlobals: boolean;
    readonly args: readonly string[];
    /**
     * Modules that are imported before it, as by `node --import`; by the worker itself, which is no longer root by
     * then.
     */
    readonly preload?: readonly string[];
    /** Around it, by name. */
    readonly middleware?: readonly { readonly name: string; readonly options?: Readonly<Record<string, unknown>> }[];
  };
  /** Sockets that it inherits; `name` is for logs. */
  readonly sockets: readonly InheritedSocket[];
  /** Applied before the application is loaded; `process.setuid(0)` is tried afterwards, and must fail. */
  readonly privileges: Privileges;
  readonly server: Omit<ServerOptions & HttpOptions, "plugins" | "lifecycle" | "beforeClose" | "beforeAnswer">;
  readonly log: WorkerLog & OwnDescriptors;
  /** It says that it wants out at so many requests; jitter is the master's. */
  readonly maxRequests?: number;
  /** Milliseconds for a request: the server ends it, and the master the worker where its event loop is stuck. */
  readonly harakiriMs?: number;
  /** A thread watches the event loop, and tells where it is stuck. */
  readonly watchesLoop: boolean;
}

export interface InheritedSocket {
  readonly fd: number;
  readonly name: string;
  /** Where the master has bound it: it listens on `inheritedAs(fd, address)`. */
  readonly address: Address;
  readonly tls?: TlsOptions;
}

/** Numbers: names were looked up by the master. */
export interface Privileges {
  readonly uid?: number;
  readonly gid?: number;
  /** Supplementary groups; without them, and with a uid, none. */
  readonly groups?: readonly number[];
  readonly umask?: number;
  /** It may be root all the same. Default false. */
  readonly allowRoot?: boolean;
}

export interface WorkerLog {
  /** As `LogOptions.accessFormat`; `off`: none. */
  readonly access: AccessFormat | "off";
  /** As `LogOptions.errorFormat`; the master's own lines have it, too. */
  readonly errors: ErrorFormat;
  /** Default: standard output. */
  readonly accessFile?: string;
  /** Default: standard error. */
  readonly errorFile?: string;
  /**
   * What workers and attached programs print: `off`: it goes where the master's goes, as it is; `lines`: the master reads
   * it, and each line is a record of its log. Default `off`.
   */
  readonly capture?: "off" | "lines";
  /** With `capture`: most lines a second of each process and stream; five times as many at once. Default 2 000. */
  readonly captureRate?: number;
}

/** Where a worker's own lines go when what it prints goes to its master: standard output and error of that one. */
export interface OwnDescriptors {
  readonly accessFd?: number;
  readonly errorFd?: number;
}
