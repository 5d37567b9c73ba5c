/**
 * Headers of a response by which an application makes its front end do something in its place: send a file that the
 * application could not read, cache, change rate or charset. Front ends obey them whoever has set them.
 */
import type { Header } from "../codec/index.ts";

/**
 * nginx obeys `X-Accel-Redirect`, `-Expires`, `-Limit-Rate`, `-Buffering`, `-Charset`; lighttpd and Apache's mod_xsendfile the
 * others (and `X-Reproxy-*` what has learnt it from Perlbal).
 */
const OFFLOAD =
  /^(?:x-accel-.*|x-sendfile2?|x-lighttpd-send-(?:file|tempfile)|x-lighttpd-kbytes-per-second|x-reproxy-(?:url|file))$/i;

/** True for a header that a front end obeys: `X-Accel-Redirect`, `X-Sendfile` and their like. */
export function isOffloadHeader(name: string): boolean {
  const first = name.charCodeAt(0) | 0x20;
  return first === 0x78 && OFFLOAD.test(name);
}

/** The headers without those that a front end obeys; the same list where there are none. For responses of a server that is not trusted. */
export function withoutOffloadHeaders(headers: readonly Header[]): readonly Header[] {
  for (const [name] of headers) {
    if (isOffloadHeader(name)) return headers.filter(([other]) => !isOffloadHeader(other));
  }
  return headers;
}
