/** What the side-by-side must know of a server to start it and to put nginx in front of it. */
import type { ProgramOptions } from "../programs/control.ts";

export type Over = "unix" | "tcp";

/** What nginx speaks to it. */
export type Protocol = "uwsgi" | "http" | "http-keep-alive" | "fastcgi";

export interface Backend {
  /** For `--backends`, and in results. */
  readonly name: string;
  /** For people. */
  readonly title: string;
  readonly protocol: Protocol;
  /** Where it can listen. */
  readonly over: readonly Over[];
  /** True when a machine may lack what it takes; it is then left out with a message. */
  readonly optional: boolean;
  /** False for one that answers hello whatever is asked. */
  readonly runsApplications: boolean;
  /** How it is started. May make files in the folder; throws an Error that says what is missing. */
  command(place: BackendPlace): Command;
}

export interface BackendPlace extends Pick<ProgramOptions, "socket" | "backlog" | "idle"> {
  /** For what it has to make. */
  readonly folder: string;
}

export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  /** True for Node programs that take orders, see `programs/control.ts`. */
  readonly takesOrders: boolean;
}
