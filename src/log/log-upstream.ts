/** Writes what happens to the nodes of one upstream, as lines, to a stream. */
import { type NodeChanged, nodeChanged } from "../diagnostics.ts";
import type { ErrorFormat } from "./formats.ts";
import type { LineSink } from "./guarded-sink.ts";
import { checkLogOptions } from "./log-server.ts";
import type { Logger } from "./logger-log.ts";
import { type Rate, RateLimit } from "./rate-limit.ts";
import { recordLogOf } from "./record-log.ts";
import { nodeChangedRecord } from "./records.ts";

export interface UpstreamLogOptions {
  /** Nodes that come and go, are down and up again. Default `logger`, else nothing is logged. */
  readonly errors?: LineSink;
  /** `text`, `json` or `pino`. Default `text`. */
  readonly errorFormat?: ErrorFormat;
  /** As `LogOptions.logger`. */
  readonly logger?: Logger;
}

/** A deploy changes all nodes at once; one that goes up and down without end shall not fill a disk. */
const CHANGES: Rate = { burst: 200, intervalMs: 200 };

/**
 * Logs what concerns `upstream` until the answered function is called, which writes what is still held back. Throws a
 * TypeError (`UWSGI_INVALID_ARGUMENT`) for options that cannot be right, and a UwsgiError (`UWSGI_PACKAGE_MISSING`).
 */
export function logUpstream(upstream: object, options: UpstreamLogOptions): () => void {
  checkLogOptions(options);
  const log = recordLogOf(options);
  if (log === undefined) return () => {};
  const limit = new RateLimit<{ readonly message: NodeChanged; readonly at: Date }>(CHANGES, ({ message, at }, held) =>
    log.write(nodeChangedRecord(message), at, held),
  );
  const listener = (message: NodeChanged): void => {
    if (message.upstream === upstream) limit.offer({ message, at: new Date() });
  };
  nodeChanged.subscribe(listener);
  return () => {
    nodeChanged.unsubscribe(listener);
    limit.flush();
    log.close();
  };
}
