/**
 * Lines from what `diagnostics` reports. Listens only: no server is imported, none is slowed by it.
 *
 * Read first: `log-server.ts` (what is logged, and how often at most); `log-upstream.ts` is the same for an upstream. Then
 * `formats.ts`, which has the formats by name: `access-line.ts` and `record.ts` (text, combined, JSON), `log-format.ts`
 * with `log-variables.ts` (templates as uWSGI's), `pino-lines.ts` (pino). `records.ts` is what the error log says. What a
 * structured line has is a table in `docs/logs.md`. `guarded-sink.ts` is what stands between a server and whoever reads
 * its logs, `logger-log.ts` the same for an application's own logger.
 */
export { ErrorLog } from "./error-log.ts";
export type { LineSink } from "./guarded-sink.ts";
export type { AccessFormat, ErrorFormat } from "./formats.ts";
export { isLogFormat, type LogFormat } from "./log-format.ts";
export { LogFile } from "./log-file.ts";
export type { Logger } from "./logger-log.ts";
export { checkLogOptions, logServer, type LogOptions } from "./log-server.ts";
export { logUpstream, type UpstreamLogOptions } from "./log-upstream.ts";
/** @internal For `manager`. */
export { escapeText } from "./escape.ts";
export { RateLimit } from "./rate-limit.ts";
export { type LogRecord, plainRecord } from "./record.ts";
/** @internal For `serve`. */
export { recordLogOf } from "./record-log.ts";
