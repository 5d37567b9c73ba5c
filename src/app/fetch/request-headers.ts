/** The headers of a request as a `Headers` object takes them. */
import { isToken } from "../../codec/index.ts";
import { type Environ, headersOf } from "../../environ/index.ts";

/** What no header value may have (Fetch 2.2.2). RFC 9110 5.5: replaced by a space, which is what a recipient may do. */
// oxlint-disable-next-line no-control-regex -- control characters are what is looked for
const UNFIT = /[\0\r\n]/g;

/** Name, in lower case, and value; without names that are none. Front ends send neither, a hand-made packet may. */
export function requestHeaders(environ: Environ): (readonly [name: string, value: string])[] {
  return headersOf(environ)
    .filter(([name]) => isToken(name))
    .map(([name, value]) => [name, fieldValue(value)] as const);
}

export function fieldValue(value: string): string {
  return value.replace(UNFIT, " ");
}
