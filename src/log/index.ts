/**
 * Lines from what `diagnostics` reports. Listens only: no server is imported, none is slowed by it.
 *
 * Read first: `log-server.ts` (what is logged, and how often at most); `log-upstream.ts` is the same for an upstream. `access-line.ts` is the access log's
 * formats, `records.ts` what the error log says and `record.ts` how; these are pure. `guarded-sink.ts` is
 * what stands between a server and whoever reads its logs.
 */
export { ErrorLog } from "./error-log.ts";
export type { LineSink } from "./guarded-sink.ts";
export { LogFile } from "./log-file.ts";
export { logServer, type LogOptions } from "./log-server.ts";
export { logUpstream, type UpstreamLogOptions } from "./log-upstream.ts";
/** @internal For `manager`. */
export { escapeText } from "./escape.ts";
export { RateLimit } from "./rate-limit.ts";
export { type LogRecord, plainRecord } from "./record.ts";
