/**
 * What vars mean. Pure: no import of Node's, no clock, no I/O.
 *
 * Read first: `environ.ts` (the type and what can be asked of it), then `from-vars.ts` (a request
 * packet read strictly) and `from-http.ts` (the other direction, for bridges and clients).
 * Not here: `wsgi.*` keys, which the gateway interface adds (`app`).
 */
export { parseContentLength } from "./content-length.ts";
export {
  contentLengthOf,
  type Environ,
  headersOf,
  type Remote,
  remoteOf,
  routedTargetOf,
  schemeOf,
  targetOf,
} from "./environ.ts";
export { type HttpRequest, varsFromHttp } from "./from-http.ts";
export { environFromVars, type EnvironOptions } from "./from-vars.ts";
export { headerName, varName } from "./header-names.ts";
export { hopByHopHeaders } from "./hop-by-hop.ts";
export { MOUNTED, mountedTargetOf, type MountedTarget, targetBelowOf } from "./mounted.ts";
export { isOffloadHeader, withoutOffloadHeaders } from "./offload-headers.ts";
export { loaderVars } from "./var-rules.ts";
export { decodeUtf8, encodePath, encodeUtf8, parseTarget, type Target } from "./url.ts";
