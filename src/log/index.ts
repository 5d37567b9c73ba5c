/**
 * Lines from what `diagnostics` reports. Listens only: no server is imported, none is slowed by it.
 *
 * Read first: `log-server.ts`. `access-line.ts` and `error-line.ts` are the formats, pure.
 */
export { logServer, type LogOptions } from "./log-server.ts";
