/** What a worker asks of its server while it serves, and what of the answers may leave the process. */
import type { RunningRequest, Server } from "../../server/index.ts";

/** The running requests that a message has at most, the oldest first. */
const MOST_REQUESTS = 100;

/** Most characters of what a client chooses. */
const MOST_CHARACTERS = 500;

export class Serving {
  private readonly server: Server;

  constructor(server: Server) {
    this.server = server;
  }

  get runningCount(): number {
    return this.server.runningCount;
  }

  /** How long the oldest request has run; 0 where none does. */
  get oldestMs(): number {
    return Math.round(this.server.oldestMs());
  }

  /** What runs, as far as it fits a message. */
  running(): readonly RunningRequest[] {
    const requests = [...this.server.running()].sort((one, other) => other.ms - one.ms);
    return requests.slice(0, MOST_REQUESTS).map(({ id, method, path, remote, ms }) => ({
      id: cut(id),
      method: cut(method),
      path: cut(path),
      remote: cut(remote),
      ms: Math.round(ms),
    }));
  }

  /** Fails the request that an error belongs to, where that can be told. */
  blame(error: unknown): boolean {
    return this.server.blame(error);
  }

  close(behindQueue: boolean): Promise<void> {
    return this.server.close({ behindQueue });
  }
}

function cut(text: string): string {
  return text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)}...` : text;
}
