/**
 * The control socket of a manager: who reaches it may command, so only its user does. It is bound under a private name
 * and gets its mode there, as all our unix sockets: nobody is quick enough to come before.
 *
 * A client that is silent, slow or sends rubbish holds one of a few places for some seconds, and does nothing else.
 */
import type { Socket } from "node:net";
import { type Bound, listenSockets } from "../../connection/index.ts";
import { dirname } from "node:path";
import { ControlSession, type ControlLimits, defaultLimits } from "./control-session.ts";
import { failureLine } from "./control-messages.ts";
import type { Controlled } from "./controlled.ts";
import { checkFolderOf, makeRuntimeFolder, runtimeFolder } from "./runtime-folder.ts";

/** Owner alone. */
const MODE = 0o600;

export interface ControlOptions {
  readonly path: string;
  readonly controlled: Controlled;
  /** Told of each command before it is obeyed: the manager's log. */
  readonly onCommand: (text: string) => void;
  /** Told when the socket has been removed, or cannot accept. */
  readonly onError?: (error: Error) => void;
  readonly limits?: Partial<ControlLimits>;
}

export class ControlServer {
  readonly path: string;
  private readonly bound: Bound;
  private readonly clients: Set<ControlSession>;
  private closing: Promise<void> | undefined;

  /**
   * Listens. Rejects with a ConnectionError: `UWSGI_LISTEN_FAILED` also for a folder that others may write to,
   * `UWSGI_ADDRESS_IN_USE` when another manager answers at the path.
   */
  static async listen(options: ControlOptions): Promise<ControlServer> {
    const { path } = options;
    const folder = runtimeFolder();
    if (dirname(path) === folder) makeRuntimeFolder(folder);
    else checkFolderOf(path);
    const clients = new Set<ControlSession>();
    const bound = await listenSockets({ kind: "unix", path }, (socket) => take(socket, options, clients), {
      mode: MODE,
      ...(options.onError === undefined ? {} : { onError: options.onError }),
    });
    return new ControlServer(path, bound, clients);
  }

  private constructor(path: string, bound: Bound, clients: Set<ControlSession>) {
    this.path = path;
    this.bound = bound;
    this.clients = clients;
  }

  /**
   * The service has ended: removes the socket, answers whoever has waited for that, and tells the others. Resolves when
   * they have been told, or do not listen. The same promise each time.
   */
  close(): Promise<void> {
    return (this.closing ??= this.end());
  }

  private async end(): Promise<void> {
    await this.bound.close();
    await Promise.all([...this.clients].map((client) => client.end()));
  }
}

function take(socket: Socket, options: ControlOptions, clients: Set<ControlSession>): void {
  const limits = { ...defaultLimits, ...options.limits };
  const client = new ControlSession(socket, options.controlled, options.onCommand, limits);
  if (clients.size >= limits.maxClients) {
    const message = `${clients.size} clients are served, which is the most at a time: try again`;
    client.refuse(failureLine("UWSGI_CONNECTIONS_LIMIT", message));
    return;
  }
  clients.add(client);
  void client.gone.then(() => clients.delete(client));
}
