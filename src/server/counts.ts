/** What a server has done, as numbers: for tests, monitors and the curious. Whoever wants to know why listens to `diagnostics`. */
export interface ServerCounts {
  /** Connections that were accepted. */
  accepted: number;
  /** Packets that went to a plugin. */
  exchanges: number;
  /** Connections and requests that were refused, or cut because the peer was too slow. */
  refused: number;
  /** Of these: closed because there were `maxConnections`. */
  overLimit: number;
  /** Answers that were broken off while nothing could tell the front end so. */
  unsignalled: number;
  /** Requests that took longer than `harakiriMs`. */
  harakiri: number;
}

export function noCounts(): ServerCounts {
  return { accepted: 0, exchanges: 0, refused: 0, overLimit: 0, unsignalled: 0, harakiri: 0 };
}
