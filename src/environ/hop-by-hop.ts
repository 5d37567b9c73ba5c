/**
 * Headers that concern one connection (RFC 9110 7.6.1, and PEP 3333's list): they are the server's,
 * and no application may set them nor a gateway pass them on. Lower case.
 */
export const hopByHopHeaders: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "trailers",
  "transfer-encoding",
  "upgrade",
]);
